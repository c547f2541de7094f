"""The outputs of every model in one environment: ``python measure.py PROBE OUT.npz [MODEL...]``.

``PROBE`` is the folder that holds the package ``probe``: noise is measured by the very code that judges. Of every model are
written its outputs (``base|NAME``), those one sample at a time (``one|NAME``) and of ``predict`` (``predict|NAME``), its noise
(``noise|NAME``), and the outputs of other functions (``other|NAME|WHICH``).
"""

import os
import sys

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import models
import numpy as np
import tensorflow as tf
from tensorflow import keras


def forward(model, inputs):
    return np.asarray(model(tf.constant(inputs), training=False).numpy())


def of_model(name, settings, noise):
    """Everything about one model, by what it is."""
    keras.backend.clear_session()
    model = models.BASE[name](**settings)
    models.fill(model, name)
    inputs = models.data(model, name)
    outputs = forward(model, inputs)

    def call(model, arrays):
        return [forward(model, arrays[0])]

    return {
        "base": outputs,
        "one": np.concatenate([forward(model, inputs[row : row + 1]) for row in range(len(inputs))]),
        "predict": model.predict(inputs, verbose=0),
        "noise": noise.of_outputs(model, [inputs], [outputs], call)[0],
    }


def of_other(name, settings, change):
    """The outputs of a model that was built otherwise, or whose weights were changed."""
    keras.backend.clear_session()
    original, model = models.BASE[name](), models.BASE[name](**settings)
    weights = models.fill(original, name)
    if settings.get("drop") is not None:
        # The weights of all layers but the normalisation that is missing.
        by_layer = [(layer, layer.get_weights()) for layer in original.layers]
        places = [at for at, (layer, _) in enumerate(by_layer) if type(layer).__name__ == "BatchNormalization"]
        kept = [one for at, (_, held) in enumerate(by_layer) if at != places[settings["drop"]] for one in held]
        for value, variable in zip(kept, [variable for layer in model.layers for variable in layer.weights]):
            variable.assign(value)
    else:
        model.set_weights(change(models.names_of(model), weights) if change else weights)
    return forward(model, models.data(model, name))


def main(probe, out, *wanted):
    sys.path.insert(0, probe)
    from probe.operations import noise

    found = {}
    bases = dict({name: (name, {}) for name in models.BASE}, **models.MORE)
    for label, (name, settings) in bases.items():
        if not wanted or name in wanted:
            for kind, array in of_model(name, settings, noise).items():
                found["%s|%s" % (kind, label)] = array
            print(label, flush=True)
    for label, other in models.OTHERS.items():
        if not wanted or other[0] in wanted:
            against = other[3] if len(other) > 3 else other[0]
            found["other|%s|%s" % (against, label)] = of_other(*other[:3])
    np.savez(out, **found)


if __name__ == "__main__":
    main(*sys.argv[1:])
