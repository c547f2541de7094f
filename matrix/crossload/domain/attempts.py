"""What the probe records of an attempt and reports of a save, and how the end of a process is told.

The forms are the probe's (``probe/operations/load.py`` and ``save.py`` write them); a store keeps them as JSON, as they are.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, TypedDict, cast

Ending = Literal["loaded", "raised", "crashed", "not-available", "harness-error"]


class RungMeasurement(TypedDict, total=False):
    """What was measured of one rung. Which keys there are depends on the rung and on how far it came.

    :param not_applicable: why the saver's side has nothing to compare with; alone.
    :param error_type, error, place: what measuring it raised.
    :param same: of architecture, weights and optimizer.
    :param expected, actual: losses after one more update; of weights that differ, the shapes of the arrays.
    :param difference: between the two losses.
    :param differences: of the optimizer, by what differs: the saver's value and the loader's.
    :param bit_equal, mismatch, frontier, max_abs, max_rel, max_ulp: of outputs, as ``compare_arrays`` gives them. ``frontier``
        has what no tolerance can overlook: differences, with the magnitudes that they stand at.
    :param of_scale: largest difference by the largest magnitude of the output.
    :param rewritten: of ``predict``: how far off it is, as a share of the scale, where the rest is of its graph as it was traced.
    :param died: the process ended while this was measured.
    :param predict, evaluate, fit, save: of use, what each step showed.
    """

    not_applicable: str
    error_type: str
    error_class: str
    error: str
    place: str
    same: bool
    note: str
    expected: Any
    actual: Any
    difference: float
    differences: Mapping[str, tuple[Any, Any]]
    bit_equal: bool
    mismatch: str | None
    frontier: Sequence[Sequence[float]]
    max_abs: float | None
    max_rel: float | None
    max_ulp: int | None
    of_scale: float | None
    rewritten: float
    died: bool
    predict: "RungMeasurement"
    evaluate: "RungMeasurement"
    fit: "RungMeasurement"
    save: "RungMeasurement"


# By the rung's name; a rung that the format cannot carry, or that was not asked for, is not there.
Rungs = Mapping[str, RungMeasurement]


class AttemptRecord(TypedDict):
    """One attempt at a cell.

    :param outcome: ``loaded`` has ``rungs``; the others have ``error_type`` and ``error`` where an error says why.
    :param stage: what was being done when it raised or died.
    :param signal: what killed the process.
    :param note: what a remedy did to a copy, in words.
    :param trace: of a fault of ours.
    :param twin: the environment whose file was loaded in the place of this one, which holds the same; not there where a cell
        was measured itself.
    """

    attempt: str
    outcome: Ending
    seconds: NotRequired[float]
    rungs: NotRequired[Rungs]
    error_type: NotRequired[str]
    error_class: NotRequired[str]
    error: NotRequired[str]
    place: NotRequired[str]
    stage: NotRequired[str]
    signal: NotRequired[str]
    note: NotRequired[str]
    trace: NotRequired[str]
    twin: NotRequired[str]


class SaveReport(TypedDict, total=False):
    """What is known of a save beside its files: the event that ended it, or what killed it.

    :param event: ``saved`` with ``file``; ``raised`` or ``harness-error`` with an error.
    :param signal, stderr: what killed the process, and what it printed last.
    """

    event: str
    file: str
    seconds: float
    error_type: str
    error_class: str
    error: str
    place: str
    stage: str
    signal: str
    stderr: str
    trace: str


def crash_message(signal: str | None, stderr: str) -> str:
    """One text for a child that died: what ended it, and what it printed last."""
    tail = "\n".join(stderr.strip().splitlines()[-12:])
    return f"the process ended early: {signal or 'without a signal'}" + (f"\n{tail}" if tail else "")


def crash_record(attempt: str, signal: str | None, stderr: str, seconds: float) -> AttemptRecord:
    """The record of an attempt during which the process died."""
    return {
        "attempt": attempt,
        "outcome": "crashed",
        "error_type": signal or "ended early",
        "error": crash_message(signal, stderr),
        "stage": "load",
        "seconds": seconds,
    }


def record_of(event: Mapping[str, Any]) -> AttemptRecord:
    """The record that the probe's event of an attempt is."""
    return cast(AttemptRecord, {key: value for key, value in event.items() if key != "event"})


def fault_record(attempt: str, event: Mapping[str, Any], seconds: float) -> AttemptRecord:
    """The record of an attempt that a fault of ours ended, by the probe's event of it."""
    return {**record_of(event), "attempt": attempt, "outcome": "harness-error", "seconds": seconds}


def with_step(use: RungMeasurement, step: str, measured: RungMeasurement) -> RungMeasurement:
    """What was measured of the rung of use, with one of its steps."""
    return cast(RungMeasurement, {**use, step: measured})


def save_report(event: Mapping[str, Any]) -> SaveReport:
    """What the event that ended a save says."""
    return cast(SaveReport, event)
