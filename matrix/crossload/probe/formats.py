"""The formats: how each is written, how its plain attempt loads it, and which rungs of the fidelity ladder it can carry.

Add a format by adding one entry to :data:`FORMATS`. The functions run inside an environment and import TensorFlow when
called; the host reads the rest.
"""

import os

ARCHITECTURE, WEIGHTS, OUTPUTS, OPTIMIZER, TRAINING, USE = RUNGS = (
    "architecture",
    "weights",
    "outputs",
    "optimizer",
    "training",
    "use",
)

# What people do with a model that loads; the rung ``use`` has a result for each.
PREDICT, EVALUATE, FIT, SAVE_AGAIN = STEPS = ("predict", "evaluate", "fit", "save")

# What a load gives back: a whole Keras model, weights for a model rebuilt from code, or a function for inference.
WHOLE_MODEL = "whole-model"
REBUILT = "rebuilt"
INFERENCE = "inference"


def _keras():
    from tensorflow import keras

    return keras


def _save_model(model, path):
    model.save(path)


def _save_weights(model, path):
    model.save_weights(path)


def _save_json_and_weights(model, path):
    os.mkdir(path)
    with open(os.path.join(path, "model.json"), "w") as stream:
        stream.write(model.to_json())
    model.save_weights(os.path.join(path, "model.weights.h5"))


def _load_model(path, context):
    return _keras().models.load_model(path, **context.load_arguments())


def _load_weights(path, context):
    model = context.rebuild()
    restored = model.load_weights(path)
    # A TensorFlow checkpoint may restore lazily; what it could not place must not pass in silence.
    if restored is not None and hasattr(restored, "assert_existing_objects_matched"):
        restored.assert_existing_objects_matched()
    return model


def _load_json_and_weights(path, context):
    with open(os.path.join(path, "model.json")) as stream:
        text = stream.read()
    model = _keras().models.model_from_json(text, custom_objects=context.custom_objects())
    if not model.weights:
        context.call(model)  # a model that is not built has no weights yet
    model.load_weights(os.path.join(path, "model.weights.h5"))
    return model


def _load_export(path, context):
    import tensorflow as tf

    return context.as_inference_function(tf.saved_model.load(path))


class Format(object):
    """One way of writing a model.

    :param file_name: name of the file or folder inside the artifact.
    :param save: function ``(model, path)``, or None when a ModelCheckpoint callback writes it during training.
    :param load: function ``(path, context)`` of the plain attempt; see ``loading.LoadContext``.
    :param gives: WHOLE_MODEL, REBUILT or INFERENCE.
    :param rungs: the rungs it can carry; the others are not applicable.
    :param callback_options: arguments of ModelCheckpoint, for the formats that a callback writes.
    """

    def __init__(self, file_name, save, load, gives, rungs, callback_options=None):
        self.file_name = file_name
        self.save = save
        self.load = load
        self.gives = gives
        self.rungs = rungs
        self.callback_options = callback_options


FORMATS = {
    "h5": Format("model.h5", _save_model, _load_model, WHOLE_MODEL, RUNGS),
    "savedmodel": Format("model", _save_model, _load_model, WHOLE_MODEL, RUNGS),
    "export": Format("model", lambda model, path: model.export(path), _load_export, INFERENCE, (OUTPUTS,)),
    "keras": Format("model.keras", _save_model, _load_model, WHOLE_MODEL, RUNGS),
    "weights-h5": Format("weights.h5", _save_weights, _load_weights, REBUILT, (WEIGHTS, OUTPUTS)),
    "weights.h5": Format("model.weights.h5", _save_weights, _load_weights, REBUILT, (WEIGHTS, OUTPUTS)),
    "tf-checkpoint": Format("checkpoint", _save_weights, _load_weights, REBUILT, (WEIGHTS, OUTPUTS)),
    "json+weights": Format(
        "model", _save_json_and_weights, _load_json_and_weights, WHOLE_MODEL, (ARCHITECTURE, WEIGHTS, OUTPUTS, USE)
    ),
    "checkpoint-callback": Format("checkpoint.h5", None, _load_model, WHOLE_MODEL, RUNGS, {}),
    "checkpoint-callback-weights": Format(
        "checkpoint.weights.h5", None, _load_weights, REBUILT, (WEIGHTS, OUTPUTS), {"save_weights_only": True}
    ),
}

# Names that stand for several formats on the command line and in profiles.
GROUPS = {"weights": ("weights-h5", "weights.h5")}


def takes_load_arguments(name):
    """True where the plain attempt is ``load_model``, so that modifiers such as ``compile=False`` can be added to it."""
    return FORMATS[name].load is _load_model
