"""What the translator reads of a file, without TensorFlow."""

import json
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from crossload.probe.errors import NotApplicableError, NotTranslatableError
from crossload.probe.translate import held, reading, savedmodel, stored, tree

CONFIG = {"class_name": "Sequential", "config": {"name": "sequential", "layers": []}}


def hdf5(path: Path, version: str = "2.10.0", **attributes: Any) -> Path:
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = version
        file.attrs["model_config"] = json.dumps(CONFIG)
        for key, value in attributes.items():
            file.attrs[key] = value
        group = file.create_group("model_weights")
        # Keras cuts a list of names that is too long for one attribute.
        group.attrs["layer_names0"] = [b"first"]
        group.attrs["layer_names1"] = [b"second"]
        for name, size in (("first", 2), ("second", 3)):
            layer = group.create_group(name)
            layer.attrs["weight_names"] = [f"{name}/kernel:0".encode()]
            layer[f"{name}/kernel:0"] = np.arange(size, dtype="float32")
        state = file.create_group("optimizer_weights")
        state.attrs["weight_names"] = [b"Adam/iter:0", b"Adam/first/kernel/m:0"]
        state["Adam/iter:0"] = np.int64(7)
        state["Adam/first/kernel/m:0"] = np.zeros(2, "float32")
    return path


class Layer:
    """Stands for a layer of Keras 3, with weights that are names."""

    def __init__(self, trainable: int, others: int) -> None:
        self.trainable_weights = [f"t{number}" for number in range(trainable)]
        self.non_trainable_weights = [Path(f"n{number}") for number in range(others)]


class Variable:
    path = "layer/moving_mean"


def leaf(name: str, trainable: int, others: int, is_trained: bool = True) -> tree.Leaf:
    return tree.Leaf("Dense", name, object(), is_trained, counts=(trainable, others))


def test_an_hdf5_file_is_read_whole(tmp_path: Path) -> None:
    said = reading.read(str(hdf5(tmp_path / "model.h5", training_config=json.dumps({"loss": "mse"}))))
    assert said.config == CONFIG
    assert said.training == {"loss": "mse"}
    assert said.optimizer.names == ["Adam/iter:0", "Adam/first/kernel/m:0"]
    first, second = leaf("first", 1, 0), leaf("second", 1, 0)
    said.weights.take(tree.Branch("Sequential", "sequential", [first, second]))
    assert [list(item._arrays[0]) for item in (first, second)] == [[0, 1], [0, 1, 2]]


def test_what_keras_3_wrote_is_none_of_its_business(tmp_path: Path) -> None:
    with pytest.raises(NotApplicableError):
        reading.read(str(hdf5(tmp_path / "model.h5", "3.4.1")))
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as archive:
        archive.writestr("metadata.json", '{"keras_version": "3.13.2"}')
    with pytest.raises(NotApplicableError):
        reading.read(str(tmp_path / "model.keras"))


@pytest.mark.parametrize("content", [b"", b"no model", b"\x89HDF\r\n\x1a\n" + b"\0" * 40, b"PK\x03\x04" + b"\0" * 40])
def test_a_damaged_file_is_a_finding(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.h5"
    path.write_bytes(content)
    with pytest.raises((NotApplicableError, NotTranslatableError)):
        reading.read(str(path))


def test_weights_that_do_not_fit_are_named_with_their_layer(tmp_path: Path) -> None:
    said = reading.read(str(hdf5(tmp_path / "model.h5")))
    with pytest.raises(NotTranslatableError, match=r"layer second: the file holds 1 arrays for it, its class has 2"):
        said.weights.take(tree.Branch("Sequential", "s", [leaf("first", 1, 0), leaf("second", 2, 0)]))


def names(places: list[Any]) -> list[tuple[str, int]]:
    return [(item.name, place) for item, place in places]


def test_weights_are_counted_as_keras_2_counts_them() -> None:
    dense, frozen, norm = leaf("dense", 2, 0), leaf("frozen", 2, 2, is_trained=False), leaf("norm", 2, 2)
    model = tree.Branch("Functional", "model", [dense, frozen, norm])
    assert names(model.trainable_places()) == [("dense", 0), ("dense", 1), ("norm", 0), ("norm", 1)]
    # A layer that is not trained stands among the others with all that it has.
    assert names(model.other_places()) == [*(("frozen", n) for n in range(4)), ("norm", 2), ("norm", 3)]
    still = tree.Branch("Functional", "model", [dense, norm], trainable=False)
    assert still.trainable_places() == []
    assert names(still.other_places()) == [
        ("dense", 0),
        ("dense", 1),
        ("norm", 0),
        ("norm", 1),
        ("norm", 2),
        ("norm", 3),
    ]


def write_layers(file: h5py.Group, folder: str, values: dict[str, int]) -> None:
    """Layers as a ``.keras`` holds them, each with an array of its value; one of 0 has none."""
    for name, value in values.items():
        group = file.create_group(f"{folder}/{name}/vars")
        if value:
            group["0"] = np.full(2, value)


def test_layers_in_a_zip_are_named_by_their_classes(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "weights.h5", "w") as file:
        write_layers(file["/"], "layers", {"dense": 1, "dense_1": 2, "tf_op_lambda": 0})
        branch = tree.Branch("Functional", "m", [], stored_kinds=["Dense", "TFOpLambda", "Dense"], places=[0, 2])
        found = stored.Group(file).children_of(branch)
        assert [list(item.arrays("Dense")[0]) for item in found] == [[1, 1], [2, 2]]


@pytest.mark.parametrize(("second", "twice"), [("conv2d_2", True), ("conv2d_1", False)])
def test_layers_with_weights_are_counted_twice_where_keras_lists_them_twice(
    tmp_path: Path, second: str, twice: bool
) -> None:
    with h5py.File(tmp_path / "weights.h5", "w") as file:
        write_layers(file["/"], "_layer_checkpoint_dependencies", {"activation": 0, "conv2d": 1, second: 2})
        children = [tree.Leaf("Conv2D", name, counts=(1, 0), layer=Layer(1, 0)) for name in ("a", "b")]
        children.insert(1, tree.Leaf("Activation", "between", layer=Layer(0, 0)))
        kinds = ["Conv2D", "Activation", "Conv2D"]
        branch = tree.Branch("Functional", "m", children, stored_kinds=kinds, places=[0, 1, 2])
        found = stored.Group(file, twice).children_of(branch)
        assert [list(item.arrays("Conv2D")[0]) for item in (found[0], found[2])] == [[1, 1], [2, 2]]


def test_parts_of_a_layer_come_in_the_order_of_its_weights(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "weights.h5", "w") as file:
        for name, value in (("backward_layer", 2), ("forward_layer", 1)):
            file[f"{name}/cell/vars/0"] = np.full(1, value)
        file.create_group("layer/cell/vars")
        assert [int(array[0]) for array in stored.Group(file).arrays("Bidirectional")] == [1, 2]


@pytest.mark.parametrize(
    ("name", "group"), [("TFOpLambda", "tf_op_lambda"), ("Conv2D", "conv2d"), ("LSTM", "lstm"), ("ReLU", "re_lu")]
)
def test_groups_are_named_as_keras_names_them(name: str, group: str) -> None:
    assert held.snake(name) == group


def field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2, len(content)]) + content


def test_metadata_is_read_from_the_wire() -> None:
    node = bytes([2 << 3, 1]) + field(3, b"root") + field(4, b"_tf_keras_network") + field(5, b'{"a": 1}')
    found = savedmodel._saved_metadata(field(1, node) + field(1, field(4, b"_tf_keras_layer") + field(5, b"{}")))
    assert [(item[4], item[5]) for item in found] == [("_tf_keras_network", '{"a": 1}'), ("_tf_keras_layer", "{}")]


def test_tuples_and_shapes_of_metadata_become_lists() -> None:
    shape = {"class_name": "TensorShape", "items": [None, 4]}
    assert savedmodel._decoded({"shape": shape, "size": {"class_name": "__tuple__", "items": [3, 3]}}) == {
        "shape": [None, 4],
        "size": [3, 3],
    }


@pytest.mark.parametrize(
    ("kind", "names", "first"),
    [
        ("Sequential", ["layer-0", "layer-1", "layer_with_weights-0", "variables"], 0),
        # 2.0 and 2.1: the input, of which the configuration says nothing, is a layer.
        ("Sequential", ["layer-0", "layer-1", "layer-2", "layer_with_weights-0"], 1),
        ("Functional", ["layer-0", "layer-1", "layer-2"], 0),
    ],
)
def test_layers_of_a_savedmodel_are_found_by_their_place(kind: str, names: list[str], first: int) -> None:
    children = {name: number for number, name in enumerate(names, 1)}
    checkpoint: Any = type("Checkpoint", (), {"children": [children]})()
    branch: Any = tree.Branch(kind, "m", [], stored_kinds=["Flatten", "Dense"], places=[0, 1])
    node: Any = savedmodel.Node(checkpoint, 0)
    assert [child._number for child in node.children_of(branch)] == [first + 1, first + 2]
