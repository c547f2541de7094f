"""A SavedModel folder, read as bytes of protocol buffers: no code of TensorFlow, and none from the folder.

Field numbers are those of ``saved_model.proto``, ``meta_graph.proto``, ``saved_object_graph.proto`` (TensorFlow) and
``saved_metadata.proto`` (Keras); they have never changed since TensorFlow 2.0.
"""

from collections.abc import Iterator
from pathlib import Path

from crossload.inspection import carried
from crossload.inspection.bounds import LARGEST_PROTOCOL_BUFFER, json_object, read_within
from crossload.inspection.report import Notes

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def read(path: Path, notes: Notes) -> None:
    """Note what ``saved_model.pb`` and ``keras_metadata.pb`` say."""
    graph = path / "saved_model.pb"
    if graph.exists():
        notes.guarded(graph.name, lambda: _graph(read_within(graph, path, LARGEST_PROTOCOL_BUFFER), notes))
    metadata = path / "keras_metadata.pb"  # from 2.5 on; before that the same texts are in saved_model.pb
    if metadata.exists():
        notes.guarded(metadata.name, lambda: _metadata(read_within(metadata, path, LARGEST_PROTOCOL_BUFFER), notes))
    if not (path / "variables" / "variables.index").exists():
        notes.damage.append("variables: not in the folder")


def _graph(content: bytes, notes: Notes) -> None:
    for meta_graph in messages(content, 2):
        for info in messages(meta_graph, 1):
            for version in messages(info, 5):
                notes.tensorflow = version.decode("utf-8", "replace")
        notes.carries.update(carried.in_operations(_operations(meta_graph)))
        for objects in messages(meta_graph, 7):
            for node in messages(objects, 1):
                for user_object in messages(node, 4):
                    _node(next(messages(user_object, 1), b""), next(messages(user_object, 3), b""), notes)


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
    for node in messages(content, 1):
        _node(next(messages(node, 4), b""), next(messages(node, 5), b""), notes)


def _node(identifier: bytes, metadata: bytes, notes: Notes) -> None:
    """One Keras object: ``_tf_keras_layer`` and the like, with JSON that describes it."""
    if not identifier.startswith(b"_tf_keras_") or identifier == b"_tf_keras_metric" or not metadata:
        return
    described = json_object(metadata)
    if identifier in (b"_tf_keras_model", b"_tf_keras_network", b"_tf_keras_sequential"):
        notes.training(described.get("training_config"))
        notes.keras = notes.keras or str(described.get("keras_version") or "")
    if "class_name" in described:
        notes.architecture({key: described.get(key) for key in ("class_name", "config")})


def messages(content: bytes, wanted: int) -> Iterator[bytes]:
    """Length-delimited fields with a number. Raises ValueError where the bytes are no protocol buffer."""
    place = 0
    while place < len(content):
        tag, place = varint(content, place)
        number, kind = tag >> 3, tag & 7
        if number == 0:
            raise ValueError("no protocol buffer: field number 0")
        if kind == _VARINT:
            _, place = varint(content, place)
        elif kind == _FIXED64:
            place += 8
        elif kind == _FIXED32:
            place += 4
        elif kind == _BYTES:
            length, place = varint(content, place)
            if number == wanted and place + length <= len(content):
                yield content[place : place + length]
            place += length
        else:
            raise ValueError(f"no protocol buffer: wire type {kind}")
        if place > len(content):
            raise ValueError("cut short in the middle of a field")


def varint(content: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if place >= len(content) or shift > 63:
            raise ValueError("cut short in the middle of a number")
        byte = content[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
