"""How the probe compares arrays and names things. NumPy only: TensorFlow is not installed here."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from crossload.probe.operations import compile_settings, measuring

# The probe runs on Python 3.7 and carries no annotations.
compare_arrays: Any = measuring.compare_arrays
flat_arrays: Any = measuring.flat_arrays
plain_name: Any = compile_settings.plain_name
same_arrays_any_order: Any = measuring.same_arrays_any_order


def f32(*values: float) -> NDArray[np.float32]:
    return np.array(values, np.float32)


class MeanSquaredError:
    """Looks like the Keras class of this name."""


class SparseCategoricalCrossentropy:
    """Looks like the Keras class of this name."""


class Wrapper:
    """Looks like the class that Keras wraps a loss function in."""

    def __init__(self, function: Any, attribute: str) -> None:
        setattr(self, attribute, function)


def mean_squared_error() -> None:
    """Looks like the Keras function of this name."""


@pytest.mark.parametrize(
    "value",
    [
        "mse",
        "mean_squared_error",
        "MeanSquaredError",
        mean_squared_error,
        MeanSquaredError,
        MeanSquaredError(),
        Wrapper(mean_squared_error, "fn"),
        Wrapper(mean_squared_error, "_fn"),
        {"class_name": "MeanSquaredError", "config": {}},
        {"class_name": "MeanSquaredError", "config": {"name": "mean_squared_error"}},
        "Custom>MeanSquaredError",
        {"class_name": "function", "config": "mse", "registered_name": "function"},
        {"class_name": "function", "config": "mean_squared_error"},
    ],
)
def test_a_loss_has_one_name_however_it_was_given(value: Any) -> None:
    assert plain_name(value) == "mean_squared_error"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("mae", "mean_absolute_error"),
        ("Adam", "adam"),
        (SparseCategoricalCrossentropy, "sparse_categorical_crossentropy"),
        ("sparse_categorical_crossentropy", "sparse_categorical_crossentropy"),
        ("my_package>MyLoss", "my_loss"),
        ({"registered_name": "pkg>MyLoss", "config": {}}, "my_loss"),
        ({}, "?"),
    ],
)
def test_names(value: Any, expected: str | None) -> None:
    assert plain_name(value) == expected


def test_different_losses_have_different_names() -> None:
    assert plain_name("mse") != plain_name("mae")
    assert plain_name(MeanSquaredError()) != plain_name(SparseCategoricalCrossentropy())


def test_equal_arrays_are_bit_equal() -> None:
    found = compare_arrays([f32(1, 2), f32(3)], [f32(1, 2), f32(3)])
    none = dict.fromkeys(("max_abs", "max_rel", "max_ulp", "of_scale"), 0)
    assert found == {"bit_equal": True, "mismatch": None, "frontier": [], **none}


@pytest.mark.parametrize(
    ("references", "actuals", "words"),
    [
        ([f32(1)], [], "0 arrays instead of 1"),
        ([f32(1)], [f32(1), f32(2)], "2 arrays instead of 1"),
        ([f32(1, 2)], [f32(1)], "shape (1,) instead of (2,)"),
        ([f32(1)], [np.array([1.0], np.float64)], "type float64 instead of float32"),
        ([f32(1), f32(2)], [f32(1), f32(2, 3)], "array 1 has shape"),
        ([np.array(["a"])], [np.array(["b"])], "other values"),
        ([f32(float("nan"))], [f32(1)], "infinite or not numbers"),
        ([f32(float("inf"))], [f32(-float("inf"))], "other infinite values"),
    ],
)
def test_what_can_not_be_compared_is_said(references: list[Any], actuals: list[Any], words: str) -> None:
    found = compare_arrays(references, actuals)
    assert words in found["mismatch"]
    assert not found["bit_equal"]


def test_largest_differences_over_all_arrays() -> None:
    found = compare_arrays([f32(1, 10), f32(-4)], [f32(1.5, 11), f32(-4.25)])
    assert found["max_abs"] == 1.0
    assert found["max_rel"] == 0.5
    assert found["bit_equal"] is False


def test_no_relative_difference_to_zero() -> None:
    found = compare_arrays([f32(0, 1)], [f32(1, 1)])
    assert (found["max_abs"], found["max_rel"]) == (1.0, None)


def test_the_relative_difference_of_equal_zeros_is_zero() -> None:
    assert compare_arrays([f32(0, 2)], [f32(0, 3)])["max_rel"] == 0.5


@pytest.mark.parametrize(
    ("reference", "actual", "ulp"),
    [
        (1.0, np.nextafter(np.float32(1), np.float32(2)), 1),
        (1.0, np.nextafter(np.float32(1), np.float32(0)), 1),
        (1.0, 1.0 + 8 * 2.0**-23, 8),
        (-1.0, -1.0 - 8 * 2.0**-23, 8),
        (0.0, -0.0, 0),
        (np.float32(1e-45), np.float32(-1e-45), 2),
        (1.0, 2.0, 2**23),
        (3.4028235e38, -3.4028235e38, 2 * 0x7F7FFFFF),
    ],
)
def test_units_in_the_last_place(reference: float, actual: float, ulp: int) -> None:
    assert compare_arrays([f32(reference, 5)], [f32(actual, 5)])["max_ulp"] == ulp


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_one_unit_in_the_last_place_of_each_float_type(kind: Any) -> None:
    one = np.ones((2, 3), kind)
    assert compare_arrays([one], [np.nextafter(one, kind(2))])["max_ulp"] == 1


def test_arrays_need_not_be_contiguous() -> None:
    reference = np.arange(12, dtype=np.float32).reshape(3, 4)
    found = compare_arrays([reference.T], [np.nextafter(reference.T, np.float32(99))])
    assert (found["mismatch"], found["max_ulp"] > 0) == (None, True)
    assert compare_arrays([reference.T], [np.ascontiguousarray(reference.T)])["bit_equal"]


@pytest.mark.parametrize("kind", [np.int32, np.int64, np.uint8, np.bool_])
def test_integers_and_booleans_are_compared_as_numbers(kind: Any) -> None:
    found = compare_arrays([np.array([0, 1], kind)], [np.array([1, 1], kind)])
    assert (found["mismatch"], found["max_abs"], found["frontier"]) == (None, 1.0, [[1.0, 0.0, 0.0, 1.0]])


def test_the_frontier_leaves_out_what_another_pair_makes_redundant() -> None:
    found = compare_arrays([f32(1, 2, 4, 4)], [f32(1.5, 2.25, 6, 5)])
    assert found["frontier"] == [[0.5, 1.0, 0.0, 4.0], [2.0, 4.0, 0.0, 4.0]]
    assert compare_arrays([f32(1, 2)], [f32(2, 3.5)])["frontier"] == [[1.0, 1.0, 0.0, 2.0], [1.5, 2.0, 0.0, 2.0]]


def test_each_output_has_its_own_scale() -> None:
    found = compare_arrays([f32(1000, 1), f32(0.5)], [f32(1000, 2), f32(0.25)])
    assert found["frontier"] == [[1.0, 1.0, 0.0, 1000.0], [0.25, 0.5, 0.0, 0.5]]
    assert found["of_scale"] == 0.5


def test_an_output_of_zeros_has_no_scale() -> None:
    assert compare_arrays([f32(0, 0)], [f32(0, 1)])["of_scale"] is None
    assert compare_arrays([f32(0, 0)], [f32(0, -0.0)])["of_scale"] == 0.0


def test_a_quieter_element_makes_a_noisier_one_redundant_and_not_the_other_way_round() -> None:
    reference, actual = np.ones((1, 3), np.float32), np.array([[1.5, 1.25, 2.0]], np.float32)
    found = compare_arrays([reference], [actual], [np.array([0.125, 0.25, 0.25], np.float32)])
    assert found["frontier"] == [[0.5, 1.0, 0.125, 1.0], [1.0, 1.0, 0.25, 1.0]]
    found = compare_arrays([reference], [actual], [np.array([0.3, 0.0, 0.0], np.float32)])
    assert found["frontier"] == [[1.0, 1.0, 0.0, 1.0]]


def test_noise_of_another_shape_counts_as_none() -> None:
    found = compare_arrays([np.ones((2, 3), np.float32)], [np.zeros((2, 3), np.float32)], [np.ones(7)])
    assert found["frontier"] == [[1.0, 1.0, 0.0, 1.0]]


def test_numbers_that_are_not_finite_at_the_same_places_are_left_out() -> None:
    reference, actual = f32(float("nan"), float("inf"), 1), f32(float("nan"), float("inf"), 1.5)
    found = compare_arrays([reference], [actual])
    assert (found["mismatch"], found["max_abs"], found["frontier"]) == (None, 0.5, [[0.5, 1.0, 0.0, 1.0]])


def test_other_bits_of_not_a_number_are_no_difference() -> None:
    odd = np.array([0x7FC00001], np.uint32).view(np.float32)
    found = compare_arrays([f32(float("nan"))], [odd])
    assert (found["mismatch"], found["bit_equal"], found["max_abs"]) == (None, False, 0.0)


def test_order_does_not_matter_but_bits_types_and_shapes_do() -> None:
    a, b = f32(1, 2), f32(3)
    assert same_arrays_any_order([a, b], [b, a])
    assert same_arrays_any_order([], [])
    assert not same_arrays_any_order([a, b], [a])
    assert not same_arrays_any_order([a, a], [a, b])
    assert not same_arrays_any_order([a], [a.reshape(2, 1)])
    assert not same_arrays_any_order([a], [a.view(np.int32)])
    assert not same_arrays_any_order([f32(0.0)], [f32(-0.0)])


def test_outputs_of_any_structure_become_a_flat_list() -> None:
    found = flat_arrays({"b": f32(2), "a": [f32(1), (f32(3),)]})
    assert [array.tolist() for array in found] == [[1.0], [3.0], [2.0]]


def test_a_tensor_that_gradients_flow_to_is_an_array_without_them() -> None:
    class Tensor:
        def __init__(self, flows: bool) -> None:
            self.flows = flows

        def detach(self) -> "Tensor":
            return Tensor(flows=False)

        def numpy(self) -> NDArray[np.float32]:
            if self.flows:
                raise RuntimeError("Can't call numpy() on Tensor that requires grad.")
            return f32(1.0, 2.0)

    (array,) = flat_arrays([Tensor(flows=True)])
    assert array.tolist() == [1.0, 2.0]


def test_the_same_numbers_in_another_shape_are_other_outputs() -> None:
    found = compare_arrays([f32(1, 2, 3, 4).reshape(2, 2)], [f32(1, 2, 3, 4)])
    assert found["mismatch"] == "array 0 has shape (4,) instead of (2, 2)"


def test_the_largest_difference_in_units_is_that_of_any_output() -> None:
    far, near = np.nextafter(f32(1.0), f32(2.0)), f32(1.0)
    assert compare_arrays([near, near], [near + np.float32(1e-3), far])["max_ulp"] > 1000


def test_noise_is_never_taken_for_more_than_was_measured() -> None:
    ((_, _, noise, _),) = compare_arrays([f32(1.0)], [f32(1.5)], [f32(3e-7)])["frontier"]
    assert 1.5e-7 <= noise <= 3e-7


def test_vocabularies_among_the_weights_are_no_numbers() -> None:
    """What Keras 2 has for the table of a StringLookup."""
    handler = SimpleNamespace(name="table")
    model: Any = SimpleNamespace(weights=[np.zeros((2, 3)), handler, np.zeros(4)])
    parameters: Any = measuring.parameters
    assert parameters(model) == 10
