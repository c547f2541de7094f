"""Opens a user's file: what it is, which format of ours it is, and what is wrong with it."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from glob import escape
from itertools import islice
from pathlib import Path

from crossload.errors import CrossloadError
from crossload.inspection import Inspection
from crossload.inspection.bounds import printable
from crossload.inspection.guarded import inspect_untrusted
from crossload.inspection.report import LEGACY, NEW
from crossload.user_models.other_files import kind_of_file, kind_of_folder
from crossload.util.files import below, special_kind

_TAKEN = "an h5, a .keras, a SavedModel folder, a weights file or the prefix of a checkpoint"

# Bytes up to which holes are no matter, and how many times what is stored a file may declare.
_LARGE, _MOST_HOLES = 1 << 30, 100
# Folders within each other: a SavedModel has two.
_DEEPEST = 50
# Of the files beside one of weights, those that are looked at, and how far into each.
_MOST_BESIDE, _BEGINNING = 100, 4096


class ModelError(CrossloadError):
    """A user's file, code or inputs cannot be used; the message says what is wrong and what to do."""


class NoWayError(ModelError):
    """What was asked for was tried, and no way was found: that is a finding about the model."""

    exit_code = 1


class NoModelError(ModelError):
    """What a path leads to is something else than a saved model of Keras.

    :param container: what it is, as far as it could be told.
    """

    def __init__(self, message: str, container: str = "") -> None:
        super().__init__(message)
        self.container = container


class CannotLoadError(ModelError):
    """The version that stands for the file's writer cannot load it: another one may."""


class CannotCallError(CannotLoadError):
    """It loads there, and cannot be called, or gives other outputs each time."""


@dataclass(frozen=True)
class UserModel:
    """A file or folder that a user gave.

    :param format: the one of ours that it is in.
    :param bytes: of everything that belongs to it.
    """

    path: Path
    found: Inspection
    format: str
    bytes: int

    @property
    def needs_code(self) -> bool:
        """Whether it holds weights alone, so that a function has to build the model."""
        return self.format in ("weights-h5", "weights.h5", "tf-checkpoint")

    @property
    def weights_alone(self) -> str:
        """What is said of a file of weights: that it is one, and which file beside it may be its architecture."""
        said = "holds weights alone."
        if self.format == "tf-checkpoint" or (beside := _architecture_beside(self.path)) is None:
            return said
        return (
            f"{said} {printable(beside.name)} beside it is an architecture: if it is this one's, put both into a folder, as "
            "model.json and model.weights.h5, and give that."
        )


def open_model(path: Path, read: Callable[[Path], Inspection] = inspect_untrusted) -> UserModel:
    """What a user's file is.

    :param read: inspects it; whoever opens many of them has a reader that stays.
    :raises NoModelError: it is no model.
    :raises ModelError: it is missing, half a model, or damaged.
    """
    try:
        return _opened(prefix_of(path), read)
    except OSError as error:  # it went away meanwhile, or the machine does not give it
        raise ModelError(f"{printable(str(path))}: cannot be read ({error.strerror or error}).") from None


def _opened(path: Path, read: Callable[[Path], Inspection]) -> UserModel:
    shown = printable(str(path))
    found = read(path)
    if found.container == "missing":
        raise ModelError(f"{shown}: there is no such file or folder.")
    if found.container == "special":
        raise ModelError(f"{shown}: is {found.damage}, not a file. Give {_TAKEN}.")
    if found.container == "directory":
        known = kind_of_folder(path)
        if known is not None:
            raise NoModelError(f"{shown}: is {printable(known)}.")
        held = (
            ", ".join(printable(name) for name in sorted(islice((item.name for item in path.iterdir()), 1000))[:4])
            or "nothing"
        )
        raise NoModelError(
            f"{shown}: this folder is no SavedModel: it has no saved_model.pb (it holds {held}). Give {_TAKEN}."
        )
    form = _format_of(found)
    if form is None and path.is_file() and not found.damage:
        known = kind_of_file(path)
        if known is not None:
            raise NoModelError(f"{shown}: is {printable(known)}.")
    if form is None and found.damage:
        raise ModelError(f"{shown}: cannot be read ({found.damage[:200]}). Restore it from a copy.")
    if form is None:
        kind = {
            "zip": "a zip without config.json, so no .keras file",
            "hdf5": "HDF5 without a model or weights of Keras",
        }
        what = kind.get(found.container, "not a saved model")
        raise NoModelError(f"{shown}: is {what}. Give {_TAKEN}.", found.container)
    if found.damage:
        raise ModelError(f"{shown}: is damaged ({found.damage.splitlines()[0][:200]}). Restore it from a copy.")
    if problem := whole_problem(path):
        raise ModelError(f"{shown}: is {printable(problem)}. Give a plain copy of it.")
    if not files_of(path):
        raise ModelError(f"{shown}: went away while it was read.")
    return UserModel(path, found, form, _size(path))


def prefix_of(path: Path) -> Path:
    """What a model is loaded by, that is given by one of its files or the folder around them: a checkpoint's prefix, the
    folder of a SavedModel.
    """
    if path.name == "saved_model.pb" and path.is_file():
        return path.parent
    if path.suffix == ".index":
        return path.with_suffix("")
    if path.is_dir() and not (path / "saved_model.pb").exists() and not (path / "model.json").exists():
        indexes = sorted(path.glob("*.index"))
        if len(indexes) == 1:
            return indexes[0].with_suffix("")
    return path


def _architecture_beside(path: Path) -> Path | None:
    """What `to_json` wrote into the folder of a file of weights: the one of its name, or the only one."""
    found = [item for item in sorted(islice(path.parent.glob("*.json"), _MOST_BESIDE)) if _is_architecture(item)]
    named = [item for item in found if item.stem == path.name.partition(".")[0]]
    return next(iter(named or (found if len(found) == 1 else [])), None)


def _is_architecture(path: Path) -> bool:
    try:
        if special_kind(path) or not path.is_file():
            return False
        with path.open("rb") as stream:
            return b'"class_name"' in stream.read(_BEGINNING)
    except OSError:
        return False


def _format_of(found: Inspection) -> str | None:
    if found.container == "hdf5":
        if found.classes or found.damage:
            return "h5"
        return {LEGACY: "weights-h5", NEW: "weights.h5"}.get(found.weights_layout)
    if found.container == "savedmodel":
        return "savedmodel" if found.classes or found.damage else "export"
    if found.container == "zip":
        # A class without a configuration of its own still says what it is called, or which version wrote it.
        return "keras" if found.classes or found.damage or found.custom or found.registered or found.keras else None
    return {"tf-checkpoint": "tf-checkpoint", "json+weights": "json+weights"}.get(found.container)


def _size(path: Path) -> int:
    if path.is_dir():
        return sum(item.stat().st_size for item in below(path) if item.is_file() and not item.is_symlink())
    if path.is_file():
        return path.stat().st_size
    return sum(item.stat().st_size for item in path.parent.glob(escape(path.name) + ".*"))


def files_of(path: Path) -> list[Path]:
    """What belongs to a model: the file or folder, or every file of a checkpoint."""
    return [path] if path.exists() else sorted(path.parent.glob(escape(path.name) + ".*"))


def whole_problem(path: Path) -> str:
    """Why the bytes of a model cannot all be read in bearable time, or are not all its own; empty where they can and are.

    A pipe or a device has no end, and a file of holes has none in practice: it declares thousands of times what is stored. File
    systems that pack files reach a tenth. A link brings what it leads to, which may be any file of whoever checks the model,
    or a folder without end: what belongs to a model lies in its folder.
    """
    is_folder = path.is_dir()
    folder = path if is_folder else path.parent
    for item in below(path) if is_folder else files_of(path):
        if len(item.parts) - len(path.parts) > _DEEPEST:
            return "a folder nested deeper than any model"
        if item != path and item.is_symlink() and (leads := _strange_link(item, folder)):
            return (
                f"a {'folder' if is_folder else 'checkpoint'} that does not hold all of itself: {item.name} is {leads}"
            )
        if kind := special_kind(item):
            return kind if item == path else f"a folder with {kind} in it"
        if item.is_file():
            about = item.stat()
            stored = getattr(about, "st_blocks", 0) * 512
            if about.st_size > _LARGE and stored * _MOST_HOLES < about.st_size:
                return f"a file with holes: it declares {about.st_size >> 20} MB, and holds {stored >> 20}"
    return ""


def _strange_link(link: Path, folder: Path) -> str:
    """What is wrong with a link that lies in a model's folder; empty where it leads to another file there."""
    if not Path(os.path.realpath(link)).is_relative_to(os.path.realpath(folder)):
        return "a link out of the folder"
    return "" if link.is_file() else "a link to a folder" if link.is_dir() else "a link that leads nowhere"
