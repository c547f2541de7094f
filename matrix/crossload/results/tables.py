"""The tables of a run: one row a cell, and one row an attempt."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import cast

import pandas as pd

from crossload.config import MatrixConfig
from crossload.domain.cells import ATTEMPT_COLUMNS, DIFF_COLUMNS, FLOAT_COLUMNS, INTEGER_COLUMNS, RESULT_COLUMNS
from crossload.domain.rows import AttemptRow, Outcome, Pool, ResultRow
from crossload.domain.standing import CONTROL, apart
from crossload.domain.verdicts import NOT_APPLICABLE, UNAVAILABLE, WITHOUT_ERROR
from crossload.environments.model import Environment, EnvironmentState
from crossload.inspection import Inspection
from crossload.planning.keys import CellKeys, artifact_key
from crossload.planning.matrix import Matrix, Work, why_not_applicable, why_not_loaded
from crossload.results.frame import frame
from crossload.results.judge import Judge, attempt_seconds, said_of_unsaved
from crossload.scenario_index import Scenario
from crossload.store.lazy_cells import Measured, measured
from crossload.store.records import Artifact, Cell
from crossload.upgrade.routes import add_routes
from crossload.util.gc import without_collector

_NUMBERS = dict.fromkeys(FLOAT_COLUMNS, "Float64") | dict.fromkeys(INTEGER_COLUMNS, "Int64")
# What a scenario does to its file between saving and loading where nothing is left of it.
_REMOVED = "remove"
_EMPTY = cast(
    Outcome,
    {
        name: None if name == "fidelity" or name in DIFF_COLUMNS else ""
        for name in RESULT_COLUMNS
        if name not in ResultRow.OWN
    },
)


class Tables:
    """Judges what a store holds of a matrix and lays it out as rows.

    Cells that were not reached (an interrupted run) have no row: nothing is claimed about them.
    """

    def __init__(
        self,
        matrix: Matrix,
        config: MatrixConfig,
        states: Mapping[str, EnvironmentState],
        artifacts: Mapping[str, Artifact],
        cells: Mapping[str, Cell],
        inspect: Callable[[Artifact], Inspection] | None = None,
        writers: Mapping[str, str] | None = None,
    ) -> None:
        """
        :param inspect: reads an artifact's file, for causes that facts of the file decide.
        :param writers: of environments that only give the reference, the one that wrote the file.
        """
        self._matrix, self._states = matrix, states
        self._artifacts, self._cells = artifacts, cells
        self._keys = CellKeys(states)
        self._judge = Judge(config, states, inspect, writers or {})
        self._pool = Pool[Outcome]()
        # What a judgement and its cause come to, for the many cells that have both in common.
        self._laid_out: dict[tuple[int, str, str], Outcome] = {}
        self._reasons: dict[tuple[Callable[[Scenario, Environment], str], str, str], str] = {}
        self._attempts: list[AttemptRow] = []
        with without_collector():
            self._results = list(self._all_rows())
            del self._judge, self._laid_out  # what they remember is not needed any more
            add_routes(self._results, self._pool)

    def results(self) -> pd.DataFrame:
        """One row a cell."""
        return frame(self._results, RESULT_COLUMNS, _NUMBERS)

    def rows(self) -> Sequence[ResultRow]:
        """One mapping a cell, with the columns of :meth:`results`."""
        return self._results

    def attempt_rows(self) -> Sequence[AttemptRow]:
        """One mapping an attempt, with the columns of :meth:`attempts`."""
        return self._attempts

    def verdicts(self) -> set[str]:
        """The verdicts that occur in cells that count; controls are meant to fail."""
        return {row["verdict"] for row in self._results if row.apart != CONTROL}

    def impossible(self) -> dict[str, ResultRow]:
        """Environments in which Keras' own call loads a file that was taken away: they claim success whatever happens. By id,
        with the first such cell.
        """
        taken = {
            work.scenario.name
            for work in self._matrix.works
            if work.scenario.options["after_save"] == _REMOVED and not work.scenario.options["load_with"]
        }
        found: dict[str, ResultRow] = {}
        for row in self._results:
            if row.scenario in taken and row["verdict"] in WITHOUT_ERROR:
                found.setdefault(row.loaded_with, row)
        return found

    def attempts(self) -> pd.DataFrame:
        """One row an attempt."""
        return frame(self._attempts, ATTEMPT_COLUMNS, _NUMBERS)

    def _all_rows(self) -> Iterator[ResultRow]:
        for work, saver in self._matrix.pairs():
            yield from self._rows_of(work, saver)

    def _row(self, work: Work, saver: Environment, loader: Environment | None, said: Outcome) -> ResultRow:
        return _row_of(work, saver, loader, self._pool.one(_EMPTY | said))

    def _rows_of(self, work: Work, saver: Environment) -> Iterator[ResultRow]:
        reason = self._why_not(why_not_applicable, work, saver)
        if reason:
            yield self._row(work, saver, None, {"verdict": NOT_APPLICABLE, "reason": f"{saver.id}: {reason}"})
            return
        state = self._states[saver.id]
        if state.state != "ready":
            for loader in self._matrix.loaders(work, saver.id):
                said: Outcome = {"verdict": UNAVAILABLE, "reason": f"{saver.id}: {state.reason}"}
                yield self._row(work, saver, loader, said)
            return
        artifact = self._artifacts.get(artifact_key(work, state))
        if artifact is None:
            return
        if artifact.state != "saved":
            said = said_of_unsaved(artifact)
            why = self._judge.cause(work=work, saver=saver, loader=saver, artifact=artifact, said=said)
            row = self._row(work, saver, None, said | why)
            row.seconds, row.key = artifact.seconds, artifact.key[:16]
            yield row
            return
        loaders = self._matrix.loaders(work, saver.id)
        keys = {
            loader.id: self._keys.key(artifact.key, loader.id)
            for loader in loaders
            if self._states[loader.id].state == "ready"
        }
        cells = measured(self._cells, artifact.key, list(keys.values()))
        own = cells.get(keys.get(saver.id, ""))
        # The verdict of the artifact in the environment that wrote it; empty where that was not run.
        round_trip = self._judge.judge(own, work, saver, saver).found.verdict if own is not None else ""
        standing = apart(work.scenario.control, round_trip)
        for loader in loaders:
            cell = cells.get(keys.get(loader.id, ""))
            found = self._cell_row(work, saver, loader, artifact, cell, round_trip)
            if found is not None:
                found.container, found.artifact_bytes = artifact.container, artifact.bytes
                found.apart = standing
                yield found

    def _cell_row(
        self,
        work: Work,
        saver: Environment,
        loader: Environment,
        artifact: Artifact,
        cell: Measured | None,
        round_trip: str,
    ) -> ResultRow | None:
        reason = self._why_not(why_not_loaded, work, loader)
        if reason:
            return self._row(work, saver, loader, {"verdict": NOT_APPLICABLE, "reason": f"{loader.id}: {reason}"})
        state = self._states[loader.id]
        if state.state != "ready":
            return self._row(work, saver, loader, {"verdict": UNAVAILABLE, "reason": f"{loader.id}: {state.reason}"})
        if cell is None:
            return None
        judgement = self._judge.judge(cell, work, saver, loader)
        why = self._judge.cause(
            work=work,
            saver=saver,
            loader=loader,
            artifact=artifact,
            said=judgement.said,
            judgement=judgement,
            round_trip=round_trip,
        )
        outcome = (judgement.number, why.get("cause", ""), why.get("evidence", ""))
        if outcome not in self._laid_out:
            self._laid_out[outcome] = self._pool.one(_EMPTY | judgement.said | why)
        row = _row_of(work, saver, loader, self._laid_out[outcome])
        row.seconds, row.key = cell.seconds, cell.key[:16]
        seconds = attempt_seconds(cell, judgement)
        self._attempts += map(AttemptRow, itertools.repeat(row), judgement.attempts, seconds)
        return row

    def _why_not(self, ask: Callable[[Scenario, Environment], str], work: Work, environment: Environment) -> str:
        """Why a scenario is not saved, or not loaded, in an environment; asked once of each."""
        known = (ask, work.scenario.name, environment.id)
        if known not in self._reasons:
            self._reasons[known] = ask(work.scenario, environment)
        return self._reasons[known]


def _row_of(work: Work, saver: Environment, loader: Environment | None, shared: Outcome) -> ResultRow:
    name = loader.id if loader is not None else ""
    row = ResultRow(work.scenario.name, work.scenario.family, work.format, saver.id, name)
    row.shared, row.apart = shared, apart(work.scenario.control, "")
    return row
