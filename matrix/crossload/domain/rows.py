"""Rows of the tables that share what is the same: a million cells have few distinct outcomes."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Generic, TypedDict, TypeVar

from crossload.domain.cells import AXES


class Measures(TypedDict, total=False):
    """What a row says of the attempt that it is about, or that its verdict rests on; None and empty where nothing is said."""

    attempt: str
    fidelity: int | None
    max_abs_diff: float | None
    max_rel_diff: float | None
    max_ulp_diff: float | None
    max_scaled_diff: float | None
    rung_architecture: str
    rung_weights: str
    rung_outputs: str
    rung_optimizer: str
    rung_training: str
    rung_use: str
    error_type: str
    error: str
    stage: str


class Outcome(Measures, total=False):
    """What a row of the result table shares with every cell that ended alike: its columns but for those of its own."""

    verdict: str
    cause: str
    evidence: str
    lost: str
    reason: str
    cost: str
    route: str
    route_cost: str
    twin: str


class AttemptOutcome(Measures, total=False):
    """What a row of the table of attempts shares with every attempt that ended alike."""

    outcome: str
    note: str


# Either of them.
Shared = TypeVar("Shared", Outcome, AttemptOutcome)


class Pool(Generic[Shared]):
    """Keeps one of every distinct outcome, so that equal ones are the same object."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], Shared] = {}

    def one(self, values: Shared) -> Shared:
        """The outcome that equals this one; keys must come in the same order each time."""
        return self._known.setdefault(tuple(values.values()), values)


class Row(Mapping[str, Any]):
    """A row: some values are its own, the others are shared with every row that has the same."""

    __slots__ = ("shared",)
    # In the order of the columns; asked for each value that anybody reads, so no list is searched for it.
    OWN: ClassVar[dict[str, None]] = {}
    shared: Mapping[str, Any]

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
    shared: Outcome

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
    shared: AttemptOutcome

    def __init__(self, cell: ResultRow, shared: AttemptOutcome, seconds: float) -> None:
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
