"""A TensorFlow checkpoint: ``PREFIX.index`` is a LevelDB table whose keys are the names of the saved tensors."""

import struct
from collections.abc import Iterator, Mapping
from contextlib import suppress
from glob import escape
from pathlib import Path

from crossload.inspection.bounds import LARGEST_PROTOCOL_BUFFER, read_within
from crossload.inspection.protocol_buffers import messages, varint
from crossload.inspection.report import Notes

_FOOTER = 48
_MAGIC = 0xDB4775248B80FB57
_TRAILER = 5  # compression byte and checksum after each block


def read(path: Path, notes: Notes) -> None:
    """Note what the index of a checkpoint says; ``path`` is the prefix, without ``.index``."""
    stored = dict(tensors(read_within(path.with_name(path.name + ".index"), path.parent, LARGEST_PROTOCOL_BUFFER)))
    notes.tensors += kinds_of(stored)
    if not list(path.parent.glob(escape(path.name) + ".data-*")):
        notes.damage.append("data: not beside the index")
    if any(key.startswith("optimizer/") for key in stored):
        notes.compiled.append("optimizer")


def tensors(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Keys of the table with their entries, in order. Raises ValueError where it is damaged."""
    if len(content) < _FOOTER or struct.unpack_from("<Q", content, len(content) - 8)[0] != _MAGIC:
        raise ValueError("no table of tensors: the footer is missing")
    footer = content[-_FOOTER:]
    _, place = varint(footer, 0)
    _, place = varint(footer, place)
    offset, place = varint(footer, place)
    size, _ = varint(footer, place)
    for _, handle in _entries(content, offset, size):
        block, at = varint(handle, 0)
        length, _ = varint(handle, at)
        for key, entry in _entries(content, block, length):
            if key:  # the empty key is the header
                yield key.decode("utf-8", "replace"), entry


def kinds_of(stored: Mapping[str, bytes]) -> Iterator[str]:
    """A word for each tensor: its name, and the shape that its entry gives it (``tensor_bundle.proto``, field 2)."""
    for name, entry in stored.items():
        shape = b""
        with suppress(ValueError):  # an entry that says no shape is still one of that name
            shape = b" ".join(messages(entry, 2))
        yield f"{name} {shape.hex()}"


def _entries(content: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    if offset + size + _TRAILER > len(content):
        raise ValueError("a block lies beyond the end")
    if content[offset + size] != 0:
        raise ValueError("a compressed block")
    block = content[offset : offset + size]
    restarts = struct.unpack_from("<I", block, len(block) - 4)[0]
    end = len(block) - 4 * (restarts + 1)
    place, key = 0, b""
    while place < end:
        shared, place = varint(block, place)
        own, place = varint(block, place)
        length, place = varint(block, place)
        key = key[:shared] + block[place : place + own]
        place += own
        yield key, block[place : place + length]
        place += length
