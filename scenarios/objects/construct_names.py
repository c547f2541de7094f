"""Public objects of Keras by the names that a line of the table has for them, and what stands in a line's arguments."""

import numpy as np
import tensorflow as tf
from tensorflow import keras

# Where names are looked up: by kind, and for what stands in arguments everywhere in turn.
_PLACES = {
    "layer": ("layers", "layers.experimental.preprocessing", "layers.experimental"),
    "model": ("models",),
    "activation": ("activations",),
    "initializer": ("initializers",),
    "regularizer": ("regularizers",),
    "constraint": ("constraints",),
    "policy": ("dtype_policies", "mixed_precision", "mixed_precision.experimental"),
    "optimizer": ("optimizers", "mixed_precision"),
    "schedule": ("optimizers.schedules", "optimizers"),
    "loss": ("losses",),
    "metric": ("metrics",),
}


def find(kind, name):
    """A public object of Keras by its name, ``legacy.Adam`` among them; raises AttributeError where this Keras has none."""
    for place in _PLACES[kind]:
        found = keras
        for part in (place + "." + name).split("."):
            found = getattr(found, part, None)
        if found is not None:
            return found
    raise AttributeError("this Keras has no %s %s" % (kind, name))


class _Names(object):
    """What may stand in a line's arguments: classes of Keras, and nothing else."""

    def __getitem__(self, name):
        if name in ("dict", "abs", "array"):
            return {"dict": dict, "abs": tf.abs, "array": np.array}[name]
        for kind in _PLACES:
            try:
                return find(kind, name)
            except AttributeError:
                continue
        raise KeyError(name)


NAMES = _Names()


def arguments(text):
    """Arguments as in a call, as a mapping."""
    return eval("dict(%s)" % text, {"__builtins__": {}}, NAMES)
