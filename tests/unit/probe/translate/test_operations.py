"""The table of operations: which it holds, and how it says them, without TensorFlow."""

import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from crossload.probe.errors import NotTranslatableError
from crossload.probe.translate import graph, operations, raw_operations
from crossload.probe.translate.rules import arrays

# What the networks of keras.applications with their preprocess_input, and functional models as people write them, hold.
USUAL = (
    "__operators__.add __operators__.getitem math.add math.subtract math.multiply math.truediv math.divide "
    "math.floordiv math.floormod math.pow math.maximum math.minimum math.greater math.greater_equal math.less "
    "math.less_equal math.equal math.not_equal math.logical_and math.logical_or math.logical_not math.negative "
    "math.abs math.exp math.log math.log1p math.sqrt math.rsqrt math.square math.sign math.floor math.ceil "
    "math.round math.sin math.cos math.tanh math.sigmoid math.erf math.reduce_sum math.reduce_mean math.reduce_max "
    "math.reduce_min math.reduce_prod math.reduce_std math.reduce_variance math.reduce_any math.reduce_all "
    "math.reduce_logsumexp math.argmax math.argmin math.cumsum math.top_k math.squared_difference math.l2_normalize "
    "math.divide_no_nan math.add_n concat stack split unstack reshape transpose compat.v1.transpose expand_dims "
    "squeeze compat.v1.squeeze gather compat.v1.gather one_hot cast shape compat.v1.shape linalg.matmul einsum "
    "tensordot norm compat.v1.norm linalg.l2_normalize linalg.band_part nn.bias_add nn.softmax nn.log_softmax "
    "nn.relu nn.relu6 nn.elu nn.selu nn.gelu nn.silu nn.leaky_relu nn.sigmoid nn.tanh nn.softplus nn.moments "
    "nn.embedding_lookup image.resize clip_by_value where tile pad repeat zeros_like ones_like broadcast_to "
    "identity stop_gradient reverse convert_to_tensor "
)


class Tensor:
    """Stands for a symbolic tensor."""

    _keras_history = ("layer", 0, 0)

    def __init__(self, *shape: int | None, dtype: str = "float32") -> None:
        self.shape, self.dtype = shape, dtype


class Recorder:
    """Stands for ``keras.ops``: notes what is called with what."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any, **keywords: Any) -> Tensor:
            self.calls.append((name, arguments, keywords))
            return Tensor(None, 4)

        return call


def apply(symbol: str, first: Any, **keywords: Any) -> Recorder:
    recorder = Recorder()
    known = operations.Operations(SimpleNamespace(ops=recorder, KerasTensor=Tensor))
    item = {"class_name": "TFOpLambda", "name": "op", "config": {"function": symbol}}
    known.apply(item, first, keywords)
    return recorder


@pytest.mark.parametrize("symbol", USUAL.split())
def test_the_table_holds_the_usual_operations(symbol: str) -> None:
    rows = operations.rows()
    assert symbol in rows or operations.today(symbol) in rows


def test_what_is_not_in_the_table_is_named_with_where_it_stands() -> None:
    with pytest.raises(
        NotTranslatableError, match=r"layer op: the operation tf\.signal\.fft has no equal in the table"
    ):
        apply("signal.fft", Tensor(None, 4))
    with pytest.raises(NotTranslatableError, match=r"layer op \(tf\.math\.reduce_sum\): argument keep"):
        apply("math.reduce_sum", Tensor(None, 4), keep=True)


def test_arguments_are_called_as_keras_calls_them() -> None:
    (call,) = apply("math.reduce_mean", Tensor(None, 4), axis=[1], keepdims=True, name=None).calls
    assert call[0] == "mean"
    assert call[2]["axis"] == [1]
    assert call[2]["keepdims"] is True
    assert set(call[2]) == {"x", "axis", "keepdims"}


def test_a_constant_takes_the_type_of_the_tensor() -> None:
    (call,) = apply("__operators__.add", Tensor(None, 2, dtype="float16"), y=[1, 2], name=None).calls
    assert call[2]["x2"].dtype == np.float16
    (call,) = apply("math.subtract", 1.0, y=Tensor(None, 2)).calls
    assert call[2]["x1"] == 1.0


def test_a_fraction_with_integers_is_refused_as_tensorflow_refuses_it() -> None:
    with pytest.raises(NotTranslatableError, match="fraction"):
        apply("math.multiply", Tensor(None, 2, dtype="int32"), y=0.5)


def slicing(*keys: Any) -> list[tuple[str, Any]]:
    recorder = Recorder()
    arrays.getitem(recorder, Tensor(None, 5, 3), list(keys))
    return [(name, keywords.get("axis", arguments[1:])) for name, arguments, keywords in recorder.calls]


def test_slices_ellipses_and_new_axes() -> None:
    full = {"start": None, "stop": None, "step": None}
    assert slicing({"class_name": "__ellipsis__"}, {"start": None, "stop": None, "step": -1}) == [
        ("get_item", ((Ellipsis, slice(None, None, -1)),))
    ]
    # Only what changes something is said: a new axis alone is no slice.
    assert slicing(full, None) == [("expand_dims", 1)]
    assert slicing({"class_name": "__ellipsis__"}, 0, None) == [("get_item", ((Ellipsis, 0),)), ("expand_dims", 2)]


def test_a_size_that_is_known_only_later_is_what_is_left_when_reshaping() -> None:
    recorder = Recorder()
    sizes = arrays.shape(recorder, Tensor(None, 5, 3))
    assert list(sizes[1:]) == [5, 3]
    arrays.reshape(recorder, Tensor(None, 5, 3), [arrays.getitem(recorder, sizes, 0), 15])
    assert recorder.calls == [("reshape", recorder.calls[0][1], {})]
    assert recorder.calls[0][1][1] == (-1, 15)
    with pytest.raises(NotTranslatableError, match="two sizes"):
        arrays.reshape(recorder, Tensor(None, 5, 3), [-1, sizes[0]])
    with pytest.raises(NotTranslatableError, match="only when the model runs"):
        arrays.tile(recorder, Tensor(None, 5), [sizes[0], 1])


def test_split_by_sizes_says_where_to_cut() -> None:
    recorder = Recorder()
    arrays.split(recorder, Tensor(None, 6), [1, 2, -1], axis=1)
    assert recorder.calls[0][1][1] == [1, 3]


def test_a_node_of_tensorflow_2_0_with_its_constants() -> None:
    recorder = Recorder()
    masks = {"ellipsis_mask": {"i": "1"}, "begin_mask": {"i": "2"}, "end_mask": {"i": "2"}}
    node = json.dumps({"name": "strided_slice", "op": "StridedSlice", "attr": masks})
    constants = {"1": [0, 0], "2": [0, 0], "3": [1, -1]}
    raw_operations.apply(recorder, "strided_slice", {"node_def": node, "constants": constants}, [Tensor(None, 4, 4, 3)])
    assert recorder.calls[0][1][1] == (Ellipsis, slice(None, None, -1))
    with pytest.raises(NotTranslatableError, match=r"layer x \(operation Fft\)"):
        raw_operations.apply(recorder, "x", {"node_def": '{"op": "Fft"}'}, [Tensor(None, 4)])


def test_references_are_found_wherever_they_stand() -> None:
    stored: dict[str, Any] = {"a": {}, "b": {}}
    node = [["a", 0, 0, {"y": ["b", 0, 1], "shape": [-1, ["b", 1, 0]], "name": "a"}]]
    assert graph._references(node, stored) == [node[0], ["b", 0, 1], ["b", 1, 0]]
    assert graph._references([["_CONSTANT_VALUE", -1, 1.0, {"y": ["a", 0, 0]}]], stored) == [["a", 0, 0]]
    assert graph._references([["c", 0, 0]], stored) == []
