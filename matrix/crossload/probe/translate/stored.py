"""What a file of Keras 2 says, whatever its container: configuration, weights, compile settings, optimizer state."""

import json
import re
import zipfile

import numpy as np

from ..errors import NotApplicableError, NotTranslatableError
from ..ordering import natural
from . import held
from .held import group_names

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
_DEPENDENCIES = "_layer_checkpoint_dependencies"
# In whose order the parts of a layer hold their arrays, where it is not that of the names.
_PARTS = {
    "Bidirectional": ("forward_layer", "backward_layer"),
    # Keras 3 hides the names of its parts no more.
    "MultiHeadAttention": (
        *("_query_dense", "_key_dense", "_value_dense", "_output_dense"),
        *("query_dense", "key_dense", "value_dense", "output_dense"),
    ),
}


class StoredModel(object):
    """One file as it was read.

    :param config: ``{"class_name", "config", ...}`` of the model.
    :param training: compile settings as Keras 2 writes them; None where the model was not compiled.
    :param weights: see :class:`LayerWeights` and :class:`TreeWeights`.
    :param optimizer: :class:`OptimizerState`; None where there is none.
    :param of_keras_3: whether Keras 3 wrote it.
    """

    def __init__(self, config, training, weights, optimizer, of_keras_3=False):
        self.config = config
        self.training = training
        self.weights = weights
        self.optimizer = optimizer
        self.of_keras_3 = of_keras_3


class OptimizerState(object):
    """The arrays of an optimizer in the order in which they were written.

    :param arrays: arrays, the step count among them.
    :param names: their names; None where the file has none, as in a zip.
    :param slots: arrays by slot name, each ``{key of the variable: array}``, where the file says which belongs to which.
    """

    def __init__(self, arrays=(), names=None, slots=None, iterations=None):
        self.arrays = list(arrays)
        self.names = names
        self.slots = slots
        self.iterations = iterations


class LayerWeights(object):
    """Weights as an HDF5 file of Keras 2 holds them: for each layer of the outermost model one list, trainable ones first.

    :param layers: arrays by name of the layer.
    """

    def __init__(self, layers):
        self.layers = layers

    @property
    def root(self):
        """What ``TreeWeights.root`` is, as far as this file knows it."""
        return _ByName(self.layers)

    def take(self, top):
        """Give each leaf of a tree its arrays.

        :param top: ``graph.Branch`` of the outermost model.
        :raises NotTranslatableError: the file holds another number of arrays than the layers have weights.
        """
        for child in top.children:
            arrays = self.layers.get(child.name)
            order = child.trainable_places() + child.other_places()
            if arrays is None and not order:
                continue
            if arrays is None or len(arrays) != len(order):
                raise NotTranslatableError(
                    "layer %s: the file holds %d arrays for it, its class has %d weights"
                    % (child.name, len(arrays or ()), len(order))
                )
            for (leaf, place), array in zip(order, arrays):
                leaf.put(place, array)


class _ByName(object):
    """The layers of the outermost model."""

    def __init__(self, layers):
        self._layers = layers

    def children_of(self, branch):
        return [_OneList(self._layers.get(child.name, [])) for child in branch.children]


class _OneList(object):
    """The arrays of a layer of the outermost model, whatever is inside it."""

    def __init__(self, arrays):
        self._arrays = arrays

    def children_of(self, branch):
        return [self] * len(branch.children)

    def arrays(self, kind):
        return self._arrays


class TreeWeights(object):
    """Weights as a zip or a SavedModel holds them: in a tree like that of the layers.

    :param root: what :meth:`child` and :meth:`arrays` are asked of: see ``Group`` and ``savedmodel.Node``.
    """

    def __init__(self, root):
        self.root = root

    def take(self, top):
        """Give each leaf its arrays; raises as ``LayerWeights.take`` does."""
        self._take(top, self.root)

    def _take(self, branch, node):
        for child, below in zip(branch.children, node.children_of(branch)):
            if child.children:
                if below is None:
                    raise NotTranslatableError("layer %s: the file holds no weights of it" % child.name)
                self._take(child, below)
                continue
            arrays = below.arrays(child.kind, child.layer) if below is not None else []
            if len(arrays) != child.count:
                raise NotTranslatableError(
                    "layer %s: the file holds %d arrays for it, its class has %d weights"
                    % (child.name, len(arrays), child.count)
                )
            for place, array in enumerate(arrays):
                child.put(place, array)


class Group(object):
    """A group of the ``model.weights.h5`` inside a zip.

    :param counts_twice: whether layers with weights are counted twice in names.
    """

    def __init__(self, group, counts_twice=False):
        self._group, self._counts_twice = group, counts_twice

    def children_of(self, branch):
        """Groups of a branch's children, in order; None for one that is not there."""
        if branch.attributes:
            return [self.below(attribute) for attribute in branch.attributes]
        folder = next((name for name in ("layers", _DEPENDENCIES) if name in self._group), None)
        twice = {
            place
            for place, child in zip(branch.places, branch.children)
            if self._counts_twice and folder == _DEPENDENCIES and child.has_weights
        }
        found = [self.below(folder, name) if folder else None for name in group_names(branch.stored_kinds, twice)]
        return [found[place] for place in branch.places]

    def below(self, *path):
        group = self._group
        for name in path:
            # 2.12 writes one flat name, parted by backslashes.
            if name not in group:
                return None
            group = group[name]
        return Group(group, self._counts_twice)

    def arrays(self, kind, layer=None):
        """A layer's arrays, trainable ones first.

        :param layer: what it became: where that is of a class of the user's, its attributes say which array is whose.
        """
        found = held.arrays_of(self, layer) if layer is not None else None
        if found is not None:
            return found
        found = self.own_arrays()
        parts = _PARTS.get(kind)
        for name in parts if parts else sorted(self.names(), key=natural):
            if name in self._group:
                found += Group(self._group[name]).arrays("")
        return found

    def own_arrays(self):
        """Arrays of the layer itself, in the order in which it counts them."""
        own = self._group.get("vars", {})
        return [np.asarray(own[name]) for name in sorted(own, key=int)]

    def names(self):
        """Names of the groups inside."""
        return [name for name in self._group if name != "vars"]


class _Flat(dict):
    """Groups of 2.12, whose names are whole paths parted by backslashes, as a tree of dictionaries."""

    @classmethod
    def of(cls, file):
        root = cls()
        for name in file:
            place = root
            for part in re.split(r"[\\/]", name):
                place = place.setdefault(part, cls()) if part not in ("", ".") else place
            if "vars" in file[name]:
                place["vars"] = file[name]["vars"]
        return root


def is_of_keras_2(version):
    """Whether a version, as files write it, is one of Keras 2: ``2.4.0``, ``2.2.4-tf``."""
    return text_of(version).startswith("2.")


def is_of_keras_3(version):
    """Whether a version is one of Keras 3."""
    return text_of(version).startswith("3.")


def text_of(value):
    """A text of HDF5, which older versions write as bytes."""
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


def read_hdf5(path, is_wanted=is_of_keras_2):
    """Read HDF5; raises NotApplicableError where the version of Keras that wrote it is not a wanted one."""
    import h5py

    with h5py.File(path, "r") as file:
        attributes = {key: file.attrs[key] for key in file.attrs}
        if "model_config" not in attributes or not is_wanted(attributes.get("keras_version", "")):
            raise NotApplicableError("not of that Keras")
        config = json.loads(text_of(attributes["model_config"]))
        training = attributes.get("training_config")
        groups = file["model_weights"]
        layers = {}
        for name in names_in(groups.attrs, "layer_names"):
            group = groups[name]
            layers[name] = [np.asarray(group[item]) for item in names_in(group.attrs, "weight_names")]
        state = None
        if "optimizer_weights" in file:
            group = file["optimizer_weights"]
            names = names_in(group.attrs, "weight_names")
            state = OptimizerState([np.asarray(group[name]) for name in names], names)
    return StoredModel(
        config,
        json.loads(text_of(training)) if training is not None else None,
        LayerWeights(layers),
        state,
        is_of_keras_3(attributes["keras_version"]),
    )


def names_in(attributes, key):
    """A list of names that HDF5 may have cut into ``key0``, ``key1``, ..., because an attribute has a largest size."""
    if key in attributes:
        return [text_of(name) for name in attributes[key]]
    found, number = [], 0
    while key + str(number) in attributes:
        found += [text_of(name) for name in attributes[key + str(number)]]
        number += 1
    return found


def read_zip(path, is_wanted=is_of_keras_2):
    """Read a zip; raises as :func:`read_hdf5` does."""
    import io

    import h5py

    with zipfile.ZipFile(path) as archive:
        members = archive.namelist()
        version = json.loads(archive.read(METADATA).decode("utf-8")).get("keras_version", "")
        if not is_wanted(version):
            raise NotApplicableError("not of that Keras")
        config = json.loads(archive.read(CONFIG).decode("utf-8"))
        if WEIGHTS not in members:
            raise NotTranslatableError("the file holds no weights")
        content = io.BytesIO(archive.read(WEIGHTS))
    file = h5py.File(content, "r")
    root = _Flat.of(file) if any("\\" in name for name in file) else file
    state = None
    if "optimizer" in root and "vars" in root["optimizer"]:
        own = root["optimizer"]["vars"]
        state = OptimizerState([np.asarray(own[name]) for name in sorted(own, key=int)])
    # 2.12 and 2.13 list a layer with weights twice, once among all and once among those with weights, and count both; 2.14 leaves
    # out of the count what it has written already.
    top = Group(root, counts_twice=text_of(version).startswith(("2.12.", "2.13.")))
    return StoredModel(config, config.get("compile_config"), TreeWeights(top), state, is_of_keras_3(version))
