"""What earlier runs saw, for a report that is about to be written: how each of them differs from the cells at hand."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from crossload.domain.cells import SEEN_COLUMNS, CellRow, axes_of
from crossload.runs import compare
from crossload.runs.compare import Change
from crossload.store import run_log
from crossload.store.database import Store
from crossload.store.run_log import Observation, Run

# How many runs a report tells of, besides the baseline. A page that is opened from an e-mail has to end somewhere.
MOST_RUNS = 12


@dataclass(frozen=True)
class PastRun:
    """An earlier run, and what differs from it now.

    :param accepted: when it was made the baseline, ISO 8601; empty otherwise.
    :param cells: number of cells that it saw.
    :param pins: packages whose pins differ: environment, package, version then, version now.
    :param changes: each ``kind``, ``cell`` (scenario, format, saver, loader), and ``before``: what the run saw of it, or None.
    """

    id: int
    finished: str
    accepted: str
    cells: int
    pins: Sequence[tuple[str, str, str, str]]
    changes: Sequence[tuple[str, tuple[str, ...], Mapping[str, Any] | None]]

    @property
    def counts(self) -> dict[str, int]:
        """Number of changes of each kind."""
        return dict(Counter(kind for kind, _, _ in self.changes))

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self) | {"counts": self.counts}


def earlier_runs(
    store: Store, rows: Iterable[CellRow], environments: Sequence[Mapping[str, Any]], rendered_again: bool = False
) -> list[PastRun]:
    """Return the runs that a report is compared with, the newest first.

    :param rows: the cells at hand, with the columns of the result table.
    :param environments: what is known of their environments now, pins among it.
    :param rendered_again: the cells at hand are no new run, so that the last one, if it saw the same, is this one.
    """
    known = [run for run in reversed(run_log.runs(store)) if run.cells]
    kept = [run for place, run in enumerate(known) if place < MOST_RUNS or run.accepted]
    if not kept:
        return []
    now = observed(rows)
    present = Run(0, "", "", "", 0, len(now), {"environments": list(environments)})
    found = []
    for place, run in enumerate(kept):
        changes = compare.compare(run_log.observations(store, run.id), now)
        if rendered_again and place == 0 and not changes:
            continue
        found.append(_past(run, changes, present))
    return found


def observed(rows: Iterable[CellRow]) -> dict[tuple[str, ...], Observation]:
    """Return what the rows of a result table say of their cells, as a run would record it."""
    return {
        (cell := axes_of(row)): Observation(
            cell, {name: _known(row[name]) for name in SEEN_COLUMNS}, str(row.get("key") or "")
        )
        for row in rows
    }


def _known(value: Any) -> Any:
    return None if value is None or value != value else value


def _past(run: Run, changes: Sequence[Change], present: Run) -> PastRun:
    pins = [
        (str(environment["id"]), *pin)
        for environment in present.payload["environments"]
        if any(one["id"] == environment["id"] and one.get("pins") for one in run.payload.get("environments", ()))
        and environment.get("pins")
        for pin in compare.pin_differences(run, present, environment["id"])
    ]
    told = [(change.kind, change.cell, dict(change.before.seen) if change.before else None) for change in changes]
    return PastRun(run.id, run.finished, run.accepted, run.cells, pins, told)
