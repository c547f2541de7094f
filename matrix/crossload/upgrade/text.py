"""A plan in words, and as plain data."""

from typing import Any

from crossload.upgrade.plan import NO_WAY, WAYS, UpgradePlan

ASSUMPTION = "Every load was measured; that a model saved again gives what saving it at first gives is assumed."


def route_text(plan: UpgradePlan) -> str:
    """The route for the whole fleet in one sentence."""
    route = plan.route
    if route is None:
        return "No route works for any file."
    stops = [f"load in {environment} and save as {form}" for environment, form in route.recipe]
    words = "; ".join([*stops, f"load in {plan.wish.to}"])
    losses = ", ".join(f"{loss} ({count})" for loss, count in route.losses.items())
    return f"{words}: works for {route.works} of {route.entries}" + (f"; {losses}" if losses else "; nothing is lost")


def summary_lines(plan: UpgradePlan) -> list[str]:
    """The answer in a few lines."""
    counts = plan.counts()
    said = ", ".join(f"{counts[way]} {way}" for way in WAYS if way in counts) or "nothing was measured"
    lines = [f"From {plan.wish.start} to {plan.wish.to}: {len(plan.entries)} files: {said}."]
    if plan.wrong_at_home:
        lines.append(f"Apart: {plan.wrong_at_home} that are not right in {plan.wish.start} itself.")
    if plan.unsafe_loads is not None:
        lines.append(
            f"Left out as not safe: {plan.unsafe_loads} of their loads, with safe_mode=False or by a Keras that lets what the "
            "file carries."
        )
    lines.append(f"One route for all: {route_text(plan)}.")
    if plan.route is not None and plan.route.recipe:
        lines.append(ASSUMPTION)
    newest = plan.latest_without_work
    lines.append(
        f"Newest version in which everything loads as at home, without any work: {newest}."
        if newest
        else "No version loads everything as at home."
    )
    if plan.expensive:
        before, after, count = plan.expensive
        lines.append(f"The expensive step is from {before} to {after}: {count} files stop loading as they do at home.")
    return lines


def table_rows(plan: UpgradePlan) -> list[tuple[str, ...]]:
    """One row a format and family: number of files for each way, and the most frequent way round."""
    groups: dict[tuple[str, str], list[Any]] = {}
    for entry in plan.entries:
        groups.setdefault((entry.format, entry.family), []).append(entry)
    rows = []
    for (form, family), entries in sorted(groups.items()):
        counts = plan.counts(entries)
        ways = [entry.path.text for entry in entries if entry.path is not None]
        usual = max(sorted(set(ways)), key=ways.count, default=NO_WAY)
        rows.append((form, family, *(str(counts.get(way, "")) for way in WAYS), usual))
    return rows


def document(plan: UpgradePlan) -> dict[str, Any]:
    """Everything, for programs and for the report: names are only ever added."""
    return {
        "from": plan.wish.start,
        "to": plan.wish.to,
        "counts": plan.counts(),
        "route": None
        if plan.route is None
        else {
            "stops": [{"environment": environment, "format": form} for environment, form in plan.route.recipe],
            "works": plan.route.works,
            "of": plan.route.entries,
            "losses": dict(plan.route.losses),
        },
        "latest_without_work": plan.latest_without_work or None,
        "expensive_step": list(plan.expensive) if plan.expensive else None,
        "assumption": ASSUMPTION,
        "unsafe_loads_left_out": plan.unsafe_loads,
        "files": [
            {
                "scenario": entry.scenario,
                "family": entry.family,
                "format": entry.format,
                "way": entry.way,
                "direct": entry.direct,
                "path": None
                if entry.path is None
                else {
                    "text": entry.path.text,
                    "hops": entry.path.hops,
                    "losses": list(entry.path.losses),
                    "cells": [step.key for step in entry.path.steps],
                    "steps": [
                        {
                            "saved_with": step.saved_with,
                            "format": step.format,
                            "loaded_with": step.loaded_with,
                            "attempt": step.attempt,
                            "loss": step.loss.name.lower(),
                            "losses": list(step.losses),
                            "cell": step.key,
                        }
                        for step in entry.path.steps
                    ],
                },
            }
            for entry in plan.entries
        ],
    }
