"""The scenario's side of a child: its code, its data, and which modules it can import."""

import importlib
import random
import sys
import zlib

import numpy as np

from ..own_classes import is_own
from ..process import kernel_cache
from . import long_sequences

BATCH = 8


class ScenarioCode(object):
    """The code of one scenario, imported on demand.

    :param request: ``{"name", "module", "roots": [folder, ...], "options": {...}}``; roots hold the packages that scenario
        modules live in and are not importable before :meth:`allow_imports`.
    """

    def __init__(self, request):
        self.name = request["name"]
        self.module_name = request["module"]
        self.roots = request["roots"]
        self.options = request["options"]

    @property
    def takes_text(self):
        """Whether its model takes text, and so looks words up in tables."""
        return any(spec[0] == "text" for spec in self.options["inputs"])

    def allow_imports(self):
        for root in reversed(self.roots):
            if root not in sys.path:
                sys.path.insert(0, root)

    def hide_modules(self):
        """Make the modules that the loading program lacks raise ImportError."""
        for name in self.options["hidden_modules"]:
            sys.modules[name] = None

    def module(self):
        self.allow_imports()
        return importlib.import_module(self.module_name)

    def build(self):
        self.module()
        return importlib.import_module("scenarios").REGISTRY[self.name].build()

    def attribute(self, reference):
        """``Name`` of the scenario's module, or ``module:Name``."""
        self.allow_imports()
        module, _, name = reference.rpartition(":")
        return getattr(importlib.import_module(module) if module else self.module(), name)

    def import_modules(self):
        """Import what the loading program imports."""
        self.allow_imports()
        for name in self.options["import_modules"]:
            importlib.import_module(name)

    def custom_objects(self):
        """What the plain attempt passes as ``custom_objects``; None where the scenario declares none."""
        pairs = [
            item if isinstance(item, (list, tuple)) else (item.rpartition(":")[2], item)
            for item in self.options["custom_objects"]
        ]
        return {key: self.attribute(reference) for key, reference in pairs} or None

    def loss(self, targets, outputs):
        """The scenario's loss over all outputs, from a forward pass."""
        name = self.options["loss"]
        if name == "mse":
            return float(
                sum(np.mean((target - output.astype(np.float64)) ** 2) for target, output in zip(targets, outputs))
            )
        function = self.attribute(name)
        import tensorflow as tf

        return float(
            sum(np.mean(function(tf.constant(target), tf.constant(output))) for target, output in zip(targets, outputs))
        )


def computes_with_tensorflow():
    """Whether Keras' backend is TensorFlow; only Keras 3 has others, chosen by a variable before it is imported."""
    from tensorflow import keras

    backend = getattr(keras.backend, "backend", None)
    return backend is None or backend() == "tensorflow"


def seed(name):
    """Fix every random source TensorFlow and Keras draw from."""
    import tensorflow as tf

    number = zlib.crc32(name.encode()) % (2**31)
    random.seed(number)
    np.random.seed(number)
    with kernel_cache.kept():
        tf.random.set_seed(number)
    if not computes_with_tensorflow():
        from tensorflow import keras

        keras.utils.set_random_seed(number)


def start_over(code, purpose=""):
    """Begin as a fresh program does: no layer names counted yet, nothing kept of earlier models, known random numbers."""
    from tensorflow import keras

    with kernel_cache.kept():
        keras.backend.clear_session()
        seed(code.name + purpose)
    if code.takes_text:
        kernel_cache.note_stateful()


def make_data(name, options):
    """Inputs and targets of a scenario as lists of arrays with ``BATCH`` rows, from a seed made of its name."""
    generator = np.random.RandomState(zlib.crc32(name.encode()) % (2**31))
    inputs = []
    for spec in options["inputs"]:
        kind, shape = spec[0], (BATCH,) + tuple(spec[1])
        if kind == "int":
            inputs.append(generator.randint(0, spec[2], size=shape).astype("int32"))
        elif kind == "text":
            words = np.array(["model", "saved", "loaded", "layer", "weight", "and", "the"])
            # One text a row is a sentence; several are tokens, one word each.
            length = 4 if shape[-1] == 1 else 1
            flat = [" ".join(generator.choice(words, length)) for _ in range(int(np.prod(shape)))]
            inputs.append(np.array(flat).reshape(shape))
        else:
            inputs.append(generator.uniform(-1, 1, size=shape).astype("float32"))
    targets = [generator.uniform(0, 1, size=(BATCH,) + tuple(shape)).astype("float32") for shape in options["targets"]]
    return inputs, targets


def as_tensors(arrays):
    """What a model is called with: a tensor, or a list of them. Text must be a tensor; NumPy's own type is refused.

    Where Keras computes with something else than TensorFlow, numbers stay arrays: Keras makes its own tensors of them.
    """
    import tensorflow as tf

    def as_tensor(array):
        if array.dtype.kind in "US":
            return tf.constant(array.tolist())
        return tf.constant(array) if computes_with_tensorflow() else array

    tensors = [as_tensor(array) for array in arrays]
    return tensors[0] if len(tensors) == 1 else tensors


def forward(model, inputs, names=()):
    """Outputs of a call in inference mode, as a flat list of arrays: an eager one, but for long sequences.

    Stateful layers start from zero.
    """
    from . import measuring

    reset_states(model)
    features = arranged(model, inputs, names)
    outputs = long_sequences.call(model, features) if _takes_long(model, inputs) else None
    return measuring.flat_arrays(model(features, training=False) if outputs is None else outputs)


def _takes_long(model, inputs):
    if not long_sequences.are_long(inputs) or not computes_with_tensorflow():
        return False
    return any(_is_of_keras(layer, long_sequences.RECURRENT) for layer in all_layers(model))


def arranged(model, inputs, names=()):
    """Inputs as the model wants them: one tensor, a list, or by name where it was made with a dictionary.

    :param names: of the inputs; without them those of a dictionary are in the order of its keys.
    """
    tensors = as_tensors(inputs)
    wanted = _structure(model, "_inputs_struct", "_nested_inputs")
    if not isinstance(wanted, dict) or len(wanted) != len(inputs):
        return tensors
    flat = tensors if isinstance(tensors, list) else [tensors]
    places = list(names) if set(names) == set(wanted) else sorted(wanted)
    return dict(zip(places, flat))


def arranged_targets(model, targets):
    """Targets as the model wants them: by name where its outputs are a dictionary."""
    tensors = as_tensors(targets)
    wanted = _structure(model, "_outputs_struct", "_nested_outputs")
    if not isinstance(wanted, dict) or len(wanted) != len(targets):
        return tensors
    return dict(zip(sorted(wanted), tensors if isinstance(tensors, list) else [tensors]))


def _structure(model, *names):
    """How a functional model's inputs or outputs are put together: Keras 3 and Keras 2 keep it under names of their own."""
    return next((getattr(model, name) for name in names if getattr(model, name, None) is not None), None)


def reset_states(model):
    """Set the state of stateful recurrent layers to zero, if the model has any."""
    for layer in getattr(model, "layers", None) or []:
        if getattr(layer, "stateful", False):
            (getattr(layer, "reset_state", None) or getattr(layer, "reset_states", lambda: None))()


def update(model, inputs, targets, names=()):
    """One training step, eagerly: tracing a graph would cost half a second and change nothing. Long sequences take one."""
    reset_states(model)
    features, goals = arranged(model, inputs, names), arranged_targets(model, targets)
    if _takes_long(model, inputs) and long_sequences.update(model, _as_tuple(features), _as_tuple(goals)):
        return
    model.run_eagerly = True
    # Keras 2 (its models count batches) builds a tf.data pipeline around each batch, which takes as long as the step.
    if hasattr(model, "_train_counter") and hasattr(model, "train_step"):
        model.train_step((_as_tuple(features), _as_tuple(goals)))
    else:
        model.train_on_batch(features, goals)


def _as_tuple(tensors):
    """Lists become tuples, as they do in the pipeline of ``train_on_batch``."""
    return tuple(tensors) if isinstance(tensors, list) else tensors


# What layers of Keras draw numbers by, by attribute: classes of Keras that have it. A class of the user's may mean another thing.
_CHANCE = {
    "rate": ("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "GaussianDropout", "AlphaDropout"),
    "stddev": ("GaussianNoise",),
    "dropout": ("SimpleRNNCell", "GRUCell", "LSTMCell"),
    "recurrent_dropout": ("SimpleRNNCell", "GRUCell", "LSTMCell"),
}


def all_layers(model):
    """A model's layers, with those inside of other layers."""
    flat = getattr(model, "_flatten_layers", None)
    if flat is not None:
        return list(flat(include_self=False))
    # TensorFlow 2.0 to 2.3: what its own ``submodules`` walks through fails there for a Sequential.
    found, waiting = {}, [model]
    while waiting:
        holder = waiting.pop()
        for item in getattr(holder, "_layers", None) or getattr(holder, "layers", None) or ():
            if id(item) not in found:
                found[id(item)] = item
                waiting.append(item)
    # Lists and dictionaries of layers stand among them as what they are kept in.
    return [item for item in found.values() if hasattr(item, "get_config")]


def without_chance(model):
    """Set to zero what layers of Keras draw numbers by while they train."""
    layers = all_layers(model)
    for attribute, names in _CHANCE.items():
        for layer in layers:
            if getattr(layer, attribute, None) and _is_of_keras(layer, names):
                setattr(layer, attribute, 0.0)


def _is_of_keras(layer, names):
    """Whether a layer is of one of these classes of Keras, of whose older forms up to TensorFlow 2.9 no public name is left."""
    return any(base.__name__ in names and not is_own(base) for base in type(layer).__mro__)
