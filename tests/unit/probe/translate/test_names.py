"""Names that Keras 3 does not take: which stand for which, and how that is said however many there are."""

from typing import Any

import pytest

from crossload.probe.operations import load, tracing
from crossload.probe.translate import layers

bears_name: Any = layers.bears_name  # the probe carries no annotations
renamed_in_words: Any = layers.renamed_in_words
compare_architectures: Any = load._compare_architectures
TAKEN_APART = tracing.TAKEN_APART


@pytest.mark.parametrize(
    ("name", "stored", "bears"),
    [
        ("conv", "conv", True),
        ("block_conv", "block/conv", True),
        ("block_conv_layer", "block/conv", True),
        ("add_layer_2", "add", True),
        ("add_1", "add", False),
        ("add_layers", "add", False),
        ("conv", "block/conv", False),
    ],
)
def test_a_name_stands_for_the_stored_one_only_as_far_as_keras_changes_it(name: str, stored: str, bears: bool) -> None:
    assert bears_name(name, stored) is bears


def test_many_names_are_one_sentence() -> None:
    assert renamed_in_words([]) == ""
    assert renamed_in_words(["a/b", "a/b"]) == "a/b is written with _ in place of /, which Keras 3 refuses"
    many = renamed_in_words([f"a/{number}" for number in range(60)])
    assert many == "a/0 and 59 more names are written with _ in place of /, which Keras 3 refuses"


ROWS: list[Any] = [
    ["Conv2D", "Conv", [None, 4], [[3]]],
    ["TFOpLambda", "tf.add", [None, 4], []],
    ["ReLU", "a/b", [None, 4], []],
]


@pytest.mark.parametrize(
    ("actual", "same", "note"),
    [
        (ROWS, True, None),
        ([ROWS[0], ROWS[2]], True, None),
        ([ROWS[0], ["ReLU", "a_b", [None, 4], []]], True, "names that this Keras does not take are others"),
        ([ROWS[0], ["ReLU", "b", [None, 4], []]], False, "a/b (ReLU) is b (ReLU)"),
        ([ROWS[0], ["ReLU", "a_b", [None, 5], []]], False, "a/b (ReLU) is a_b (ReLU)"),
        ([ROWS[0], ["ELU", "a/b", [None, 4], []]], False, "a/b (ReLU) is a/b (ELU)"),
        ([ROWS[0]], False, "1 layers instead of 2"),
    ],
)
def test_an_architecture_is_the_same_but_for_names_that_cannot_stay(actual: Any, same: bool, note: str | None) -> None:
    found = compare_architectures(ROWS, actual)
    assert (found["same"], found.get("note")) == (same, note)


def test_a_model_whose_lambda_layers_are_operations_is_compared_without_them() -> None:
    expected = [["Dense", "a", [None, 4], []], ["Lambda", "twice", [None, 4], []]]
    actual = [["InputLayer", "input", [None, 4], []], ["Dense", "a", [None, 4], []]]
    assert not compare_architectures(expected, actual)["same"]
    assert compare_architectures(expected, actual, TAKEN_APART)["same"]
    assert not compare_architectures(expected, actual[:1], TAKEN_APART)["same"]
