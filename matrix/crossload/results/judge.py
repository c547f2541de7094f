"""Judges measurements: verdict, attempts and cause of a cell, remembered where others say the same."""

import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from crossload.config import MatrixConfig, Tolerance
from crossload.diagnosis import Case, Matcher, Pins, load_catalogue
from crossload.domain.attempts import AttemptRecord, Rungs, crash_message
from crossload.domain.cells import RUNG_COLUMNS
from crossload.domain.rows import AttemptOutcome, Measures, Outcome, Pool
from crossload.domain.verdicts import (
    CANNOT_SAVE,
    CRASHES,
    HARNESS_ERROR,
    REMEDY,
    Judged,
    Verdict,
    judge_attempt,
    verdict,
)
from crossload.environments.model import Environment, EnvironmentState
from crossload.inspection import Inspection
from crossload.planning.matrix import Work
from crossload.planning.tolerances import tolerance_for
from crossload.probe.attempts import EVIDENCE, PLAIN
from crossload.probe.formats import OUTPUTS, RUNGS
from crossload.store.lazy_cells import Measured
from crossload.store.records import Artifact

# How many different measurements are remembered: those of neighbouring cells are often the same.
_REMEMBERED = 20_000


@dataclass(frozen=True)
class Judgement:
    """What the records of a cell amount to under a tolerance, seconds apart.

    :param number: of this judgement among all that were made: equal measurements share one.
    :param said: columns of the result table.
    :param attempts: columns of the table of attempts, one mapping a record.
    :param place: file and line that raised in the plain attempt.
    :param measured: what the probe recorded of the rungs of the attempt that the verdict rests on.
    """

    number: int
    found: Verdict
    records: tuple[AttemptRecord, ...]
    said: Outcome
    attempts: tuple[AttemptOutcome, ...]
    place: str
    measured: Rungs


class Judge:
    """Judges cells and says why they are bad.

    :param states: environments by id.
    :param inspect: reads an artifact's file, for causes that facts of the file decide.
    """

    def __init__(
        self,
        config: MatrixConfig,
        states: Mapping[str, EnvironmentState],
        inspect: Callable[[Artifact], Inspection] | None,
        writers: Mapping[str, str],
    ) -> None:
        self._config, self._writers = config, writers
        self._inspect, self._inspected = inspect, dict[str, Inspection]()
        self._matcher = Matcher(load_catalogue())
        self._pins = {name: Pins.of(state.describe()) for name, state in states.items()}
        self._pool, self._judged = Pool[AttemptOutcome](), dict[tuple[str, Tolerance], Judgement]()
        self._numbers = itertools.count()
        self._causes: dict[tuple[Any, ...], Outcome] = {}
        self._passed: dict[str, tuple[tuple[str, str], ...]] = {}

    def judge(self, cell: Measured, work: Work, saver: Environment, loader: Environment) -> Judgement:
        """What was measured of a cell, judged by the tolerance that applies to it."""
        tolerance = tolerance_for(self._config, work.scenario, saver, loader)
        judgement = self._judged.get((cell.said, tolerance))
        if judgement is None:
            records = tuple(json.loads(cell.said))
            found = verdict(records, tolerance)
            shared = tuple(self._pool.one(_attempt_values(judge_attempt(record, tolerance))) for record in records)
            by_attempt = {record["attempt"]: record for record in reversed(records)}
            judgement = Judgement(
                next(self._numbers),
                found,
                records,
                _verdict_values(found) | {"twin": records[0].get("twin", "") if records else ""},
                shared,
                str(by_attempt.get(PLAIN, {}).get("place", "")),
                by_attempt[found.resting.attempt]["rungs"] if found.resting is not None else {},
            )
            if len(self._judged) >= _REMEMBERED:
                self._judged.clear()
                self._causes.clear()
            self._judged[cell.said, tolerance] = judgement
        return judgement

    def _read(self, artifact: Artifact) -> Inspection | None:
        """What an artifact's file says of itself."""
        if self._inspect is None or artifact.state != "saved":
            return None
        if artifact.key not in self._inspected:
            self._inspected[artifact.key] = self._inspect(artifact)
        return self._inspected[artifact.key]

    def cause(
        self,
        *,
        work: Work,
        saver: Environment,
        loader: Environment,
        artifact: Artifact,
        said: Outcome,
        judgement: Judgement | None = None,
        round_trip: str = "",
    ) -> Outcome:
        """The columns that say why a cell is bad; none for one that is not."""
        if not self._matcher.is_bad(said["verdict"]):
            return {}
        name = work.scenario.name
        if name not in self._passed:
            self._passed[name] = _passed(work)
        passed = self._passed[name]
        token = known = None
        if judgement is not None:
            token = (judgement.number, work.format, round_trip, saver.id == loader.id)
            known = (*token, passed, saver.id, loader.id)
            if known in self._causes:
                return self._causes[known]
        was_read = []

        def inspect() -> Inspection | None:
            was_read.append(artifact)
            return self._read(artifact)

        resting = judgement.found.resting if judgement is not None else None
        case = Case(
            said["verdict"],
            work.format,
            self._pins[self._writers.get(saver.id, saver.id)],
            self._pins[loader.id],
            attempt=said.get("attempt", ""),
            error_type=said.get("error_type", ""),
            error=said.get("error", ""),
            stage=said.get("stage", ""),
            place=judgement.place if judgement is not None else "",
            rungs=resting.rungs if resting else {},
            measured=judgement.measured if judgement is not None else {},
            inspect=inspect,
            passed=dict(passed),
            round_trip=round_trip,
            same_environment=saver.id == loader.id,
        )
        diagnosis = self._matcher.diagnose(case, token)
        why: Outcome = {}
        if diagnosis is not None:
            why = {"cause": diagnosis.cause, "evidence": "\n".join(diagnosis.evidence)}
        if known is not None and not was_read:
            self._causes[known] = why
        return why


def attempt_seconds(cell: Measured, judgement: Judgement) -> list[float]:
    """Seconds of each of the attempts of a cell."""
    if len(cell.of_attempts) == len(judgement.records):
        return [float(seconds) for seconds in cell.of_attempts]
    taken = iter(cell.of_attempts)
    return [
        float(next(taken)) if "seconds" in record else 0.0 for record in judgement.records
    ]  # what never began took none


def said_of_unsaved(artifact: Artifact) -> Outcome:
    """Columns of the result table for an artifact that could not be saved."""
    payload = artifact.payload
    said: Outcome = {"verdict": artifact.state, "stage": payload.get("stage", "")}
    said |= {"error_type": payload.get("error_type", ""), "error": payload.get("error", "")}
    if artifact.state == CRASHES:
        said |= {"error_type": payload["signal"], "error": crash_message(payload["signal"], payload["stderr"])}
    if artifact.state == HARNESS_ERROR:
        said["reason"] = payload.get("trace") or payload.get("error", "")
    assert artifact.state in (CANNOT_SAVE, CRASHES, HARNESS_ERROR)
    return said


def _passed(work: Work) -> tuple[tuple[str, str], ...]:
    """What plain loading passes as ``custom_objects``: each key with the name in its module."""
    pairs = [
        item if isinstance(item, (list, tuple)) else (item.rpartition(":")[2], item)
        for item in work.scenario.options["custom_objects"]
    ]
    return tuple((key, reference.rpartition(":")[2]) for key, reference in pairs)


def _measures(judged: Judged) -> Measures:
    measures: Measures = {
        "fidelity": judged.fidelity,
        "max_abs_diff": judged.max_abs_diff,
        "max_rel_diff": judged.max_rel_diff,
        "max_ulp_diff": judged.max_ulp_diff,
        "max_scaled_diff": judged.max_scaled_diff,
    }
    return measures | _rungs(judged.rungs)


def _rungs(states: Mapping[str, str]) -> Measures:
    """A column for each rung; empty where nothing is said of it."""
    return cast(Measures, {column: states.get(rung, "") for column, rung in zip(RUNG_COLUMNS, RUNGS, strict=True)})


def _attempt_values(judged: Judged) -> AttemptOutcome:
    measures = _measures(judged)
    if judged.attempt in EVIDENCE:
        # Only outputs are looked at there: nothing is claimed about the other rungs.
        measures |= _rungs({OUTPUTS: judged.rungs.get(OUTPUTS, "")})
        measures["fidelity"] = None
    return {
        **measures,
        "attempt": judged.attempt,
        "outcome": judged.outcome,
        "error_type": judged.error_type,
        "error": judged.error,
        "stage": judged.stage,
        "note": judged.note,
    }


def _verdict_values(found: Verdict) -> Outcome:
    values: Outcome = {"verdict": found.verdict, "reason": found.reason, "lost": ",".join(found.lost)}
    if found.resting is not None:
        values = {**values, **_measures(found.resting), "attempt": found.resting.attempt}
        if found.verdict == REMEDY:
            values["cost"] = ", ".join(found.resting.costs)
    if found.plain is not None:
        values |= {"error_type": found.plain.error_type, "error": found.plain.error, "stage": found.plain.stage}
    return values
