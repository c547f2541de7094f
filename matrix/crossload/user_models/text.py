"""A check in words, and as plain data."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from crossload.domain.cells import CellRow
from crossload.domain.verdicts import (
    DIFFERS,
    KEEPS,
    LOADS,
    LOSSY,
    NOT_APPLICABLE,
    NOT_COMPARED,
    NOT_JUDGEABLE,
    REMEDY,
    USABLE,
    difference_in_words,
)
from crossload.probe.formats import EVALUATE, FIT, OUTPUTS, SAVE_AGAIN, TRAINING
from crossload.user_models.check import Check
from crossload.user_models.model_file import UserModel

# How what a step raised is kept, apart from other reasons why it was not tried.
_RAISED = re.compile(r"\w+(Error|Exception)\b")


def model_rows(model: UserModel) -> list[tuple[str, str]]:
    """What the file says of itself, in names and values; what it says nothing about is left out."""
    found = model.found
    rows = [
        ("file", f"{model.path} ({_size(model.bytes)})"),
        ("format", f"{model.format} (container {found.container})"),
        ("written by", ", ".join(part for part in (found.keras and f"Keras {found.keras}",
                                                   found.tensorflow and f"TensorFlow {found.tensorflow}") if part)),
        ("layers", ", ".join(found.classes)),
        ("custom classes and functions", ", ".join(found.custom)),
        ("registered", ", ".join(found.registered)),
        ("Lambda layers with bytecode", str(found.lambdas or "")),
        ("compiled with", ", ".join(found.compiled)),
    ]  # fmt: skip
    return [(name, value) for name, value in rows if value]


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{count / 1e3:.1f} kB"


def prediction_lines(check: Check) -> list[str]:
    """What predictions rest on."""
    nearest = f", as if {check.predicted_as} had written it" if check.predicted_as not in ("", check.saver) else ""
    return [f"Expected of its least compatible construct ({check.origin}){nearest}:"]


def expected(check: Check) -> dict[str, str]:
    """What is expected in each environment, with the construct that decides."""
    return {item.environment: str(item) for item in check.predictions}


def spent(row: Mapping[str, Any]) -> str:
    """Seconds and memory that loading took; empty where nothing was loaded."""
    seconds, peak = row.get("seconds"), row.get("peak_mb")
    parts = [f"{seconds:.1f} s" if seconds else "", f"{peak / 1000:.1f} GB" if peak else ""]
    return ", ".join(part for part in parts if part)


def measured_row(row: CellRow) -> tuple[str, ...]:
    """Environment, verdict, how, what is lost, difference, cause, what it took and error of one version."""
    difference = difference_in_words(row.get("max_abs_diff"), row.get("max_scaled_diff"))
    said = [row.get("error"), row.get("reason")]
    # Where nothing is judged, the reason says what is known all the same.
    said = said[::-1] if row["verdict"] == NOT_APPLICABLE else said
    error = " ".join(str(next(filter(None, said), "")).split())
    lost = ", ".join(
        part for part in (str(row.get("lost") or "").replace(",", ", "), str(row.get("cost") or "")) if part
    )
    return (
        str(row["loaded_with"]),
        str(row["verdict"]),
        str(row.get("attempt") or ""),
        lost,
        difference.removeprefix("largest difference "),
        str(row.get("cause") or ""),
        spent(cast(Mapping[str, Any], row)),
        error if len(error) <= 120 else error[:119] + "…",
    )


def summary(check: Check) -> str:
    """The answer in one line."""
    plain = [row["loaded_with"] for row in check.rows if row["verdict"] in LOADS]
    wrong = [row["loaded_with"] for row in check.rows if row["verdict"] == DIFFERS]
    helped = [row["loaded_with"] for row in check.rows if row["verdict"] == REMEDY]
    parts = [f"loads plainly in {', '.join(plain)}"] if plain else ["loads plainly nowhere"]
    kept: dict[str, list[str]] = {}
    for row in check.rows:
        for said in str(row.get("reason") or "").split("; "):
            if row["verdict"] == LOSSY and said.startswith(KEEPS):
                kept.setdefault(said.removeprefix(KEEPS), []).append(row["loaded_with"])
    if helped:
        parts.append(f"with a remedy in {', '.join(helped)}")
    if unknown := [row["loaded_with"] for row in check.rows if row.get("reason") == NOT_JUDGEABLE]:
        parts.append(f"NOT JUDGEABLE in {', '.join(unknown)} (made-up inputs tell nothing of it: give --inputs)")
    uncompared = [row["loaded_with"] for row in check.rows if str(row.get("reason")).startswith(NOT_COMPARED)]
    not_called = str(check.reference.get("unmeasured", {}).get(OUTPUTS, ""))
    if uncompared:
        parts.append(f"LOADS, AND ITS OUTPUTS WERE NOT COMPARED, in {', '.join(uncompared)} ({not_called})")
    if wrong:
        parts.append(f"GIVES OTHER OUTPUTS IN SILENCE in {', '.join(wrong)}")
    parts += [f"{what} in {', '.join(where)}" for what, where in _afterwards(check.rows).items()]
    parts += [f"`convert` keeps {what}, too, in {', '.join(where)}" for what, where in kept.items()]
    deadly = [rung for rung, why in check.reference.get("unmeasured", {}).items() if "ends the process" in why]
    if deadly:
        parts.append(f"{', '.join(deadly)} ENDS THE PROCESS where it was written")
    training = str(check.reference.get("unmeasured", {}).get("training", ""))
    if training.partition(":")[0].endswith("Error") and not training.startswith("UnmeasurableError") and not not_called:
        parts.append(f"training raises {' '.join(training.split())[:120]} where it was written, too (compile it anew)")
    for step, why in (check.reference.get("use") or {}).items():
        if _RAISED.match(str(why)) and not not_called:
            parts.append(f"{step} raises {' '.join(str(why).split())[:120]} where it was written, too")
    if not check.exact:
        parts.append(f"measured against {check.saver}, which stands in for what wrote it")
    return f"{check.model.path.name} {'; '.join(parts)}."


# A training step of ours is what `fit` does.
_LATER = {EVALUATE: "evaluate", FIT: "fit", TRAINING: "fit", SAVE_AGAIN: "saving again"}


def _afterwards(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """What raises after a load with the right outputs, in words, and where."""
    found: dict[str, list[str]] = {}
    for row in rows:
        step = _LATER.get(str(row.get("stage") or ""))
        if step and row["verdict"] in USABLE and row.get("error_type"):
            found.setdefault(f"{step} RAISES {row['error_type']}", []).append(str(row["loaded_with"]))
    return found


def document(check: Check) -> dict[str, Any]:
    """Everything, for programs."""
    found = check.model.found
    return {
        "model": {
            **{"path": str(check.model.path), "format": check.model.format, "bytes": check.model.bytes},
            **{"container": found.container, "keras": found.keras, "tensorflow": found.tensorflow},
            **{"classes": list(found.classes), "custom": list(found.custom), "registered": list(found.registered)},
            **{"lambdas": found.lambdas, "compiled": list(found.compiled)},
            "carries": [{"construct": item.construct, "where": item.where} for item in found.carries],
            "names": [
                {"path": item.path, "where": item.where, "read": item.source is not None, "why": item.why}
                for item in check.named
            ],
        },
        "saved_with": check.saver,
        "saved_with_because": check.why,
        "saved_with_is_exact": check.exact,
        "predicted": [{**vars(item), "missing": list(item.missing)} for item in check.predictions],
        "predicted_from": {"as_if_written_by": check.predicted_as, "origin": check.origin},
        "reference": {
            key: value for key, value in check.reference.items() if key not in ("event", "digest", "seconds")
        },
        "measured": [_plain_row(row) for row in check.rows],
    }


def _plain_row(row: Mapping[str, Any]) -> dict[str, Any]:
    left_out = ("scenario", "family", "artifact_bytes", "route", "route_cost")
    return {name: value for name, value in row.items() if name not in left_out}


def table_columns() -> Sequence[str]:
    """Headings of :func:`measured_row`."""
    return ("version", "verdict", "by", "lost or needed", "difference", "cause", "took", "error")
