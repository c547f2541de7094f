"""Columns of numbers as the page reads them: a JSON head and the columns one after the other, compressed.

``static/unpack.js`` reads this back. Numbers are little-endian, and every column starts at a multiple of eight bytes, so that
the page can look at them without copying.
"""

import gzip
import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from crossload_reports.exports.tables import plain

Column = npt.NDArray[Any]

_MAGIC = b"CLD2"
_TYPES = {"u1": np.uint8, "u2": np.uint16, "u4": np.uint32}
_ALIGNMENT = 8


def narrow(column: Column) -> Column:
    """Return numbers from 0 on in the smallest type that holds them."""
    most = int(column.max()) if len(column) else 0
    kind = np.uint8 if most < 2**8 else np.uint16 if most < 2**16 else np.uint32
    return column.astype(kind)


def pack(head: Mapping[str, Any], columns: Mapping[str, Column]) -> bytes:
    """Return head and columns as one compressed block; the same input gives the same bytes."""
    names = {np.dtype(kind): name for name, kind in _TYPES.items()}
    listed = [[name, names[column.dtype], len(column)] for name, column in columns.items()]
    text = json.dumps({**plain(dict(head)), "columns": listed}, ensure_ascii=False, separators=(",", ":"))
    told = text.encode("utf-8")
    parts = [_MAGIC, struct.pack("<I", len(told)), told]
    size = sum(map(len, parts))
    for column in columns.values():
        padding = -size % _ALIGNMENT
        raw = column.astype(column.dtype.newbyteorder("<")).tobytes()
        parts += [b"\0" * padding, raw]
        size += padding + len(raw)
    return gzip.compress(b"".join(parts), compresslevel=6, mtime=0)


def unpack(block: bytes) -> tuple[dict[str, Any], dict[str, Column]]:
    """Return what :func:`pack` was given, as the page sees it."""
    data = gzip.decompress(block)
    assert data[:4] == _MAGIC
    (length,) = struct.unpack_from("<I", data, 4)
    head: dict[str, Any] = json.loads(data[8 : 8 + length])
    place, columns = 8 + length, {}
    for name, kind, count in head.pop("columns"):
        place += -place % _ALIGNMENT
        columns[name] = np.frombuffer(data, dtype=_TYPES[kind], count=count, offset=place)
        place += columns[name].nbytes
    return head, columns
