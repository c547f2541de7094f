"""Which change a cell stands for: the cell, and the nearest environment in which its like behaves otherwise."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from crossload.diagnosis import UNKNOWN
from crossload.domain.cells import CellName, CellRow, Side
from crossload.domain.verdicts import FAITHFUL, SCORED
from crossload.domain.versions import neighbours, place_in_line
from crossload.errors import SelectionError, nearest
from crossload.results.changes import LOADER, SAVER


@dataclass(frozen=True)
class Change:
    """Two cells that differ in the environment of one side only, and in what they show.

    :param axis: ``loader`` or ``saver``: the side that differs.
    :param between: ids of measured environments between the two, in order.
    """

    axis: str
    old: CellRow
    new: CellRow
    between: tuple[str, ...] = ()

    def environment(self, row: CellRow) -> str:
        """The environment of a row on the side that differs."""
        return str(row["loaded_with" if self.axis == LOADER else "saved_with"])

    @property
    def fixed(self) -> str:
        """The environment on the other side."""
        return str(self.old["saved_with" if self.axis == LOADER else "loaded_with"])


def find_cell(rows: Sequence[CellRow], name: str) -> CellRow:
    """The row of a cell by its key, or by its permalink ``SAVER,LOADER,FORMAT,SCENARIO``.

    :raises SelectionError: there is none, or it was not measured.
    """
    name = name.rpartition("cell=")[2]
    links = {str(CellName.of(row)): row for row in rows if row["loaded_with"]}
    keys = {row["key"]: row for row in rows if row["key"]}
    found = links.get(name) or keys.get(name[:16])
    if found is None:
        hint = nearest(name, links)
        raise SelectionError(f"no cell {name!r} in the results.{hint} Take a key or a permalink of results.csv.")
    if found["verdict"] not in SCORED:
        raise SelectionError(f"cell {name!r} was not measured ({found['verdict']}): there is nothing to narrow.")
    return found


def behaviour(row: CellRow) -> tuple[str, str, str]:
    """What a cell shows, as two cells are compared by: verdict (exact and equal are one), type of error, and cause."""
    verdict = str(row["verdict"])
    cause = str(row.get("cause") or "")
    return "faithful" if verdict in FAITHFUL else verdict, str(row["error_type"] or ""), cause


def alike(one: CellRow, other: CellRow) -> bool:
    """Whether two cells show the same. A cause that nobody knows is held against no other one."""
    (*left, cause), (*right, known) = behaviour(one), behaviour(other)
    return left == right and (cause == known or UNKNOWN in (cause, known))


def find_change(rows: Iterable[CellRow], cell: CellRow) -> Change:
    """The change that a cell stands for: first among those who load, before the cell and then after it; then who saved.

    :raises SelectionError: the cell's like behaves in the same way everywhere.
    """
    like = [
        row
        for row in rows
        if row["scenario"] == cell["scenario"] and row["format"] == cell["format"] and row["verdict"] in SCORED
    ]
    sides: tuple[tuple[str, Side, Side], ...] = (
        (LOADER, "loaded_with", "saved_with"),
        (SAVER, "saved_with", "loaded_with"),
    )
    for axis, own, other in sides:
        line = {row[own]: row for row in like if row[other] == cell[other] and row["loaded_with"]}
        order = [name for name in sorted(line, key=place_in_line) if neighbours(name, cell[own])]
        place = order.index(cell[own])
        for side in (order[:place][::-1], order[place + 1 :]):
            unlike = next((name for name in side if not alike(line[name], cell)), None)
            if unlike is not None:
                old, new = sorted((line[unlike], cell), key=lambda row: order.index(row[own]))
                first, last = order.index(old[own]), order.index(new[own])
                return Change(axis, old, new, tuple(order[first + 1 : last]))
    raise SelectionError(
        f"{cell['format']} {cell['scenario']} behaves in the same way in every environment of this run "
        f"({cell['verdict']}). Run more of them first, for example with --tf all."
    )
