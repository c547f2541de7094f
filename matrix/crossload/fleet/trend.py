"""What changed since the last scan of a fleet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crossload.fleet.results import (
    AS_IT_IS,
    BY_REMEDY,
    NEEDS_CODE,
    NO_WAY,
    NOT_MEASURED,
    OTHER_OUTPUTS,
    UNREADABLE,
    Scan,
)

NEW, GONE, FIXED, WORSE = "new", "gone", "fixed", "worse"
# From good to bad. What was not measured says nothing, and is neither better nor worse than anything.
_ORDER = (AS_IT_IS, BY_REMEDY, NEEDS_CODE, NO_WAY, UNREADABLE, OTHER_OUTPUTS)


@dataclass(frozen=True)
class Change:
    """One model that fares otherwise than before, or that came or went.

    :param kind: ``new``, ``gone``, ``fixed`` or ``worse``.
    """

    name: str
    kind: str
    before: str
    now: str


def changes(last: Mapping[str, Any] | None, scan: Scan) -> list[Change]:
    """What changed, the worst first.

    :param last: the document of the scan before; None where there is none, or where it was of another target.
    """
    if last is None or last.get("target") != scan.target:
        return []
    before = {str(item["name"]): str(item["outcome"]) for item in last.get("models", ())}
    now = {row.name: row.outcome(scan.target) for row in scan.rows}
    found = [Change(name, NEW, "", outcome) for name, outcome in now.items() if name not in before]
    found += [Change(name, GONE, outcome, "") for name, outcome in before.items() if name not in now]
    for name in now.keys() & before.keys():
        one, two = before[name], now[name]
        if one == two or NOT_MEASURED in (one, two) or one not in _ORDER:
            continue
        found.append(Change(name, WORSE if _ORDER.index(two) > _ORDER.index(one) else FIXED, one, two))
    kinds = (WORSE, NEW, GONE, FIXED)
    return sorted(found, key=lambda change: (kinds.index(change.kind), change.name))


def trend_line(found: Sequence[Change]) -> str:
    """The changes in one line; empty where there are none."""
    counts = {kind: sum(change.kind == kind for change in found) for kind in (WORSE, NEW, GONE, FIXED)}
    told = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
    return f"Since the last scan: {told}." if told else ""
