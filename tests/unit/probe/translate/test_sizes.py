"""Sizes that only the running model knows, without TensorFlow: what stays a size, what becomes a tensor, what is refused."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from crossload.probe.errors import NotTranslatableError
from crossload.probe.translate import operations
from crossload.probe.translate.rules import arrays, base, mathematics
from tests.unit.probe.translate.test_operations import Recorder, Tensor


def call(recorder: Any, symbol: str, first: Any, **keywords: Any) -> Any:
    known = operations.Operations(SimpleNamespace(ops=recorder, KerasTensor=Tensor))
    return known.apply({"class_name": "TFOpLambda", "name": "op", "config": {"function": symbol}}, first, keywords)


def names(recorder: Recorder) -> list[str]:
    return [name for name, *_ in recorder.calls]


def shape_of(*sizes: int | None) -> base.Shape:
    found: base.Shape = arrays.shape(Recorder(), Tensor(*sizes))
    return found


def test_arithmetic_of_sizes_is_done_at_once_or_left_to_the_model() -> None:
    class Numbers:
        @staticmethod
        def multiply(x1: Any, x2: Any) -> Any:
            return np.asarray(x1) * x2

    batch, rows, columns = shape_of(None, 5, 3)
    known = operations.Operations(SimpleNamespace(ops=Numbers, KerasTensor=Tensor))
    item = {"class_name": "TFOpLambda", "name": "op", "config": {"function": "math.multiply"}}
    assert known.apply(item, rows, {"y": columns}) == 15
    left = known.apply(item, batch, {"y": 2})
    assert isinstance(left, base.Unknown)
    assert left.origin is None
    whole = known.apply(item, shape_of(None, 5), {"y": [1, 2]})
    assert isinstance(whole[0], base.Unknown)
    assert whole[1] == 10


def test_a_size_becomes_a_tensor_where_it_is_computed_with() -> None:
    recorder = Recorder()
    batch = shape_of(None, 5)[0]
    assert arrays.cast(recorder, batch, "int32") is batch
    arrays.cast(recorder, batch, "float32")
    assert names(recorder) == ["get_item", "ones_like", "cast", "sum", "cast"]


@pytest.mark.parametrize(
    ("symbol", "first", "keywords"),
    [
        ("zeros", lambda batch: [batch, 3], {}),
        ("ones", lambda batch: [batch, 3], {}),
        ("fill", lambda batch: [batch, 3], {"value": 2.0}),
    ],
)
def test_as_many_rows_as_the_batch_has_are_made_of_the_batch(symbol: str, first: Any, keywords: Any) -> None:
    recorder = Recorder()
    call(recorder, symbol, first(shape_of(None, 5)[0]), **keywords)
    assert names(recorder)[:3] == ["get_item", "zeros_like", "cast"]
    assert recorder.calls[-1][0] == "add"


def test_what_is_one_row_may_be_repeated_as_often_as_the_batch_says_and_nothing_else() -> None:
    batch = shape_of(None, 5)[0]
    recorder = Recorder()
    call(recorder, "tile", [[1.0, 2.0]], multiples=[batch, 1])
    assert recorder.calls[-1][0] == "add"
    with pytest.raises(NotTranslatableError, match="known only when the model runs"):
        call(Recorder(), "tile", [[1.0], [2.0]], multiples=[batch, 1])


def test_the_diagonal_of_each_matrix_of_a_batch() -> None:
    recorder = Recorder()
    call(recorder, "linalg.diag_part", Tensor(None, 4, 4))
    assert recorder.calls == [("diagonal", recorder.calls[0][1], {"axis1": -2, "axis2": -1})]


def test_what_is_compared_with_nothing_is_refused() -> None:
    with pytest.raises(NotTranslatableError, match="does not say with what it compares"):
        call(Recorder(), "__operators__.eq", Tensor(None, 4))


def test_both_ways_to_say_a_slice_give_the_same() -> None:
    one, other = Recorder(), Recorder()
    full = {"start": None, "stop": None, "step": None}
    arrays.getitem(one, Tensor(None, 5, 3), [full, {"start": 1, "stop": 4, "step": 2}, 0])
    arrays.strided_slice(
        other, Tensor(None, 5, 3), [0, 1, 0], [0, 4, 1], [1, 2, 1], begin_mask=1, end_mask=1, shrink_axis_mask=4
    )
    assert one.calls[0][1][1] == (slice(None), slice(1, 4, 2), 0)
    assert other.calls[0][1][1] == (slice(None, None, 1), slice(1, 4, 2), 0)


def test_batched_gather_is_along_the_axis_behind_the_batch() -> None:
    recorder = Recorder()
    arrays.gather(recorder, Tensor(None, 6, 4), Tensor(None, 3, dtype="int32"), axis=1, batch_dims=1)
    assert names(recorder) == ["expand_dims", "take_along_axis"]
    with pytest.raises(NotTranslatableError, match="batch_dims of 2"):
        arrays.gather(recorder, Tensor(None, 6, 4), Tensor(None, 6, 3, dtype="int32"), axis=2, batch_dims=2)


def test_an_exclusive_sum_begins_with_zero() -> None:
    recorder = Recorder()
    mathematics.cumsum(recorder, Tensor(None, 6), axis=1, exclusive=True)
    assert names(recorder) == ["get_item", "zeros_like", "get_item", "concatenate", "cumsum"]
