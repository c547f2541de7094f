"""The cells of a run by key, read from the store only when somebody looks: a million of them do not fit in memory."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from crossload.store.database import Store
from crossload.store.records import Cell

# Of attempts, as records are written; inside a text of an error, quotes are escaped.
_SECONDS = re.compile(r'"seconds": ([0-9.e+-]+)')


class Measured(NamedTuple):
    """What was measured of a cell.

    :param said: the records of its attempts as JSON, unread, with 0 for the seconds that each took: but for them, many cells
        say the same.
    :param of_attempts: seconds of each attempt that has any, as texts, in order.
    """

    key: str
    said: str
    of_attempts: Sequence[str]
    seconds: float

    @classmethod
    def of(cls, key: str, records: str, seconds: float) -> "Measured":
        """
        :param records: JSON as the store has it.
        """
        parts = _SECONDS.split(records)
        return cls(key, '"seconds": 0'.join(parts[::2]), parts[1::2], seconds)


def measured(cells: Mapping[str, Cell], artifact_key: str, keys: Sequence[str]) -> dict[str, Measured]:
    """What was measured of those of these cells, all of one artifact, that are there."""
    if isinstance(cells, Shelf):
        return cells.measured(artifact_key, keys)
    return {key: _measured(cells[key]) for key in keys if key in cells}


def _measured(cell: Cell) -> Measured:
    return Measured.of(cell.key, json.dumps([dict(record) for record in cell.records]), cell.seconds)


class Shelf(Mapping[str, Cell]):
    """Cells by key. Those of the store are known by their keys alone; others are kept as they are.

    :param keys: cells that the store holds.
    """

    def __init__(self, store: Store, keys: Iterable[str] = ()) -> None:
        self._store = store
        self._keys = set(keys)
        self._kept: dict[str, Cell] = {}

    def add(self, key: str) -> None:
        """Take in a cell that the store holds."""
        self._keys.add(key)

    def keep(self, cell: Cell) -> None:
        """Take in a cell that is in no store: a fault of ours, which the next run tries again."""
        self._kept[cell.key] = cell

    def measured(self, artifact_key: str, keys: Sequence[str]) -> dict[str, Measured]:
        """What was measured of those of these cells, all of one artifact, that are there, in one reading."""
        wanted = self._keys.intersection(keys)
        stored = self._store.records(artifact_key) if wanted else []
        kept = {key: _measured(self._kept[key]) for key in keys if key in self._kept}
        return {row[0]: Measured.of(*row) for row in stored if row[0] in wanted} | kept

    def __getitem__(self, key: str) -> Cell:
        if key in self._kept:
            return self._kept[key]
        cell = self._store.cell(key) if key in self._keys else None
        if cell is None:
            raise KeyError(key)
        return cell

    def __contains__(self, key: object) -> bool:
        return key in self._keys or key in self._kept

    def __iter__(self) -> Iterator[str]:
        yield from self._keys - self._kept.keys()
        yield from self._kept

    def __len__(self) -> int:
        return len(self._keys | self._kept.keys())
