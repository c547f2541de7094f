"""Files made to hang, to eat memory, to crash or to confuse whoever reads them. Every one of them gets a plain answer."""

import io
import json
import os
import socket
import struct
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from crossload.inspection import carried, inspect
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

    # Where the machine is fast, so many groups are read in time: then there is nothing to say.
    assert found.damage or found.carries or name == "nested groups"
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


@pytest.mark.parametrize("kind", ["a named pipe", "a socket", "a device", "something that the kernel makes up"])
def test_what_is_no_file_is_not_opened(reader: GuardedReader, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "model.h5"
    if kind == "a named pipe":
        os.mkfifo(path)
    elif kind == "a socket":
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(str(path))
    else:
        path = Path("/dev/zero" if kind == "a device" else "/proc/kmsg")

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


def test_what_its_parent_holds_is_not_given_to_a_reader(tmp_path: Path) -> None:
    files.hdf5(tmp_path / "a.h5", files.KERAS_2)
    held = b"x" * (600 << 20)
    with GuardedReader(megabytes=100) as reader:
        assert reader.inspect(tmp_path / "a.h5").damage == ""
        assert reader._process is not None
        told = Path(f"/proc/{reader._process.pid}/limits").read_text(encoding="ascii")
    limit = next(int(line.split()[3]) for line in told.splitlines() if line.startswith("Max data size"))
    assert limit < len(held)


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
    # Keras 3 joins module and class by a dot, and finds it.
    (_layer("layers.Lambda", function="get_file"), carried.CALLABLE),
    (_layer("layers.TorchModuleWrapper", module="gASV"), carried.TORCH_PICKLE),
    (_layer("layers.TFSMLayer", filepath="/x/y"), carried.TFSM_LAYER),
    (_layer("layers.StringLookup", vocabulary="/etc/passwd"), carried.VOCABULARY_PATH),
    (
        {"class_name": "function", "module": "keras", "config": "config.enable_unsafe_deserialization"},
        carried.UNSAFE_SWITCH,
    ),
    (_layer("Lambda", function={"class_name": "function", "module": "builtins", "config": "exec"}), carried.CALLABLE),
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


def _constructs(reader: GuardedReader, path: Path) -> set[str]:
    return {item.construct for item in reader.inspect(path).carries}


@pytest.mark.parametrize("place", ["loss", "metrics", "optimizer"])
def test_what_compile_settings_carry(reader: GuardedReader, tmp_path: Path, place: str) -> None:
    named = {"module": "os", "class_name": "function", "config": "system"}
    config = {**files.KERAS_3, "compile_config": {place: [named] if place == "metrics" else named}}

    assert carried.CALLABLE in _constructs(reader, _config(tmp_path / "a.keras", json.dumps(config)))


def test_what_lies_behind_something_else_is_read(reader: GuardedReader, tmp_path: Path) -> None:
    """Loaders look for an archive at the end of a file, and for HDF5 at 0, 512, 1024 and so on."""
    files.hdf5(tmp_path / "a.h5", _layer("Lambda", function=["4wEAAAAAAAAA", None, None]))
    hostile = json.dumps({"class_name": "Thing", "module": "subprocess", "config": {"name": "x"}})
    archive = _config(tmp_path / "a.keras", hostile)
    (tmp_path / "prefix.keras").write_bytes(b"#!/bin/sh\n" + archive.read_bytes())

    assert carried.FOREIGN_MODULE in _constructs(reader, tmp_path / "prefix.keras")
    for size in (512, 1024, 4096):
        block = tmp_path / f"block of {size}.h5"
        block.write_bytes(bytes(size) + (tmp_path / "a.h5").read_bytes())
        assert carried.LAMBDA in _constructs(reader, block), size


@pytest.mark.parametrize("first", ["hdf5", "zip"])
def test_a_file_that_is_two_models_is_read_as_both(reader: GuardedReader, tmp_path: Path, first: str) -> None:
    hostile = json.dumps({"class_name": "Thing", "module": "subprocess", "config": {"name": "x"}})
    files.hdf5(tmp_path / "a.h5", _layer("Lambda", function=["4wEAAAAAAAAA", None, None]))
    archive, model = _config(tmp_path / "a.keras", hostile).read_bytes(), (tmp_path / "a.h5").read_bytes()
    if first == "hdf5":
        content = model + archive
    else:
        buffer = io.BytesIO(b"PK\x03\x04" + bytes(508) + model)
        with zipfile.ZipFile(buffer, "a") as made:
            made.writestr("config.json", hostile)
        content = buffer.getvalue()
    (tmp_path / "both.keras").write_bytes(content)

    found = reader.inspect(tmp_path / "both.keras")
    assert {carried.LAMBDA, carried.FOREIGN_MODULE} <= {item.construct for item in found.carries}
    assert "it is HDF5 and a zip" in found.damage


def test_weights_where_hdf5_is_looked_for_are_no_second_model(reader: GuardedReader, tmp_path: Path) -> None:
    weights = io.BytesIO()
    files.hdf5(weights, layout="new")
    head = len(_stored(tmp_path / "a.keras", "", weights.getvalue()).read_bytes().partition(b"\x89HDF")[0])
    path = _stored(tmp_path / "a.keras", " " * (1024 - head), weights.getvalue())
    assert path.read_bytes()[1024:1028] == b"\x89HDF"

    assert reader.inspect(path).damage == ""


def _stored(path: Path, padding: str, weights: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", '{"keras_version": "3.4.1"}' + padding)
        archive.writestr("config.json", '{"class_name": "Dense", "config": {"name": "d"}}')
        archive.writestr("model.weights.h5", weights)
    return path


def test_an_index_beside_a_model_does_not_hide_it(reader: GuardedReader, tmp_path: Path) -> None:
    files.hdf5(tmp_path / "a.h5", _layer("Lambda", function=["4wEAAAAAAAAA", None, None]))
    files.checkpoint(tmp_path / "a.h5", ["x"])

    assert carried.LAMBDA in _constructs(reader, tmp_path / "a.h5")


def test_of_a_field_that_is_there_twice_the_last_counts(reader: GuardedReader, tmp_path: Path) -> None:
    """As for whoever reads protocol buffers by their rules."""
    files.savedmodel(tmp_path / "model", metadata_file=False)
    hostile = json.dumps(_layer("Lambda", function=["4wEAAAAAAAAA", None, None])).encode()
    fields = [(1, b"_tf_keras_metric"), (1, b"_tf_keras_layer"), (3, b"{}"), (3, hostile)]
    user_object = b"".join(files._field(number, content) for number, content in fields)
    graph = files._field(7, files._field(1, files._field(4, user_object)))
    (tmp_path / "model" / "saved_model.pb").write_bytes(files._field(2, graph))

    assert carried.LAMBDA in _constructs(reader, tmp_path / "model")


def test_a_graph_as_text_is_said_not_to_be_read(reader: GuardedReader, tmp_path: Path) -> None:
    files.savedmodel(tmp_path / "model")
    (tmp_path / "model" / "saved_model.pb").unlink()
    (tmp_path / "model" / "saved_model.pbtxt").write_text('meta_graphs { graph_def { node { op: "ReadFile" } } }')

    assert "saved_model.pbtxt" in reader.inspect(tmp_path / "model").damage


def test_what_is_nested_too_deep_to_be_compared_still_says_what_it_carries(tmp_path: Path) -> None:
    inner = _layer("Lambda", function=["4wEAAAAAAAAA", None, None])
    for _ in range(300):
        inner = _layer("Functional", layers=[inner])
    files.keras_zip(tmp_path / "a.keras", inner)
    found = inspect(tmp_path / "a.keras")

    assert carried.LAMBDA in {item.construct for item in found.carries}
    assert "structure: RecursionError" in found.damage


def test_weights_of_a_folder_are_its_own(reader: GuardedReader, tmp_path: Path) -> None:
    for name, make in (("link", lambda path: path.symlink_to("/etc/hostname")), ("pipe", os.mkfifo)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "model.json").write_text(json.dumps(files.KERAS_2))
        make(folder / "model.weights.h5")
        started = time.monotonic()

        assert "model.weights.h5: UnreadableError" in reader.inspect(folder).damage
        assert time.monotonic() - started < 2.5


def test_an_archive_over_several_disks_behind_something_else_is_said_to_be_damaged(
    reader: GuardedReader, tmp_path: Path
) -> None:
    """Found by the fuzzer: looking for the directory raises already. The record of APPNOTE.TXT, 4.3.15, says two disks."""
    end = struct.pack("<4sLQL", b"PK\x06\x07", 0, 0, 2) + struct.pack("<4s4H2LH", b"PK\x05\x06", *[0xFFFF] * 4, 0, 0, 0)
    (tmp_path / "a.keras").write_bytes(b"before" + bytes(100) + end)

    assert "BadZipFile" in reader.inspect(tmp_path / "a.keras").damage
