"""The remedy ``translate`` in Keras 2: a copy in HDF5 of the model that a file of a newer Keras describes."""

import os

from .. import input_shapes
from ..errors import NotTranslatableError
from ..translate import attempt
from . import configuration, graph, older, reading, training, weights

_COPY = "model.h5"


def translate(path, folder, context):
    """Write the translated model.

    :param context: gives ``custom_objects()``.
    :return: the copy's path, and in words what was not taken over as it was.
    :raises NotApplicableError: the file is no whole model that is read here.
    :raises NotTranslatableError: something in the file has no equal here.
    """
    import tensorflow as tf

    said = reading.read(path)
    configurations = configuration.Configurations(tf.keras, context.custom_objects() or {}, said.of_keras_3)
    with tf.keras.utils.custom_object_scope(configurations.given):
        model, notes = attempt.understood(lambda: build(tf, said, configurations))
    destination = os.path.join(folder, _COPY)
    attempt.saved(lambda: model.save(destination, save_format="h5"))
    return destination, "; ".join(["translated to TensorFlow %s" % tf.__version__, *notes])


def build(tf, said, configurations):
    """The model that a file describes, with weights, compile settings and optimizer state, and notes."""
    builder = graph.Builder if said.of_keras_3 else older.Builder
    config, completions = input_shapes.completed(said.config, lambda: said.weights)
    top = builder(tf, configurations).build(config)
    if top.parts is None:
        raise NotTranslatableError("the model is of class %s, whose code is needed" % said.config["class_name"])
    weights.fill(top, said)
    return top.layer, completions + (_compile(top, said, configurations) if said.training else [])


def _compile(top, said, configurations):
    """Compile the model and give its optimizer its state; what could not be taken over, in words."""
    scaled = said.optimizer is not None and weights.is_scaled(said.optimizer)
    try:
        top.layer.compile(**training.arguments(said.training, configurations, scaled))
    except NotTranslatableError as error:
        return ["not compiled: %s" % error]
    if said.optimizer is None:
        return []
    try:
        weights.fill_optimizer(top.layer.optimizer, said.optimizer, top)
    except NotTranslatableError as error:
        top.layer.compile(**training.arguments(said.training, configurations, scaled))
        return ["the optimizer starts afresh: %s" % error]
    return training.notes(top.layer)
