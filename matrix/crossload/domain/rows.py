"""Rows of the tables that share what is the same: a million cells have few distinct outcomes."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from crossload.domain.cells import AXES

Shared = dict[str, Any]


class Pool:
    """Keeps one of every distinct mapping, so that equal ones are the same object."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], Shared] = {}

    def one(self, values: Shared) -> Shared:
        """The mapping that equals this one; keys must come in the same order each time."""
        return self._known.setdefault(tuple(values.values()), values)


class Row(Mapping[str, Any]):
    """A row: some values are its own, the others are shared with every row that has the same."""

    __slots__ = ("shared",)
    # In the order of the columns; asked for each value that anybody reads, so no list is searched for it.
    OWN: ClassVar[dict[str, None]] = {}
    shared: Shared

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name) if name in self.OWN else self.shared[name]

    def __iter__(self) -> Iterator[str]:
        yield from self.OWN
        yield from self.shared

    def __len__(self) -> int:
        return len(self.OWN) + len(self.shared)


class ResultRow(Row):
    """One cell; without ``loaded_with``, one artifact that could not be had."""

    __slots__ = (
        "apart",
        "artifact_bytes",
        "container",
        "family",
        "format",
        "key",
        "loaded_with",
        "saved_with",
        "scenario",
        "seconds",
    )
    OWN: ClassVar[dict[str, None]] = dict.fromkeys(__slots__)

    def __init__(self, scenario: str, family: str, form: str, saved_with: str, loaded_with: str) -> None:
        self.scenario, self.family, self.format = scenario, family, form
        self.saved_with, self.loaded_with = saved_with, loaded_with
        self.container, self.key, self.apart = "", "", ""
        self.artifact_bytes: int | None = None
        self.seconds: float | None = None


class AttemptRow(Row):
    """One attempt at a cell."""

    __slots__ = ("cell", "seconds")
    OWN: ClassVar[dict[str, None]] = dict.fromkeys((*AXES, "seconds"))

    def __init__(self, cell: ResultRow, shared: Shared, seconds: float) -> None:
        self.cell, self.shared, self.seconds = cell, shared, seconds

    @property
    def scenario(self) -> str:
        return self.cell.scenario

    @property
    def format(self) -> str:
        return self.cell.format

    @property
    def saved_with(self) -> str:
        return self.cell.saved_with

    @property
    def loaded_with(self) -> str:
        return self.cell.loaded_with
