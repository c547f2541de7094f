"""Which array of a zip is whose inside a layer of the user's own.

Such a file has no order for what a layer holds: its groups bear the names of the layer's attributes, in a list those of the
classes, counted, and the layer's code makes its variables in an order of its own (``_save_state`` in Keras'
``saving/saving_lib.py``). So they are found by the attributes of the layer that was made here.
"""

import re

from ..own_classes import is_own

# Keras counts them among the weights of a layer, and files do not hold them.
_STATE = "rnn_state"


class _NotFoundError(Exception):
    """What the file calls something leads to nothing of this layer, or to something else."""


def snake(name):
    """``TFOpLambda`` as ``tf_op_lambda``, as Keras names the groups of its weights files."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def group_names(kinds, twice=()):
    """Names of the groups of layers that stand in a row: their classes, counted, whatever their own names are.

    :param twice: places of those that are counted twice.
    """
    counts = {}
    for place, kind in enumerate(kinds):
        name = snake(kind)
        count = counts.get(name, 0)
        counts[name] = count + (2 if place in twice else 1)
        yield "%s_%d" % (name, count) if count else name


def arrays_of(group, layer):
    """A layer's arrays in the order of its variables, trainable ones first.

    :param group: ``stored.Group`` of the layer.
    :returns: None where the layer is Keras' own, or where its attributes do not lead to every variable.
    """
    if not is_own(type(layer)) or not group.names():
        return None
    found = {}
    try:
        _of_layer(layer, group, found)
        return [found[id(item)] for item in _variables(layer)]
    except (_NotFoundError, KeyError):
        return None


def _variables(layer):
    every = list(layer.trainable_weights) + list(layer.non_trainable_weights)
    return [item for item in every if _STATE not in getattr(item, "path", "")]


def _of_layer(layer, group, found):
    own = getattr(layer, "_trainable_variables", None)
    if own is None:  # Keras 2
        own, others = layer._trainable_weights, layer._non_trainable_weights
    else:
        others = layer._non_trainable_variables
    _give([*own, *others], group.own_arrays(), found)
    for name in group.names():
        _of_value(getattr(layer, name, None), group.below(name), found)


def _of_value(value, group, found):
    if isinstance(value, (list, tuple)):
        _of_counted(value, group, found)
    elif isinstance(value, dict):
        _of_counted(list(value.values()), group, found)
    elif not hasattr(value, "trainable_weights"):
        if group.names() or group.own_arrays():
            raise _NotFoundError
    elif is_own(type(value)):
        _of_layer(value, group, found)
    elif hasattr(value, "layers"):
        inside = group.below("layers")
        if inside is None:
            raise _NotFoundError
        _of_counted(value.layers, inside, found)
    else:
        _give(_variables(value), group.arrays(type(value).__name__), found)


def _of_counted(items, group, found):
    for item, name in zip(items, group_names(type(item).__name__ for item in items)):
        below = group.below(name)
        if below is not None:
            _of_value(item, below, found)


def _give(variables, arrays, found):
    if len(variables) != len(arrays):
        raise _NotFoundError
    for variable, array in zip(variables, arrays):
        if tuple(variable.shape) != array.shape:
            raise _NotFoundError
        found[id(variable)] = array
