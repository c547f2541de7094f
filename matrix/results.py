"""The tables of a run: one row a cell, and one row an attempt."""

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
# How many different measurements are remembered: those of neighbouring cells are often the same.
_REMEMBERED = 20_000


@dataclass(frozen=True)
class _Judgement:
    """What the records of a cell amount to under a tolerance, seconds apart."""

    found: Verdict
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
        self._attempts: list[AttemptRow] = []
        self._results = list(self._all_rows())
        self._judged.clear()
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
        reason = why_not_applicable(work.scenario, saver)
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
            row = self._row(work, saver, None, said | self._cause(work, saver, saver, said))
            row.seconds, row.key = artifact.seconds, artifact.key[:16]
            yield row
            return
        round_trip = self._round_trip(work, saver, artifact)
        for loader in self._matrix.environments:
            found = self._cell_row(work, saver, loader, artifact, round_trip)
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

    def _round_trip(self, work: Work, saver: Environment, artifact: Artifact) -> str:
        """Verdict of an artifact in the environment that wrote it; empty where that was not run."""
        cell = self._cells.get(self._keys.key(artifact.key, saver.id))
        if cell is None:
            return ""
        return self._judge(cell, tolerance_for(self._config, work.scenario, saver, saver)).found.verdict

    def _judge(self, cell: Cell, tolerance: Tolerance) -> _Judgement:
        said = repr([{name: value for name, value in record.items() if name != "seconds"} for record in cell.records])
        judgement = self._judged.get((said, tolerance))
        if judgement is None:
            found = verdict(cell.records, tolerance)
            shared = tuple(
                self._attempt_pool.one(_attempt_values(judge_attempt(record, tolerance))) for record in cell.records
            )
            judgement = _Judgement(found, _EMPTY | _verdict_values(found), shared)
            if len(self._judged) >= _REMEMBERED:
                self._judged.clear()
            self._judged[said, tolerance] = judgement
        return judgement

    def _inspection(self, artifact: Artifact) -> Callable[[], Inspection] | None:
        inspect = self._inspect
        if inspect is None or artifact.state != "saved":
            return None

        def read() -> Inspection:
            if artifact.key not in self._inspected:
                self._inspected[artifact.key] = inspect(artifact)
            return self._inspected[artifact.key]

        return read

    def _cause(
        self,
        work: Work,
        saver: Environment,
        loader: Environment,
        said: Shared,
        found: Verdict | None = None,
        records: tuple[Mapping[str, Any], ...] = (),
        inspect: Callable[[], Inspection] | None = None,
        round_trip: str = "",
    ) -> Shared:
        """The columns that say why a cell is bad; none for one that is not."""
        if not self._matcher.is_bad(said["verdict"]):
            return {}
        resting = found.resting if found else None
        measured: Mapping[str, Any] = {}
        if resting is not None:
            measured = next(record for record in records if record["attempt"] == resting.attempt)["rungs"]
        passed = [
            item if isinstance(item, (list, tuple)) else (item.rpartition(":")[2], item)
            for item in work.scenario.options["custom_objects"]
        ]
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
            measured=measured,
            inspect=inspect,
            passed={key: reference.rpartition(":")[2] for key, reference in passed},
            round_trip=round_trip,
            same_environment=saver.id == loader.id,
        )
        diagnosis = self._matcher.diagnose(case)
        return {"cause": diagnosis.cause, "evidence": "\n".join(diagnosis.evidence)} if diagnosis else {}

    def _cell_row(
        self, work: Work, saver: Environment, loader: Environment, artifact: Artifact, round_trip: str
    ) -> ResultRow | None:
        reason = why_not_applicable(work.scenario, loader)
        if reason:
            return self._row(work, saver, loader, {"verdict": NOT_APPLICABLE, "reason": f"{loader.id}: {reason}"})
        state = self._states[loader.id]
        if state.state != "ready":
            return self._row(work, saver, loader, {"verdict": UNAVAILABLE, "reason": f"{loader.id}: {state.reason}"})
        cell = self._cells.get(self._keys.key(artifact.key, loader.id))
        if cell is None:
            return None
        judgement = self._judge(cell, tolerance_for(self._config, work.scenario, saver, loader))
        why = self._cause(
            *(work, saver, loader, judgement.shared, judgement.found, cell.records),
            *(self._inspection(artifact), round_trip),
        )
        row = self._row(work, saver, loader, judgement.shared | why)
        row.seconds, row.key = cell.seconds, cell.key[:16]
        for values, record in zip(judgement.attempts, cell.records, strict=True):
            self._attempts.append(AttemptRow(row, values, float(record.get("seconds", 0))))
        return row


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
