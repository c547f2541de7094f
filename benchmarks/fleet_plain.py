"""Calls models by Keras alone, run by the Python of an environment: ``fleet_plain.py LIST.json OUTPUTS.npz``.

Python 3.7 syntax. ``LIST.json`` holds entries ``[key, path, kind]``; each model is loaded as its kind is, called on inputs that
its kind has (the same numbers everywhere), and what it gives is written under ``KEY/NUMBER``. What raises is written as a text.
"""

import json
import os
import sys

import numpy as np

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import fleet_maker

WIDTH = 256
SHAPES = {
    "deep": [(16,)],
    "convolution": [(16, 16, 3)],
    "lstm": [(6, 8)],
    "gru": [(6, 8)],
    "embedding": [(5,)],
    "towers": [(8,), (8,)],
    "residual": [(WIDTH,)],
}


def inputs_of(kind):
    """Two rows for each input of a kind."""
    numbers = np.random.RandomState(7)
    shapes = SHAPES.get(kind, [(32,)])
    if kind == "embedding":
        return [numbers.randint(0, 100, (2, *shape)).astype("int32") for shape in shapes]
    return [numbers.uniform(-1, 1, (2, *shape)).astype("float32") for shape in shapes]


def load(path, kind):
    """What can be called: loaded as people load what lies there."""
    keras, tf = fleet_maker.keras, fleet_maker.tf
    if kind in ("weights", "checkpoint") and not path.endswith(".keras"):
        model = fleet_maker.KINDS[kind][0](WIDTH)
        if kind == "weights" or not fleet_maker.IS_KERAS_3:
            model.load_weights(path)
        else:
            tf.train.Checkpoint(model=model).read(path).assert_existing_objects_matched()
        return model
    if os.path.isdir(path) and fleet_maker.IS_KERAS_3:
        return tf.saved_model.load(path).serve
    return keras.models.load_model(path, custom_objects={"Scale": fleet_maker.Scale}, compile=False)


def main(listed, outputs):
    with open(listed, encoding="utf-8") as stream:
        entries = json.load(stream)
    found = {}
    for key, path, kind in entries:
        try:
            model, arrays = load(path, kind), inputs_of(kind)
            result = model(arrays[0] if len(arrays) == 1 else arrays)
            result = [result[name] for name in sorted(result)] if isinstance(result, dict) else result
            for number, item in enumerate(result if isinstance(result, (list, tuple)) else [result]):
                found[f"{key}/{number}"] = np.asarray(item)
        except Exception as error:
            found[f"{key}/error"] = np.array(f"{type(error).__name__}: {error}"[:300])
    np.savez(outputs, **found)


if __name__ == "__main__":
    main(*sys.argv[1:])
