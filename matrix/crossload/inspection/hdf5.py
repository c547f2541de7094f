"""HDF5: whole models (``model_config``), weights in the legacy layout, weights in the new one."""

import io
import math
from pathlib import Path
from typing import Any

import h5py

from crossload.inspection import carried
from crossload.inspection.bounds import json_object
from crossload.inspection.report import LEGACY, NEW, WINDOWS, Notes
from crossload.util.files import UnreadableError

# Bytes that a dataset may declare beyond what its file holds: an empty one is filled when it is read.
_LARGEST_SURPLUS = 1 << 28
# Where the new layout keeps the layers: from 2.15 on, and in 2.12 to 2.14.
_ROOTS = ("layers", "_layer_checkpoint_dependencies")


def read(source: Path | io.BytesIO, notes: Notes) -> None:
    """Note what an HDF5 file says. Raises what h5py raises when it cannot be opened at all."""
    with h5py.File(source, "r") as file:
        notes.guarded("attributes", lambda: _attributes(file, notes))
        # Before anything is looked up by name: a link may lead to another file, or to something that never answers.
        notes.guarded("links", lambda: _links(file, notes))
        if isinstance(file.get("model_weights", getlink=True), h5py.HardLink | type(None)):
            notes.guarded("layout", lambda: _layout(file.get("model_weights", file), notes))
        # Every object's header is read, each once, and no link out of the file is followed: what is damaged raises.
        size = file.id.get_filesize()
        notes.guarded("objects", lambda: h5py.h5o.visit(file.id, lambda name: _object(file, name, size, notes)))


def _attributes(file: Any, notes: Notes) -> None:
    if "keras_version" in file.attrs:
        notes.keras = _text(file.attrs["keras_version"])
    for name, note in (("model_config", notes.architecture), ("training_config", notes.training)):
        if name in file.attrs:
            note(json_object(_text(file.attrs[name])))


def _links(file: Any, notes: Notes) -> None:
    """Note links that are more than a name of an object of this file."""

    def look(name: bytes, info: Any) -> None:
        if info.type != h5py.h5l.TYPE_HARD:
            notes.carry(carried.HDF5_LINK, name.decode("utf-8", "replace"))

    file.id.links.visit(look, info=True)


def _object(file: Any, name: bytes, size: int, notes: Notes) -> None:
    """Note where the values of a dataset lie, and whether the file can hold as many as it declares.

    :param size: bytes of the file.
    """
    found = h5py.h5o.open(file.id, name)
    if not isinstance(found, h5py.h5d.DatasetID):
        return
    where, plan = name.decode("utf-8", "replace"), found.get_create_plist()
    if plan.get_external_count():
        notes.carry(carried.EXTERNAL_STORAGE, where)
    if plan.get_layout() == h5py.h5d.VIRTUAL:
        notes.carry(carried.VIRTUAL_DATASET, where)
    notes.tensors.append(f"{where.rpartition('/')[2]} {found.shape} {found.dtype}")
    declared = math.prod(found.shape) * found.get_type().get_size()
    if declared > max(_LARGEST_SURPLUS, 1100 * size):  # deflate gives 1,032 to 1 at most
        notes.carry(carried.HUGE_SHAPE, f"{where}: {declared >> 20} MB")
        notes.damage.append(f"{where}: declares {declared >> 20} MB in a file of {size >> 10} kB")


def _layout(group: Any, notes: Notes) -> None:
    if "layer_names" in group.attrs or "layer_names0" in group.attrs:
        notes.weights_layout = LEGACY
        version = group.attrs.get("keras_version")
        notes.keras = notes.keras or (_text(version) if version is not None else "")
    elif any(name in group for name in (*_ROOTS, "vars", "optimizer")):
        notes.weights_layout = NEW
        notes.weights_root = WINDOWS if any("\\" in name for name in group) else _root(group)


def _root(group: Any) -> str:
    return next((name for name in _ROOTS if name in group), "")


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if not isinstance(value, str):
        raise UnreadableError(f"no text but {type(value).__name__}")
    return value
