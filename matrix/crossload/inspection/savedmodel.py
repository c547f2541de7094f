"""A SavedModel folder, read as bytes of protocol buffers: no code of TensorFlow, and none from the folder.

Field numbers are those of ``saved_model.proto``, ``meta_graph.proto``, ``saved_object_graph.proto`` (TensorFlow) and
``saved_metadata.proto`` (Keras); they have never changed since TensorFlow 2.0.
"""

import os
import struct
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from crossload.inspection import carried
from crossload.inspection.bounds import LARGEST_PROTOCOL_BUFFER, json_object, read_within
from crossload.inspection.checkpoint import kinds_of, tensors
from crossload.inspection.constructs import of_objects
from crossload.inspection.protocol_buffers import last, messages
from crossload.inspection.report import Notes


def read(path: Path, notes: Notes) -> None:
    """Note what ``saved_model.pb`` and ``keras_metadata.pb`` say."""
    graph = path / "saved_model.pb"
    if graph.exists():
        notes.guarded(graph.name, lambda: _graph(read_within(graph, path, LARGEST_PROTOCOL_BUFFER), notes))
    elif os.path.lexists(path / "saved_model.pbtxt"):
        # TensorFlow loads it. Who does not read it cannot say what it carries.
        notes.damage.append(
            "saved_model.pbtxt: a graph as text is not read; load it with TensorFlow, and save it in binary form"
        )
    metadata = path / "keras_metadata.pb"  # from 2.5 on; before that the same texts are in saved_model.pb
    if metadata.exists():
        notes.guarded(metadata.name, lambda: _metadata(read_within(metadata, path, LARGEST_PROTOCOL_BUFFER), notes))
    index = path / "variables" / "variables.index"
    if not index.exists():
        notes.damage.append("variables: not in the folder")
    else:
        if not any(index.parent.glob("variables.data-*")):
            notes.damage.append("variables: variables.data is not beside variables.index")
        # Only for the structure: whether the variables can be read is for whoever loads them.
        with suppress(OSError, ValueError, IndexError, struct.error):
            notes.tensors += kinds_of(dict(tensors(read_within(index, path, LARGEST_PROTOCOL_BUFFER))))


def _graph(content: bytes, notes: Notes) -> None:
    for meta_graph in messages(content, 2):
        for info in messages(meta_graph, 1):
            for version in messages(info, 5):
                notes.tensorflow = version.decode("utf-8", "replace")
        operations = list(_operations(meta_graph))
        notes.tensors += operations
        notes.carries.update(carried.in_operations(operations))
        for objects in messages(meta_graph, 7):
            for node in messages(objects, 1):
                for user_object in messages(node, 4):
                    _node(last(user_object, 1), last(user_object, 3), notes)


def _operations(meta_graph: bytes) -> Iterator[str]:
    """Names of the operations of a graph and of its functions (``graph.proto``, ``function.proto``)."""
    for graph in messages(meta_graph, 2):
        nodes = [messages(graph, 1)]
        nodes += [messages(function, 3) for library in messages(graph, 2) for function in messages(library, 1)]
        for group in nodes:
            for node in group:
                for name in messages(node, 2):
                    yield name.decode("utf-8", "replace")


def _metadata(content: bytes, notes: Notes) -> None:
    objects = {}
    for node in messages(content, 1):
        described = _node(last(node, 4), last(node, 5), notes)
        if "class_name" in described:
            objects[last(node, 3).decode("utf-8", "replace")] = described
    notes.constructs.update(of_objects(objects))


def _node(identifier: bytes, metadata: bytes, notes: Notes) -> Mapping[str, Any]:
    """One Keras object: ``_tf_keras_layer`` and the like, with JSON that describes it, which is returned."""
    if not identifier.startswith(b"_tf_keras_") or identifier == b"_tf_keras_metric" or not metadata:
        return {}
    described = json_object(metadata)
    if identifier in (b"_tf_keras_model", b"_tf_keras_network", b"_tf_keras_sequential"):
        notes.training(described.get("training_config"))
        notes.keras = notes.keras or str(described.get("keras_version") or "")
    if "class_name" in described:
        notes.architecture({key: described.get(key) for key in ("class_name", "config")})
    return described
