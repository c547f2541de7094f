"""Files made to hang, to eat memory, to crash or to confuse whoever reads them. Every one of them gets a plain answer."""

import io
import json
import os
import socket
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from crossload.inspection import carried
from crossload.inspection.guarded import GuardedReader
from tests.unit.inspection import files


@pytest.fixture(scope="module")
def reader() -> Iterator[GuardedReader]:
    with GuardedReader(seconds=3) as made:
        yield made


def _zip(path: Path, **members: bytes | str) -> Path:
    weights = io.BytesIO()
    files.hdf5(weights, layout="new")
    held = {"metadata.json": '{"keras_version": "3.4.1"}', "config.json": json.dumps(files.KERAS_3)}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**held, "model.weights.h5": weights.getvalue(), **members}.items():
            archive.writestr(name, content)
    return path


def _config(path: Path, content: bytes | str) -> Path:
    return _zip(path, **{"config.json": content})


def _metadata(path: Path, content: bytes | str) -> Path:
    return _zip(path, **{"metadata.json": content})


def _twice(path: Path) -> Path:
    _zip(path)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("config.json", "{}")
    return path


def _attribute(path: Path, name: str, value: Any) -> Path:
    files.hdf5(path, files.KERAS_2)
    with h5py.File(path, "a") as file:
        file.attrs[name] = value
    return path


def _nested_groups(path: Path) -> Path:
    with h5py.File(path, "w") as file:
        group = file
        for _ in range(2000):
            group = group.create_group("g")
    return path


def _link_to_pipe(path: Path) -> Path:
    os.mkfifo(path.with_name("pipe"))
    with h5py.File(path, "w") as file:
        file["model_weights"] = h5py.ExternalLink(str(path.with_name("pipe")), "/")
    return path


def _cycle(path: Path) -> Path:
    files.hdf5(path, files.KERAS_2)
    with h5py.File(path, "a") as file:
        file["model_weights/again"] = file["model_weights"]
    return path


def _savedmodel_of(path: Path, target: str) -> Path:
    path.mkdir()
    (path / "saved_model.pb").symlink_to(target)
    return path


def _long_index(path: Path) -> Path:
    path.with_name(path.name + ".index").write_bytes(b"\xff" * 5_000_000)
    return path


MADE: dict[str, Callable[[Path], Path]] = {
    "spaces": lambda path: _config(path / "a.keras", b" " * (65 << 20)),
    "bomb": lambda path: _zip(path / "a.keras", **{"assets/x": bytes(40 << 20)}),
    "list for a configuration": lambda path: _config(path / "a.keras", "[1, 2]"),
    "number for a configuration": lambda path: _config(path / "a.keras", "7"),
    "null for metadata": lambda path: _metadata(path / "a.keras", "null"),
    "text for metadata": lambda path: _metadata(path / "a.keras", '"x"'),
    "deep configuration": lambda path: _config(path / "a.keras", '{"config":' * 100_000 + "1" + "}" * 100_000),
    "twice": lambda path: _twice(path / "a.keras"),
    "out of the archive": lambda path: _zip(path / "a.keras", **{"../../x": "x"}),
    "endless version": lambda path: _metadata(path / "a.keras", json.dumps({"keras_version": "9" * 1_000_000})),
    "list for model_config": lambda path: _attribute(path / "a.h5", "model_config", "[]"),
    "number for model_config": lambda path: _attribute(path / "a.h5", "model_config", 7),
    "array for keras_version": lambda path: _attribute(path / "a.h5", "keras_version", np.zeros(4)),
    "text for training_config": lambda path: _attribute(path / "a.h5", "training_config", '"adam"'),
    "nested groups": lambda path: _nested_groups(path / "a.h5"),
    "link to a pipe": lambda path: _link_to_pipe(path / "a.h5"),
    "pb to a device": lambda path: _savedmodel_of(path / "model", "/dev/zero"),
    "pb to another file": lambda path: _savedmodel_of(path / "model", "/etc/passwd"),
    "pb to itself": lambda path: _savedmodel_of(path / "model", "saved_model.pb"),
    "no table": lambda path: _long_index(path / "ckpt"),
}


@pytest.mark.parametrize("name", MADE)
def test_a_hostile_file_is_said_to_be_damaged(reader: GuardedReader, tmp_path: Path, name: str) -> None:
    path = MADE[name](tmp_path)
    started = time.monotonic()

    found = reader.inspect(path)

    assert found.damage or found.carries
    assert time.monotonic() - started < 20
    assert len(found.damage) < 3000


def test_a_cycle_of_links_is_read_once(reader: GuardedReader, tmp_path: Path) -> None:
    assert reader.inspect(_cycle(tmp_path / "a.h5")).damage == ""


def test_surrogates_and_escapes_are_written_out(reader: GuardedReader, tmp_path: Path) -> None:
    config = json.dumps(files.KERAS_3).replace("Gate", "\\ud800\\u001b[31mGate\\n[b]")

    found = reader.inspect(_config(tmp_path / "a.keras", config))

    assert "\\ud800\\x1b[31mGate\\n[b]" in found.custom
    assert all(text.isprintable() for text in (*found.classes, *found.custom, *found.modules, found.damage))


def test_a_long_version_is_cut(reader: GuardedReader, tmp_path: Path) -> None:
    found = reader.inspect(MADE["endless version"](tmp_path))

    assert len(found.keras) <= 300


@pytest.mark.parametrize("kind", ["a named pipe", "a socket", "a device"])
def test_what_is_no_file_is_not_opened(reader: GuardedReader, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "model.h5"
    if kind == "a named pipe":
        os.mkfifo(path)
    elif kind == "a socket":
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(str(path))
    else:
        path = Path("/dev/zero")

    assert (reader.inspect(path).container, reader.inspect(path).damage) == ("special", kind)


def test_what_takes_too_long_takes_nothing_from_the_next(tmp_path: Path) -> None:
    files.hdf5(tmp_path / "whole.h5", files.KERAS_2)
    with GuardedReader(seconds=0.2) as reader:
        first = reader.inspect(_nested_groups(tmp_path / "deep.h5"))
    with GuardedReader(seconds=30) as reader:
        reader._seconds = 0.2
        again = reader.inspect(tmp_path / "deep.h5")
        reader._seconds = 30
        second = reader.inspect(tmp_path / "whole.h5")

    assert first.damage == again.damage == "reading it takes longer than 0.2 s"
    assert (second.damage, second.keras) == ("", "2.10.0")


def _layer(kind: str, **config: Any) -> dict[str, Any]:
    return {"class_name": kind, "config": {"name": kind.lower(), **config}}


def _wrapped(*layers: dict[str, Any]) -> dict[str, Any]:
    """Layers two models and a wrapper down."""
    inner = _layer("Sequential", layers=list(layers))
    return _layer("Functional", layers=[_layer("TimeDistributed", layer=_layer("Sequential", layers=[inner]))])


CARRIED = [
    (_layer("Lambda", function=["4wEAAAAAAAAA", None, None]), carried.LAMBDA),
    (_layer("Lambda", function={"class_name": "__lambda__", "config": {"code": "4wEAAAAAAAA="}}), carried.LAMBDA),
    (_layer("Lambda", function={"class_name": "__tuple__", "items": ["4wEAAAAAAAAA", None, None]}), carried.LAMBDA),
    (_layer("Lambda", function="get_file", module="keras.utils", arguments={"origin": "x"}), carried.CALLABLE),
    (
        _layer("Lambda", function={"class_name": "function", "module": "keras.utils", "config": "get_file"}),
        carried.CALLABLE,
    ),
    ({"class_name": "Thing", "module": "subprocess", "config": {"name": "x"}}, carried.FOREIGN_MODULE),
    (_layer("Lambda", function="enable_unsafe_deserialization"), carried.UNSAFE_SWITCH),
    (_layer("TorchModuleWrapper", module="gASV"), carried.TORCH_PICKLE),
    (_layer("StringLookup", vocabulary="/etc/passwd"), carried.VOCABULARY_PATH),
    (_layer("TextVectorization", vocabulary="http://x/y"), carried.VOCABULARY_PATH),
    (_layer("TFSMLayer", filepath="//host/share"), carried.TFSM_LAYER),
    ({"class_name": "Dense", "config": {"name": "../../x"}}, carried.NAME_PATH),
]


@pytest.mark.parametrize(("layer", "construct"), CARRIED)
def test_what_a_configuration_carries_is_found_at_any_depth(layer: dict[str, Any], construct: str) -> None:
    for config in (layer, _wrapped(layer)):
        assert construct in {item.construct for item in carried.in_configuration(config)}


def test_an_ordinary_configuration_carries_nothing() -> None:
    plain = _wrapped(_layer("Dense", activation="relu"), _layer("StringLookup", vocabulary=["a", "b"]))
    activation = {"module": "keras.activations", "class_name": "function", "config": "relu"}

    assert list(carried.in_configuration(plain)) == []
    assert list(carried.in_configuration(_layer("Dense", activation=activation))) == []


def test_what_hdf5_itself_can_carry(reader: GuardedReader, tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    files.hdf5(path, files.KERAS_2)
    with h5py.File(path, "a") as file:
        file.create_dataset("out", (4,), "f4", external=[("/etc/hostname", 0, 16)])
        file["soft"] = h5py.SoftLink("/model_weights")
        layout = h5py.VirtualLayout((4,), "f4")
        layout[:] = h5py.VirtualSource("other.h5", "x", (4,))
        file.create_virtual_dataset("virtual", layout)
        file.create_dataset("huge", (1 << 40,), "f4", chunks=(1 << 20,))

    found = {item.construct: item.where for item in reader.inspect(path).carries}

    assert found[carried.EXTERNAL_STORAGE] == "out"
    assert found[carried.HDF5_LINK] == "soft"
    assert found[carried.VIRTUAL_DATASET] == "virtual"
    assert found[carried.HUGE_SHAPE].startswith("huge: ")


def test_operations_that_touch_files_or_python() -> None:
    found = {
        item.construct: item.where for item in carried.in_operations(["MatMul", "ReadFile", "EagerPyFunc", "SaveV2"])
    }

    assert found == {carried.GRAPH_FILES: "ReadFile", carried.GRAPH_PYTHON: "EagerPyFunc"}
