"""The remedy ``translate``: a copy, in Keras 3's own format, of the model that a file of Keras 2 describes."""

import os

from .. import input_shapes
from ..errors import NotApplicableError, NotTranslatableError
from . import compiling, graph, layers, optimizers, reading, tree
from .own import Own

_COPY = "model.keras"


def translate(path, folder, context):
    """Write the translated model.

    :param context: gives ``custom_objects()``.
    :return: the copy's path, and in words what was not taken over as it was.
    :raises NotApplicableError: this is no Keras 3, or the file no whole model of Keras 2.
    :raises NotTranslatableError: something in the file has no equal here.
    """
    from tensorflow import keras as of_tensorflow

    if not hasattr(of_tensorflow, "KerasTensor"):
        raise NotApplicableError("no Keras 3")
    # The package itself has what tensorflow.keras leaves out.
    import keras

    said = reading.read(path)
    model, notes = understood(lambda: build(keras, said, Own(keras, context.custom_objects())))
    destination = os.path.join(folder, _COPY)
    saved(lambda: model.save(destination))
    return destination, "; ".join(["translated to Keras %s" % keras.__version__, *dict.fromkeys(notes)])


def understood(build):
    """What a function gives that builds a model from what a file says; raises NotTranslatableError for whatever it raises."""
    try:
        return build()
    except (NotApplicableError, NotTranslatableError, MemoryError):
        raise
    except Exception as error:
        # What a file says may have any shape: what is not understood is the file's, as long as nothing was measured.
        raise NotTranslatableError(
            "it is not understood: %s: %s" % (type(error).__name__, " ".join(str(error).split())[:400])
        ) from error


def saved(save):
    """Call a function that saves a translated model; raises NotTranslatableError where this Keras has no form for it."""
    try:
        save()
    except (OSError, MemoryError):
        raise
    except Exception as error:  # what has no form in a file says so in as many ways as there are objects
        raise NotTranslatableError(
            "this Keras cannot save it: %s: %s" % (type(error).__name__, " ".join(str(error).split())[:400])
        ) from error


def build(keras, said, own):
    """The model that a file describes, weights, compile settings and optimizer state in place, and notes.

    :param said: ``stored.StoredModel``.
    :param own: the user's own classes and functions.
    """
    builder = graph.Builder(keras, own)
    config, completions = input_shapes.completed(said.config, lambda: said.weights)
    model, top = builder.build(config)
    if not isinstance(top, tree.Branch) or top.attributes is not None:
        raise NotTranslatableError("the model is of class %s, whose code is needed" % said.config.get("class_name"))
    if not model.built:
        raise NotTranslatableError("the model has no input shape")
    said.weights.take(top)
    top.fill()
    notes = [*completions, *builder.notes, *filter(None, [layers.renamed_in_words(builder.renamed)])]
    top.freeze()
    if said.training:
        notes += _compile(keras, model, said, top, own)
    return model, notes


def _compile(keras, model, said, top, own):
    """Compile a model and give its optimizer its state; what could not be taken over, in words."""
    names, by_name = _outputs(said.config)
    settings = compiling.Settings(keras, said.training, own, names, by_name)
    try:
        arguments = settings.arguments()
        model.compile(**arguments)
    except NotTranslatableError as error:
        return ["not compiled: %s" % error]
    except Exception as error:  # what a class of the user's or of Keras refuses has no type of its own
        return ["not compiled: %s: %s" % (type(error).__name__, " ".join(str(error).split())[:200])]
    model.optimizer.build(model.trainable_variables)
    notes = [*settings.notes, *optimizers.steps_of_rows(model)]
    if said.optimizer is None:
        return notes
    try:
        optimizers.fill(model.optimizer, said.optimizer, tree.trained(top), model.trainable_variables)
    except NotTranslatableError as error:
        model.compile(**settings.arguments())
        model.optimizer.build(model.trainable_variables)
        notes.append("the optimizer starts afresh: %s" % error)
    return notes


def _outputs(config):
    """Names of a model's outputs in Keras 2, and whether it gives a dictionary."""
    ends = config["config"].get("output_layers") if isinstance(config["config"], dict) else None
    if isinstance(ends, dict):
        return sorted(ends), True
    if not ends:
        return ["output"], False
    if isinstance(ends[0], str):
        ends = [ends]
    return [end[0] for end in ends], False
