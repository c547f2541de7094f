"""What a saved file really is."""

import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
ZIP_SIGNATURE = b"PK\x03\x04"


def container_of(path: Path) -> str:
    """What a saved file really is, read from its signatures; ``missing`` where there is nothing.

    A file that begins with something else is HDF5 or a zip where a loader takes it for one; see :func:`is_also`.
    """
    if path.is_dir():
        return "directory"
    try:
        with path.open("rb") as stream:
            head = stream.read(8)
            found = "hdf5" if head == HDF5_SIGNATURE else "zip" if head.startswith(ZIP_SIGNATURE) else ""
            if not found:
                # Before the others, because TensorFlow keeps a small text file called `checkpoint` beside its checkpoints.
                if _has_index(path):
                    return "tf-checkpoint"
                found = "hdf5" if _is_hdf5(stream) else "zip" if _is_zip(stream) else "other"
            return found
    except (FileNotFoundError, NotADirectoryError):
        return "tf-checkpoint" if _has_index(path) else "missing"


def is_also(path: Path, container: str) -> bool:
    """Whether a zip is HDF5, too, or the other way round: what a loader takes it for is up to its name and the version."""
    with path.open("rb") as stream:
        return _is_hdf5(stream) if container == "zip" else _is_zip(stream)


def _has_index(path: Path) -> bool:
    return path.with_name(path.name + ".index").exists()


def _is_hdf5(stream: IO[bytes]) -> bool:
    """Whether the signature stands where HDF5 looks for it: at 0, 512 and each double of that (format specification, II.A)."""
    return any(stream.seek(place) == place and stream.read(8) == HDF5_SIGNATURE for place in _places(stream))


def _places(stream: IO[bytes]) -> Iterator[int]:
    size = stream.seek(0, 2)
    yield 0
    place = 512
    while place < size:
        yield place
        place *= 2


def _is_zip(stream: IO[bytes]) -> bool:
    """Whether there is an archive's directory at the end, whatever stands before; a broken one is one for its reader to say."""
    stream.seek(0)
    try:
        return zipfile.is_zipfile(stream)
    except (zipfile.BadZipFile, ValueError, struct.error):
        return True
