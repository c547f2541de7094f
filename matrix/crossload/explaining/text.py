"""An explanation in words, and as plain data."""

from collections.abc import Sequence
from typing import Any

from crossload.domain.cells import SIDES, CellName, Side
from crossload.domain.versions import spoken
from crossload.explaining.answer import ALIKE, PATTERN, Explanation
from crossload.explaining.message import Message
from crossload.probe import attempts

_SHOWN_CELLS = 5
_SHOWN_OTHERS = 3


def _span(names: Sequence[str]) -> str:
    """Environments in their order: all of a few, the ends of many."""
    labels = [spoken(name) for name in names]
    return ", ".join(labels) if len(labels) <= 6 else f"{labels[0]} to {labels[-1]} ({len(labels)} versions)"


def lines(found: Explanation, order: Sequence[str]) -> list[str]:
    """One possible cause in a few lines.

    :param order: environments in the order of their versions.
    """
    said = []
    if found.cause is None:
        said.append("Cause: unknown. The message was measured, and no known cause explains it.")
    else:
        title = f"{found.cause.title} ({found.cause.id})."
        said.append(f"Cause: {title}" if found.cause.loading else f"No loading problem. {title}")
        said += [f"  {sentence}" for sentence in (*found.details, found.cause.explanation)]
    if not found.cells and found.cause is not None and not found.cause.loading:
        pass
    elif not found.cells:
        said.append(f"  Known by {found.by}; no measured cell shows it.")
    else:
        savers, loaders = (_ordered(found, side, order) for side in SIDES)
        formats = ", ".join(dict.fromkeys(row["format"] for row in found.cells))
        where = f"{len(found.cells):,} cells, saved with {_span(savers)} as {formats}" + (
            f", loaded with {_span(loaders)}" if loaders else ""
        )
        said.append(
            f"  Recognised by its wording only; this cause was measured in {where}."
            if found.by == PATTERN
            else f"  Seen ({found.by}) in {where}."
        )
        said += _remedy_lines(found)
        if found.by == ALIKE:
            said.append(f"  The message there: {Message('', found.cells[0]['error']).core[:200]}")
        shown = [str(CellName.of(row)) for row in found.cells[:_SHOWN_CELLS]]
        more = f" and {len(found.cells) - len(shown):,} more" if len(found.cells) > len(shown) else ""
        said.append(f"  Cells: {'; '.join(shown)}{more}.")
    if found.cause is not None:
        if found.cause.remedies:
            said.append(f"  Known to be worth trying: {'; '.join(found.cause.remedies)}.")
        if found.cause.references:
            said.append(f"  See {', '.join(address for _, address in found.cause.to_dict()['links'])}")
    return said


def report(found: Sequence[Explanation], order: Sequence[str]) -> list[str]:
    """One answer, the others in a line each.

    :param order: environments in the order of their versions.
    """
    if not found:
        return [
            "Not known: no measured cell shows this message with these names, and no known cause fits it. "
            "`crossload check MODEL` measures."
        ]
    first, *others = found
    said = lines(first, order)
    if others:
        said.append("Less likely (--json tells all of them):")
        said += [f"  {item.cause.title if item.cause else 'unknown'} ({item.name})." for item in others[:_SHOWN_OTHERS]]
    return said


def _ordered(found: Explanation, side: Side, order: Sequence[str]) -> list[str]:
    names = found.environments(side)
    return sorted(names, key=lambda name: order.index(name) if name in order else len(order))


def _remedy_lines(found: Explanation) -> list[str]:
    if not found.remedies:
        return ["  Nothing that was tried gave the right outputs in these cells."]
    best, count = found.remedies[0]
    cost = ", ".join(attempts.costs(best))
    others = ", ".join(f"{name} ({number:,})" for name, number in found.remedies[1:4])
    said = [f"  Verified remedy: {best}, right outputs in {count:,} of them" + (f"; costs: {cost}." if cost else ".")]
    if others:
        said.append(f"  Others verified: {others}.")
    if found.unhelped:
        said.append(f"  In {found.unhelped:,} of them nothing that was tried gave the right outputs.")
    return said


def document(found: Explanation) -> dict[str, Any]:
    """Everything, for programs."""
    return {
        "cause": found.name,
        "title": found.cause.title if found.cause else "",
        "explanation": found.cause.explanation if found.cause else "",
        "about": list(found.details),
        "loading": found.cause.loading if found.cause else True,
        "recognised_by": found.by,
        "saved_with": found.environments("saved_with"),
        "loaded_with": found.environments("loaded_with"),
        "remedies": [{"attempt": name, "cells": count} for name, count in found.remedies],
        "without_remedy": found.unhelped,
        "suggestions": list(found.cause.remedies) if found.cause else [],
        "links": [address for _, address in found.cause.to_dict()["links"]] if found.cause else [],
        "cells": [str(CellName.of(row)) for row in found.cells],
    }
