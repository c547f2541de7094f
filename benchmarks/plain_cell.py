"""What a user would write instead of the engine: load a model (without compiling where that fails), and compare everything.

``python plain_cell.py ROOT CELL...`` runs in an environment and takes every cell named, one after the other, in this process;
a cell is the path of a JSON file with ``format``, ``path``, ``module``, ``name`` and ``reference`` (the artifact's folder). The
last line is the seconds that all cells took, TensorFlow's import not counted. Shares no code with the engine.
"""

import importlib
import json
import os
import sys
import time


def train(model, inputs, targets):
    """One eager training step, without the data pipeline that Keras 2 builds in ``train_on_batch``."""
    model.run_eagerly = True
    if hasattr(model, "_train_counter") and hasattr(model, "train_step"):
        model.train_step((inputs, targets))
    else:
        model.train_on_batch(inputs, targets)


def same(references, actuals):
    import numpy as np

    return len(references) == len(actuals) and all(np.array_equal(a, b) for a, b in zip(references, actuals))


def run(root, request):
    import numpy as np
    import tensorflow as tf
    from tensorflow import keras

    with open(os.path.join(request["reference"], "reference.json")) as stream:
        facts = json.load(stream)
    arrays = np.load(os.path.join(request["reference"], "reference.npz"))

    def kept(kind):
        return [arrays[f"{kind}_{number}"] for number in range(facts.get(kind, 0))]

    inputs, targets = tf.constant(arrays["inputs_0"]), tf.constant(arrays["targets_0"])
    found = {}
    if request["format"] in ("weights-h5", "weights.h5"):
        importlib.import_module(request["module"])
        model = importlib.import_module("scenarios").REGISTRY[request["name"]].build()
        model(inputs)
        model.load_weights(request["path"])
    else:
        try:
            model = keras.models.load_model(request["path"])
        except Exception as error:
            found["error"] = type(error).__name__
            model = keras.models.load_model(request["path"], compile=False)
    outputs = np.asarray(model(inputs, training=False))
    found["outputs"] = bool(np.allclose(outputs, arrays["outputs_0"], rtol=1e-5, atol=1e-6))
    if request["predict"]:
        # In two batches, as the engine does: the graph knows no size of a batch then.
        predicted = model.predict(arrays["inputs_0"], batch_size=len(arrays["inputs_0"]) - 1, verbose=0)
        found["predict"] = bool(np.allclose(predicted, arrays["outputs_0"], rtol=1e-5, atol=1e-6))
    found["weights"] = same(kept("weights"), model.get_weights())
    if request["format"] not in ("weights-h5", "weights.h5") and getattr(model, "optimizer", None) is not None:
        found["layers"] = len(model.layers) == sum(not isinstance(row[0], list) for row in facts["architecture"])
        variables = model.optimizer.variables
        state = [variable.numpy() for variable in (variables() if callable(variables) else variables)]
        found["optimizer"] = all(any(np.array_equal(slot, item) for item in state) for slot in kept("slots"))
        train(model, inputs, targets)
        loss = float(np.mean((arrays["targets_0"] - np.asarray(model(inputs, training=False), "float64")) ** 2))
        found["training"] = abs(loss - facts["loss_after_update"]) < 1e-6
    return found


def main(root, cells):
    from tensorflow import keras

    assert keras.layers  # importing is not timed
    sys.path.insert(0, root)
    started = time.perf_counter()
    for cell in cells:
        with open(cell) as stream:
            request = json.load(stream)
        try:
            print(json.dumps(run(root, request)))
        except Exception as error:
            print(type(error).__name__, str(error)[:200])
    print(time.perf_counter() - started)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
