"""The native ``.keras`` zip, and the folder of ``model.json`` and weights."""

import io
import json
import zipfile
from pathlib import Path

from crossload.inspection import hdf5
from crossload.inspection.report import Notes

# A weights file beyond this is not unpacked into memory: its checksum is still verified.
_LARGEST = 1 << 28


def read(path: Path, notes: Notes) -> None:
    """Note what a ``.keras`` zip says. Raises ``BadZipFile`` where there is no readable directory of the archive."""
    with zipfile.ZipFile(path) as archive:
        broken = archive.testzip()
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


def _metadata(archive: zipfile.ZipFile, notes: Notes) -> None:
    notes.keras = str(json.loads(archive.read("metadata.json")).get("keras_version", ""))


def _config(archive: zipfile.ZipFile, notes: Notes) -> None:
    config = json.loads(archive.read("config.json"))
    compiled = config.pop("compile_config", None)
    notes.architecture(config)
    notes.training(compiled)


def read_json_and_weights(path: Path, notes: Notes) -> None:
    """Note what a folder with ``model.json`` and ``model.weights.h5`` says."""
    config = json.loads((path / "model.json").read_text("utf-8"))
    notes.keras = str(config.get("keras_version") or "")
    notes.architecture(config)
    weights = path / "model.weights.h5"
    if weights.exists():
        notes.guarded(weights.name, lambda: hdf5.read(weights, notes))
