"""What people do with a model after loading it: predict, evaluate, one step of fit, and save it again. As they do: in graphs."""

import os
import shutil
import tempfile

from ..formats import EVALUATE, FIT, PREDICT, SAVE_AGAIN
from ..remedies import file_kinds
from . import measuring, scenario_code

_UNREWRITTEN = "disable_meta_optimizer"


def run(step, model, inputs, targets, names=()):
    """Run one step.

    :return: what ``predict`` gives, as a flat list of arrays; None for the others.
    """
    from tensorflow import keras

    if step == SAVE_AGAIN:
        return _save(model)
    scenario_code.reset_states(model)
    features = scenario_code.arranged(model, inputs, names)
    batch = _batch(model, inputs[0].shape[0])
    if step == PREDICT:
        return measuring.flat_arrays(model.predict(features, batch_size=batch, verbose=0))
    goals = scenario_code.arranged_targets(model, targets)
    if step == EVALUATE:
        model.evaluate(features, goals, batch_size=batch, verbose=0)
    elif step == FIT:
        model.fit(features, goals, batch_size=batch, epochs=1, verbose=0, callbacks=[keras.callbacks.Callback()])
    return None


def predict_as_traced(model, inputs, names=()):
    """What ``predict`` gives from its graph as Keras traced it: neither TensorFlow's graph optimizer nor XLA rewrites it.

    What differs between this and ``predict`` is the order of arithmetic ("TensorFlow graph optimization with Grappler" in
    TensorFlow's guide; ``x - mean(x)`` over one element is exactly zero only in the order that was written).

    :return: a flat list of arrays.
    """
    import tensorflow as tf

    before = bool(tf.config.optimizer.get_experimental_options().get(_UNREWRITTEN))
    compiled = getattr(model, "jit_compile", None)
    try:
        tf.config.optimizer.set_experimental_options({_UNREWRITTEN: True})
        if compiled:
            model.jit_compile = False
        model.predict_function = None
        return run(PREDICT, model, inputs, None, names)
    finally:
        tf.config.optimizer.set_experimental_options({_UNREWRITTEN: before})
        if compiled:
            model.jit_compile = compiled
        model.predict_function = None


def wrapped(model):
    """A model of the same layers that knows nothing of what this one is compiled with."""
    from tensorflow import keras

    return keras.Model(model.inputs, model.outputs)


def works_compiled_anew(step, model, inputs, targets, names=()):
    """Whether a step works with the model's own loss alone: then what it is compiled with, or its optimizer, is to blame."""
    try:
        # Compiled anew, a model of Keras 3 still has the metrics that it was loaded with.
        anew = wrapped(model)
        anew.compile("sgd", loss=model.loss)
        run(step, anew, inputs, targets, names)
    except Exception:  # of what only may be right nothing is said
        return False
    return True


def _batch(model, rows):
    """Fewer rows than there are, where the model allows it: several batches have no size of their own in a graph.

    That is what large data look like, and what some layers fail at: TimeDistributed with a mask in Keras 3.4, for instance.
    """
    tensors = getattr(model, "inputs", None) or ()
    fixed = any(tensor.shape[0] is not None for tensor in tensors if len(tensor.shape))
    return rows if fixed else max(1, rows - 1)


def _save(model):
    """Save a model as this version does by default."""
    folder = tempfile.mkdtemp()
    try:
        model.save(os.path.join(folder, "again.keras" if file_kinds.reads_zips() else "again.h5"))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Eagerness(object):
    """How a model is told to run, to be put back after a step that was run eagerly."""

    def __init__(self, model):
        self._name = "_run_eagerly" if hasattr(model, "_run_eagerly") else "run_eagerly"
        self._value = getattr(model, self._name, None)

    def put_back(self, model):
        if hasattr(model, self._name):
            setattr(model, self._name, self._value)
        for name in ("train_function", "test_function"):
            if getattr(model, name, None) is not None:
                setattr(model, name, None)
