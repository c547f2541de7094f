"""Remedies that replace the load call: the saved function alone, or the scenario's code with the saved weights."""

import os
import shutil

from ..errors import NotApplicableError, NotAvailableError
from ..ordering import natural
from . import file_kinds

# The one call that every SavedModel of a Keras model has.
_ENDPOINT = "serving_default"


def load_function(path, context, folder):
    """The function that a SavedModel holds: ``keras.layers.TFSMLayer``, or ``tf.saved_model.load`` where there is none.

    :return: a function of ``(tensors, training)``, and in words what was called.
    :raises NotApplicableError: the artifact is no SavedModel.
    """
    if file_kinds.container(path) != file_kinds.SAVEDMODEL:
        raise NotApplicableError("no SavedModel")
    import tensorflow as tf
    from tensorflow import keras

    layer_class = getattr(keras.layers, "TFSMLayer", None)
    try:
        if layer_class is None:
            return _in_order(path, tf.saved_model.load(path).signatures[_ENDPOINT]), "tf.saved_model.load"
        layer = layer_class(path, call_endpoint=_ENDPOINT)
        return _in_order(path, layer.call_endpoint_fn, layer), "keras.layers.TFSMLayer"
    except Exception as error:
        # Up to 2.10 optimizers were saved in a way that later versions cannot revive; the function itself is sound.
        try:
            return _in_session(path), "tf.compat.v1.saved_model.load, since %s" % error
        except Exception:  # what is reported is why the usual call failed
            raise error from None


def _in_session(path):
    """The function of a SavedModel in a graph and session of its own, where none of its objects is revived."""
    import tensorflow as tf

    graph = tf.Graph()
    with graph.as_default():
        session = tf.compat.v1.Session(graph=graph)
        signature = tf.compat.v1.saved_model.load(session, ["serve"], path).signature_def[_ENDPOINT]
    inputs = [signature.inputs[name].name for name in _names_in_order(path, signature.inputs)]
    outputs = [signature.outputs[name].name for name in sorted(signature.outputs, key=natural)]

    def function(tensors, training=False):
        values = tensors if isinstance(tensors, list) else [tensors]
        return session.run(outputs, dict(zip(inputs, [value.numpy() for value in values])))

    return function


def _names_in_order(path, names):
    """Names of a signature's inputs as the model takes them, which a signature does not keep; else in the order of the names."""
    if len(names) < 2:
        return list(names)
    # Not above: the host asks this module for its names, and has no need of NumPy for that.
    from ..translate.savedmodel import input_names

    said = input_names(path)
    return said if sorted(said) == sorted(names) else sorted(names, key=natural)


def _in_order(path, signature, layer=None):
    """Call a signature with inputs in the order of the model's, and put its outputs in the order of their names."""
    specs = signature.structured_input_signature[1]
    names = _names_in_order(path, specs)

    def function(tensors, training=False):
        given = tensors if isinstance(tensors, list) else [tensors]
        values = [_declared(value, specs[name]) for name, value in zip(names, given)]
        one = layer is not None and len(values) == 1
        outputs = layer(values[0]) if one else signature(**dict(zip(names, values)))
        if not isinstance(outputs, dict):
            return outputs
        return [outputs[name] for name in sorted(outputs, key=natural)]

    return function


def _declared(value, spec):
    """A model casts integers to the type of its input; a signature takes that type alone."""
    if value.dtype != spec.dtype and value.dtype.is_integer and spec.dtype.is_integer:
        import tensorflow as tf

        return tf.cast(value, spec.dtype)
    return value


def load_rebuilt(path, context, folder):
    """The model from the scenario's code, with the weights out of the whole model's file.

    :return: the model, and None.
    :raises NotApplicableError: the file holds no weights that can be reached.
    :raises NotAvailableError: this environment has no reader for their layout.
    """
    weights = _weights_of(path, folder)
    if weights is None:
        raise NotApplicableError("no weights can be reached")
    model = context.rebuild()
    restored = model.load_weights(weights)
    if restored is not None and hasattr(restored, "expect_partial"):
        restored.expect_partial()
    return model, None


def _weights_of(path, folder):
    """What ``load_weights`` takes: an ``.h5`` file, a ``.weights.h5`` file, or the prefix of a checkpoint."""
    from tensorflow import keras

    kind = file_kinds.container(path)
    if kind == file_kinds.HDF5:
        if not file_kinds.has_legacy_weights(path):
            return None
        if os.path.basename(path).endswith((".h5", ".hdf5")):
            return path
        return shutil.copyfile(path, os.path.join(folder, "whole-model.h5"))
    if kind == file_kinds.ZIP:
        if not file_kinds.reads_zips():
            raise NotAvailableError("this TensorFlow does not read the weights of a .keras zip")
        return file_kinds.extract_weights(path, folder)
    if kind == file_kinds.SAVEDMODEL:
        if hasattr(keras, "KerasTensor"):
            raise NotAvailableError("Keras 3 does not read the checkpoint inside a SavedModel")
        return os.path.join(path, "variables", "variables")
    return None
