"""Verdicts: pure functions over stored measurements. Nothing here runs anything or knows where measurements come from."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from crossload.domain.attempts import AttemptRecord
from crossload.probe import agreement, attempts
from crossload.probe.formats import (
    ARCHITECTURE,
    EVALUATE,
    FIT,
    OPTIMIZER,
    OUTPUTS,
    PREDICT,
    RUNGS,
    STEPS,
    TRAINING,
    USE,
    WEIGHTS,
)

if TYPE_CHECKING:
    from crossload.config import Tolerance

EXACT, EQUAL, LOSSY, DIFFERS = "exact", "equal", "lossy", "differs"
REMEDY, FAILS, CRASHES = "remedy", "fails", "crashes"
CANNOT_SAVE, NOT_APPLICABLE, UNAVAILABLE, HARNESS_ERROR = (
    "cannot-save",
    "not-applicable",
    "unavailable",
    "harness-error",
)

SEVERITY = (DIFFERS, CRASHES, FAILS, REMEDY, LOSSY, EQUAL, EXACT)
"""The one order of verdicts, worst first. ``differs`` leads: it is the only one that nobody notices."""

SCORED = SEVERITY[::-1]
"""Verdicts over cells that were run, the only denominator of a share; from good to bad, as a bar is read."""

UNSCORED = (CANNOT_SAVE, NOT_APPLICABLE, UNAVAILABLE, HARNESS_ERROR)
"""Outside every score, never averaged into it."""

LOADS = (EXACT, EQUAL, LOSSY)
"""The plain call loads it, with the right outputs."""

FAITHFUL = (EXACT, EQUAL)
"""The plain call loads it, with everything that the format can carry."""

USABLE = (*LOADS, REMEDY)
"""Right outputs, by the plain call or by another attempt: what a way may be made of."""

WITHOUT_ERROR = (*LOADS, DIFFERS)
"""The plain call returns a model that can be called, whatever it computes."""

RAISES = (FAILS, CRASHES, REMEDY)
"""The plain call raises or dies."""

BROKEN = (DIFFERS, FAILS, CRASHES)
"""No attempt that counts gives the right outputs, or the plain one gives others."""

NEEDS_WAY = (*BROKEN, REMEDY)
"""The plain call does not give the right outputs: a way round is looked for."""

UNFAITHFUL = (*NEEDS_WAY, LOSSY)
"""Scored, and something is wrong."""

NEEDS_CAUSE = (*UNFAITHFUL, CANNOT_SAVE)
"""Something is wrong, and a cause is looked for."""

# What could not be saved is compared with cells where savers are: nothing is there to load, but nobody is deceived.
_SEVERITIES = {name: place for place, name in enumerate((SEVERITY[0], CANNOT_SAVE, *SEVERITY[1:])[::-1])}


def severity(verdict: str) -> int:
    """How bad a verdict is: 0 for ``exact``, the highest for ``differs``. ``cannot-save`` is next to the worst.

    :raises KeyError: the verdict says nothing of a model (``unavailable`` and its like).
    """
    return _SEVERITIES[verdict]


def is_comparable(verdict: str) -> bool:
    """Whether :func:`severity` has an answer: the verdict says something of a model."""
    return verdict in _SEVERITIES


NOT_JUDGEABLE = (
    "not judgeable on these inputs: where it was written, moving weights and inputs by one unit in the last place moves the "
    "outputs as far; give inputs that it was trained on with --inputs"
)

NOT_COMPARED = "its outputs were not compared"
"""Begins the reason of a cell whose model cannot be called where it was written, or gives other outputs each time."""

PASS, LOST, NA = "pass", "lost", "n/a"


def _keeps(attempt: str) -> str:
    return f"{attempt} keeps "


KEEPS = _keeps(attempts.TRANSLATE)
"""How the reason of a lossy verdict begins where the translation keeps more; the rungs follow."""

Measurement = Mapping[str, Any]


def lost_rungs(rungs: Mapping[str, str]) -> list[str]:
    """Those of the rungs that were lost, lowest first."""
    return [rung for rung in RUNGS if rungs.get(rung) == LOST]


def difference_in_words(largest: float | None, of_scale: float | None) -> str:
    """A largest difference as people take it in: as a share of the largest magnitude in the output.

    :param largest: itself; None where nothing was compared.
    :param of_scale: as that share; None where it is not known.
    """
    if largest is None or largest != largest:
        return ""
    if largest == 0:
        return "no difference"
    if of_scale is None or of_scale != of_scale:
        return f"largest difference {_short(largest)}"
    return f"largest difference {_short(of_scale)} of the output's scale"


def _short(number: float) -> str:
    """One digit and a short exponent: ``4e-7``."""
    return re.sub(r"e([+-])0*(\d)", lambda found: f"e{found[1].strip('+')}{found[2]}", f"{number:.0e}")


@dataclass(frozen=True)
class Judged:
    """What one attempt amounts to under a tolerance.

    :param rungs: each rung's state: ``pass``, ``lost`` or ``n/a``.
    :param max_scaled_diff: largest difference of an output by the largest magnitude in it; None where it was not measured.
    :param predicts: whether `predict` came to its end, where it was tried; ``predicts_alike`` whether it gave the same outputs.
    :param uncalled: why it was not called at all: what wrote the file cannot, or gets other outputs each time.
    :param is_chance: whether the outputs disagree, and no more than the saver's own do when weights and inputs are nudged.
    :param fidelity: highest rung (1 to 6) up to which no applicable rung failed; 0 when the lowest applicable one failed;
        None when nothing was loaded.
    """

    attempt: str
    outcome: str
    rungs: Mapping[str, str] = field(default_factory=dict)
    fidelity: int | None = None
    max_abs_diff: float | None = None
    max_rel_diff: float | None = None
    max_ulp_diff: float | None = None
    max_scaled_diff: float | None = None
    bit_equal: bool = False
    called: bool = False
    error_type: str = ""
    error: str = ""
    stage: str = ""
    seconds: float = 0.0
    note: str = ""
    predicts: bool = True
    predicts_alike: bool = True
    predict_died: bool = False
    is_chance: bool = False
    uncalled: str = ""

    @property
    def afterwards(self) -> str:
        """What raises after loading, in words; empty where nothing does."""
        if self.outcome != "loaded" or not self.called or not self.error_type:
            return ""
        return f"then {self.stage} raises {self.error_type}: {' '.join(self.error.split())[:200]}"

    @property
    def difference(self) -> str:
        """How far the outputs are from the saver's, in words; empty where none were compared."""
        return difference_in_words(self.max_abs_diff, self.max_scaled_diff)

    @property
    def lost(self) -> list[str]:
        """Rungs that it lost, lowest first."""
        return lost_rungs(self.rungs)

    @property
    def unmeasured(self) -> list[str]:
        """Rungs of which nothing can be said, lowest first: not in the file, or not measured."""
        return [rung for rung in RUNGS if self.rungs.get(rung, NA) == NA]

    @property
    def losses(self) -> str:
        """What is lost, in words, and of what nothing can be said. Nothing is called kept that was not measured."""
        if self.lost:
            return f"lost: {', '.join(self.lost)}"
        if self.unmeasured:
            return f"nothing that was measured is lost (not in the file, or not measured: {', '.join(self.unmeasured)})"
        return "nothing is lost"

    @property
    def costs(self) -> list[str]:
        """What using this attempt costs, in words. That the optimizer's state is lost is said only where it was."""
        named = [cost for cost in attempts.costs(self.attempt) if cost != attempts.OPTIMIZER_LOST]
        return [*named, attempts.OPTIMIZER_LOST] if self.rungs.get(OPTIMIZER) == LOST else named


@dataclass(frozen=True)
class Verdict:
    """The verdict over a cell, and the attempt it rests on (None when no attempt loaded).

    :param untranslated: what has no equal in the loader's Keras, with where it stands; empty where nothing is known to stop it.
    :param keeps_more: the translation, where plain loading works and loses what that keeps.
    """

    verdict: str
    resting: Judged | None
    plain: Judged | None
    reason: str = ""
    untranslated: str = ""
    keeps_more: Judged | None = None

    @property
    def lost(self) -> list[str]:
        """Rungs that the resting attempt lost, lowest first."""
        return self.resting.lost if self.resting else []


def within(frontier: Sequence[Sequence[float]], tolerance: "Tolerance") -> bool:
    """Whether every element agrees: the outputs are those of the same function (``probe/agreement.py`` has the rule)."""
    return bool(agreement.within(frontier, tolerance.atol, tolerance.rtol, tolerance.spread))


def _is_chance(measured: Measurement | None, tolerance: "Tolerance") -> bool:
    """Whether outputs disagree, and no more than the saver's own do when its weights and inputs are nudged."""
    if not measured or measured.get("mismatch") or "frontier" not in measured or measured["bit_equal"]:
        return False
    return bool(agreement.is_chance(measured["frontier"], tolerance.atol, tolerance.rtol, tolerance.spread))


def _outputs_state(measured: Measurement, tolerance: "Tolerance") -> str:
    if measured.get("mismatch"):
        return LOST
    return PASS if measured["bit_equal"] or within(measured["frontier"], tolerance) else LOST


def _training_state(measured: Measurement, tolerance: "Tolerance") -> str:
    return PASS if agreement.same_loss(measured, tolerance.atol, tolerance.rtol) else LOST


def _of_fused_kernel(measured: Measurement | None, tolerance: "Tolerance") -> str:
    """That the next loss is another one because of BatchNormalization's fused kernel, where that was measured; else empty.

    Keras 2 calls ``tf.nn.fused_batch_norm`` for images, which gives the variance with Bessel's correction, n / (n - 1), and keeps
    that in ``moving_variance``; Keras 3 keeps the variance of the batch itself.
    """
    if not measured or not agreement.same_unfused_loss(measured, tolerance.atol, tolerance.rtol):
        return ""
    unfused, noise = measured["unfused_loss"], measured.get("noise_of_loss", 0.0)
    return (
        "the next update differs because Keras 2's fused BatchNormalization keeps the unbiased variance, n/(n-1), as its moving "
        f"variance, and Keras 3 the biased one: the loss after it is {_short(measured['difference'])} from the writer's, and "
        f"{_short(abs(measured['actual'] - unfused))} from the writer's with fused=False (which moves by {_short(noise)} itself)"
    )


def _of_rewriting(predicted: Measurement) -> str:
    """That ``predict`` is a little off because its graph is rewritten, where that was measured; else empty."""
    if not predicted.get("rewritten"):
        return ""
    return (
        f"predict is off by {_short(predicted['rewritten'])} of the output's scale because TensorFlow or XLA puts the arithmetic "
        "of its graph in another order: without that it was compared"
    )


def _use_state(measured: Measurement, tolerance: "Tolerance") -> str:
    states = {_step_state(measured[step], tolerance) for step in STEPS if step in measured}
    return next((state for state in (LOST, PASS) if state in states), NA)


def _step_state(measured: Measurement, tolerance: "Tolerance") -> str:
    if "not_applicable" in measured:
        return NA
    if "error_type" in measured:
        return LOST
    return _outputs_state(measured, tolerance) if "frontier" in measured else PASS


def rung_state(rung: str, measured: Measurement | None, tolerance: "Tolerance") -> str:
    """State of one rung. None means that the format cannot carry it."""
    if measured is None or "not_applicable" in measured:
        return NA
    if "error_type" in measured:
        return LOST
    if rung == OUTPUTS:
        return _outputs_state(measured, tolerance)
    if rung == TRAINING:
        return _training_state(measured, tolerance)
    if rung == USE:
        return _use_state(measured, tolerance)
    assert rung in (ARCHITECTURE, WEIGHTS, OPTIMIZER)
    return PASS if measured["same"] else LOST


def fidelity(rungs: Mapping[str, str]) -> int:
    """Number of the highest applicable rung up to which none failed; 0 when the lowest applicable one failed."""
    reached = 0
    for number, rung in enumerate(RUNGS, start=1):
        if rungs.get(rung) == LOST:
            break
        if rungs.get(rung) == PASS:
            reached = number
    return reached


def judge_attempt(record: AttemptRecord, tolerance: "Tolerance") -> Judged:
    """Apply a tolerance to what the probe recorded of one attempt."""
    name, outcome, seconds = record["attempt"], record["outcome"], float(record.get("seconds", 0))
    if outcome != "loaded":
        error = str(record.get("error", ""))
        return Judged(
            name,
            outcome,
            error_type=record.get("error_type", ""),
            error=error,
            stage=record.get("stage", ""),
            seconds=seconds,
            note=record.get("note", ""),
        )
    measured: Measurement = record["rungs"]
    rungs = {rung: rung_state(rung, measured.get(rung), tolerance) for rung in RUNGS}
    outputs = measured.get(OUTPUTS) or {}
    called = "bit_equal" in outputs
    predicted = (measured.get(USE) or {}).get(PREDICT) or {}
    later = _later_error(measured) if called and not outputs.get("mismatch") else None
    judged = Judged(
        name,
        outcome,
        rungs,
        fidelity(rungs),
        outputs.get("max_abs"),
        outputs.get("max_rel"),
        outputs.get("max_ulp"),
        outputs.get("of_scale"),
        bool(outputs.get("bit_equal")),
        called,
        "" if called else outputs.get("error_type", ""),
        (outputs.get("mismatch") or "") if called else outputs.get("error", ""),
        "" if called else "call",
        seconds,
        record.get("note", ""),
    )
    if later is not None:
        stage, why = later
        judged = replace(judged, error_type=why["error_type"], error=why.get("error", ""), stage=stage)
    of_kernel = _of_fused_kernel(measured.get(TRAINING), tolerance)
    return replace(
        judged,
        note="; ".join(filter(None, (judged.note, of_kernel, _of_rewriting(predicted)))),
        predicts="error_type" not in predicted,
        predicts_alike=_step_state(predicted, tolerance) != LOST,
        predict_died=bool(predicted.get("died")),
        is_chance=_is_chance(outputs, tolerance),
        uncalled=outputs.get("not_applicable", ""),
    )


def _later_error(measured: Measurement) -> tuple[str, Measurement] | None:
    """What people do with the model and what raises there, worst first: where it was tried, and the error."""
    used: Mapping[str, Measurement] = measured.get(USE) or {}
    # A step of ours comes behind what people meet: they see what `fit` says.
    in_order = {step: used.get(step, {}) for step in (PREDICT, EVALUATE, FIT)}
    tried: dict[str, Measurement] = {**in_order, TRAINING: measured.get(TRAINING) or {}, **used}
    return next(((stage, found) for stage, found in tried.items() if "error_type" in found), None)


def verdict(records: Sequence[AttemptRecord], tolerance: "Tolerance") -> Verdict:
    """The verdict over one cell.

    A model that loads plainly and then cannot be called, or cannot predict, counts as one that does not load: nobody can use it.

    :param records: the probe's records of the attempts, in any order; ``bare`` and ``imported`` are ignored.
    """
    judged = {record["attempt"]: judge_attempt(record, tolerance) for record in records}
    plain = judged.get(attempts.PLAIN)
    if plain is None:
        return Verdict(HARNESS_ERROR, None, None, "the plain attempt was not recorded")
    if plain.outcome == HARNESS_ERROR:
        return Verdict(HARNESS_ERROR, None, plain, plain.error)
    if plain.uncalled:
        # Other weights are other outputs, whatever those are.
        return Verdict(DIFFERS, plain, plain, "other weights") if _has_other_weights(plain) else _uncalled(plain, plain)
    if plain.outcome == "loaded" and plain.called:
        if plain.is_chance:
            return Verdict(NOT_APPLICABLE, None, plain, NOT_JUDGEABLE)
        if plain.rungs[OUTPUTS] == LOST:
            return Verdict(DIFFERS, plain, plain, _repair(judged))
        if plain.predicts and not plain.predicts_alike:
            said = "predict gives other outputs than the call"
            return Verdict(DIFFERS, plain, plain, "; ".join(filter(None, (said, _repair(judged)))))
    if plain.outcome == "loaded" and plain.called and plain.predicts:
        if LOST in plain.rungs.values():
            better = _keeping_more(judged, plain)
            kept = [rung for rung in plain.lost if rung not in better.lost] if better else []
            said = _keeps(better.attempt) + ", ".join(kept) if better and kept else ""
            return Verdict(LOSSY, plain, plain, "; ".join(filter(None, (plain.note, said))), keeps_more=better)
        return Verdict(EXACT if plain.bit_equal else EQUAL, plain, plain)
    remedy = next((found for name in attempts.REMEDIES if (found := judged.get(name)) and _is_right(found)), None)
    if remedy is not None:
        remedy = _keeping_more(judged, remedy) or remedy
        said = "; ".join(filter(None, (remedy.note, remedy.afterwards)))
        return Verdict(REMEDY, remedy, plain, said, _untranslated(judged))
    return _without_remedy(judged, plain)


def _without_remedy(judged: Mapping[str, Judged], plain: Judged) -> Verdict:
    """The verdict where nothing that was tried is right."""
    tried = [judged[name] for name in attempts.REMEDIES if name in judged]
    uncalled = next((found for found in tried if found.uncalled and not _has_other_weights(found)), None)
    if uncalled is not None:
        return _uncalled(uncalled, plain)
    if any(found.is_chance and not _has_other_weights(found) for found in tried):
        return Verdict(NOT_APPLICABLE, None, plain, NOT_JUDGEABLE)
    faulty = next((found for found in tried if found.outcome == HARNESS_ERROR), None)
    if faulty is not None:
        return Verdict(HARNESS_ERROR, None, plain, f"{faulty.attempt} could not be measured: {faulty.error}")
    worst = CRASHES if plain.outcome == "crashed" or plain.predict_died else FAILS
    return Verdict(worst, None, plain, untranslated=_untranslated(judged))


def _has_other_weights(judged: Judged) -> bool:
    return judged.rungs.get(WEIGHTS) == LOST


def _uncalled(loaded: Judged, plain: Judged) -> Verdict:
    """The verdict where nothing is known of the outputs: never a good one."""
    same = [rung for rung in (ARCHITECTURE, WEIGHTS) if loaded.rungs[rung] == PASS]
    kept = f", with the same {' and '.join(same)}" if same else ""
    lost = f"; lost: {', '.join(loaded.lost)}" if loaded.lost else ""
    how = "plainly" if loaded is plain else f"with {loaded.attempt}"
    said = f"{NOT_COMPARED} ({loaded.uncalled}); it loads {how}{kept}{lost}"
    return Verdict(NOT_APPLICABLE, None, plain, said)


def _untranslated(judged: Mapping[str, Judged]) -> str:
    found = judged.get(attempts.TRANSLATE)
    if found is None:
        return ""
    if found.outcome == "loaded" and not found.predicts:
        return f"translated it loads, {found.afterwards or 'then predict ends the process'}"
    return found.error if found.error_type == "NotTranslatableError" else ""


def _keeping_more(judged: Mapping[str, Judged], than: Judged) -> Judged | None:
    """A translation that works, and loses less than another attempt that does, and nothing else; the first such one."""
    found = [judged[name] for name in attempts.TRANSLATIONS if name in judged]
    return next((one for one in found if _is_right(one) and set(one.lost) < set(than.lost)), None)


def _is_right(judged: Judged) -> bool:
    """Whether a remedy works: the outputs match, and a model from code has every weight from the file."""
    if judged.outcome != "loaded" or judged.rungs.get(OUTPUTS) != PASS or not judged.predicts_alike:
        return False
    return not attempts.rebuilds(judged.attempt) or judged.rungs.get(WEIGHTS) != LOST


def _repair(judged: Mapping[str, Judged]) -> str:
    """The remedy that gives matching outputs where plain loading does not, in words."""
    name = next((name for name in attempts.REMEDIES if name in judged and _is_right(judged[name])), None)
    return f"repaired by {name}" if name else ""
