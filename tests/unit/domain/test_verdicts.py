"""The truth table of the verdict function, and the measurements that it stands on."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from crossload.config import Tolerance
from crossload.domain import verdicts
from crossload.domain.verdicts import Judged, fidelity, judge_attempt, rung_state, verdict, within
from crossload.probe import attempts
from crossload.probe.agreement import limit
from crossload.probe.formats import RUNGS
from crossload.probe.operations import measuring
from tests.unit.doubles import crashed, faulty, loaded, outputs, raised, rung

compare_arrays: Any = measuring.compare_arrays  # the probe carries no annotations
DEFAULT = Tolerance(atol=1e-6, rtol=1e-5)
BESIDE_OUTPUTS = ("architecture", "weights", "optimizer", "training")
EVERY_STATE = [
    dict(zip(BESIDE_OUTPUTS, states, strict=True)) for states in itertools.product(("pass", "lost", "n/a"), repeat=4)
]

REMEDY = "compile=False"
REMEDIES: dict[str, list[Any]] = {
    "absent": [],
    "raised": [raised(REMEDY)],
    "crashed": [crashed(REMEDY)],
    "loaded-matching": [loaded(REMEDY, "within", optimizer="lost", training="lost")],
    "loaded-other": [loaded(REMEDY, "beyond")],
    "loaded-mismatching": [loaded(REMEDY, "mismatch")],
    "loaded-uncallable": [loaded(REMEDY, "raised")],
    "not-available": [{"attempt": REMEDY, "outcome": "not-available", "error": "no such argument", "seconds": 0.0}],
}

# Plain loaded: the verdict by its outputs, where no rung that the format can carry is lost, and where one is.
LOADED = {
    "exact": ("exact", "lossy"),
    "within": ("equal", "lossy"),
    "beyond": ("differs", "differs"),
    "mismatch": ("differs", "differs"),
}


@pytest.mark.parametrize("remedy", REMEDIES)
@pytest.mark.parametrize("kind", LOADED)
def test_a_model_that_loads_plainly_is_judged_by_outputs_then_by_rungs(kind: str, remedy: str) -> None:
    for states in EVERY_STATE:
        found = verdict([*REMEDIES[remedy], loaded("plain", kind, **states)], DEFAULT)
        assert found.verdict == LOADED[kind]["lost" in states.values()], states
        assert found.resting is found.plain
        assert found.resting is not None
        assert found.resting.attempt == "plain"
        lost = [
            name for name in RUNGS if states.get(name) == "lost" or (name == "outputs" and found.verdict == "differs")
        ]
        assert found.lost == lost


@pytest.mark.parametrize("remedy", REMEDIES)
@pytest.mark.parametrize("kind", ["beyond", "mismatch"])
def test_differs_names_the_remedy_that_repairs_it(kind: str, remedy: str) -> None:
    found = verdict([loaded("plain", kind), *REMEDIES[remedy]], DEFAULT)
    assert found.reason == ("repaired by compile=False" if remedy == "loaded-matching" else "")


@pytest.mark.parametrize("remedy", REMEDIES)
@pytest.mark.parametrize(
    ("plain", "without_remedy"),
    [(raised(), "fails"), (crashed(), "crashes"), (loaded("plain", "raised"), "fails")],
    ids=["raised", "crashed", "loaded but not callable"],
)
def test_a_model_that_does_not_load_plainly_needs_a_remedy(plain: Any, without_remedy: str, remedy: str) -> None:
    found = verdict([plain, *REMEDIES[remedy]], DEFAULT)
    if remedy == "loaded-matching":
        assert found.verdict == "remedy"
        assert found.resting is not None
        assert found.resting.attempt == REMEDY
        assert found.resting.fidelity == 3
        assert found.lost == ["optimizer", "training"]
    else:
        assert found.verdict == without_remedy
        assert found.resting is None
        assert found.lost == []
    assert found.plain is not None
    assert found.plain.attempt == "plain"


@pytest.mark.parametrize(
    "states", [{"architecture": "lost"}, {"weights": "lost"}, {"weights": "n/a", "training": "n/a"}]
)
def test_a_call_that_raises_is_not_loading_whatever_the_other_rungs_say(states: dict[str, str]) -> None:
    found = verdict([loaded("plain", "raised", **states)], DEFAULT)
    assert found.verdict == "fails"
    assert found.plain is not None
    assert (found.plain.error_type, found.plain.error, found.plain.stage) == ("ValueError", "bad call", "call")


@pytest.mark.parametrize("remedy", REMEDIES)
def test_our_own_fault_is_never_a_finding(remedy: str) -> None:
    found = verdict([faulty(), *REMEDIES[remedy]], DEFAULT)
    assert (found.verdict, found.resting) == ("harness-error", None)
    assert "KeyError" in found.reason


def _drawn(attempt: str, weights: str = "pass") -> Any:
    """A load whose outputs are as far from the saver's as those of one load are from the next."""
    record = loaded(attempt, "beyond", weights=weights)
    record["rungs"]["outputs"]["frontier"] = [[0.9, 0.8, 0.5, 1.0]]
    return record


def test_a_remedy_that_cannot_be_judged_is_no_failure() -> None:
    """A sampling layer draws other outputs each time: where it loads plainly that is said, and where a remedy loads it, too."""
    assert verdict([_drawn("plain")], DEFAULT).verdict == "not-applicable"
    found = verdict([raised(), raised("edit-config"), _drawn(REMEDY)], DEFAULT)
    assert (found.verdict, found.resting, found.reason) == ("not-applicable", None, verdicts.NOT_JUDGEABLE)
    assert verdict([raised(), _drawn(REMEDY, weights="lost")], DEFAULT).verdict == "fails"


@pytest.mark.parametrize("remedy", REMEDIES)
def test_a_cell_without_its_plain_attempt_is_our_own_fault(remedy: str) -> None:
    assert verdict(REMEDIES[remedy], DEFAULT).verdict == "harness-error"


@pytest.mark.parametrize("evidence", attempts.EVIDENCE)
@pytest.mark.parametrize("kind", ["exact", "within", "beyond", "mismatch", "raised"])
def test_evidence_never_decides(evidence: str, kind: str) -> None:
    proofs = [loaded(evidence, kind), raised(evidence), crashed(evidence), faulty(evidence)]
    for plain in (loaded(), loaded("plain", "within"), loaded("plain", "beyond"), raised(), crashed(), faulty()):
        alone = verdict([plain], DEFAULT)
        for proof in proofs:
            assert verdict([proof, plain], DEFAULT) == alone


def test_the_first_remedy_in_the_listed_order_is_the_one_named() -> None:
    records = [loaded(name) for name in reversed(attempts.REMEDIES)]
    found = verdict([*records, raised()], DEFAULT)
    assert found.resting is not None
    assert found.resting.attempt == attempts.REMEDIES[0]
    repaired = verdict([*records, loaded("plain", "beyond")], DEFAULT)
    assert repaired.reason == f"repaired by {attempts.REMEDIES[0]}"


def test_a_later_remedy_counts_when_the_earlier_ones_do_not_match() -> None:
    first, second, third, *_ = attempts.REMEDIES
    found = verdict([raised(), loaded(first, "beyond"), raised(second), loaded(third)], DEFAULT)
    assert found.resting is not None
    assert (found.verdict, found.resting.attempt) == ("remedy", third)


@pytest.mark.parametrize(
    ("attempt", "weights", "expected"),
    [
        ("rebuild+weights", "pass", "remedy"),
        ("rebuild+weights", "lost", "fails"),
        ("rebuild+weights", "n/a", "remedy"),
        ("edit-config", "lost", "remedy"),
        ("TFSMLayer", "n/a", "remedy"),
    ],
)
def test_a_model_from_code_counts_only_with_every_weight_from_the_file(
    attempt: str, weights: str, expected: str
) -> None:
    assert verdict([raised(), loaded(attempt, weights=weights)], DEFAULT).verdict == expected


@pytest.mark.parametrize(
    ("attempt", "optimizer", "costs"),
    [
        ("compile=False", "lost", ["optimizer state lost"]),
        ("compile=False", "n/a", []),
        ("safe_mode=False", "pass", ["trusted file only"]),
        ("rename+compile=False", "lost", ["a renamed copy", "optimizer state lost"]),
        ("edit-config", "pass", ["an edited copy"]),
        ("edit-config", "lost", ["an edited copy", "optimizer state lost"]),
        ("TFSMLayer", "n/a", ["inference only"]),
        ("rebuild+weights", "lost", ["code needed", "optimizer state lost"]),
    ],
)
def test_a_remedy_says_what_it_costs(attempt: str, optimizer: str, costs: list[str]) -> None:
    found = verdict([raised(), loaded(attempt, optimizer=optimizer) | {"note": "what was done"}], DEFAULT)
    assert found.resting is not None
    assert (found.resting.attempt, found.resting.costs, found.reason) == (attempt, costs, "what was done")


def test_every_verdict_is_either_scored_or_outside_every_score() -> None:
    assert set(verdicts.SCORED) == {"exact", "equal", "lossy", "differs", "remedy", "fails", "crashes"}
    assert set(verdicts.UNSCORED) == {"cannot-save", "not-applicable", "unavailable", "harness-error"}


@pytest.mark.parametrize(
    ("tolerance", "expected"),
    [
        ((0, 0), "differs"),
        ((1e-6, 0), "differs"),
        ((1e-6, 1e-5), "differs"),
        ((1e-2, 0), "equal"),
        ((0, 1e-2), "equal"),
    ],
)
def test_another_tolerance_changes_the_verdict_over_the_same_record(
    tolerance: tuple[float, float], expected: str
) -> None:
    record = loaded("plain", "beyond")
    assert verdict([record], Tolerance(atol=tolerance[0], rtol=tolerance[1])).verdict == expected


def test_another_tolerance_changes_whether_a_remedy_counts() -> None:
    records = [raised(), loaded(REMEDY, "beyond")]
    assert verdict(records, DEFAULT).verdict == "fails"
    assert verdict(records, Tolerance(atol=1e-2, rtol=0)).verdict == "remedy"


def test_bit_equal_outputs_pass_under_a_tolerance_of_zero() -> None:
    assert verdict([loaded()], Tolerance(atol=0, rtol=0)).verdict == "exact"


# What people do after loading


RAISES = {"error_type": "TypeError", "error": "'>' not supported", "place": "trainer.py:1"}


def used(attempt: str = "plain", kind: str = "exact", **steps: Any) -> Any:
    record = loaded(attempt, kind)
    record["rungs"]["use"] = steps
    return record


def test_a_model_that_can_not_predict_does_not_load() -> None:
    found = verdict([used(predict=RAISES, evaluate=RAISES)], DEFAULT)
    assert found.verdict == "fails"
    assert found.plain is not None
    assert (found.plain.stage, found.plain.error_type) == ("predict", "TypeError")


def test_a_remedy_under_which_it_predicts_is_one() -> None:
    found = verdict([used(predict=RAISES), used("edit-config", predict=outputs("exact"))], DEFAULT)
    assert (found.verdict, found.resting and found.resting.attempt) == ("remedy", "edit-config")
    found = verdict([raised(), used("edit-config", predict=RAISES), used("compile=False")], DEFAULT)
    assert found.resting is not None
    assert found.resting.attempt == "compile=False"


def test_a_translation_that_cannot_predict_says_so() -> None:
    found = verdict([raised(), used("translate", predict=RAISES)], DEFAULT)
    assert found.verdict == "fails"
    assert "then predict raises TypeError" in found.untranslated


def test_other_numbers_of_predict_are_other_outputs() -> None:
    found = verdict([used(predict=outputs("beyond"))], DEFAULT)
    assert (found.verdict, "predict" in found.reason) == ("differs", True)
    assert verdict([used(predict=outputs("within"))], DEFAULT).verdict == "exact"
    found = verdict([raised(), used("compile=False", predict=outputs("beyond"))], DEFAULT)
    assert found.verdict == "fails"


def test_what_fails_later_is_lost_and_said() -> None:
    found = verdict(
        [used(predict=outputs("exact"), fit={"error_type": "KeyError", "error": "Unknown variable"})], DEFAULT
    )
    assert (found.verdict, found.lost) == ("lossy", ["use"])
    assert found.resting is not None
    assert (found.resting.stage, found.resting.error) == ("fit", "Unknown variable")
    found = verdict(
        [raised(), used("compile=False", fit={"error_type": "KeyError", "error": "Unknown variable"})], DEFAULT
    )
    assert (found.verdict, found.reason) == ("remedy", "then fit raises KeyError: Unknown variable")


def test_a_death_in_training_takes_nothing_along() -> None:
    record = used(predict=outputs("exact"))
    record["rungs"]["training"] = {"error_type": "SIGSEGV", "error": "the process ended early: SIGSEGV", "died": True}
    found = verdict([record], DEFAULT)
    assert (found.verdict, found.lost) == ("lossy", ["training"])
    assert found.resting is not None
    assert (found.resting.stage, found.resting.error_type) == ("training", "SIGSEGV")


def test_a_death_in_predict_is_a_crash() -> None:
    assert verdict([used(predict={"error_type": "SIGSEGV", "error": "", "died": True})], DEFAULT).verdict == "crashes"


def test_what_fails_at_home_too_says_nothing() -> None:
    steps: dict[str, Any] = {step: {"not_applicable": "ValueError: no"} for step in ("predict", "fit", "save")}
    assert verdict([used(**steps)], DEFAULT).verdict == "exact"
    assert judge_attempt(used(**steps), DEFAULT).rungs["use"] == "n/a"


# Rungs and fidelity


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (("pass", "pass", "pass", "pass", "pass", "n/a"), 5),
        (("lost", "pass", "pass", "pass", "pass", "n/a"), 0),
        (("pass", "lost", "pass", "pass", "pass", "n/a"), 1),
        (("pass", "pass", "lost", "pass", "pass", "n/a"), 2),
        (("pass", "pass", "pass", "lost", "pass", "n/a"), 3),
        (("pass", "pass", "pass", "pass", "lost", "n/a"), 4),
        (("pass", "pass", "pass", "n/a", "pass", "n/a"), 5),
        (("pass", "pass", "pass", "pass", "n/a", "n/a"), 4),
        (("n/a", "pass", "pass", "n/a", "n/a", "n/a"), 3),
        (("n/a", "n/a", "pass", "n/a", "n/a", "n/a"), 3),
        (("n/a", "lost", "pass", "n/a", "n/a", "n/a"), 0),
        (("n/a", "n/a", "lost", "n/a", "n/a", "n/a"), 0),
        (("pass", "pass", "pass", "n/a", "lost", "n/a"), 3),
        (("n/a", "n/a", "n/a", "n/a", "n/a", "n/a"), 0),
        (("pass", "pass", "pass", "pass", "pass", "pass"), 6),
        (("pass", "pass", "pass", "pass", "pass", "lost"), 5),
        (("n/a", "n/a", "pass", "n/a", "n/a", "lost"), 3),
    ],
)
def test_fidelity_is_the_highest_rung_up_to_which_none_failed(states: tuple[str, ...], expected: int) -> None:
    assert fidelity(dict(zip(RUNGS, states, strict=True))) == expected


@given(st.tuples(*[st.sampled_from(["pass", "lost", "n/a"])] * 6))
@settings(derandomize=True, database=None, deadline=None)
def test_no_rung_below_the_fidelity_is_lost_and_its_own_passes(states: tuple[str, ...]) -> None:
    reached = fidelity(dict(zip(RUNGS, states, strict=True)))
    assert "lost" not in states[:reached]
    if reached:
        assert states[reached - 1] == "pass"
    above = states[reached:]
    assert "pass" not in above[: above.index("lost")] if "lost" in above else "pass" not in above


def test_an_attempt_that_did_not_load_has_no_fidelity() -> None:
    assert judge_attempt(raised(), DEFAULT).fidelity is None
    assert judge_attempt(crashed(), DEFAULT).rungs == {}


@pytest.mark.parametrize("name", RUNGS)
def test_a_rung_that_the_format_can_not_carry_is_not_applicable(name: str) -> None:
    assert rung_state(name, None, DEFAULT) == "n/a"
    assert rung_state(name, {"not_applicable": "random by nature"}, DEFAULT) == "n/a"


@pytest.mark.parametrize("name", RUNGS)
def test_a_rung_that_raises_is_lost(name: str) -> None:
    assert rung_state(name, {"error_type": "ValueError", "error": "no"}, DEFAULT) == "lost"


@pytest.mark.parametrize("name", BESIDE_OUTPUTS)
@pytest.mark.parametrize("state", ["pass", "lost", "n/a"])
def test_a_rung_has_the_state_that_was_measured(name: str, state: str) -> None:
    assert rung_state(name, rung(name, state), DEFAULT) == state


def test_a_model_that_came_back_uncompiled_lost_its_training() -> None:
    assert rung_state("training", {"same": False, "note": "not compiled"}, DEFAULT) == "lost"


@pytest.mark.parametrize(
    ("expected", "actual", "state"),
    [
        (1.0, 1.0 + 1e-6, "pass"),
        (1.0, 1.0 + 1.2e-5, "lost"),
        (-100.0, -100.0005, "pass"),
        (0.0, 1e-6, "pass"),
        (0.0, 2e-6, "lost"),
        (float("nan"), 1.0, "lost"),
        (1.0, float("nan"), "lost"),
        (float("nan"), float("nan"), "lost"),
        (1.0, float("inf"), "lost"),
        (float("inf"), 1.0, "lost"),
    ],
)
def test_training_goes_on_when_the_next_loss_is_the_same(expected: float, actual: float, state: str) -> None:
    measured = {"expected": expected, "actual": actual, "difference": abs(actual - expected)}
    assert rung_state("training", measured, DEFAULT) == state


def test_what_the_probe_measured_of_the_outputs_is_kept() -> None:
    judged = judge_attempt(loaded("plain", "within"), DEFAULT)
    assert (judged.max_abs_diff, judged.max_rel_diff, judged.max_ulp_diff) == (1e-7, 1e-7, 1)
    assert (judged.called, judged.bit_equal, judged.seconds) == (True, False, 0.3)
    assert "shape" in judge_attempt(loaded("plain", "mismatch"), DEFAULT).error


# Real arrays

NUMBERS = st.floats(width=32, allow_nan=False, allow_infinity=False)
SHAPES = arrays.array_shapes(max_dims=2, max_side=5)


@st.composite
def two_alike(draw: st.DrawFn) -> tuple[list[NDArray[np.float32]], list[NDArray[np.float32]]]:
    """Some arrays, and the same with elements left, nudged to a neighbour, scaled, or replaced."""
    references, actuals = [], []
    for shape in draw(st.lists(SHAPES, min_size=1, max_size=3)):
        reference = draw(arrays.arrays(np.float32, shape, elements=NUMBERS))
        other = draw(arrays.arrays(np.float32, shape, elements=NUMBERS))
        how = draw(arrays.arrays(np.int8, shape, elements=st.integers(0, 3)))
        with np.errstate(over="ignore", under="ignore"):
            nudged = np.nextafter(reference, np.float32(0))
            scaled = (reference * np.float32(0.999)).astype(np.float32)
        references.append(reference)
        actuals.append(np.choose(how, [reference, nudged, scaled, other]).astype(np.float32))
    return references, actuals


TOLERANCES = st.one_of(st.just(0.0), st.sampled_from([1e-7, 1e-6, 1e-5, 1e-3]), st.floats(0, 10))


@given(two_alike(), TOLERANCES, TOLERANCES, st.sampled_from([0.0, 1.0, 100.0]), st.integers(0, 2**32 - 1))
@settings(derandomize=True, database=None, deadline=None, max_examples=150)
@example(([np.array([0.0, 1.0], np.float32)], [np.array([1.0, 1.0], np.float32)]), 0.5, 1.0, 0.0, 0)
def test_the_frontier_answers_for_every_element(
    pair: tuple[list[NDArray[np.float32]], list[NDArray[np.float32]]],
    atol: float,
    rtol: float,
    spread: float,
    seed: int,
) -> None:
    references, actuals = pair
    generator = np.random.default_rng(seed)
    # Powers of two are kept as they are.
    noises = [
        np.exp2(generator.integers(-30, 3, one.shape)) * generator.integers(0, 2, one.shape) for one in references
    ]
    measured = compare_arrays(references, actuals, noises)
    assert measured["mismatch"] is None
    everywhere = all(
        difference <= limit([difference, magnitude, noise, float(np.abs(reference).max())], atol, rtol, spread)
        for reference, actual, noises_of in zip(references, actuals, noises, strict=True)
        for difference, magnitude, noise in zip(
            np.abs(actual.astype(np.float64) - reference.astype(np.float64)).ravel(),
            np.abs(reference.astype(np.float64)).ravel(),
            noises_of.ravel(),
            strict=True,
        )
    )
    assert within(measured["frontier"], Tolerance(atol=atol, rtol=rtol, spread=spread)) == everywhere


def test_it_does_so_where_differences_and_magnitudes_are_close_to_each_other() -> None:
    elements = list(itertools.product([1.0, 2.0, 3.0], [0.0, 1.0, 1.5, 2.0]))
    for pair in itertools.product(elements, repeat=2):
        reference, difference = (np.array(side, np.float32) for side in zip(*pair, strict=True))
        frontier = compare_arrays([reference], [reference + difference])["frontier"]
        for atol, rtol in itertools.product([0.0, 1.0, 1.25, 1.75, 2.0], [0.0, 0.25, 0.5]):
            everywhere = bool(np.all(difference <= atol + rtol * reference))
            assert within(frontier, Tolerance(atol=atol, rtol=rtol)) == everywhere, (pair, atol, rtol)


def test_tiny_outputs_must_agree_too() -> None:
    """An absolute tolerance is meant for outputs of about one: beside it, all outputs of 1e-7 would be the same."""
    assert judged([1e-7, 3e-8], [1e-7, 3.1e-8]) == "differs"
    assert judged([0.0, 0.0], [0.0, 1e-9]) == "differs"
    assert judged([1.0, 3e-8], [1.0, 3.1e-8]) == "equal"


@pytest.mark.parametrize(
    ("frontier", "same"),
    [
        # A deep network of 2.10 in 2.15, and an autoencoder: elements near zero are off by what the largest ones need.
        ([[6.1e-3, 2000.0]], True),
        ([[1.7e-5, 0.2], [1.2e-5, 42.0]], True),
        ([[3e-6, 0.05], [3e-6, 0.9]], True),
        # Other functions.
        ([[0.5, 2000.0]], False),
        ([[1e-4, 0.9]], False),
        ([[1e-2, 1.0]], False),
    ],
)
def test_measurements_without_noise_are_judged_by_the_scale_that_they_show(
    frontier: list[list[float]], same: bool
) -> None:
    assert within(frontier, DEFAULT) is same


def judged(reference: list[float], actual: list[float]) -> str:
    """The verdict over one output array."""
    measured = compare_arrays([np.array(reference, np.float32)], [np.array(actual, np.float32)])
    record = loaded()
    record["rungs"]["outputs"] = measured
    return verdict([record], DEFAULT).verdict


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("reference", "actual", "expected"),
    [
        ([1.0, NAN], [1.0, NAN], "exact"),
        ([1.0, NAN], [1.0000001, NAN], "equal"),
        ([1.0, NAN], [1.1, NAN], "differs"),
        ([1.0, NAN], [1.0, 1.0], "differs"),
        ([1.0, 1.0], [1.0, NAN], "differs"),
        ([INF, 1.0], [INF, 1.0], "exact"),
        ([INF, 1.0], [INF, 1.0000001], "equal"),
        ([INF, 1.0], [-INF, 1.0], "differs"),
        ([INF, 1.0], [3e38, 1.0], "differs"),
        ([INF, 1.0], [NAN, 1.0], "differs"),
        ([0.0], [-0.0], "equal"),
        ([], [], "exact"),
    ],
)
def test_not_a_number_equals_itself_and_nothing_else(
    reference: list[float], actual: list[float], expected: str
) -> None:
    assert judged(reference, actual) == expected


def test_the_doubles_say_what_the_probe_says() -> None:
    """The made-up measurements above have the keys of real ones."""
    real = compare_arrays([np.ones(1, np.float32)], [np.zeros(1, np.float32)])
    assert set(outputs("beyond")) == set(real)


@pytest.mark.parametrize(
    ("rungs", "said"),
    [
        (dict.fromkeys(RUNGS, "pass"), "nothing is lost"),
        ({**dict.fromkeys(RUNGS, "pass"), "training": "lost", "use": "n/a"}, "lost: training"),
        (
            {**dict.fromkeys(RUNGS, "pass"), "training": "n/a"},
            "nothing that was measured is lost (not in the file, or not measured: training)",
        ),
    ],
)
def test_nothing_is_called_kept_that_was_not_measured(rungs: dict[str, str], said: str) -> None:
    assert Judged("plain", "loaded", rungs).losses == said


# What the translation keeps, and the next loss


def test_what_the_translation_keeps_more_than_plain_loading_is_said() -> None:
    plain = loaded("plain", "within", optimizer="lost", training="lost")
    found = verdict([plain, loaded("translate", "within")], DEFAULT)
    assert (found.verdict, found.reason) == ("lossy", "translate keeps optimizer, training")
    assert found.resting is found.plain
    assert found.keeps_more is not None
    assert found.keeps_more.attempt == "translate"


def test_what_keeps_more_once_lambda_layers_are_traced_is_called_so() -> None:
    plain = loaded("plain", "within", optimizer="lost", training="lost")
    found = verdict([plain, raised("translate"), loaded("traced+translate", "within", training="lost")], DEFAULT)
    assert (found.verdict, found.reason) == ("lossy", "traced+translate keeps optimizer")


@pytest.mark.parametrize(
    "translated",
    [
        loaded("translate", "within", optimizer="lost", training="lost"),
        loaded("translate", "within", weights="lost"),
        loaded("translate", "beyond"),
        raised("translate"),
    ],
)
def test_a_translation_that_keeps_no_more_is_not_spoken_of(translated: Any) -> None:
    plain = loaded("plain", "within", optimizer="lost", training="lost")
    found = verdict([plain, translated], DEFAULT)
    assert (found.verdict, found.reason, found.keeps_more) == ("lossy", "", None)


def test_a_remedy_that_loses_what_the_translation_keeps_is_not_the_one() -> None:
    found = verdict([raised(), loaded("rename", "within", optimizer="lost"), loaded("translate", "within")], DEFAULT)
    assert found.resting is not None
    assert (found.verdict, found.resting.attempt) == ("remedy", "translate")


def training(actual: float, **more: float) -> Any:
    record = loaded("plain", "within")
    record["rungs"]["training"] = {"expected": 1.0, "actual": actual, "difference": abs(actual - 1.0), **more}
    return record


@pytest.mark.parametrize(
    ("noise", "state"), [(None, "lost"), (0.0, "lost"), (1e-4, "lost"), (3e-4, "pass"), (float("nan"), "lost")]
)
def test_a_loss_may_be_as_far_away_as_the_writers_own_moves_and_no_farther(noise: float | None, state: str) -> None:
    more = {} if noise is None else {"noise_of_loss": noise}
    assert judge_attempt(training(1.0003, **more), DEFAULT).rungs["training"] == state


@pytest.mark.parametrize(
    ("actual", "unfused", "is_named"),
    [(1.01, 1.01, True), (1.01, 1.0101, True), (1.01, 1.02, False), (1.0, 1.01, False)],
)
def test_the_fused_kernel_is_named_where_the_writer_without_it_gives_that_loss(
    actual: float, unfused: float, is_named: bool
) -> None:
    found = verdict([training(actual, noise_of_loss=2e-4, unfused_loss=unfused)], DEFAULT)
    assert ("fused BatchNormalization" in found.reason) is is_named
    assert found.lost == (["training"] if actual != 1.0 else [])


def test_a_remedy_that_we_could_not_measure_says_nothing_of_whether_one_helps() -> None:
    found = verdict([raised(), raised("rename"), faulty(REMEDY)], DEFAULT)
    assert (found.verdict, found.reason.partition(":")[0]) == ("harness-error", f"{REMEDY} could not be measured")
    assert verdict([raised(), faulty("rename"), loaded(REMEDY)], DEFAULT).verdict == "remedy"


@pytest.mark.parametrize(("expected", "difference"), [(float("inf"), float("inf")), (float("nan"), float("nan"))])
def test_a_loss_that_is_no_number_never_goes_on(expected: float, difference: float) -> None:
    measured = {"expected": expected, "actual": 5.0, "difference": difference}
    assert rung_state("training", measured, DEFAULT) == "lost"


def test_what_the_saver_does_to_itself_is_no_other_function() -> None:
    """Nothing can be said of a chaotic model on made-up inputs: neither that it is right nor that it is another function."""
    record = loaded("plain", "beyond")
    record["rungs"]["outputs"] |= {"frontier": [[0.98, 0.9, 0.25, 1.0]]}
    found = verdict([record], DEFAULT)
    assert (found.verdict, found.resting) == (verdicts.NOT_APPLICABLE, None)
    assert "--inputs" in found.reason
    record["rungs"]["outputs"] |= {"frontier": [[0.98, 0.9, 0.001, 1.0]]}
    assert verdict([record], DEFAULT).verdict == "differs"
    record["attempt"] = REMEDY
    assert not verdicts._is_right(judge_attempt(record, DEFAULT))


def test_what_people_do_is_named_before_a_step_of_ours() -> None:
    record = loaded("plain", "within")
    record["rungs"]["training"] = {"error_type": "ValueError", "error": "Unknown variable: <KerasVariable>"}
    record["rungs"]["use"] = {"predict": {"works": True}, "evaluate": {"error_type": "ValueError", "error": "metrics"}}
    found = judge_attempt(record, DEFAULT)
    assert (found.stage, found.error) == ("evaluate", "metrics")


def uncalled(attempt: str = "plain", **states: str) -> Any:
    """A record of a load whose outputs are not known where the file was written."""
    record = loaded(attempt, **states)
    record["rungs"]["outputs"] = {"not_applicable": "RuntimeError: other outputs each time"}
    return record


def test_what_was_not_called_is_never_good_and_its_load_is_said() -> None:
    found = verdict([uncalled(optimizer="lost")], DEFAULT)
    assert (found.verdict, found.resting) == (verdicts.NOT_APPLICABLE, None)
    assert found.reason == (
        f"{verdicts.NOT_COMPARED} (RuntimeError: other outputs each time); it loads plainly, with the same architecture and "
        "weights; lost: optimizer"
    )
    assert verdict([uncalled(weights="lost")], DEFAULT).verdict == verdicts.DIFFERS


@pytest.mark.parametrize("remedy", ["rename", attempts.TRANSLATE])
def test_a_remedy_that_was_not_called_is_none_and_its_load_is_said(remedy: str) -> None:
    found = verdict([raised(), uncalled(remedy)], DEFAULT)
    assert (found.verdict, found.resting) == (verdicts.NOT_APPLICABLE, None)
    assert f"it loads with {remedy}" in found.reason
    assert verdict([raised(), uncalled(remedy, weights="lost")], DEFAULT).verdict == verdicts.FAILS
    assert verdict([crashed(), uncalled(remedy, weights="lost")], DEFAULT).verdict == verdicts.CRASHES
    assert verdict([raised()], DEFAULT).verdict == verdicts.FAILS
