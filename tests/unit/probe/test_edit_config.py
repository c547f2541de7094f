"""The pure parts of edit-config: how a graph is said to Keras 2, what a constructor names, and copies of a zip."""

import copy
import json
import sys
import zipfile
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from crossload.probe.errors import NotApplicableError
from crossload.probe.remedies import edit_config, edit_graph, file_kinds, rename
from crossload.probe.translate import reading

rewrite: Any = edit_graph.rewrite_for_keras_2
renumber: Any = edit_graph.renumber_for_keras_3
argument_names: Any = edit_config._argument_names
proper_name: Any = rename.proper_name
with_input_shapes: Any = edit_config._with_input_shapes


def tensor(layer: str, node: int = 0, place: int = 0) -> dict[str, Any]:
    history = [layer, node, place]
    return {"class_name": "__keras_tensor__", "config": {"shape": [None, 8], "keras_history": history}}


def functional(*nodes: Any, ends: Any = ("input", 0, 0)) -> dict[str, Any]:
    layers = [{"name": "dense", "inbound_nodes": list(nodes)}]
    return {"layers": layers, "input_layers": ends, "output_layers": [["dense", 0, 0]]}


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"args": [tensor("input")], "kwargs": {}}, [["input", 0, 0, {}]]),
        ({"args": [[tensor("a"), tensor("b", 1, 2)]], "kwargs": {}}, [["a", 0, 0, {}], ["b", 1, 2, {}]]),
        ({"args": [tensor("a"), tensor("b")], "kwargs": {}}, [["a", 0, 0, {}], ["b", 0, 0, {}]]),
        ({"args": [tensor("a")], "kwargs": {"training": False, "mask": None}}, [["a", 0, 0, {"training": False}]]),
    ],
)
def test_a_call_is_said_in_the_old_way(node: dict[str, Any], expected: list[Any]) -> None:
    config = functional(node)
    assert rewrite(config)
    assert config["layers"][0]["inbound_nodes"] == [expected]


@pytest.mark.parametrize(
    "node",
    [
        {"args": [tensor("a")], "kwargs": {"initial_state": [tensor("b")]}},
        {"args": [tensor("a"), 2.0], "kwargs": {}},
        {"args": [], "kwargs": {}},
        [["input", 0, 0, {}]],
    ],
)
def test_what_the_old_way_can_not_say_is_left_alone(node: Any) -> None:
    config = functional(node, ends=[["input", 0, 0]])
    before = copy.deepcopy(config)
    assert not rewrite(config)
    assert config == before


def test_a_single_end_becomes_a_list_of_one() -> None:
    config = functional([["input", 0, 0, {}]], ends=["input", 0, 0])
    assert rewrite(config)
    assert config["input_layers"] == [["input", 0, 0]]


def nested(kind: str, taken: list[int], given: list[int], calls: int) -> dict[str, Any]:
    """A model around one nested model that is called so many times; numbers of the calls that layers and outputs take."""
    inner = {"layers": [{"class_name": "InputLayer"}, {"class_name": "Dense"}]}
    inputs = [{"args": [tensor("input")], "kwargs": {}}] * calls
    layers: list[dict[str, Any]] = [
        {"name": "inner", "class_name": kind, "config": inner, "inbound_nodes": inputs},
        {"name": "dense", "inbound_nodes": [{"args": [tensor("inner", number)], "kwargs": {}} for number in taken]},
    ]
    return {
        "layers": layers,
        "input_layers": ["input", 0, 0],
        "output_layers": [["inner", number, 0] for number in given],
    }


@pytest.mark.parametrize(
    ("kind", "taken", "given", "calls", "expected"),
    [
        ("Functional", [0], [], 1, ([1], [])),
        ("Functional", [1], [], 1, ([1], [])),  # Keras 3.0, when it was called elsewhere before
        ("Functional", [], [1], 1, ([], [1])),
        ("Functional", [0, 1], [], 2, ([1, 2], [])),
        ("Functional", [1, 2], [], 2, ([1, 2], [])),
        ("Functional", [0], [2], 2, ([1], [2])),
        ("Functional", [1], [1], 2, ([2], [1])),
        ("Functional", [1], [2], 2, ([1], [2])),
        ("Sequential", [0], [], 1, ([1], [])),
        ("Sequential", [0], [1], 2, ([1], [2])),
    ],
)
def test_calls_of_a_nested_model_are_counted_from_one(
    kind: str, taken: list[int], given: list[int], calls: int, expected: tuple[list[int], list[int]]
) -> None:
    config = nested(kind, taken, given, calls)
    assert rewrite(config)
    found = [node[0][1] for node in config["layers"][1]["inbound_nodes"]], [end[1] for end in config["output_layers"]]
    assert found == expected


def test_calls_that_keras_2_has_numbered_stay() -> None:
    config = nested("Sequential", [1], [], 1)
    for layer in config["layers"]:
        layer["inbound_nodes"] = [[["input", 0, 0, {}]]]
    config["output_layers"] = ["inner", 1, 0]
    assert rewrite(config)
    assert config["output_layers"] == [["inner", 1, 0]]


@pytest.mark.parametrize(
    ("kind", "taken", "given", "calls", "expected"),
    [
        ("Functional", [1], [], 1, ([0], [])),
        ("Functional", [1], [2], 2, ([0], [2])),
        ("Sequential", [1], [2], 2, ([0], [1])),
        ("Sequential", [0], [], 1, None),  # without inputs of its own
        ("Sequential", [0], [1], 2, None),
    ],
)
def test_calls_of_a_nested_model_are_counted_as_keras_3_does(
    kind: str, taken: list[int], given: list[int], calls: int, expected: tuple[list[int], list[int]] | None
) -> None:
    config = nested(kind, taken, given, calls)
    config["layers"][0]["inbound_nodes"] = [[["input", 0, 0, {}]]] * calls
    config["layers"][1]["inbound_nodes"] = [[["inner", number, 0, {}]] for number in taken]
    before = copy.deepcopy(config)
    assert renumber(config) == (expected is not None)
    if expected is None:
        assert config == before
    else:
        found = (
            [node[0][1] for node in config["layers"][1]["inbound_nodes"]],
            [end[1] for end in config["output_layers"]],
        )
        assert found == expected


def test_what_keras_3_has_numbered_stays() -> None:
    config = nested("Functional", [0], [], 1)
    before = copy.deepcopy(config)
    assert not renumber(config)
    assert config == before


def test_arguments_are_followed_as_far_as_they_are_passed_on() -> None:
    class Base:
        def __init__(self, name: str = "", **kwargs: Any) -> None: ...

    class Closed(Base):
        def __init__(self, units: int) -> None: ...

    class Open(Base):
        def __init__(self, units: int, *args: Any, **kwargs: Any) -> None: ...

    assert argument_names(Open) == {"units", "name"}
    assert argument_names(Closed) == {"units"}


# Files


def keras_zip(path: Path, damaged: bool = False) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", '{"class_name": "Sequential"}')
        archive.writestr("model.weights.h5", b"weights" * 100)
    if damaged:
        content = bytearray(path.read_bytes())
        place = content.index(b"weights" * 50)
        content[place : place + 7] = b"WEIGHTS"
        path.write_bytes(bytes(content))
    return path


def test_a_copy_of_a_zip_differs_in_its_configuration_only(tmp_path: Path) -> None:
    source, made = keras_zip(tmp_path / "model.keras"), tmp_path / "copy.keras"
    before = source.read_bytes()
    file_kinds.copy_with_config(str(source), str(made), json.dumps({"class_name": "Model"}))
    with zipfile.ZipFile(made) as archive:
        assert json.loads(archive.read("config.json")) == {"class_name": "Model"}
        assert archive.read("model.weights.h5") == b"weights" * 100
    assert source.read_bytes() == before


def test_a_damaged_file_has_no_edited_copy(tmp_path: Path) -> None:
    source = keras_zip(tmp_path / "model.keras", damaged=True)
    with pytest.raises(NotApplicableError, match="damaged"):
        file_kinds.copy_with_config(str(source), str(tmp_path / "copy.keras"), "{}")


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.keras", b"\x89HDF\r\n\x1a\n rest", file_kinds.HDF5),
        ("a.h5", b"PK\x03\x04 rest", file_kinds.ZIP),
        ("a.h5", b"", file_kinds.OTHER),
        ("a.h5", b"text", file_kinds.OTHER),
    ],
)
def test_a_file_is_what_its_first_bytes_say(tmp_path: Path, name: str, content: bytes, kind: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert file_kinds.container(str(path)) == kind
    assert file_kinds.container(str(tmp_path / "missing")) == file_kinds.OTHER


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("model.keras", b"\x89HDF\r\n\x1a\n", "model.h5"),
        ("model.model", b"\x89HDF\r\n\x1a\n", "model.h5"),
        ("model.h5", b"\x89HDF\r\n\x1a\n", None),
        ("model.hdf5", b"\x89HDF\r\n\x1a\n", None),
        ("model.h5", b"PK\x03\x04", "model.keras"),
        ("model.keras", b"PK\x03\x04", None),
        ("model.h5", b"half a file", None),
    ],
)
def test_the_name_that_goes_with_a_whole_model(tmp_path: Path, name: str, content: bytes, expected: str | None) -> None:
    (tmp_path / name).write_bytes(content)
    assert proper_name(str(tmp_path / name), "whole-model") == expected


@pytest.mark.parametrize(
    ("name", "legacy", "expected"),
    [
        ("model.weights.h5", True, "weights.h5"),
        ("model.weights.h5", False, None),
        ("weights.h5", True, None),
        ("weights.h5", False, "model.weights.h5"),
        ("weights", True, "weights.h5"),
    ],
)
def test_the_name_that_goes_with_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, legacy: bool, expected: str | None
) -> None:
    (tmp_path / name).write_bytes(b"\x89HDF\r\n\x1a\n")
    monkeypatch.setattr(file_kinds, "has_legacy_weights", lambda path: legacy)
    assert proper_name(str(tmp_path / name), "rebuilt") == expected


def _editor() -> Any:
    """An editor of Keras 3, whose classes nobody asks for."""
    made: Any = edit_config.Editor.__new__(edit_config.Editor)
    made.keras, made.changes = SimpleNamespace(KerasTensor=object), []
    return made


def test_null_is_nothing_that_keras_3_compiles_with() -> None:
    given = {"steps_per_execution": None, "run_eagerly": None, "jit_compile": None, "loss": None, "metrics": None}
    editor = _editor()
    assert editor.without_nulls({"compile_config": given}) == {"compile_config": {"loss": None, "metrics": None}}
    assert len(editor.changes) == 3
    kept = {"compile_config": {"steps_per_execution": 4, "run_eagerly": False}}
    assert editor.without_nulls(kept) == kept


def test_a_class_is_where_the_file_says_only_where_it_is_that_very_class(monkeypatch: pytest.MonkeyPatch) -> None:
    class Dense: ...

    class Other: ...

    module: Any = ModuleType("keras.src.layers.old")
    module.Dense = Dense
    for name in ("keras", "keras.src", "keras.src.layers"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, "keras.src.layers.old", module)
    editor = _editor()
    assert editor._is_there("keras.src.layers.old", "Dense", Dense)
    assert not editor._is_there("keras.src.layers.old", "Dense", Other)
    assert not editor._is_there("keras.src.layers.old", "Gone", Dense)
    assert not editor._is_there("keras.src.layers.gone", "Dense", Dense)
    # What is no module of Keras is the user's own.
    assert editor._is_there("my_package.layers", "Dense", Other)


def test_a_layer_that_says_nothing_of_training_is_said_not_to_train() -> None:
    """As Keras took it for before 2.4, which wants a boolean."""

    class Dense:
        def __init__(self, units: int, trainable: bool = True) -> None:
            if not isinstance(trainable, bool):
                raise TypeError("Expected `trainable` argument to be a boolean")

        @classmethod
        def from_config(cls, config: dict[str, Any]) -> Any:
            return cls(**config)

    editor: Any = edit_config.Editor.__new__(edit_config.Editor)
    editor.keras, editor.custom_objects, editor.changes = SimpleNamespace(), {}, []
    assert editor._mended(Dense, "Dense", {"units": 2, "trainable": None}) == {"units": 2, "trainable": False}
    assert editor.changes == ["trainable of Dense said to be False"]


@pytest.mark.parametrize("damage", [KeyError("vars"), OSError("cut"), NotApplicableError("of another Keras")])
def test_arrays_that_cannot_be_read_leave_the_configuration_as_it_is(
    damage: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the file that is damaged then, and no fault of the probe's."""
    node = {"class_name": "Normalization", "config": {"axis": [-1], "batch_input_shape": [None, None]}}
    config = {"class_name": "Sequential", "config": {"layers": [node]}}

    def read(path: str) -> Any:
        raise damage

    monkeypatch.setattr(reading, "read", read)
    assert with_input_shapes("model.h5", config) == (config, [])
