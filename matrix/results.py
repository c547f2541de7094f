"""The tables of a run: one row a cell, and one row an attempt."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from matrix.config import MatrixConfig
from matrix.diagnosis import Case, Pins, diagnose, load_catalogue
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
from matrix.planning import Matrix, Work, artifact_key, cell_key, tolerance_for, why_not_applicable
from matrix.probe.attempts import EVIDENCE, PLAIN
from matrix.probe.formats import OUTPUTS, RUNGS
from matrix.requests import crash_message
from matrix.routes import with_routes
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

Row = dict[str, Any]


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
        self._catalogue = load_catalogue()
        self._pins = {name: Pins.of(state.describe()) for name, state in states.items()}
        self._attempts: list[Row] = []
        self._results = with_routes(list(self._all_rows()))

    def results(self) -> pd.DataFrame:
        """One row a cell."""
        frame = pd.DataFrame(self._results, columns=RESULT_COLUMNS)
        numbers = dict.fromkeys(("max_abs_diff", "max_rel_diff", "max_ulp_diff", "seconds"), "Float64")
        return frame.astype({**numbers, "fidelity": "Int64", "artifact_bytes": "Int64"})

    def rows(self) -> Sequence[Mapping[str, Any]]:
        """One mapping a cell, with the columns of :meth:`results`."""
        return self._results

    def attempt_rows(self) -> Sequence[Mapping[str, Any]]:
        """One mapping an attempt, with the columns of :meth:`attempts`."""
        return self._attempts

    def verdicts(self) -> set[str]:
        """The verdicts that occur."""
        return {row["verdict"] for row in self._results}

    def attempts(self) -> pd.DataFrame:
        """One row an attempt."""
        frame = pd.DataFrame(self._attempts, columns=ATTEMPT_COLUMNS)
        numbers = dict.fromkeys(("max_abs_diff", "max_rel_diff", "max_ulp_diff", "seconds"), "Float64")
        return frame.astype({**numbers, "fidelity": "Int64"})

    def _all_rows(self) -> Iterator[Row]:
        for work, saver in self._matrix.pairs():
            yield from self._rows_of(work, saver)

    def _base(self, work: Work, saver: Environment, loader: Environment | None) -> Row:
        row: Row = {name: None if name in ("fidelity", "seconds") or "diff" in name else "" for name in RESULT_COLUMNS}
        row.update(
            scenario=work.scenario.name,
            family=work.scenario.family,
            format=work.format,
            saved_with=saver.id,
            loaded_with=loader.id if loader else "",
            artifact_bytes=None,
        )
        return row

    def _rows_of(self, work: Work, saver: Environment) -> Iterator[Row]:
        reason = why_not_applicable(work.scenario, saver)
        if reason:
            yield self._base(work, saver, None) | {"verdict": NOT_APPLICABLE, "reason": f"{saver.id}: {reason}"}
            return
        state = self._states[saver.id]
        if state.state != "ready":
            for loader in self._matrix.environments:
                yield self._base(work, saver, loader) | {
                    "verdict": UNAVAILABLE,
                    "reason": f"{saver.id}: {state.reason}",
                }
            return
        artifact = self._artifacts.get(artifact_key(work, state))
        if artifact is None:
            return
        if artifact.state != "saved":
            unsaved = self._unsaved(artifact)
            yield self._base(work, saver, None) | unsaved | self._cause(work, saver, saver, unsaved)
            return
        round_trip = self._round_trip(work, saver, artifact)
        for loader in self._matrix.environments:
            row = self._cell_row(work, saver, loader, artifact, round_trip)
            if row is not None:
                yield self._base(work, saver, loader) | row

    @staticmethod
    def _unsaved(artifact: Artifact) -> Row:
        payload = artifact.payload
        row: Row = {"verdict": artifact.state, "seconds": artifact.seconds, "stage": payload.get("stage", "")}
        row |= {
            "key": artifact.key[:16],
            "error_type": payload.get("error_type", ""),
            "error": payload.get("error", ""),
        }
        if artifact.state == CRASHES:
            row |= {"error_type": payload["signal"], "error": crash_message(payload["signal"], payload["stderr"])}
        if artifact.state == HARNESS_ERROR:
            row["reason"] = payload.get("trace") or payload.get("error", "")
        assert artifact.state in (CANNOT_SAVE, CRASHES, HARNESS_ERROR)
        return row

    def _round_trip(self, work: Work, saver: Environment, artifact: Artifact) -> str:
        """Verdict of an artifact in the environment that wrote it; empty where that was not run."""
        cell = self._cells.get(cell_key(artifact.key, self._states[saver.id]))
        if cell is None:
            return ""
        return verdict(cell.records, tolerance_for(self._config, work.scenario, saver, saver)).verdict

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
        row: Row,
        found: Verdict | None = None,
        records: tuple[Mapping[str, Any], ...] = (),
        inspect: Callable[[], Inspection] | None = None,
        round_trip: str = "",
    ) -> Row:
        """The columns that say why a cell is bad; none for one that is not."""
        resting = found.resting if found else None
        measured: Mapping[str, Any] = {}
        if resting is not None:
            measured = next(record for record in records if record["attempt"] == resting.attempt)["rungs"]
        passed = [
            item if isinstance(item, (list, tuple)) else (item.rpartition(":")[2], item)
            for item in work.scenario.options["custom_objects"]
        ]
        case = Case(
            row["verdict"],
            work.format,
            self._pins[saver.id],
            self._pins[loader.id],
            attempt=row.get("attempt", ""),
            error_type=row.get("error_type", ""),
            error=row.get("error", ""),
            stage=row.get("stage", ""),
            place=next((str(record.get("place", "")) for record in records if record["attempt"] == PLAIN), ""),
            rungs=resting.rungs if resting else {},
            measured=measured,
            inspect=inspect,
            passed={key: reference.rpartition(":")[2] for key, reference in passed},
            round_trip=round_trip,
            same_environment=saver.id == loader.id,
        )
        diagnosis = diagnose(case, self._catalogue)
        return {"cause": diagnosis.cause, "evidence": "\n".join(diagnosis.evidence)} if diagnosis else {}

    def _cell_row(
        self, work: Work, saver: Environment, loader: Environment, artifact: Artifact, round_trip: str
    ) -> Row | None:
        row: Row = {"container": artifact.container, "artifact_bytes": artifact.bytes}
        reason = why_not_applicable(work.scenario, loader)
        if reason:
            return row | {"verdict": NOT_APPLICABLE, "reason": f"{loader.id}: {reason}"}
        state = self._states[loader.id]
        if state.state != "ready":
            return row | {"verdict": UNAVAILABLE, "reason": f"{loader.id}: {state.reason}"}
        cell = self._cells.get(cell_key(artifact.key, state))
        if cell is None:
            return None
        tolerance = tolerance_for(self._config, work.scenario, saver, loader)
        base = {"scenario": work.scenario.name, "format": work.format, "saved_with": saver.id, "loaded_with": loader.id}
        for record in cell.records:
            self._attempts.append(base | _attempt_row(judge_attempt(record, tolerance)))
        found = verdict(cell.records, tolerance)
        row |= _verdict_row(found) | {"seconds": cell.seconds, "key": cell.key[:16]}
        return row | self._cause(work, saver, loader, row, found, cell.records, self._inspection(artifact), round_trip)


def _measures(judged: Judged) -> Row:
    return {
        "fidelity": judged.fidelity,
        "max_abs_diff": judged.max_abs_diff,
        "max_rel_diff": judged.max_rel_diff,
        "max_ulp_diff": judged.max_ulp_diff,
        **{f"rung_{rung}": judged.rungs.get(rung, "") for rung in RUNGS},
    }


def _attempt_row(judged: Judged) -> Row:
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
        "seconds": judged.seconds,
        "note": judged.note,
    }


def _verdict_row(found: Verdict) -> Row:
    row: Row = {"verdict": found.verdict, "reason": found.reason, "lost": ",".join(found.lost)}
    if found.resting is not None:
        row |= _measures(found.resting) | {"attempt": found.resting.attempt}
        if found.verdict == REMEDY:
            row["cost"] = ", ".join(found.resting.costs)
    if found.plain is not None:
        row |= {"error_type": found.plain.error_type, "error": found.plain.error, "stage": found.plain.stage}
    return row
