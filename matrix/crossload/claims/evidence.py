"""The rows of a run, found by what claims ask for."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from crossload.domain.cells import AXES, CellRow, axes_of
from crossload.domain.verdicts import SCORED


class Evidence:
    """The rows of a run, found by what claims ask for."""

    def __init__(self, rows: Iterable[CellRow], attempts: Iterable[CellRow]) -> None:
        self._scenarios: dict[str, list[CellRow]] = {}
        for row in rows:
            if row["verdict"] in SCORED:
                self._scenarios.setdefault(row["scenario"], []).append(row)
        self._attempts = {(*axes_of(row), row["attempt"]): row for row in attempts}

    @cached_property
    def by_name(self) -> dict[tuple[str, ...], CellRow]:
        """Scored cells by their axes."""
        return {axes_of(row): row for rows in self._scenarios.values() for row in rows}

    def cells(self, *scenarios: str, formats: Sequence[str] = (), same: bool | None = None) -> Iterator[CellRow]:
        """Scored cells, scenario by scenario; a name that ends in ``*`` stands for all that begin so, and none for every one.

        :param same: only cells that were loaded where they were saved (True), or only others (False).
        """
        exact = {name for name in scenarios if not name.endswith("*")}
        starts = tuple(name[:-1] for name in scenarios if name.endswith("*"))
        for name, rows in self._scenarios.items():
            if scenarios and name not in exact and not (starts and name.startswith(starts)):
                continue
            for row in rows:
                if formats and row["format"] not in formats:
                    continue
                if same is None or (row["saved_with"] == row["loaded_with"]) == same:
                    yield row

    def attempt(self, row: CellRow, name: str) -> CellRow | None:
        """One attempt of a cell; None where it was not made."""
        return self._attempts.get((*axes_of(row), name))

    def beside(self, row: CellRow, **changes: str) -> CellRow | None:
        """The scored cell that differs from another in the named columns only."""
        return self.by_name.get(tuple(changes[name] if name in changes else row[name] for name in AXES))
