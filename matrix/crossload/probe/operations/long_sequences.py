"""Recurrent models over long sequences, which take too long one operation after the other.

Eagerly, the loop over the steps runs in Python: 300 steps of two bidirectional LSTM took 3.4 s a call and 6.5 s an update in
Keras 3.15 (two busy cores), so that longer ones of a file that is right run into the limit of time. In a graph they took 0.6 s
the first time and 0.04 s from then on.
"""

import weakref

# Steps from which tracing a graph costs less than it saves, in Keras 2 (where tracing takes longest) and in Keras 3.
LONG = 200
RECURRENT = ("RNN", "ConvRNN", "Bidirectional")

_calls = weakref.WeakKeyDictionary()
_updates = weakref.WeakKeyDictionary()


def are_long(inputs):
    """Whether inputs have so many steps. That does not differ between two versions, so that both run a model alike."""
    return any(array.ndim > 1 and array.shape[1] >= LONG for array in inputs)


def call(model, features):
    """What calling a model in inference mode in a graph gives; None where no graph can be made of it."""
    return _run(_calls, model, _called, features)


def update(model, features, goals):
    """One training step in a graph.

    XLA, which Keras 3 compiles its own with, computes otherwise than every other release.

    :return: whether that was done.
    """
    if not hasattr(model, "train_step"):
        return False
    return _run(_updates, model, _updated, features, goals) is not None


def _called(model, features):
    return model(features, training=False)


def _updated(model, features, goals):
    # A train_step of one's own may give nothing back, and has trained all the same.
    return (model.train_step((features, goals)),)


def _run(functions, model, function, *arguments):
    """Run a function of a model as a graph, which is traced once; None where that fails: eagerly it may not."""
    import tensorflow as tf

    if model not in functions:
        # A graph that held its model would keep it for good.
        held = weakref.ref(model)
        functions[model] = tf.function(lambda *tensors: function(held(), *tensors))
    try:
        return functions[model](*arguments)
    except MemoryError:
        raise
    except Exception:
        return None
