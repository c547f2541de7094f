"""The native ``.keras`` zip, and the folder of ``model.json`` and weights."""

import io
import os
import zipfile
from collections import Counter
from pathlib import Path, PurePosixPath

from crossload.inspection import carried, hdf5
from crossload.inspection.bounds import (
    LARGEST_JSON,
    LARGEST_RATIO,
    LARGEST_VERIFIED,
    MOST_MEMBERS,
    json_object,
    place_within,
    read_within,
)
from crossload.inspection.report import Notes
from crossload.util.files import UnreadableError

# A weights file beyond this is not unpacked into memory: its checksum is still verified.
_LARGEST = 1 << 28


def read(path: Path, notes: Notes) -> None:
    """Note what a ``.keras`` zip says. Raises ``BadZipFile`` where there is no readable directory of the archive."""
    with zipfile.ZipFile(path) as archive:
        if not _is_sound(archive, notes):
            return
        total = sum(item.file_size for item in archive.infolist())
        broken = archive.testzip() if total <= LARGEST_VERIFIED else None
        if broken is not None:
            notes.damage.append(f"{broken}: its checksum is wrong")
        names = archive.namelist()
        if "metadata.json" in names:
            notes.guarded("metadata.json", lambda: _metadata(archive, notes))
        if "config.json" in names:
            notes.guarded("config.json", lambda: _config(archive, notes))
        if "model.weights.h5" in names and broken is None:
            if archive.getinfo("model.weights.h5").file_size <= _LARGEST:
                weights = io.BytesIO(archive.read("model.weights.h5"))
                notes.guarded("model.weights.h5", lambda: hdf5.read(weights, notes))
        elif broken is None and "config.json" in names:
            notes.damage.append("model.weights.h5: not in the archive")


def _is_sound(archive: zipfile.ZipFile, notes: Notes) -> bool:
    """Whether the directory of an archive is one that may be unpacked; what is wrong with it is noted."""
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise UnreadableError(f"an archive of {len(members)} members")
    for name, count in Counter(item.filename for item in members).items():
        place = PurePosixPath(name.replace("\\", "/"))
        if count > 1:
            notes.carry(carried.ARCHIVE_TWICE, name)
            notes.damage.append(f"{name}: is in the archive {count} times")
        if place.is_absolute() or ".." in place.parts:
            notes.carry(carried.ARCHIVE_PATH, name)
            notes.damage.append(f"{name}: its name leads out of the archive")
    for item in members:
        if item.flag_bits & 1:
            notes.damage.append(f"{item.filename}: is encrypted")
        if _is_bomb(item):
            notes.carry(carried.ARCHIVE_BOMB, item.filename)
            notes.damage.append(
                f"{item.filename}: unpacks to {_size(item.file_size)} out of {_size(item.compress_size)}"
            )
    return not notes.damage


def is_bomb(path: Path) -> bool:
    """Whether a member of a zip unpacks to far more than it holds."""
    with zipfile.ZipFile(path) as archive:
        return any(map(_is_bomb, archive.infolist()))


def _is_bomb(item: zipfile.ZipInfo) -> bool:
    return item.file_size > LARGEST_RATIO * max(item.compress_size, 1) and item.file_size > LARGEST_RATIO << 10


def _size(count: int) -> str:
    return f"{count >> 20} MB" if count >> 20 else f"{count >> 10} kB"


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > LARGEST_JSON:
        raise UnreadableError(f"{archive.getinfo(name).file_size >> 20} MB of JSON")
    return archive.read(name)


def _metadata(archive: zipfile.ZipFile, notes: Notes) -> None:
    notes.keras = str(json_object(_member(archive, "metadata.json")).get("keras_version", ""))


def _config(archive: zipfile.ZipFile, notes: Notes) -> None:
    config = json_object(_member(archive, "config.json"))
    compiled = config.pop("compile_config", None)
    notes.architecture(config)
    notes.training(compiled)


def read_json_and_weights(path: Path, notes: Notes) -> None:
    """Note what a folder with ``model.json`` and ``model.weights.h5`` says."""
    config = json_object(read_within(path / "model.json", path, LARGEST_JSON))
    notes.keras = str(config.get("keras_version") or "")
    notes.architecture(config)
    weights = path / "model.weights.h5"
    if os.path.lexists(weights):
        notes.guarded(weights.name, lambda: hdf5.read(place_within(weights, path), notes))
