"""What is said about changes and histories, on a terminal and as plain mappings."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from crossload.domain.cells import AXES
from crossload.domain.verdicts import LOADS
from crossload.runs.compare import Change, pin_differences, turning_points
from crossload.store.run_log import Observation, Run

_MOST_CELLS = 200


def describe_change(change: Change) -> dict[str, Any]:
    """A change as a plain mapping."""
    sides = {"before": change.before, "after": change.after}
    return {
        "change": change.kind,
        **dict(zip(AXES, change.cell, strict=True)),
        **{name: None if side is None else dict(side.seen) for name, side in sides.items()},
    }


def _first_line(found: Observation | None, length: int) -> str:
    error = found.seen["error"].strip() if found else ""
    return f": {error.splitlines()[0][:length]}" if error else ""


def change_lines(changes: Sequence[Change]) -> list[str]:
    """A line of counts, and a line for each cell that differs."""
    if not changes:
        return ["Nothing differs."]
    counts = Counter(change.kind for change in changes)
    lines = [", ".join(f"{count:,} {kind}" for kind, count in counts.items())]
    for change in changes[:_MOST_CELLS]:
        sides = " → ".join(side.verdict if side else "-" for side in (change.before, change.after))
        lines.append(f"{change.kind:13} {'/'.join(change.cell)}: {sides}{_first_line(change.after, 120)}")
    if len(changes) > _MOST_CELLS:
        lines.append(f"and {len(changes) - _MOST_CELLS:,} more; --json has them all")
    return lines


def history_lines(seen: Sequence[tuple[Run, Observation]], cell: Sequence[str]) -> list[str]:
    """The turning points of a cell, with the pins that differ at each from the run before."""
    points = turning_points(seen)
    lines = [f"{'/'.join(cell)}: {len(seen)} runs, {len(points) - 1} changes"]
    for run, found in points:
        lines.append(f"run {run.id:<5} {run.finished}  {found.verdict}{_first_line(found, 160)}")
        earlier = [other for other, _ in seen if other.id < run.id]
        for environment in dict.fromkeys(name for name in cell[2:] if name) if earlier else ():
            lines += [
                f"    {environment}: {name} {old or '-'} → {new or '-'}"
                for name, old, new in pin_differences(earlier[-1], run, environment)
            ]
    good = [run for run, found in seen if found.verdict in LOADS]
    if good and seen[-1][1].verdict not in LOADS:
        lines.append(f"last run in which it loaded plainly: {good[-1].id} of {good[-1].finished}")
    return lines
