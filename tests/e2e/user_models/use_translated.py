"""``python use_translated.py FILE REFERENCE.npz AGAIN``: uses a converted file as its owner would, with Keras alone.

Prints as JSON how far its outputs are from the reference, of the largest of them, and the loss after one more step. Runs inside
environments.
"""

import json
import sys

import numpy as np


def custom_objects():
    from convnext_layers import LayerScale
    from own_layers import Positions, Stages

    return {"LayerScale": LayerScale, "Positions": Positions, "Stages": Stages}


def layers_of(model):
    """Its layers, and those of the models among them."""
    for layer in model.layers:
        yield layer
        if hasattr(layer, "layers"):
            yield from layers_of(layer)


def without_chance(model):
    """Dropout draws other numbers in every version: what is compared is a step without it. Whether there was any."""
    found = [layer for layer in layers_of(model) if getattr(layer, "rate", 0.0)]
    for layer in found:
        layer.rate = 0.0
    return bool(found)


def loss_after_a_step(model, inputs, targets):
    """The loss, in inference, after one more update with all rows in one batch."""
    if without_chance(model):
        # What was traced before remembers the chance.
        model.train_function = model.test_function = None
    model.train_on_batch(inputs, targets)
    loss = model.evaluate(inputs, targets, verbose=0, batch_size=len(inputs))
    return float(loss[0] if isinstance(loss, (list, tuple)) else loss)


def main(path, reference, again):
    from tensorflow import keras

    known = np.load(reference)
    inputs, targets = known["inputs"], known["targets"]
    model = keras.models.load_model(path, custom_objects=custom_objects())
    outputs = model.predict(inputs, verbose=0)
    difference = float(np.abs(outputs - known["outputs"]).max() / np.abs(known["outputs"]).max())
    without_chance(model)
    steps = int(model.optimizer.iterations.numpy())
    model.evaluate(inputs, targets, verbose=0)
    model.fit(inputs, targets, batch_size=len(inputs), shuffle=False, epochs=1, verbose=0)
    loss = model.evaluate(inputs, targets, verbose=0, batch_size=len(inputs))
    model.save(again)
    saved = keras.models.load_model(again, custom_objects=custom_objects())
    same = np.array_equal(saved.predict(inputs, verbose=0), model.predict(inputs, verbose=0))
    loss = loss[0] if isinstance(loss, list) else loss
    print(json.dumps({"difference": difference, "loss": float(loss), "steps": steps, "saved again": bool(same)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
