"""Earlier runs as columns for the page: what differs from each, and what they saw."""

from collections.abc import Mapping, Sequence
from typing import Any

from crossload_reports.html.payload import Strings

_SEEN = ("verdict", "attempt", "cause", "error_type", "error", "reason", "lost")


def told_runs(past: Sequence[Mapping[str, Any]], strings: Strings) -> dict[str, Any]:
    """Return the runs and, once each, what they saw of the cells that differ. Cells and texts are places in `strings`.

    A run's `changes` is one flat list: kind, the four names of the cell, and the place of what was seen, -1 for nothing.
    """
    seen: dict[tuple[int, ...], int] = {}
    runs = []
    for run in past:
        flat: list[int] = []
        for kind, cell, before in run["changes"]:
            place = -1
            if before is not None:
                place = seen.setdefault(_placed(before, strings), len(seen))
            flat += [strings.place(kind), *(strings.place(name) for name in cell), place]
        pins = [[strings.place(part) for part in pin] for pin in run["pins"]]
        runs.append(
            {**{name: run[name] for name in ("id", "finished", "accepted", "cells")}, "pins": pins, "changes": flat}
        )
    return {"runs": runs, "seen": [list(one) for one in seen], "names": [*_SEEN, "fidelity"]}


def _placed(before: Mapping[str, Any], strings: Strings) -> tuple[int, ...]:
    fidelity = before.get("fidelity")
    texts = (strings.place(str(before.get(name) or "")) for name in _SEEN)
    return (*texts, -1 if fidelity is None else int(fidelity))
