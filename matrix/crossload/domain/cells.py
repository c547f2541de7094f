"""How a cell is named, and the columns of the tables that have a row a cell or a row an attempt."""

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple, Protocol, Self, overload

from crossload.probe.formats import RUNGS

# Names of columns, by what stands in them.
Text = Literal[
    "scenario", "family", "format", "saved_with", "loaded_with", "verdict", "attempt", "cause", "lost", "error_type", "error",
    "evidence", "stage", "container", "reason", "key", "cost", "route", "route_cost", "apart", "twin", "outcome", "note",
    "rung_architecture", "rung_weights", "rung_outputs", "rung_optimizer", "rung_training", "rung_use",
]  # fmt: skip
Number = Literal["max_abs_diff", "max_rel_diff", "max_ulp_diff", "max_scaled_diff", "seconds"]
Count = Literal["fidelity", "artifact_bytes"]
Column = Text | Number | Count
Axis = Literal["scenario", "format", "saved_with", "loaded_with"]
Side = Literal["saved_with", "loaded_with"]

AXES: tuple[Axis, ...] = ("scenario", "format", "saved_with", "loaded_with")
"""The four names of a cell, in the order of tables. ``loaded_with`` is empty for an artifact that could not be saved."""

SIDES: tuple[Side, ...] = ("saved_with", "loaded_with")
"""The two that are ids of environments."""

DIFF_COLUMNS = ("max_abs_diff", "max_rel_diff", "max_ulp_diff", "max_scaled_diff")
RUNG_COLUMNS = tuple(f"rung_{rung}" for rung in RUNGS)

RESULT_COLUMNS = (
    "scenario",
    "family",
    "format",
    "saved_with",
    "loaded_with",
    "verdict",
    "fidelity",
    "attempt",
    "cause",
    *DIFF_COLUMNS,
    *RUNG_COLUMNS,
    "lost",
    "error_type",
    "error",
    "evidence",
    "stage",
    "container",
    "artifact_bytes",
    "seconds",
    "reason",
    "key",
    "cost",
    "route",
    "route_cost",
    "apart",
    "twin",
)
"""``results.csv``: one row a cell."""

ATTEMPT_COLUMNS = (
    *AXES,
    "attempt",
    "outcome",
    "fidelity",
    *RUNG_COLUMNS,
    *DIFF_COLUMNS,
    "error_type",
    "error",
    "stage",
    "seconds",
    "note",
)
"""``attempts.csv``: one row an attempt."""

SEEN_COLUMNS: tuple[Column, ...] = ("verdict", "fidelity", "lost", "attempt", "cause", "error_type", "error", "reason")
"""What a recorded run remembers of a cell, and what two runs are compared by."""

INTEGER_COLUMNS = frozenset({"fidelity", "artifact_bytes"})
FLOAT_COLUMNS = frozenset({*DIFF_COLUMNS, "seconds"})


class CellRow(Protocol):
    """A row of the result table or of the table of attempts, whatever holds it.

    That is a :class:`crossload.domain.rows.Row`, or a mapping that was read from a file.

    Rows that were read may lack columns (shipped measurements have no ``key``): what may be missing is asked with ``get``.
    """

    @overload
    def __getitem__(self, name: Text, /) -> str: ...
    @overload
    def __getitem__(self, name: Number, /) -> float | None: ...
    @overload
    def __getitem__(self, name: Count, /) -> int | None: ...
    @overload
    def __getitem__(self, name: Column, /) -> str | float | int | None: ...

    def get(self, name: Column, /) -> Any: ...


def environments_of(rows: Iterable[CellRow]) -> set[str]:
    """The ids that cells name: who saved, who loaded, and whose file was loaded in the place of another's."""
    return {name for row in rows for name in (row["saved_with"], row["loaded_with"], row.get("twin")) if name}


class CellName(NamedTuple):
    """The name of a cell as people see it: in permalinks of the report, and where a command asks for a cell."""

    saved_with: str
    loaded_with: str
    format: str
    scenario: str

    def __str__(self) -> str:
        return ",".join(self)

    @classmethod
    def of(cls, row: CellRow) -> Self:
        """The name of the cell that a row of a table is about."""
        return cls(row["saved_with"], row["loaded_with"], row["format"], row["scenario"])

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``SAVER,LOADER,FORMAT,SCENARIO``, alone or at the end of a page's address, or :attr:`path`.

        :raises ValueError: there are not four parts. A scenario's name may hold commas.
        """
        text = text.rpartition("cell=")[2]
        if len(parts := text.split(",", 3)) == len(AXES):
            return cls(*parts)
        if len(parts := text.split("/")) == len(AXES):
            scenario, form, saver, loader = parts
            return cls(saver, loader, form, scenario)
        raise ValueError(f"{text!r} is neither SAVER,LOADER,FORMAT,SCENARIO nor SCENARIO/FORMAT/SAVER/LOADER")

    @property
    def axes(self) -> tuple[str, str, str, str]:
        """Its parts in the order of :data:`AXES`."""
        return self.scenario, self.format, self.saved_with, self.loaded_with

    @property
    def path(self) -> str:
        """``SCENARIO/FORMAT/SAVER/LOADER``, as expectations and `crossload history` write it."""
        return "/".join(self.axes)


def axes_of(row: CellRow) -> tuple[str, ...]:
    """The four names of a row's cell, in the order of :data:`AXES`."""
    return (row["scenario"], row["format"], row["saved_with"], row["loaded_with"])
