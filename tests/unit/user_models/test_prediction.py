"""What is expected of a file that was loaded nowhere is what its least compatible construct shows; never a vote."""

import itertools
from collections.abc import Collection, Mapping
from typing import Any

import pytest

from crossload.domain.verdicts import SEVERITY
from crossload.shipped.construct_data import Evidence
from crossload.user_models.prediction import NOT_KNOWN, Prediction, Predictor

READER = "2.16-cpu"
DENSE = {"Functional", "Dense", "Dense.units=number", "Dense.use_bias=True"}


def evidence(**files: tuple[str, Collection[str]]) -> Evidence:
    """Measured files: the verdict of each, with an attempt behind a colon, and its marks."""
    cells: dict[str, Mapping[str, Any]] = {}
    for name, (said, _) in files.items():
        verdict, _, attempt = said.partition(":")
        cells[name] = {"scenario": name, "verdict": verdict, "attempt": attempt, "cause": f"cause-of-{name}"}
    return Evidence({name: frozenset(marks) for name, (_, marks) in files.items()}, {READER: cells})


def expected(known: Evidence, marks: Collection[str], environment: str = READER) -> Prediction:
    return Predictor(known).of(frozenset(marks), environment)


def test_five_files_that_load_do_not_outvote_one_construct_that_does_not() -> None:
    fine = {f"fine{number}": ("exact", DENSE) for number in range(5)}
    known = evidence(**fine, slicing=("fails", {*DENSE, "SlicingOpLambda"}))
    found = expected(known, {*DENSE, "SlicingOpLambda"})
    assert (found.verdict, found.construct, found.example, found.cells) == ("fails", "SlicingOpLambda", "slicing", 1)
    assert found.cause == "cause-of-slicing"
    assert "decided by SlicingOpLambda: 1 measured file, such as slicing" in str(found)


@pytest.mark.parametrize(("worse", "better"), [*itertools.combinations(SEVERITY, 2)])
def test_the_worse_of_two_constructs_decides(worse: str, better: str) -> None:
    known = evidence(a=(f"{worse}:rename", {"A"}), b=(f"{better}:rename", {"B"}))
    found = expected(known, {"A", "B"})
    assert found.verdict == worse
    assert found.construct == "A"


def test_a_construct_is_as_good_as_the_best_file_that_has_it() -> None:
    known = evidence(plain=("exact", DENSE), rnn=("fails", {*DENSE, "LSTM"}))
    assert expected(known, DENSE).verdict == "exact"
    assert expected(known, {*DENSE, "LSTM"}).construct == "LSTM"


@pytest.mark.parametrize(
    "mark",
    [
        "TFSMLayer",
        "graph:a layer used twice",
        "masked:Concatenate",
        "call:LSTM.initial_state=tensor",
        "Dense.dtype=float16",
    ],
)
def test_what_no_cell_covers_is_not_known_and_named(mark: str) -> None:
    found = expected(evidence(plain=("exact", DENSE)), {*DENSE, mark})
    assert (found.verdict, found.missing) == (NOT_KNOWN, (mark,))
    assert str(found) == f"not known: no cell covers {mark}"


def test_what_fails_for_certain_fails_whatever_else_is_not_known() -> None:
    found = expected(evidence(a=("differs", {"A"}), b=("exact", {"B"})), {"A", "B", "C"})
    assert (found.verdict, found.construct) == ("differs", "A")
    assert expected(evidence(a=("remedy:rename", {"A"})), {"A", "C"}).verdict == NOT_KNOWN


def test_remedies_are_not_put_together() -> None:
    plain = {name: ("exact", {name.upper()}) for name in "defg"}
    known = evidence(a=("remedy:rename", {"A"}), b=("remedy:edit-config", {"B"}), c=("remedy:rename", {"C"}), **plain)
    both = expected(known, {"A", "B"})
    assert both.verdict == NOT_KNOWN
    assert both.missing == ("these together: edit-config for B and rename for A",)
    assert (expected(known, {"A", "C"}).verdict, expected(known, {"A", "C"}).attempt) == ("remedy", "rename")


def test_what_loads_with_the_remedy_that_most_files_need_needs_none_of_its_own() -> None:
    known = evidence(
        a=("remedy:rename", {"A"}),
        b=("remedy:translate", {"B"}),
        c=("remedy:rename", {"C"}),
        d=("remedy:edit-config", {"D"}),
    )
    assert (expected(known, {"A", "B"}).verdict, expected(known, {"A", "B"}).attempt) == ("remedy", "translate")
    assert expected(known, {"A", "B", "D"}).missing == (
        "these together: edit-config for D and rename for A and translate for B",
    )


def test_a_remedy_that_was_seen_in_another_format_of_the_writer_counts_where_it_opens_this_one() -> None:
    """`rename` is tried first and ends a cell: what was seen with it alone here was translated from a SavedModel."""
    plain = {name: ("exact", {name.upper()}) for name in "defg"}
    known = evidence(a=("remedy:rename", {"A"}), b=("remedy:translate", {"B"}), **plain)
    elsewhere = evidence(a=("remedy:translate", {"A"}), h=("remedy:TFSMLayer", {"B"}))
    both = Predictor(known, lambda: [elsewhere]).of({"A", "B"}, READER)
    assert (both.verdict, both.attempt) == ("remedy", "translate")
    # What never opened a file of this format serves none of it.
    known = evidence(a=("remedy:rename", {"A"}), b=("remedy:edit-config", {"B"}), **plain)
    elsewhere = evidence(a=("remedy:translate", {"A"}), b=("remedy:translate", {"B"}))
    assert Predictor(known, lambda: [elsewhere]).of({"A", "B"}, READER).verdict == NOT_KNOWN


@pytest.mark.parametrize("mark", ["loss:{}", "loss:function {}", "MeanMetricWrapper.fn={}", "function {}"])
def test_a_function_of_ones_own_is_like_the_one_that_was_measured(mark: str) -> None:
    """No version calls a loss or a metric while it loads a file."""
    known = evidence(
        plain=("exact", DENSE),
        own=("lossy", {*DENSE, mark.format("lopsided_error")}),
        keras=("fails", {*DENSE, mark.format("poisson")}),
    )
    assert expected(known, {*DENSE, mark.format("focal_loss_fixed")}).verdict == "lossy"
    assert expected(known, {*DENSE, mark.format("poisson")}).verdict == "fails"
    # A function that a layer calls, or a class of one's own, is the user's code.
    assert expected(known, {*DENSE, "Dense.activation=mish"}).verdict == NOT_KNOWN
    assert expected(known, {*DENSE, "FocalLoss"}).verdict == NOT_KNOWN


_OWN_LAYER = {"OwnLayer", "OwnLayer.trainable=True", "OwnLayer.units=number"}
OWN = {
    "plain": ("exact", DENSE),
    "layer": ("lossy", {"Functional", *_OWN_LAYER, "OwnLayer.dtype=DTypePolicy"}),
    "constraint": ("exact", {"Dense", "Dense.kernel_constraint=OwnConstraint", "OwnConstraint"}),
    "none": ("exact", {"Dense", "Dense.kernel_constraint=None"}),
    "loss": ("exact", {"loss:OwnLoss", "OwnLoss", "OwnLoss.gamma=number"}),
    "own_dtype": ("exact", {"OwnLayer", "OwnLayer.dtype=float32"}),
    "activation": ("lossy", {"Dense.activation=function own_activation", "function own_activation"}),
    "keras": ("fails", {"Dense.activation=relu", "Activation.activation=relu"}),
    "holds_dense": ("exact", {"OwnHolder", "OwnHolder:holds Dense", "Dense"}),
    "holds_attention": ("differs", {"OwnHolder", "OwnHolder:holds MultiHeadAttention"}),
    "holds_own": ("exact", {"OwnHolder", "OwnHolder:holds OwnLayer", *_OWN_LAYER}),
}
CROSS = {
    "Functional",
    "Dense",
    "Dense.kernel_constraint=None",
    "CrossLayer",
    "CrossLayer.trainable=True",
    "CrossLayer.num_layers=number",
    "CrossLayer:of team",
}


@pytest.mark.parametrize(
    ("marks", "verdict"),
    [
        (CROSS, "exact"),
        ({*CROSS, "CrossLayer.dtype=DTypePolicy"}, "lossy"),
        ({"Functional", "Clip", "Clip.limit=number", "Dense", "Dense.kernel_constraint=Clip"}, "exact"),
        ({"Functional", "FocalLoss", "FocalLoss.gamma=number", "loss:FocalLoss"}, "exact"),
        ({"Functional", "Dense", "Dense.activation=function smooth", "function smooth"}, "lossy"),
        ({"Functional", "Dense", "function smooth"}, NOT_KNOWN),  # nothing says what for
        ({*CROSS, "CrossLayer:holds Dense"}, "exact"),
        ({*CROSS, "CrossLayer:holds CrossLayer"}, "exact"),
        ({*CROSS, "CrossLayer:holds Dense", "CrossLayer:holds MultiHeadAttention"}, "differs"),
        ({*CROSS, "CrossLayer:holds LSTM"}, NOT_KNOWN),
        ({*CROSS, "CrossLayer.inner=Dense"}, NOT_KNOWN),  # what it makes of a part of it is its own affair
        ({*CROSS, "call:CrossLayer.mask=tensor"}, NOT_KNOWN),
        (CROSS - {"Functional"}, NOT_KNOWN),  # a model that is a class of one's own
        (CROSS - {"CrossLayer.trainable=True"}, NOT_KNOWN),  # what it is for is not said
    ],
)
def test_a_class_of_ones_own_is_as_the_one_that_was_measured_within_one_keras(marks: set[str], verdict: str) -> None:
    predictor = Predictor(evidence(**OWN), same_keras={READER})
    assert predictor.of(marks, READER).verdict == verdict
    assert predictor.of({*DENSE, "Dense.activation=relu"}, READER).verdict == "fails"
    # Its code may have to be changed for another Keras.
    assert Predictor(evidence(**OWN)).of(marks, READER).verdict == NOT_KNOWN


def test_a_class_that_is_no_worse_than_the_value_it_is_given_counts() -> None:
    """A schedule needs a remedy wherever it stands: with an optimizer that it was not measured with it needs no more."""
    lines = {
        "adam": ("exact", {"Adam", "Adam.learning_rate=number"}),
        "sgd": ("exact", {"SGD", "SGD.learning_rate=number"}),
        "decay": ("remedy:translate", {"SGD", "SGD.learning_rate=InverseTimeDecay", "InverseTimeDecay"}),
        "more": ("exact", {"SGD"}),
    }
    found = expected(evidence(**lines), {"Adam", "Adam.learning_rate=InverseTimeDecay", "InverseTimeDecay"})
    assert (found.verdict, found.attempt) == ("remedy", "translate")


def test_a_function_that_keras_has_is_not_ones_own_in_another_role() -> None:
    known = evidence(
        own=("exact", {*DENSE, "metrics:lopsided_error"}), keras=("exact", {*DENSE, "loss:function poisson"})
    )
    assert expected(known, {*DENSE, "metrics:poisson"}).verdict == NOT_KNOWN


def test_what_was_only_seen_beside_something_bad_speaks_against_nobody() -> None:
    """An activation was measured in one class beside a loss that fails by itself, and well in another one."""
    lines = {
        "conv": ("exact", {"Conv1D", "Conv1D.activation=linear"}),
        "dense": ("exact", {"Dense"}),
        "tanh": ("exact", {"Dense", "Dense.activation=tanh"}),
        "wavenet": ("fails", {"Conv2D", "Conv2D.activation=tanh", "LOSS"}),
        "plain": ("exact", {"Conv2D", "Conv2D.activation=linear"}),
    }
    beside = {"loss": ("fails", {"Dense", "LOSS"})}
    asked = {"Conv1D", "Conv1D.activation=tanh"}
    assert expected(evidence(**lines, **beside), asked).verdict == "exact"
    # By itself it is to blame.
    assert expected(
        evidence(**lines | {"wavenet": ("fails", {"Conv2D", "Conv2D.activation=tanh"})}), asked
    ).verdict == (NOT_KNOWN)


def test_what_was_measured_beside_something_bad_counts_where_its_remedy_is_needed_anyway() -> None:
    """A loss was only measured beside an optimizer that needs a remedy: beside another one that does, nothing more is needed."""
    layers = {name: ("exact", {name.upper()}) for name in "abcd"}
    known = evidence(
        e=("remedy:compile=False", {"E"}),
        f=("remedy:compile=False", {"E", "LOSS"}),
        g=("remedy:compile=False", {"G"}),
        **layers,
    )
    assert expected(known, {"A", "LOSS"}).missing == ("LOSS",)
    assert expected(known, {"G", "LOSS"}).verdict == "remedy"
    assert expected(known, {"G", "LOSS"}).attempt == "compile=False"


def test_a_free_value_stands_for_any_of_its_kind_and_a_choice_only_for_itself() -> None:
    known = evidence(
        one=(
            "exact",
            {"Dense", "Dense.units=number", "Dense.activation=relu", "Dense.axis=[number]", "Dense.seed=None"},
        )
    )
    assert expected(known, {"Dense", "Dense.units=0"}).verdict == "exact"
    assert expected(known, {"Dense", "Dense.axis=[negative]"}).verdict == "exact"
    assert expected(known, {"Dense", "Dense.units=None"}).verdict == NOT_KNOWN
    assert expected(known, {"Dense", "Dense.axis=number"}).verdict == NOT_KNOWN
    assert expected(known, {"Dense", "Dense.activation=hard_sigmoid"}).verdict == NOT_KNOWN
    assert expected(known, {"Dense", "Dense.more=True"}).verdict == NOT_KNOWN


def test_a_choice_that_another_class_was_measured_with_counts_unless_it_hurts_there() -> None:
    lines = {
        "dense": ("exact", {"Dense", "Dense.activation=linear"}),
        "conv": ("exact", {"Conv1D", "Conv1D.activation=linear"}),
        "relu": ("exact", {"Conv1D", "Conv1D.activation=relu"}),
        "hard": ("differs", {"Conv1D", "Conv1D.activation=hard_sigmoid"}),
    }
    assert expected(evidence(**lines), {"Dense", "Dense.activation=relu"}).verdict == "exact"
    assert expected(evidence(**lines), {"Dense", "Dense.activation=hard_sigmoid"}).verdict == NOT_KNOWN


def test_a_number_that_a_call_is_given_stands_for_any() -> None:
    known = evidence(
        clip=("exact", {"TFOpLambda", "call:TFOpLambda.clip_value_min=number"}),
        name=("fails", {"TFOpLambda", "call:TFOpLambda.method=nearest"}),
    )
    assert expected(known, {"TFOpLambda", "call:TFOpLambda.clip_value_min=negative"}).verdict == "exact"
    assert expected(known, {"TFOpLambda", "call:TFOpLambda.method=bilinear"}).verdict == NOT_KNOWN
    assert expected(known, {"TFOpLambda", "call:TFOpLambda.axis=negative"}).verdict == NOT_KNOWN


def test_a_remedy_that_does_all_that_another_does_serves_what_that_serves() -> None:
    plain = {name: ("exact", {name}) for name in "defg"}
    known = evidence(
        metric=("remedy:compile=False", {"metrics:list"}),
        function=("remedy:rebuild+weights", {"Lambda"}),
        word=("remedy:translate", {"Lookup"}),
        **plain,
    )
    assert expected(known, {"metrics:list", "Lambda"}).attempt == "rebuild+weights"
    assert expected(known, {"metrics:list", "Lookup"}).verdict == NOT_KNOWN


def test_what_one_key_is_given_counts_for_another_key_of_the_same_purpose() -> None:
    lines = {
        "dense": ("exact", {"Dense", "Dense.kernel_initializer=Zeros"}),
        "he": ("exact", {"Dense", "Dense.kernel_initializer=HeNormal", "HeNormal"}),
        "embedding": ("exact", {"Embedding", "Embedding.embeddings_initializer=Zeros"}),
    }
    marks = {"Embedding", "Embedding.embeddings_initializer=HeNormal", "HeNormal"}
    assert expected(evidence(**lines), marks).verdict == "exact"
    assert expected(evidence(**lines), {"Embedding", "Embedding.embeddings_name=HeNormal"}).verdict == NOT_KNOWN


def test_what_one_key_of_a_class_is_given_counts_for_another_of_its_keys() -> None:
    lines = {
        "dense": ("exact", {"Dense", "Dense.bias_constraint=None"}),
        "unit": ("exact", {"Dense", "Dense.kernel_constraint=UnitNorm"}),
    }
    assert expected(evidence(**lines), {"Dense", "Dense.bias_constraint=UnitNorm"}).verdict == "exact"
    lines["unit"] = ("fails", {"Dense", "Dense.kernel_constraint=UnitNorm"})
    assert expected(evidence(**lines), {"Dense", "Dense.bias_constraint=UnitNorm"}).verdict == NOT_KNOWN


def _placed(classes: int, hurt: str = "", mark: str = "{}.trainable=False") -> Evidence:
    """So many classes alone and with a mark, of which one may be hurt by it; and one more, alone."""
    alone = {f"alone{number}": ("exact", {f"C{number}"}) for number in range(classes)}
    marked = {
        f"marked{number}": (hurt if hurt and number == 0 else "lossy", {f"C{number}", mark.format(f"C{number}")})
        for number in range(classes)
    }
    return evidence(**alone, **marked, new=("exact", {"New"}))


@pytest.mark.parametrize(
    "mark",
    [
        "{}.trainable=False",
        "{}.batch_input_shape=shape",
        "Sequential:Functional->{}",
        "graph:a tensor twice to {}",
        "TimeDistributed.layer>{}",
    ],
)
def test_a_place_that_hurts_none_of_three_classes_hurts_no_other(mark: str) -> None:
    marks = {"New", mark.format("New")}
    assert expected(_placed(3, mark=mark), marks).verdict == "exact"
    assert expected(_placed(2, mark=mark), marks).verdict == NOT_KNOWN
    assert expected(_placed(4, "remedy:rename", mark), marks).verdict == NOT_KNOWN
    assert expected(_placed(3, mark=mark), {"Newer", mark.format("Newer")}).verdict == NOT_KNOWN


def test_a_place_that_depends_on_the_class_is_not_guessed() -> None:
    assert expected(_placed(5, mark="masked:{}"), {"New", "masked:New"}).verdict == NOT_KNOWN


def test_where_most_files_need_a_remedy_nothing_is_blamed_for_that() -> None:
    usual = {f"usual{number}": ("remedy:translate", {"Functional", "Dense"}) for number in range(4)}
    known = evidence(**usual, adam=("remedy:translate", {"Functional", "Adam"}))
    found = expected(known, {"Sequential", "Adam"} - {"Sequential"})
    assert (found.verdict, found.attempt) == ("remedy", "translate")


def test_what_was_measured_only_beside_what_fails_is_not_blamed() -> None:
    known = evidence(
        rnn=("fails", {"LSTM", "LSTM.units=number"}), other=("fails", {"LSTM", "Odd"}), more=("fails", {"LSTM"})
    )
    assert expected(known, {"Odd"}).verdict == NOT_KNOWN
    assert expected(known, {"Odd", "LSTM"}).construct == "LSTM"


def test_an_environment_that_was_not_measured_is_not_known() -> None:
    found = expected(evidence(plain=("exact", DENSE)), DENSE, "2.13-cpu")
    assert (found.environment, found.verdict) == ("2.13-cpu", NOT_KNOWN)


def test_a_file_that_holds_weights_alone_is_not_known() -> None:
    assert expected(evidence(plain=("exact", DENSE)), ()).verdict == NOT_KNOWN
