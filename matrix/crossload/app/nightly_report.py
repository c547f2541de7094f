"""What is said of a night: on a terminal, in a CI system's summary, to programs, and to people by mail or chat."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from crossload.app.nightly import FLAKY, Night
from crossload.runs.compare import REGRESSION, WENT_UNAVAILABLE
from crossload.runs.text import change_lines, describe_change
from crossload.util.files import write_text_atomically
from crossload.util.notifying import send_text


def night_lines(night: Night) -> list[str]:
    """What a person reads on a terminal."""
    lines = [night.headline, *change_lines(night.changes)[1:]]
    lines += [
        f"{FLAKY:13} {'/'.join(change.cell)}: {' / '.join(side.verdict for side in (change.before, change.after) if side)}"
        for change in night.flaky
    ]
    lines += [
        f"{'expected':13} {'/'.join(change.cell)}: {expectation.reason} (until {expectation.until})"
        for change, expectation in night.expected
    ]
    return lines


def night_markdown(night: Night) -> str:
    """The same for a step summary or a message: GitHub's Markdown."""
    shown = [
        f"| {change.kind} | `{'/'.join(change.cell)}` | {change.before.verdict if change.before else '–'} | "
        f"{change.after.verdict if change.after else '–'} |"
        for change in [*night.changes, *night.flaky][:100]
    ]
    table = ["| change | cell | before | now |", "|---|---|---|---|", *shown] if shown else []
    more = len(night.changes) + len(night.flaky) - len(shown)
    tail = [f"and {more:,} more"] if more else []
    return "\n".join([f"**Crossload:** {night.headline}", "", *table, *tail]) + "\n"


def night_document(night: Night) -> dict[str, Any]:
    """Everything, for programs."""
    return {
        "headline": night.headline,
        "baseline": night.baseline.id,
        "run": night.current.id,
        "counts": night.counts,
        "changes": [describe_change(change) for change in night.changes],
        "flaky": [describe_change(change) for change in night.flaky],
        "expected": [
            describe_change(change) | {"expectation": expectation.model_dump(mode="json")}
            for change, expectation in night.expected
        ],
    }


def write_night(night: Night, out: Path, variables: Mapping[str, str] = os.environ) -> None:
    """Write ``changes.json`` and ``changes.md``, and the step summary where a CI system names a file for it."""
    write_text_atomically(out / "changes.json", json.dumps(night_document(night), indent=1))
    text = night_markdown(night)
    write_text_atomically(out / "changes.md", text)
    if summary := variables.get("GITHUB_STEP_SUMMARY"):
        with open(summary, "a", encoding="utf-8") as stream:
            stream.write(text)


def send(night: Night, addresses: Sequence[str]) -> None:
    """Send the headline and the table to addresses such as ``mailto://…`` or ``slack://…``, through apprise.

    :raises SelectionError: an address is not understood, or nothing could be sent.
    """
    is_bad = bool(night.counts.get(REGRESSION, 0) + night.counts.get(WENT_UNAVAILABLE, 0))
    send_text(f"Crossload: {night.headline}", night_markdown(night), is_bad, addresses)
