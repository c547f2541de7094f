"""How a cell is named, and the columns of the tables that have a row a cell or a row an attempt."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from crossload.probe.formats import RUNGS

AXES = ("scenario", "format", "saved_with", "loaded_with")
"""The four names of a cell, in the order of tables. ``loaded_with`` is empty for an artifact that could not be saved."""

SIDES = ("saved_with", "loaded_with")
"""The two that are ids of environments."""

DIFF_COLUMNS = ("max_abs_diff", "max_rel_diff", "max_ulp_diff", "max_scaled_diff")
RUNG_COLUMNS = tuple(f"rung_{rung}" for rung in RUNGS)

RESULT_COLUMNS = (
    *("scenario", "family", "format", "saved_with", "loaded_with", "verdict", "fidelity", "attempt", "cause"),
    *DIFF_COLUMNS,
    *RUNG_COLUMNS,
    *("lost", "error_type", "error", "evidence", "stage", "container", "artifact_bytes", "seconds", "reason", "key"),
    *("cost", "route", "route_cost", "apart"),
)
"""``results.csv``: one row a cell."""

ATTEMPT_COLUMNS = (
    *AXES,
    *("attempt", "outcome", "fidelity"),
    *RUNG_COLUMNS,
    *DIFF_COLUMNS,
    *("error_type", "error", "stage", "seconds", "note"),
)
"""``attempts.csv``: one row an attempt."""

SEEN_COLUMNS = ("verdict", "fidelity", "lost", "attempt", "cause", "error_type", "error", "reason")
"""What a recorded run remembers of a cell, and what two runs are compared by."""

INTEGER_COLUMNS = frozenset({"fidelity", "artifact_bytes"})
FLOAT_COLUMNS = frozenset({*DIFF_COLUMNS, "seconds"})


class CellName(NamedTuple):
    """The name of a cell as people see it: in permalinks of the report, and where a command asks for a cell."""

    saved_with: str
    loaded_with: str
    format: str
    scenario: str

    def __str__(self) -> str:
        return ",".join(self)

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
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


def axes_of(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The four names of a row's cell, in the order of :data:`AXES`."""
    return (row["scenario"], row["format"], row["saved_with"], row["loaded_with"])
