"""Weights and optimizer state of a newer Keras' file into a model of Keras 2."""

import numpy as np

from ..errors import NotTranslatableError
from ..translate import optimizers, stored
from ..translate.held import group_names
from . import graph, training

# Arrays of a loss scale: step count, rate, steps since it changed, scale.
_OF_THE_SCALE = 4


def fill(top, said):
    """Set the weights of a built model.

    :param top: ``graph.Part`` of the outermost model.
    :raises NotTranslatableError: the file's weights do not fit.
    """
    if isinstance(said.weights, stored.TreeWeights):
        fill_tree = _fill_tree if said.of_keras_3 else _fill_tree_of_keras_2
        fill_tree(top, said.weights.root)
        return
    layers = said.weights.layers
    # The configuration of a layer that does not hand on its name has none; the file has, in the same order.
    known = {part.name for part in top.parts}
    unnamed = iter([name for name in layers if name not in known])
    for part in top.parts:
        _set(part, layers.get(part.name if part.name is not None else next(unnamed, None), []))


def _fill_tree(model, group):
    for part, name in zip(model.parts, group_names(part.kind for part in model.parts)):
        below = group.below("layers", name)
        if part.parts is not None:
            if below is None and part.layer.weights:
                raise NotTranslatableError("model %s: the file holds no weights of it" % part.name)
            if below is not None:
                _fill_tree(part, below)
        else:
            _fill_layer(part, below, _fill_tree)


def _fill_layer(part, below, fill_tree):
    """Set the weights of a layer; of a model that it wraps, layer by layer: the file has them by name, not in order.

    :param below: the layer's group; None where the file has none.
    """
    inside = _model_inside(part.layer)
    if inside is not None and below is not None and below.below("layer") is not None:
        fill_tree(inside, below.below("layer"))
    else:
        _set(part, below.arrays(part.kind, part.layer) if below is not None else [])


def _model_inside(layer):
    """The model that a layer such as TimeDistributed wraps, as a part; None where it wraps none."""
    model = getattr(layer, "layer", None)
    return _part_of(model) if hasattr(model, "layers") else None


def _part_of(layer):
    parts = [_part_of(inner) for inner in layer.layers] if hasattr(layer, "layers") else None
    return graph.Part(type(layer).__name__, layer.name, layer, parts)


def _fill_tree_of_keras_2(model, group):
    for part, below in zip(model.parts, group.children_of(model)):
        if part.parts is None:
            _fill_layer(part, below, _fill_tree_of_keras_2)
        elif below is not None:
            _fill_tree_of_keras_2(part, below)
        elif part.layer.weights:
            raise NotTranslatableError("model %s: the file holds no weights of it" % part.name)


def _set(part, arrays):
    # A model inside another one counts its own weights layer by layer, and files do not.
    variables = list(part.layer.trainable_weights) + list(part.layer.non_trainable_weights)
    if part.kind == "Normalization" and len(variables) == len(arrays) + 1:
        # Keras 2 counts batches beside mean and variance.
        variables = [item for item in variables if not item.dtype.is_integer]
    if len(variables) != len(arrays):
        raise NotTranslatableError(
            "layer %s: the file holds %d arrays for it, its class has %d weights"
            % (part.name, len(arrays), len(variables))
        )
    for variable, array in zip(variables, arrays):
        if tuple(variable.shape) != array.shape:
            raise NotTranslatableError(
                "layer %s: the file holds %s for its %s, which is %s"
                % (part.name, array.shape, variable.name, tuple(variable.shape))
            )
        variable.assign(array)


def fill_optimizer(optimizer, state, top):
    """Set the state of an optimizer.

    :param state: ``stored.OptimizerState``: the step count, the rate, then the slots; where a loss is scaled, what is needed for
        that stands in front.
    :raises NotTranslatableError: it does not fit.
    """
    variables = [item for leaf in top.leaves for item in leaf.layer.trainable_weights]
    if {id(item) for item in variables} != {id(item) for item in top.layer.trainable_weights}:
        raise NotTranslatableError("the model trains other weights here")
    arrays, outer, scale = list(state.arrays), optimizer, None
    if type(outer).__name__.startswith("LossScaleOptimizer"):
        optimizer = outer.inner_optimizer
        arrays, scale = _without_scale(arrays)
    kind = type(optimizer).__name__
    if kind not in optimizers.KNOWN:
        raise NotTranslatableError("the state of %s" % kind)
    iterations, slots = _slots(arrays, kind, optimizer.get_config(), len(variables))
    legacy = hasattr(optimizer, "_create_all_weights")
    if legacy:
        optimizer._create_all_weights(variables)
    else:
        optimizer.build(variables)
    optimizer.iterations.assign(np.asarray(iterations).astype("int64"))
    for (old, attribute), held in slots.items():
        for place, (variable, array) in enumerate(zip(variables, held)):
            if legacy:
                optimizer.get_slot(variable, old).assign(array)
            else:
                getattr(optimizer, attribute)[place].assign(array)
    if scale is not None:
        steps, value = scale
        outer._loss_scale.current_loss_scale.assign(np.asarray(value))
        outer._loss_scale.counter.assign(np.asarray(steps).astype("int64"))


def is_scaled(state):
    """Whether arrays of Keras 3 are those of an optimizer behind a scale of the loss."""
    return _without_scale(list(state.arrays))[1] is not None


def _without_scale(arrays):
    """The arrays of the optimizer inside, and steps since the loss scale changed and the scale; None where the file lacks them.

    Keras 3 writes step count, rate, steps and scale in front of those of the optimizer inside, a zip of Keras 2 only the latter.
    """
    kinds = [np.asarray(array).dtype.kind if np.ndim(array) == 0 else "" for array in arrays[: _OF_THE_SCALE + 1]]
    if kinds != ["i", "f", "i", "f", "i"]:
        return arrays, None
    return arrays[_OF_THE_SCALE:], arrays[2:_OF_THE_SCALE]


def _slots(arrays, kind, config, count):
    """Step count, and arrays by slot: those of a group variable by variable, the groups one after the other."""
    used = {"SGD": ("momentum",), "RMSprop": (None, "momentum", "centered")}.get(kind, (None, "amsgrad"))
    iterations = arrays[0]
    rest = arrays[2:] if len(arrays) > 1 and np.ndim(arrays[1]) == 0 else arrays[1:]
    wanted = [
        group
        for group, key in zip(optimizers.KNOWN[kind][1], used)
        if key is None or config.get(key) not in (None, False, 0.0, training.NO_MOMENTUM)
    ]
    if len(rest) != count * sum(map(len, wanted)):
        if not optimizers.is_unused(kind, wanted, rest, count):
            raise NotTranslatableError("the file holds %d arrays of its optimizer for %d weights" % (len(rest), count))
        return iterations, {}
    slots = {}
    for group in wanted:
        for _ in range(count):
            for old, _, attribute in group:
                slots.setdefault((old, attribute), []).append(rest.pop(0))
    return iterations, slots
