"""Weights and optimizer state of a Keras 3 file into a model of Keras 2."""

import numpy as np

from ..errors import NotTranslatableError
from ..translate import optimizers, stored


def fill(top, said):
    """Set the weights of a built model.

    :param top: ``graph.Part`` of the outermost model.
    :raises NotTranslatableError: the file's weights do not fit.
    """
    if isinstance(said.weights, stored.TreeWeights):
        _fill_tree(top, said.weights.root)
        return
    for part in top.parts:
        _set(part, said.weights.layers.get(part.name, []))


def _fill_tree(model, group):
    counts = {}
    for part in model.parts:
        kind = stored.snake(part.kind)
        count = counts.get(kind, 0)
        counts[kind] = count + 1
        below = group.below("layers", "%s_%d" % (kind, count) if count else kind)
        if part.parts is not None:
            if below is None and part.layer.weights:
                raise NotTranslatableError("model %s: the file holds no weights of it" % part.name)
            if below is not None:
                _fill_tree(part, below)
        else:
            _set(part, below.arrays(part.kind) if below is not None else [])


def _set(part, arrays):
    variables = list(part.layer.weights)
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


def fill_optimizer(optimizer, arrays, top):
    """Set the state of an optimizer.

    :param arrays: as Keras 3 writes them: the step count, the rate, then the slots.
    :raises NotTranslatableError: they do not fit.
    """
    variables = [item for leaf in top.leaves for item in leaf.layer.trainable_weights]
    if {id(item) for item in variables} != {id(item) for item in top.layer.trainable_weights}:
        raise NotTranslatableError("the model trains other weights here")
    kind = type(optimizer).__name__
    if kind not in optimizers.KNOWN:
        raise NotTranslatableError("the state of %s" % kind)
    iterations, slots = _slots(list(arrays), optimizers.KNOWN[kind][1], optimizer.get_config(), len(variables))
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


def _slots(arrays, groups, config, count):
    """Step count, and arrays by slot: those of a group variable by variable, the groups one after the other."""
    used = {"SGD": ("momentum",), "RMSprop": (None, "momentum", "centered")}.get(config["name"], (None, "amsgrad"))
    iterations = arrays[0]
    rest = arrays[2:] if len(arrays) > 1 and np.ndim(arrays[1]) == 0 else arrays[1:]
    wanted = [group for group, key in zip(groups, used) if key is None or config.get(key)]
    if len(rest) != count * sum(map(len, wanted)):
        if wanted or any(np.any(array) for array in rest):
            raise NotTranslatableError("the file holds %d arrays of its optimizer for %d weights" % (len(rest), count))
        return iterations, {}
    slots = {}
    for group in wanted:
        for _ in range(count):
            for old, _, attribute in group:
                slots.setdefault((old, attribute), []).append(rest.pop(0))
    return iterations, slots
