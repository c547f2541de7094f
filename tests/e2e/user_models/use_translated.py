"""``python use_translated.py FILE REFERENCE.npz AGAIN``: uses a converted file as its owner would, with Keras alone.

Prints as JSON how far its outputs are from the reference, of the largest of them, and the loss after one more step. Runs inside
environments.
"""

import json
import sys

import numpy as np


def without_chance(model):
    """Dropout draws other numbers in every version: what is compared is a step without it."""
    for layer in model.layers:
        if hasattr(layer, "layers"):
            without_chance(layer)
        if hasattr(layer, "rate"):
            layer.rate = 0.0


def main(path, reference, again):
    import keras

    known = np.load(reference)
    inputs, targets = known["inputs"], known["targets"]
    model = keras.models.load_model(path)
    outputs = model.predict(inputs, verbose=0)
    difference = float(np.abs(outputs - known["outputs"]).max() / np.abs(known["outputs"]).max())
    without_chance(model)
    steps = int(model.optimizer.iterations.numpy())
    model.evaluate(inputs, targets, verbose=0)
    model.fit(inputs, targets, batch_size=len(inputs), shuffle=False, epochs=1, verbose=0)
    loss = model.evaluate(inputs, targets, verbose=0, batch_size=len(inputs))
    model.save(again)
    same = np.array_equal(keras.models.load_model(again).predict(inputs, verbose=0), model.predict(inputs, verbose=0))
    loss = loss[0] if isinstance(loss, list) else loss
    print(json.dumps({"difference": difference, "loss": float(loss), "steps": steps, "saved again": bool(same)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
