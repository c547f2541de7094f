"""Files that people take for saved models: what each is, and what to do with it. Only first bytes and names are read."""

import zipfile
from itertools import islice
from pathlib import Path

_HEAD = 4096
_MOST_NAMES = 2000
_TFLITE = b"TFL3"


def kind_of_file(path: Path) -> str | None:
    """What a file that is no saved Keras model is, and what to do, to follow "is"; None where nobody knows."""
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError:
        return None
    text = head.lstrip().lower()
    if not head:
        return "empty. Fetch or copy it again"
    if head.startswith(b"version https://git-lfs.github.com/spec/"):
        return "a Git LFS pointer, not the file that it stands for. Run `git lfs pull` where it was cloned"
    if text.startswith((b"<!doctype html", b"<html", b"<?xml")) or b"<html" in text[:1000]:
        return "a web page: the download gave a page about the file (a login, a preview), not the file. Download the file itself"
    if head[4:8] == _TFLITE:
        return (
            "a TensorFlow Lite model, which nothing turns back into Keras. Check the model that it was converted from"
        )
    if head.startswith(b"PK\x03\x04"):
        return _kind_of_zip(path)
    if head.startswith((b"\x1f\x8b", b"BZh", b"7z\xbc\xaf\x27\x1c", b"Rar!")) or head[257:262] == b"ustar":
        return "a packed archive. Unpack it, and check the model that lies in it"
    if _is_pickle(head):
        return (
            "a pickle, which loads only where the same modules are, and runs code when it is loaded. "
            "Load it where it was made, and save it there with model.save(...)"
        )
    if text.startswith(b"{") or text.startswith(b"["):
        return _kind_of_json(text)
    if head.startswith(b"\x93NUMPY"):
        return "an array of NumPy. Give the model, and its weights in a format of Keras"
    if _is_graph(head):
        return (
            "a frozen graph of TensorFlow 1 (GraphDef), without Keras. Run it with tf.compat.v1.import_graph_def, "
            "or save the Keras model that it was made from"
        )
    if head[:4] in (b"ONNX", b"\x08\x03\x12\x00") or b"onnx" in head[:200].lower():
        return "an ONNX model, which Keras cannot load. Check the model that it was converted from"
    return None


def _is_pickle(head: bytes) -> bool:
    return head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05")


def _is_graph(head: bytes) -> bool:
    """A GraphDef begins with its nodes: field 1, a message that begins with a name, field 1."""
    return head[:1] == b"\x0a" and b"\x0a" in head[2:5] and any(
        word in head for word in (b"Placeholder", b"Const", b"dtype", b"Identity", b"VariableV2")
    )  # fmt: skip


def _kind_of_json(text: bytes) -> str:
    if b'"modeltopology"' in text or b'"weightsmanifest"' in text:
        return "a model of TensorFlow.js. Turn it back with tensorflowjs_converter, or check the model that it was converted from"
    if b'"class_name"' in text:
        return (
            "a model's configuration as JSON, without weights. Put it into a folder as model.json, with the weights as "
            "model.weights.h5 beside it, and give the folder"
        )
    return "JSON, and no model. Give the saved model"


def _kind_of_zip(path: Path) -> str | None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = list(islice(archive.namelist(), _MOST_NAMES))
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError, EOFError):
        return None
    if any(name.split("/")[-1] == "saved_model.pb" for name in names):
        return "a zipped SavedModel. Unpack it, and give the folder that holds saved_model.pb"
    inner = [name for name in names if name.endswith((".h5", ".hdf5", ".keras"))]
    if inner and "config.json" not in names and inner != ["model.weights.h5"]:
        return f"a zip around {inner[0]}. Unpack it, and check that file"
    if "data.pkl" in {name.split("/")[-1] for name in names}:
        return "a model of PyTorch, which Keras cannot load"
    if names and all(name.endswith(".npy") for name in names):
        return "a file of arrays (.npz). Give the model, and its weights in a format of Keras"
    return None


def kind_of_folder(path: Path) -> str | None:
    """What a folder without a SavedModel is, and what to give instead; None where nobody knows."""
    if (path / "MLmodel").is_file():
        return f"an MLflow model. Give the Keras model in it: {_inside(path) or path / 'data' / 'model'}"
    if (path / "saved_model.pbtxt").is_file():
        return "a SavedModel as text (saved_model.pbtxt). Load it with TensorFlow, and save it in binary form"
    found = _inside(path)
    return f"a folder around a model. Give {found}" if found else None


def _inside(path: Path) -> Path | None:
    """The one model within a folder, at most three levels down."""
    found: list[Path] = []
    for pattern in ("*", "*/*", "*/*/*"):
        for item in islice(path.glob(pattern), _MOST_NAMES):
            if item.is_symlink():
                continue
            if item.name == "saved_model.pb":
                found.append(item.parent)
            elif item.suffix in (".h5", ".hdf5", ".keras") and item.is_file():
                found.append(item)
        if found:
            break
    return found[0] if len(found) == 1 else None
