"""What differs between two runs, and the runs in which a cell changed. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crossload.domain.verdicts import CANNOT_SAVE, CRASHES, FAITHFUL, SCORED, UNAVAILABLE, severity
from crossload.store.run_log import Observation, Run

REGRESSION, FIXED, CHANGED, ERROR_CHANGED, NEW, GONE, WENT_UNAVAILABLE = (
    "regression",
    "fixed",
    "changed",
    "error-changed",
    "new",
    "gone",
    "unavailable",
)


@dataclass(frozen=True)
class Change:
    """How one cell differs between two runs; ``before`` or ``after`` is None where a run does not have the cell."""

    kind: str
    before: Observation | None
    after: Observation | None

    @property
    def cell(self) -> tuple[str, ...]:
        found = self.after or self.before
        assert found is not None
        return found.cell


def compare(
    before: Mapping[tuple[str, ...], Observation], after: Mapping[tuple[str, ...], Observation]
) -> list[Change]:
    """What differs between two runs, regressions first. An environment that is not there is never a regression."""
    changes = []
    saved_before = {cell[:3] for cell, found in before.items() if cell[3]}
    for cell in before.keys() | after.keys():
        old, new = before.get(cell), after.get(cell)
        kind = _kind(old, new)
        if kind == NEW and not cell[3] and cell[:3] in saved_before and after[cell].verdict in (CANNOT_SAVE, CRASHES):
            kind = REGRESSION  # what could be saved before cannot be saved any more
        if kind:
            changes.append(Change(kind, old, new))
    kinds = (REGRESSION, WENT_UNAVAILABLE, CHANGED, ERROR_CHANGED, FIXED, NEW, GONE)
    return sorted(changes, key=lambda change: (kinds.index(change.kind), change.cell))


def _kind(old: Observation | None, new: Observation | None) -> str:
    if old is None or new is None:
        return NEW if old is None else GONE
    if old.same_as(new):
        return ""
    if new.verdict == UNAVAILABLE:
        return "" if old.verdict == UNAVAILABLE else WENT_UNAVAILABLE
    if old.verdict == new.verdict:
        return ERROR_CHANGED if old.seen["error"] != new.seen["error"] else CHANGED
    if old.verdict in SCORED and new.verdict in SCORED:
        worse = severity(new.verdict) > severity(old.verdict)
        # From exact to equal is a change that a tolerance allows: nothing has stopped working.
        if {old.verdict, new.verdict} <= set(FAITHFUL):
            return CHANGED
        return REGRESSION if worse else FIXED
    return CHANGED


def turning_points(seen: Sequence[tuple[Run, Observation]]) -> list[tuple[Run, Observation]]:
    """The runs of a history that saw something else than the run before them; the first one always."""
    return [
        (run, found)
        for number, (run, found) in enumerate(seen)
        if number == 0 or not found.same_as(seen[number - 1][1])
    ]


def pin_differences(before: Run, after: Run, environment: str) -> list[tuple[str, str, str]]:
    """Packages whose pins differ in an environment between two runs: name, version before, version after."""
    sides: list[dict[str, str]] = []
    for run in (before, after):
        known: list[dict[str, Any]] = run.payload.get("environments", [])
        found = next((item for item in known if item["id"] == environment), {})
        sides.append(found.get("pins", {}) | ({"python": found["python"]} if found.get("python") else {}))
    names = sorted(sides[0].keys() | sides[1].keys())
    pairs = [(name, sides[0].get(name, ""), sides[1].get(name, "")) for name in names]
    return [pair for pair in pairs if pair[1] != pair[2]]
