"""What a model takes, where its file says no size that its first layer can be built with.

Keras 2 says ``(None, ..., None)`` of what a layer takes that was adapted before it was called, and a ``Sequential`` that begins
with it says the same of its input: ``_adapt_maybe_build`` in ``keras/engine/base_preprocessing_layer.py``. Of the layers that can
be adapted, ``Normalization`` alone has to know the sizes of the axes that it keeps; whatever loads the file fails there. The
arrays that it was adapted to have these sizes.
"""

from .own_classes import bare

_INPUT, _SEQUENTIAL, _ADAPTED = "InputLayer", "Sequential", "Normalization"
_SHAPES = ("batch_input_shape", "batch_shape")


def completed(node, read_weights):
    """A model's configuration with the sizes of what it takes, and of what the models inside take.

    :param node: ``{"class_name", "config", ...}`` of the model; stays as it is.
    :param read_weights: function without arguments that gives the file's weights, as ``translate.stored`` reads them; called only
        where a size is missing.
    :return: the configuration, and in words what was changed; the same configuration and no words where nothing is missing, or
        the file does not have it.
    """
    notes = []
    return (_completed(node, read_weights().root, notes) if _lacks_sizes(node) else node), notes


def _lacks_sizes(node):
    layers = _layers_of(node) or []
    return _open_shape(node, layers) is not None or any(_lacks_sizes(item) for item in layers)


def _completed(node, stored, notes):
    """As :func:`completed`; ``stored`` is what holds the model's arrays, None where the file has none of it."""
    layers = _layers_of(node)
    if layers is None or stored is None:
        return node
    shape = _open_shape(node, layers)
    if shape is not None:
        sizes = _sizes(node, stored, len(shape))
        if sizes:
            shape = [sizes.get(axis) for axis in range(len(shape))]
            said = node["config"].get("name"), tuple(shape)
            notes.append("what %s takes said to be %s, by the arrays in the file" % said)
            node = _with_shape(node, shape)
    inner = [_completed(item, below, notes) for item, below in _with_arrays(node, stored)]
    return dict(node, config=dict(node["config"], layers=inner))


def _with_arrays(node, stored):
    """The layers of a model, each with what holds its arrays."""
    layers = node["config"]["layers"]
    # A Sequential does not count its input.
    counted = _behind_input(layers) if node.get("class_name") == _SEQUENTIAL else layers
    found = stored.children_of(_Row(counted, node.get("class_name")))
    return list(zip(layers, [None] * (len(layers) - len(counted)) + list(found)))


def _behind_input(layers):
    return layers[1:] if layers and layers[0]["class_name"] == _INPUT else layers


def _layers_of(node):
    """The layers of a model; None where this is none, or not written as Keras writes it."""
    config = node.get("config")
    layers = config.get("layers") if isinstance(config, dict) else None
    known = isinstance(layers, list) and all(
        isinstance(item, dict) and isinstance(item.get("class_name"), str) and isinstance(item.get("config"), dict)
        for item in layers
    )
    return layers if known else None


def _open_shape(node, layers):
    """The shape that a Sequential says it takes, where that has no size and its first layer has to know one; else None."""
    first = _behind_input(layers)[:1]
    if node.get("class_name") != _SEQUENTIAL or not first:
        return None
    inner = _layers_of(first[0])
    needs = _open_shape(first[0], inner) is not None if inner is not None else _axes(first[0])
    said = layers[0]["config"]
    shape = next((said[key] for key in _SHAPES if isinstance(said.get(key), (list, tuple))), None)
    if shape is None and inner is not None:
        # Up to 2.2 a Sequential says nothing of its own, and so does one that was never built.
        shape = _open_shape(first[0], inner)
    return shape if needs and shape is not None and len(shape) > 1 and not any(shape) else None


def _axes(item):
    """Axes whose sizes a layer was adapted to and has to know; none where it is no such layer."""
    if bare(item["class_name"]) != _ADAPTED or item["config"].get("mean") is not None:
        return []
    axis = item["config"].get("axis", -1)
    return [] if axis is None else list(axis) if isinstance(axis, (list, tuple)) else [axis]


def _sizes(node, stored, rank):
    """Sizes by axis of what the first layer of a Sequential takes; none where its arrays are not there."""
    first, below = next(pair for pair in _with_arrays(node, stored) if pair[0]["class_name"] != _INPUT)
    if below is None:
        return {}
    if _layers_of(first) is not None:
        return _sizes(first, below, rank)
    axes, arrays = _axes(first), below.arrays(_ADAPTED)
    # Mean and variance, and as a number how many batches they are of; before them may stand what was trained.
    number = next((place for place, array in enumerate(arrays) if array.shape == ()), 0)
    mean = arrays[number - 2] if number >= 2 else None
    if mean is None or len(mean.shape) != len(axes):
        return {}
    return {axis % rank: int(size) for axis, size in zip(axes, mean.shape)}


class _Row(object):
    """Layers in a row, as what holds their arrays asks for them: see ``translate.tree.Branch``."""

    attributes = None

    def __init__(self, layers, kind):
        self.kind = kind
        self.stored_kinds = [bare(item["class_name"]) for item in layers]
        self.places = list(range(len(layers)))
        self.children = [_Place(item["config"].get("name")) for item in layers]


class _Place(object):
    # Matters to the second layer of a kind alone, and it is the first that is asked for.
    has_weights = False

    def __init__(self, name):
        self.name = name


def _with_shape(node, shape):
    """A Sequential that takes this, and so does the one that it begins with."""
    layers = list(node["config"]["layers"])
    for place, item in enumerate(layers):
        if _layers_of(item) is not None:
            layers[place] = _with_shape(item, shape)
        else:
            said = {key: list(shape) for key in _SHAPES if key in item["config"]}
            layers[place] = dict(item, config=dict(item["config"], **said))
        if item["class_name"] != _INPUT:
            break
    built = {"build_config": {"input_shape": list(shape)}} if "build_config" in node else {}
    return dict(node, config=dict(node["config"], layers=layers), **built)
