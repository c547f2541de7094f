"""HDF5: whole models (``model_config``), weights in the legacy layout, weights in the new one."""

import io
import json
from pathlib import Path
from typing import Any

import h5py

from crossload.inspection.report import LEGACY, NEW, Notes

# Where the new layout keeps the layers: from 2.15 on, and in 2.12 to 2.14.
_ROOTS = ("layers", "_layer_checkpoint_dependencies")


def read(source: Path | io.BytesIO, notes: Notes) -> None:
    """Note what an HDF5 file says. Raises what h5py raises when it cannot be opened at all."""
    with h5py.File(source, "r") as file:
        notes.guarded("attributes", lambda: _attributes(file, notes))
        group = file.get("model_weights", file)
        notes.guarded("layout", lambda: _layout(group, notes))
        # Every object's header is read, each once, and no link out of the file is followed: what is damaged raises.
        notes.guarded("objects", lambda: h5py.h5o.visit(file.id, lambda name, info: None, info=True))


def _attributes(file: Any, notes: Notes) -> None:
    if "keras_version" in file.attrs:
        notes.keras = _text(file.attrs["keras_version"])
    for name, note in (("model_config", notes.architecture), ("training_config", notes.training)):
        if name in file.attrs:
            note(json.loads(_text(file.attrs[name])))


def _layout(group: Any, notes: Notes) -> None:
    if "layer_names" in group.attrs or "layer_names0" in group.attrs:
        notes.weights_layout = LEGACY
        version = group.attrs.get("keras_version")
        notes.keras = notes.keras or (_text(version) if version is not None else "")
    elif any(name in group for name in (*_ROOTS, "vars", "optimizer")):
        notes.weights_layout = NEW
        notes.weights_root = next((name for name in _ROOTS if name in group), "")


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
