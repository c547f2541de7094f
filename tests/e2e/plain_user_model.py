"""``python plain_user_model.py MODEL INPUTS OUTPUTS [CUSTOM.py]``: what a user would do, with Keras alone.

Loads a file, calls it on the arrays of an npz (in their order) and writes the outputs. Runs inside environments.
"""

import importlib
import os
import sys

import numpy as np


def main(path, inputs, outputs, custom=None):
    import tensorflow as tf
    from tensorflow import keras

    objects = {}
    if custom:
        sys.path.insert(0, os.path.dirname(os.path.abspath(custom)))
        module = importlib.import_module(os.path.splitext(os.path.basename(custom))[0])
        objects = {name: value for name, value in vars(module).items() if isinstance(value, type) or callable(value)}
    model = keras.models.load_model(path, custom_objects=objects or None)
    with np.load(inputs) as stored:
        arrays = [stored[name] for name in stored.files]
    tensors = [tf.constant(array.tolist() if array.dtype.kind in "US" else array) for array in arrays]
    result = model(tensors[0] if len(tensors) == 1 else tensors, training=False)
    found = [result[key] for key in sorted(result)] if isinstance(result, dict) else result
    found = list(found) if isinstance(found, (list, tuple)) else [found]
    np.savez(outputs, *[item.numpy() for item in found])


if __name__ == "__main__":
    main(*sys.argv[1:])
