"""The sizes of what a model takes, by the arrays that its first layer was adapted to."""

from typing import Any

import numpy as np
import pytest

from crossload.probe import input_shapes
from crossload.probe.translate.stored import LayerWeights

completed: Any = input_shapes.completed
MEAN, COUNT = np.zeros(3, "float32"), np.int64(2)
ADAPTED = [MEAN, MEAN, np.asarray(COUNT)]


def layer(kind: str, name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": kind, "config": dict(config, name=name)}


def sequential(*layers: Any, name: str = "sequential", shape: Any = (None, None), **beside: Any) -> dict[str, Any]:
    taken = [layer("InputLayer", "taken", batch_input_shape=list(shape))]
    first = [dict(item, config=dict(item["config"], batch_input_shape=list(shape))) for item in layers[:1]]
    return dict(class_name="Sequential", config={"name": name, "layers": [*taken, *first, *layers[1:]]}, **beside)


def normalization(**config: Any) -> dict[str, Any]:
    return layer("Normalization", "normalization", **{"axis": [-1], "mean": None, **config})


def shapes(node: dict[str, Any]) -> list[Any]:
    """What the first layers of a model and of the models inside take."""
    found = [item["config"].get("batch_input_shape") for item in node["config"]["layers"]]
    inner = [shapes(item) for item in node["config"]["layers"] if "layers" in item["config"]]
    return [shape for shape in found if shape is not None] + [shape for part in inner for shape in part]


DENSE = layer("Dense", "dense", units=4)


def test_the_mean_says_the_size_of_the_axis_that_it_is_kept_along() -> None:
    node = sequential(normalization(), DENSE, shape=(None, None, None, None), build_config={"input_shape": [None] * 4})
    given, notes = completed(node, lambda: LayerWeights({"normalization": ADAPTED, "dense": [np.zeros((3, 4))]}))
    assert shapes(given) == [[None, None, None, 3]] * 2
    assert given["build_config"] == {"input_shape": [None, None, None, 3]}
    assert notes == ["what sequential takes said to be (None, None, None, 3), by the arrays in the file"]
    assert shapes(node) == [[None] * 4] * 2, "the configuration that was handed over stays"


def test_several_axes_have_several_sizes() -> None:
    arrays = [np.zeros((5, 3)), np.zeros((5, 3)), np.asarray(COUNT)]
    node = sequential(normalization(axis=[1, 2]), shape=(None, None, None))
    assert shapes(completed(node, lambda: LayerWeights({"normalization": arrays}))[0])[0] == [None, 5, 3]


@pytest.mark.parametrize("place", ["first", "behind an input"])
def test_a_model_inside_has_its_arrays_behind_what_was_trained(place: str) -> None:
    inner = sequential(normalization(), DENSE, name="inner")
    weights = LayerWeights({"inner": [np.zeros((3, 4)), np.zeros(4), *ADAPTED]})
    if place == "first":
        node = sequential(inner, layer("Dense", "last"))
        del node["config"]["layers"][1]["config"]["batch_input_shape"]
        expected = [[None, 3]] * 3
    else:
        layers = [layer("InputLayer", "given", batch_input_shape=[None, 3]), inner]
        node = {"class_name": "Functional", "config": {"name": "model", "layers": layers}}
        expected = [[None, 3]] * 3
    given, notes = completed(node, lambda: weights)
    assert shapes(given) == expected
    assert len(notes) == 1


@pytest.mark.parametrize(
    "node",
    [
        pytest.param(sequential(normalization(), DENSE, shape=(None, 3)), id="a size is said"),
        pytest.param(sequential(normalization(axis=None), DENSE), id="no size is needed"),
        pytest.param(sequential(normalization(mean=[0.5], variance=[1.0]), DENSE), id="given, not adapted"),
        pytest.param(sequential(layer("TextVectorization", "text"), DENSE), id="words have no size"),
        pytest.param(sequential(DENSE), id="of a layer that nothing was adapted in"),
        pytest.param(sequential(), id="no layers"),
        pytest.param({"class_name": "Sequential", "config": {"layers": ["damaged"]}}, id="damaged"),
        pytest.param({"class_name": "OwnModel", "config": {}}, id="no layers said"),
    ],
)
def test_what_misses_nothing_stays_and_no_weights_are_read(node: dict[str, Any]) -> None:
    def read() -> Any:
        raise AssertionError("the weights are read")

    assert completed(node, read) == (node, [])


@pytest.mark.parametrize("arrays", [{}, {"normalization": []}, {"normalization": [np.zeros((3, 4)), np.zeros(4)]}])
def test_what_the_file_does_not_have_is_not_made_up(arrays: dict[str, Any]) -> None:
    node = sequential(normalization(), DENSE)
    assert completed(node, lambda: LayerWeights(arrays)) == (node, [])
