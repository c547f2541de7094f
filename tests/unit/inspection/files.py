"""Writes files as Keras writes them, small enough to read."""

import io
import json
import struct
import threading
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np

_HDF5 = threading.RLock()
KERAS_2 = {
    "class_name": "Sequential",
    "config": {
        "name": "sequential",
        "layers": [
            {"class_name": "Dense", "config": {"name": "dense", "activation": "curve", "batch_input_shape": [None, 8]}},
            {"class_name": "Lambda", "config": {"name": "lambda", "function": ["4wEAAAAA", None, None]}},
            {"class_name": "Gate", "config": {"name": "gate", "limit": 1.5}},
            {"class_name": "ours>Scale", "config": {"name": "scale"}},
        ],
    },
}
TRAINING = {
    "loss": "lopsided",
    "metrics": ["mae"],
    "optimizer_config": {"class_name": "Adam", "config": {"name": "Adam"}},
}
KERAS_3 = {
    "module": "keras",
    "class_name": "Sequential",
    "registered_name": None,
    "config": {
        "name": "sequential",
        "layers": [
            {"module": "keras.layers", "class_name": "InputLayer", "config": {"name": "in", "batch_shape": [None, 8]}},
            {
                "module": "keras.layers",
                "class_name": "Dense",
                "config": {
                    "name": "dense",
                    "dtype": {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}},
                    "activation": {"module": "builtins", "class_name": "function", "config": "curve"},
                },
            },
            {"module": "our.gate", "class_name": "Gate", "config": {"name": "gate"}, "registered_name": "Gate"},
        ],
    },
    "compile_config": {
        "loss": {"module": "builtins", "class_name": "function", "config": "lopsided"},
        "optimizer": {"module": "keras.optimizers", "class_name": "Adam", "config": {"name": "adam"}},
    },
}


def hdf5(target: Path | io.BytesIO, config: Any = None, training: Any = None, layout: str = "legacy") -> None:
    """A whole model, or weights where there is no config."""
    # HDF5 that writes into memory calls back into Python, where another thread may want HDF5.
    with _HDF5, h5py.File(target, "w") as file:
        if config is not None:
            file.attrs["model_config"] = json.dumps(config)
            file.attrs["keras_version"] = "2.10.0"
        if training is not None:
            file.attrs["training_config"] = json.dumps(training)
        group = file.create_group("model_weights") if config is not None else file
        if layout == "legacy":
            group.attrs["layer_names"] = [b"dense"]
            group.attrs["keras_version"] = "2.10.0"
            group.create_dataset("dense/kernel:0", data=np.zeros((8, 1)))
        else:
            group.create_dataset("layers/dense/vars/0", data=np.zeros((8, 1)))


def keras_zip(path: Path, config: Any = None, version: str = "3.4.1") -> None:
    weights = io.BytesIO()
    hdf5(weights, layout="new")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": version}))
        archive.writestr("config.json", json.dumps(config or KERAS_3))
        archive.writestr("model.weights.h5", weights.getvalue())


def savedmodel(folder: Path, metadata_file: bool = True) -> None:
    """From 2.5 on Keras writes its own file; before that the texts are in the graph."""
    (folder / "variables").mkdir(parents=True)
    (folder / "variables" / "variables.index").write_bytes(b"x")
    (folder / "variables" / "variables.data-00000-of-00001").write_bytes(b"x")
    layers = [{**layer, "name": layer["config"]["name"]} for layer in KERAS_2["config"]["layers"]]  # type: ignore[index]
    described = [{**KERAS_2, "training_config": TRAINING, "keras_version": "2.10.0"}, *layers]
    kinds = [b"_tf_keras_sequential", *[b"_tf_keras_layer"] * len(layers)]
    texts = [json.dumps(item).encode() for item in described]
    objects = b""
    if not metadata_file:
        nodes = [_field(4, _field(1, kind) + _field(3, text)) for kind, text in zip(kinds, texts, strict=True)]
        objects = _field(7, b"".join(_field(1, node) for node in nodes))
    graph = _field(1, _field(5, b"2.10.1")) + objects
    (folder / "saved_model.pb").write_bytes(b"\x08\x01" + _field(2, graph))
    if metadata_file:
        nodes = [_field(4, kind) + _field(5, text) for kind, text in zip(kinds, texts, strict=True)]
        (folder / "keras_metadata.pb").write_bytes(b"".join(_field(1, node) for node in nodes))


def checkpoint(prefix: Path, keys: list[str]) -> None:
    """A LevelDB table with one block of keys, and the file of numbers beside it."""
    entries = b"".join(varint(0) + varint(len(key)) + varint(1) + key.encode() + b"v" for key in ["", *keys])
    block = entries + struct.pack("<II", 0, 1)
    handle = varint(0) + varint(len(block))
    index = varint(0) + varint(1) + varint(len(handle)) + b"z" + handle + struct.pack("<II", 0, 1)
    start = len(block) + 5
    footer = varint(0) + varint(0) + varint(start) + varint(len(index))
    footer += b"\0" * (40 - len(footer)) + struct.pack("<Q", 0xDB4775248B80FB57)
    content = block + b"\0" * 5 + index + b"\0" * 5 + footer
    prefix.with_name(prefix.name + ".index").write_bytes(content)
    prefix.with_name(prefix.name + ".data-00000-of-00001").write_bytes(b"x")


def varint(value: int) -> bytes:
    parts = []
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def _field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content
