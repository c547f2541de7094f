"""Reads a saved model without TensorFlow and without running any code from it.

What is damaged is said, never raised: an inspection of half a file holds what half a file tells.
"""

import os
from collections.abc import Callable
from pathlib import Path

from crossload.inspection.containers import container_of, is_also
from crossload.inspection.report import Inspection, Notes

__all__ = ["Inspection", "inspect"]


def _readers() -> dict[str, Callable[[Path, Notes], None]]:
    """Who reads which container. Only who opens a file needs them, and h5py with them; diagnosing needs what was found alone."""
    from crossload.inspection import archive, checkpoint, hdf5, savedmodel

    return {
        "hdf5": hdf5.read,
        "zip": archive.read,
        "savedmodel": savedmodel.read,
        "json+weights": archive.read_json_and_weights,
        "tf-checkpoint": checkpoint.read,
    }


def inspect(path: Path) -> Inspection:
    """What a saved file or folder says about itself.

    :param path: the file or folder that a load call would be given; need not exist (``container`` is then ``missing``).
    """
    container = kind_of(path)
    notes = Notes()
    reader = _readers().get(container)
    if reader is not None:
        notes.guarded(path.name, lambda: reader(path, notes))
        if container in ("hdf5", "zip"):
            notes.guarded(path.name, lambda: _other_reading(path, container, notes))
    return notes.finish(container, "".join(path.suffixes))


def _other_reading(path: Path, container: str, notes: Notes) -> None:
    """Note what a file carries for those who take a zip for HDF5, or HDF5 for a zip.

    Weights that lie in an archive as they are may stand where HDF5 looks; a second model is no accident.
    """
    if not is_also(path, container):
        return
    other, also = "zip" if container == "hdf5" else "hdf5", Notes()
    also.guarded(path.name, lambda: _readers()[other](path, also))
    notes.carries.update(also.carries)
    if also.configurations:
        notes.damage.append("it is HDF5 and a zip, with a model in each: which one is loaded is up to the loader")


def kind_of(path: Path) -> str:
    """The container, folders told apart: ``savedmodel``, ``json+weights`` or ``directory``."""
    container = container_of(path)
    if container != "directory":
        return container
    if any(os.path.lexists(path / name) for name in ("saved_model.pb", "saved_model.pbtxt", "keras_metadata.pb")):
        return "savedmodel"
    if (path / "model.json").exists():
        return "json+weights"
    return "directory"
