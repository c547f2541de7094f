"""What files of a model hold, but for which version wrote them: two that hold the same are the same to every loader.

Set to one value are the texts in which a format names its writer, and nothing else: ``keras_version`` of an HDF5 file, of
``metadata.json`` (with ``date_saved``) and of a model's JSON, ``tensorflow_version`` and ``tensorflow_git_version`` of a
SavedModel, and its fingerprint, a checksum of all the rest with a random number. Objects that Keras 3 knows by their address
in memory (``shared_object_id``) are numbered in the order of the text. What a loader may act on stays: the order of keys,
names of functions, the producer of a graph.
"""

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import h5py
import numpy as np

from crossload.inspection.containers import HDF5_SIGNATURE, ZIP_SIGNATURE
from crossload.inspection.protocol_buffers import fields

_META_GRAPHS, _META_INFO = 2, 1
_TENSORFLOW_VERSIONS = {5, 6}
# A whole model says it twice: of itself, and of its weights.
_HDF5_VERSIONS = {"", "/model_weights"}
# In text inside of text the quotes are escaped: this is a key of the text itself.
_ADDRESS = re.compile(rb'"shared_object_id": (\d+)')
_JSON_VERSIONS = {"keras_version", "date_saved"}


def content_digest(folder: Path) -> str:
    """SHA-256, hexadecimal, of everything below a folder, the texts that name a writer left out. What is damaged counts as it is.

    :raises OSError: a file cannot be read.
    """
    digest = hashlib.sha256()
    for path in sorted(item for item in folder.rglob("*") if item.is_file()):
        name = path.relative_to(folder).as_posix()
        for part in _parts(name, path.read_bytes()):
            digest.update(f"{len(part)}\0".encode())
            digest.update(part)
    return digest.hexdigest()


def _parts(name: str, content: bytes) -> Iterator[bytes]:
    yield name.encode("utf-8", "surrogatepass")
    try:
        yield from list(_reader(name, content)(content))
    except Exception:  # cut short, for instance: each library says so in errors of its own
        yield content


def _reader(name: str, content: bytes) -> Callable[[bytes], Iterator[bytes]]:
    if content.startswith(HDF5_SIGNATURE):
        return _hdf5
    if content.startswith(ZIP_SIGNATURE):
        return _archive
    return _BY_NAME.get(PurePosixPath(name).name, _json if name.endswith(".json") else _bytes)


def _bytes(content: bytes) -> Iterator[bytes]:
    yield content


def _nothing(content: bytes) -> Iterator[bytes]:
    yield b""


def _json(content: bytes) -> Iterator[bytes]:
    """Pairs in the order of the text. Of the outermost only: what stands deeper may be somebody's own."""
    found = json.loads(_numbered(content), object_pairs_hook=_Pairs)
    if isinstance(found, _Pairs):
        found = [(key, "" if key in _JSON_VERSIONS else value) for key, value in found]
    yield repr(found).encode("utf-8", "surrogatepass")


def _numbered(content: bytes) -> bytes:
    places: dict[bytes, int] = {}
    return _ADDRESS.sub(lambda found: b'"shared_object_id": %d' % places.setdefault(found[1], len(places)), content)


def _text(content: bytes) -> Iterator[bytes]:
    yield _numbered(content)


class _Pairs(list[tuple[str, Any]]):
    """An object of JSON: its keys in their order, also those that stand there twice."""

    def __repr__(self) -> str:
        return f"{{{super().__repr__()}}}"


def _archive(content: bytes) -> Iterator[bytes]:
    """Members in the order of the directory; not when they were written, nor how well they were compressed."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for item in archive.infolist():
            member = archive.read(item)
            # Beside it, `metadata.json` names the writer.
            reader = _text if item.filename == "config.json" else _reader(item.filename, member)
            yield item.filename.encode("utf-8", "surrogatepass")
            yield from reader(member)


def _hdf5(content: bytes) -> Iterator[bytes]:
    with h5py.File(io.BytesIO(content), "r") as file:
        yield from _group(file, "")


def _group(group: Any, where: str) -> Iterator[bytes]:
    yield from _attributes(group, {"keras_version"} if where in _HDF5_VERSIONS else set())
    for name in group:
        link = group.get(name, getlink=True)
        yield f"{name}\0{type(link).__name__}".encode("utf-8", "surrogatepass")
        if not isinstance(link, h5py.HardLink):
            raise ValueError(f"{name} leads elsewhere")
        item = group[name]
        if isinstance(item, h5py.Group):
            yield b"group"
            yield from _group(item, f"{where}/{name}")
            yield b"end"
        else:
            yield from _attributes(item, set())
            yield from _values(item.dtype, item[()], item.shape)


def _attributes(item: Any, without: set[str]) -> Iterator[bytes]:
    for name in item.attrs:
        yield name.encode("utf-8", "surrogatepass")
        if name not in without:
            stored = item.attrs.get_id(name)
            yield from _values(stored.dtype, item.attrs[name], stored.shape)


def _values(dtype: Any, values: Any, shape: Any) -> Iterator[bytes]:
    # Of text the kind counts, too: h5py gives bytes for one and str for the other.
    yield f"{dtype!r} {h5py.check_string_dtype(dtype)!r} {shape!r}".encode()
    if isinstance(values, str | bytes):
        yield _numbered(values.encode("utf-8", "surrogatepass") if isinstance(values, str) else values)
        return
    array = np.asarray(values)
    yield repr(array.tolist()).encode("utf-8", "surrogatepass") if array.dtype.kind == "O" else array.tobytes()


def _saved_model(content: bytes) -> Iterator[bytes]:
    for number, value in fields(content):
        if number != _META_GRAPHS or not isinstance(value, bytes):
            yield f"{number}".encode()
            yield _plain(value)
            continue
        for inner, part in fields(value):
            if inner != _META_INFO or not isinstance(part, bytes):
                yield f"{number}.{inner}".encode()
                yield _plain(part)
                continue
            for last, piece in fields(part):
                yield f"{number}.{inner}.{last}".encode()
                yield b"" if last in _TENSORFLOW_VERSIONS else _plain(piece)


def _plain(value: int | bytes) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


_BY_NAME: dict[str, Callable[[bytes], Iterator[bytes]]] = {"saved_model.pb": _saved_model, "fingerprint.pb": _nothing}
