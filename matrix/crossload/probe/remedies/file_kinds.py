"""What a saved file really is, whatever its name says, and the model configuration inside it."""

import errno
import inspect
import os
import shutil
import zipfile

from ..errors import NotApplicableError

HDF5, ZIP, DIRECTORY, SAVEDMODEL, OTHER = "hdf5", "zip", "directory", "savedmodel", "other"

_MAGIC = ((b"\x89HDF\r\n\x1a\n", HDF5), (b"PK\x03\x04", ZIP))
_CONFIG, _WEIGHTS = "config.json", "model.weights.h5"


def container(path):
    """One of the constants above; ``other`` also stands for a file that is not there or cannot be read."""
    if os.path.isdir(path):
        return SAVEDMODEL if os.path.isfile(os.path.join(path, "saved_model.pb")) else DIRECTORY
    try:
        with open(path, "rb") as stream:
            head = stream.read(8)
    except OSError:
        return OTHER
    return next((name for magic, name in _MAGIC if head.startswith(magic)), OTHER)


def hdf5_root(path):
    """Names of the groups and attributes at the top of an HDF5 file; empty where it cannot be read."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            return set(file.keys()) | set(file.attrs.keys())
    except Exception:  # a damaged file fails in as many ways as there are bytes
        return set()


def has_legacy_weights(path):
    """Whether an HDF5 file lists its weights by layer, as every TensorFlow did before ``.weights.h5`` had a layout."""
    return bool({"layer_names", "model_weights"} & hdf5_root(path))


def read_config(path):
    """The model's configuration as text, from an HDF5 file or a ``.keras`` zip; None where there is none to read."""
    import h5py

    kind = container(path)
    try:
        if kind == ZIP:
            with zipfile.ZipFile(path) as archive:
                return archive.read(_CONFIG).decode("utf-8")
        if kind == HDF5:
            with h5py.File(path, "r") as file:
                text = file.attrs["model_config"]
            return text.decode("utf-8") if isinstance(text, bytes) else str(text)
    except Exception:  # a damaged file fails in as many ways as there are bytes
        return None
    return None


def copy_with_config(path, destination, text):
    """Write a copy of an HDF5 file or a ``.keras`` zip that differs in its configuration only.

    :raises NotApplicableError: the file is damaged elsewhere, so that there is no such copy.
    """
    import h5py

    if container(path) == ZIP:
        try:
            with zipfile.ZipFile(path) as source:
                members = [(name, text if name == _CONFIG else source.read(name)) for name in source.namelist()]
        except Exception as error:  # a damaged file fails in as many ways as there are bytes
            raise NotApplicableError("damaged: %s" % error) from None
        with zipfile.ZipFile(destination, "w") as copy:
            for name, content in members:
                copy.writestr(name, content)
        return
    shutil.copyfile(path, destination)
    try:
        with h5py.File(destination, "r+") as file:
            file.attrs["model_config"] = text.encode("utf-8")
    except Exception as error:
        if getattr(error, "errno", None) == errno.ENOSPC:
            raise
        raise NotApplicableError("damaged: %s" % error) from None


def reads_zips():
    """Whether this TensorFlow knows the zip that a ``.keras`` file is since 2.12."""
    from tensorflow import keras

    return "safe_mode" in inspect.signature(keras.models.load_model).parameters


def extract_weights(path, folder):
    """Path of the weights file taken out of a ``.keras`` zip; None where it holds none."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.extract(_WEIGHTS, folder)
    except Exception:  # a damaged file fails in as many ways as there are bytes
        return None
