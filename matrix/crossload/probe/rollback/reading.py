"""What a whole model's file of Keras 3 says: configuration, compile settings, weights and optimizer state."""

import io
import json
import zipfile

import numpy as np

from ..errors import NotApplicableError, NotTranslatableError
from ..remedies import file_kinds
from ..translate import stored

_ASSETS = "assets/"


class Stored(object):
    """One file as it was read.

    :param config: ``{"class_name", "config", ...}`` of the model.
    :param training: compile settings; None where the model was not compiled.
    :param groups: the tree of a zip's weights: ``translate.stored.Group``; None for HDF5.
    :param layers: arrays by name of each layer of the outermost model; None for a zip.
    :param optimizer: arrays of the optimizer, its step count first; None where there are none.
    :param has_assets: whether a zip holds files of layers, such as vocabularies.
    """

    def __init__(self, config, training, groups=None, layers=None, optimizer=None, has_assets=False):
        self.config, self.training = config, training
        self.groups, self.layers, self.optimizer = groups, layers, optimizer
        self.has_assets = has_assets


def read(path):
    """Read a file.

    :raises NotApplicableError: it is no whole model of Keras 3.
    :raises NotTranslatableError: it is one, and damaged.
    """
    readers = {file_kinds.HDF5: _hdf5, file_kinds.ZIP: _zip}
    kind = file_kinds.container(path)
    if kind not in readers:
        raise NotApplicableError("no file of a whole model")
    try:
        return readers[kind](path)
    except (NotApplicableError, NotTranslatableError, MemoryError):
        raise
    except Exception as error:  # a damaged file fails in as many ways as there are bytes
        raise NotTranslatableError("the file cannot be read: %s: %s" % (type(error).__name__, error)) from error


def _is_of_keras_3(version):
    return stored.text_of(version).startswith("3.")


def _hdf5(path):
    import h5py

    with h5py.File(path, "r") as file:
        attributes = {key: file.attrs[key] for key in file.attrs}
        if "model_config" not in attributes or not _is_of_keras_3(attributes.get("keras_version", "")):
            raise NotApplicableError("not of Keras 3")
        training = attributes.get("training_config")
        groups = file["model_weights"]
        layers = {}
        for name in stored.names_in(groups.attrs, "layer_names"):
            group = groups[name]
            layers[name] = [np.asarray(group[item]) for item in stored.names_in(group.attrs, "weight_names")]
        optimizer = None
        if "optimizer_weights" in file:
            group = file["optimizer_weights"]
            optimizer = [np.asarray(group[name]) for name in stored.names_in(group.attrs, "weight_names")]
        return Stored(
            json.loads(stored.text_of(attributes["model_config"])),
            json.loads(stored.text_of(training)) if training is not None else None,
            layers=layers,
            optimizer=optimizer,
        )


def _zip(path):
    import h5py

    with zipfile.ZipFile(path) as archive:
        members = archive.namelist()
        said = json.loads(archive.read(stored.METADATA).decode("utf-8"))
        if not _is_of_keras_3(said.get("keras_version", "")):
            raise NotApplicableError("not of Keras 3")
        config = json.loads(archive.read(stored.CONFIG).decode("utf-8"))
        if stored.WEIGHTS not in members:
            raise NotTranslatableError("the file holds no weights in one HDF5 file")
        root = h5py.File(io.BytesIO(archive.read(stored.WEIGHTS)), "r")
    optimizer = None
    if "optimizer" in root and "vars" in root["optimizer"]:
        own = root["optimizer"]["vars"]
        optimizer = [np.asarray(own[name]) for name in sorted(own, key=int)]
    return Stored(
        config,
        config.get("compile_config"),
        groups=stored.Group(root),
        optimizer=optimizer,
        has_assets=any(name.startswith(_ASSETS) for name in members),
    )
