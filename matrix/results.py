"""The tables of a run: one row a cell, and one row an attempt."""

import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from matrix.config import MatrixConfig, Tolerance
from matrix.diagnosis import Case, Matcher, Pins, load_catalogue
from matrix.environments import Environment, EnvironmentState
from matrix.inspection import Inspection
from matrix.outcomes import (
    CANNOT_SAVE,
    CRASHES,
    HARNESS_ERROR,
    NOT_APPLICABLE,
    REMEDY,
    UNAVAILABLE,
    Judged,
    Verdict,
    judge_attempt,
    verdict,
)
from matrix.planning import CellKeys, Matrix, Work, artifact_key, tolerance_for, why_not_applicable
from matrix.probe.attempts import EVIDENCE, PLAIN
from matrix.probe.formats import OUTPUTS, RUNGS
from matrix.requests import crash_message
from matrix.routes import add_routes
from matrix.rows import AttemptRow, Pool, ResultRow, Shared, frame
from matrix.shelf import Measured, measured
from matrix.store import Artifact, Cell

RESULT_COLUMNS = [
    *("scenario", "family", "format", "saved_with", "loaded_with", "verdict", "fidelity", "attempt", "cause"),
    *("max_abs_diff", "max_rel_diff", "max_ulp_diff"),
    *(f"rung_{rung}" for rung in RUNGS),
    *("lost", "error_type", "error", "evidence", "stage", "container", "artifact_bytes", "seconds", "reason", "key"),
    *("cost", "route", "route_cost"),
]
ATTEMPT_COLUMNS = [
    *("scenario", "format", "saved_with", "loaded_with", "attempt", "outcome", "fidelity"),
    *(f"rung_{rung}" for rung in RUNGS),
    *("max_abs_diff", "max_rel_diff", "max_ulp_diff", "error_type", "error", "stage", "seconds", "note"),
]

_NUMBERS = {
    **dict.fromkeys(("max_abs_diff", "max_rel_diff", "max_ulp_diff", "seconds"), "Float64"),
    **dict.fromkeys(("fidelity", "artifact_bytes"), "Int64"),
}
_EMPTY: Shared = {
    name: None if name == "fidelity" or "diff" in name else "" for name in RESULT_COLUMNS if name not in ResultRow.OWN
}
# Of attempts, as records are written; inside a text of an error, quotes are escaped.
_SECONDS = re.compile(r'"seconds": ([0-9.e+-]+)')
# How many different measurements are remembered: those of neighbouring cells are often the same.
_REMEMBERED = 20_000


@dataclass(frozen=True)
class _Judgement:
    """What the records of a cell amount to under a tolerance, seconds apart."""

    found: Verdict
    records: tuple[Mapping[str, Any], ...]
    shared: Shared
    attempts: tuple[Shared, ...]


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
    ) -> None:
        """
        :param inspect: reads an artifact's file, for causes that facts of the file decide.
        """
        self._matrix, self._config, self._states = matrix, config, states
        self._artifacts, self._cells = artifacts, cells
        self._inspect, self._inspected = inspect, dict[str, Inspection]()
        self._keys = CellKeys(states)
        self._matcher = Matcher(load_catalogue())
        self._pins = {name: Pins.of(state.describe()) for name, state in states.items()}
        self._pool, self._attempt_pool, self._judged = Pool(), Pool(), dict[tuple[str, Tolerance], _Judgement]()
        self._causes: dict[tuple[Any, ...], Shared] = {}
        self._reasons: dict[tuple[str, str], str] = {}
        self._attempts: list[AttemptRow] = []
        self._results = list(self._all_rows())
        self._judged.clear()
        self._causes.clear()
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
        """The verdicts that occur."""
        return {row["verdict"] for row in self._results}

    def attempts(self) -> pd.DataFrame:
        """One row an attempt."""
        return frame(self._attempts, ATTEMPT_COLUMNS, _NUMBERS)

    def _all_rows(self) -> Iterator[ResultRow]:
        for work, saver in self._matrix.pairs():
            yield from self._rows_of(work, saver)

    def _row(self, work: Work, saver: Environment, loader: Environment | None, said: Shared) -> ResultRow:
        row = ResultRow(
            work.scenario.name, work.scenario.family, work.format, saver.id, loader.id if loader is not None else ""
        )
        row.shared = self._pool.one(_EMPTY | said)
        return row

    def _rows_of(self, work: Work, saver: Environment) -> Iterator[ResultRow]:
        reason = self._why_not(work, saver)
        if reason:
            yield self._row(work, saver, None, {"verdict": NOT_APPLICABLE, "reason": f"{saver.id}: {reason}"})
            return
        state = self._states[saver.id]
        if state.state != "ready":
            for loader in self._matrix.environments:
                said = {"verdict": UNAVAILABLE, "reason": f"{saver.id}: {state.reason}"}
                yield self._row(work, saver, loader, said)
            return
        artifact = self._artifacts.get(artifact_key(work, state))
        if artifact is None:
            return
        if artifact.state != "saved":
            said = self._unsaved(artifact)
            why = self._cause(work=work, saver=saver, loader=saver, artifact=artifact, said=said)
            row = self._row(work, saver, None, said | why)
            row.seconds, row.key = artifact.seconds, artifact.key[:16]
            yield row
            return
        keys = {
            loader.id: self._keys.key(artifact.key, loader.id)
            for loader in self._matrix.environments
            if self._states[loader.id].state == "ready"
        }
        cells = measured(self._cells, list(keys.values()))
        own = cells.get(keys[saver.id])
        # The verdict of the artifact in the environment that wrote it; empty where that was not run.
        round_trip = self._judge(own, work, saver, saver).found.verdict if own is not None else ""
        for loader in self._matrix.environments:
            cell = cells.get(keys.get(loader.id, ""))
            found = self._cell_row(work, saver, loader, artifact, cell, round_trip)
            if found is not None:
                found.container, found.artifact_bytes = artifact.container, artifact.bytes
                yield found

    @staticmethod
    def _unsaved(artifact: Artifact) -> Shared:
        payload = artifact.payload
        said: Shared = {"verdict": artifact.state, "stage": payload.get("stage", "")}
        said |= {"error_type": payload.get("error_type", ""), "error": payload.get("error", "")}
        if artifact.state == CRASHES:
            said |= {"error_type": payload["signal"], "error": crash_message(payload["signal"], payload["stderr"])}
        if artifact.state == HARNESS_ERROR:
            said["reason"] = payload.get("trace") or payload.get("error", "")
        assert artifact.state in (CANNOT_SAVE, CRASHES, HARNESS_ERROR)
        return said

    def _judge(self, cell: Measured, work: Work, saver: Environment, loader: Environment) -> _Judgement:
        tolerance = tolerance_for(self._config, work.scenario, saver, loader)
        said = _SECONDS.sub('"seconds": 0', cell.text)
        judgement = self._judged.get((said, tolerance))
        if judgement is None:
            records = tuple(json.loads(said))
            found = verdict(records, tolerance)
            shared = tuple(
                self._attempt_pool.one(_attempt_values(judge_attempt(record, tolerance))) for record in records
            )
            judgement = _Judgement(found, records, _EMPTY | _verdict_values(found), shared)
            if len(self._judged) >= _REMEMBERED:
                self._judged.clear()
                self._causes.clear()
            self._judged[said, tolerance] = judgement
        return judgement

    def _read(self, artifact: Artifact) -> Inspection | None:
        """What an artifact's file says of itself."""
        if self._inspect is None or artifact.state != "saved":
            return None
        if artifact.key not in self._inspected:
            self._inspected[artifact.key] = self._inspect(artifact)
        return self._inspected[artifact.key]

    def _cause(
        self,
        *,
        work: Work,
        saver: Environment,
        loader: Environment,
        artifact: Artifact,
        said: Shared,
        judgement: _Judgement | None = None,
        round_trip: str = "",
    ) -> Shared:
        """The columns that say why a cell is bad; none for one that is not."""
        if not self._matcher.is_bad(said["verdict"]):
            return {}
        passed = _passed(work)
        known = (id(judgement), work.format, passed, saver.id, loader.id, round_trip)
        if judgement is not None and known in self._causes:
            return self._causes[known]
        was_read = []

        def inspect() -> Inspection | None:
            was_read.append(artifact)
            return self._read(artifact)

        resting = judgement.found.resting if judgement is not None else None
        records = judgement.records if judgement is not None else ()
        measures: Mapping[str, Any] = {}
        if resting is not None:
            measures = next(record for record in records if record["attempt"] == resting.attempt)["rungs"]
        case = Case(
            said["verdict"],
            work.format,
            self._pins[saver.id],
            self._pins[loader.id],
            attempt=said.get("attempt", ""),
            error_type=said.get("error_type", ""),
            error=said.get("error", ""),
            stage=said.get("stage", ""),
            place=next((str(record.get("place", "")) for record in records if record["attempt"] == PLAIN), ""),
            rungs=resting.rungs if resting else {},
            measured=measures,
            inspect=inspect,
            passed=dict(passed),
            round_trip=round_trip,
            same_environment=saver.id == loader.id,
        )
        diagnosis = self._matcher.diagnose(case)
        why: Shared = {}
        if diagnosis is not None:
            why = {"cause": diagnosis.cause, "evidence": "\n".join(diagnosis.evidence)}
        if judgement is not None and not was_read:
            # The judgement is kept as long as this is: its id stands for it.
            self._causes[known] = why
        return why

    def _cell_row(
        self,
        work: Work,
        saver: Environment,
        loader: Environment,
        artifact: Artifact,
        cell: Measured | None,
        round_trip: str,
    ) -> ResultRow | None:
        reason = self._why_not(work, loader)
        if reason:
            return self._row(work, saver, loader, {"verdict": NOT_APPLICABLE, "reason": f"{loader.id}: {reason}"})
        state = self._states[loader.id]
        if state.state != "ready":
            return self._row(work, saver, loader, {"verdict": UNAVAILABLE, "reason": f"{loader.id}: {state.reason}"})
        if cell is None:
            return None
        judgement = self._judge(cell, work, saver, loader)
        why = self._cause(
            work=work,
            saver=saver,
            loader=loader,
            artifact=artifact,
            said=judgement.shared,
            judgement=judgement,
            round_trip=round_trip,
        )
        row = self._row(work, saver, loader, judgement.shared | why)
        row.seconds, row.key = cell.seconds, cell.key[:16]
        seconds = [float(number) for number in _SECONDS.findall(cell.text)]
        if len(seconds) != len(judgement.attempts):  # of what never began, no time was taken
            seconds = [float(record.get("seconds", 0)) for record in json.loads(cell.text)]
        self._attempts += map(AttemptRow, itertools.repeat(row), judgement.attempts, seconds)
        return row

    def _why_not(self, work: Work, environment: Environment) -> str:
        """See :func:`why_not_applicable`; asked once of each scenario."""
        known = (work.scenario.name, environment.id)
        if known not in self._reasons:
            self._reasons[known] = why_not_applicable(work.scenario, environment)
        return self._reasons[known]


def _passed(work: Work) -> tuple[tuple[str, str], ...]:
    """What plain loading passes as ``custom_objects``: each key with the name in its module."""
    pairs = [
        item if isinstance(item, (list, tuple)) else (item.rpartition(":")[2], item)
        for item in work.scenario.options["custom_objects"]
    ]
    return tuple((key, reference.rpartition(":")[2]) for key, reference in pairs)


def _measures(judged: Judged) -> Shared:
    return {
        "fidelity": judged.fidelity,
        "max_abs_diff": judged.max_abs_diff,
        "max_rel_diff": judged.max_rel_diff,
        "max_ulp_diff": judged.max_ulp_diff,
        **{f"rung_{rung}": judged.rungs.get(rung, "") for rung in RUNGS},
    }


def _attempt_values(judged: Judged) -> Shared:
    measures = _measures(judged)
    if judged.attempt in EVIDENCE:
        # Only outputs are looked at there: nothing is claimed about the other rungs.
        measures |= {f"rung_{rung}": "" for rung in RUNGS if rung != OUTPUTS} | {"fidelity": None}
    return measures | {
        "attempt": judged.attempt,
        "outcome": judged.outcome,
        "error_type": judged.error_type,
        "error": judged.error,
        "stage": judged.stage,
        "note": judged.note,
    }


def _verdict_values(found: Verdict) -> Shared:
    values: Shared = {"verdict": found.verdict, "reason": found.reason, "lost": ",".join(found.lost)}
    if found.resting is not None:
        values |= _measures(found.resting) | {"attempt": found.resting.attempt}
        if found.verdict == REMEDY:
            values["cost"] = ", ".join(found.resting.costs)
    if found.plain is not None:
        values |= {"error_type": found.plain.error_type, "error": found.plain.error, "stage": found.plain.stage}
    return values
