"""Arrays of a file by name, whatever kind of file it is, and the weights of a model in the order of its layers."""

import io
import os
import re
import zipfile

import numpy as np

from ..ordering import natural
from ..remedies import file_kinds
from ..translate.stored import names_in

_VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"
_NO_WEIGHTS = re.compile(r"(^|/)(optimizer|keras_api|save_counter|_CHECKPOINTABLE_OBJECT_GRAPH|\.OPTIMIZER_SLOT)(/|$)")
_OPTIMIZERS = ("optimizer", "optimizer_weights")
_WEIGHTS_IN_ZIP = "model.weights.h5"


class Stored(object):
    """One array of a file, or one weight of a model.

    :param name: as it is shown; unique in its list.
    :param value: the array.
    """

    def __init__(self, name, value):
        self.name, self.value = name, value

    @property
    def shape(self):
        return tuple(self.value.shape)

    def describe(self):
        return {"name": self.name, "shape": list(self.shape), "dtype": str(self.value.dtype)}


def of_file(path):
    """The arrays that a file holds beside those of an optimizer.

    :param path: an HDF5 file, a zip with ``model.weights.h5``, a SavedModel, or the prefix of a TensorFlow checkpoint.
    :raises ValueError: it holds none.
    """
    if os.path.isdir(path):
        found = _of_checkpoint(os.path.join(path, "variables", "variables"))
    elif not os.path.exists(path):
        found = _of_checkpoint(path)
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            found = _of_hdf5(io.BytesIO(archive.read(_WEIGHTS_IN_ZIP)))
    elif file_kinds.container(path) == file_kinds.HDF5:
        found = _of_hdf5(path)
    else:
        raise ValueError("it is no file of weights")
    if not found:
        raise ValueError("it holds no arrays")
    return _unique(found)


def of_model(model):
    """The weights of a model, layer by layer: those of each that are trained first, as files of Keras have them."""
    seen, found = set(), []

    def take(variables):
        for variable in variables:
            if id(variable) not in seen:
                seen.add(id(variable))
                found.append(variable)

    def walk(layer):
        inner = getattr(layer, "layers", None)
        if isinstance(inner, (list, tuple)) and inner:
            for child in inner:
                walk(child)
        take(layer.weights)

    walk(model)
    listed = _unique(
        [Stored(_legible(getattr(item, "path", None) or item.name), np.asarray(item.numpy())) for item in found]
    )
    return found, listed


def _legible(name):
    return re.sub(r":\d+$", "", name)


def _unique(found):
    """The same with numbers behind names that come again."""
    counts = {}
    for item in found:
        count = counts.get(item.name, 0)
        counts[item.name] = count + 1
        if count:
            item.name = "%s#%d" % (item.name, count)
    return found


def _of_checkpoint(prefix):
    import tensorflow as tf

    reader = tf.train.load_checkpoint(prefix)
    shapes = reader.get_variable_to_shape_map()
    found = []
    for name in sorted(shapes, key=natural):
        if _NO_WEIGHTS.search(name):
            continue
        value = np.asarray(reader.get_tensor(name))
        if value.dtype.kind in "fiub":
            found.append(Stored(name[: -len(_VALUE)] if name.endswith(_VALUE) else name, value))
    return found


def _of_hdf5(path):
    import h5py

    with h5py.File(path, "r") as file:
        root = file.get("model_weights", file)
        if "layer_names" in root.attrs or "layer_names0" in root.attrs:
            return _of_old_layout(root)
        return _of_tree(root, "")


def _of_old_layout(root):
    found = []
    for layer in names_in(root.attrs, "layer_names"):
        for name in names_in(root[layer].attrs, "weight_names"):
            shown = _legible(name)
            shown = shown if layer in shown.split("/") else "%s/%s" % (layer, shown)
            found.append(Stored(shown, np.asarray(root[layer][name])))
    return found


def _of_tree(group, above):
    found = []
    for name in sorted(group, key=natural):
        if not above and name in _OPTIMIZERS:
            continue
        item = group[name]
        # 2.12 writes one flat name, parted by backslashes.
        path = (above + "/" if above else "") + name.replace("\\", "/")
        found += _of_tree(item, path) if hasattr(item, "keys") else [Stored(path, np.asarray(item))]
    return found
