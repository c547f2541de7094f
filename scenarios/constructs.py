"""Constructs: a minimal model for each line of ``constructs.csv``, so that every public name of Keras is a scenario.

A line says what is made: ``kind`` (``layer``, ``optimizer`` ...), its public ``name`` and its ``arguments`` as in a call.
``form`` says how it is given where that is not the usual way of its kind. ``crossload.construct_table`` reads the other
columns. Weights are numbers from a seed made of the name. Layers are saved untrained; what is compiled takes one step.
"""

import csv
import os
import tempfile
import zlib

import numpy as np
import tensorflow as tf
from tensorflow import keras

from scenarios import scenario
from scenarios.objects import construct_models, own_parts
from scenarios.objects.construct_lambdas import LAMBDAS
from scenarios.objects.construct_names import arguments, find

_TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "constructs.csv")
# Kinds of which several lines fit into one model, and how many.
_TOGETHER = ("layer", "activation", "initializer", "regularizer", "constraint", "policy", "loss", "metric")
_MOST_TOGETHER = 8
_TWO_OUTPUTS = ("list", "dictionary", "weights", "named-weights", "named-metrics", "listed-metrics")
_PLAIN_LOSS = "mean_squared_error"
_INPUT_TYPES = {"float": "float32", "int": "int32", "text": "string"}


def _input_specs(text):
    """``float 5x3 + int 4 <12 -> 1`` as pairs of type and shape."""
    specs = []
    for part in text.split("->")[0].split("+"):
        words = part.split()
        specs.append((words[0], tuple(int(size) for size in words[1].split("x"))))
    return specs


def bouquets(lines):
    """Lines that are measured together: those of one kind that follow each other, but for what one model cannot hold twice.

    :param lines: ``(scenario, kind, form, inputs)`` of each. ``crossload.construct_table`` has the same rule.
    :return: names of bouquets with the scenarios of their lines.
    """
    together = {}
    for name, kind, form, inputs in lines:
        usual = not form or form in ("string", "function", "pair", "cell")
        fits = "text" not in inputs and "-> 1" not in inputs and usual
        if kind in _TOGETHER and fits:
            together.setdefault(kind, []).append(name)
    for kind, names in together.items():
        for start in range(0, len(names) - 1, _MOST_TOGETHER):  # one alone is its own line
            yield "bouquet-%s-%02d" % (kind, start // _MOST_TOGETHER + 1), names[start : start + _MOST_TOGETHER]


class Construct(object):
    """One line of the table."""

    def __init__(self, line):
        self.kind, self.name, self.form = line["kind"], line["name"], line["form"]
        self.variant, self.text, self.specs = line["variant"], line["arguments"], _input_specs(line["inputs"])
        parts = ("construct", self.kind, self.name.replace(".", "-").replace("_", "-"), self.variant)
        self.scenario = "-".join(part for part in parts if part)
        self.fields = (self.scenario, self.kind, self.form, line["inputs"])
        own = ["OwnHolder"] if self.form == "held" else []
        own += [self.name] if self.form == "own" or self.name.startswith("Own") else []
        self.own = tuple("scenarios.objects.own_parts:" + name for name in sorted(set(own)))

    def build(self):
        """The model, as every scenario gives it."""
        return getattr(self, "_of_" + self.kind, self._of_dense)()

    def arguments(self):
        return arguments(self.text)

    def made(self):
        """The object, string or function that the line names."""
        if self.form == "string" or (self.form in ("weighted", "untrained") and self.name.islower()):
            return self.name
        if self.form == "own":
            found = getattr(own_parts, self.name)
            return found(**self.arguments()) if isinstance(found, type) else found
        found = getattr(tf, self.name) if self.form == "tensorflow" else find(self.kind, self.name)
        return found if self.form == "function" else found(**self.arguments())

    def inputs(self):
        return [keras.Input(shape=shape, dtype=_INPUT_TYPES[kind]) for kind, shape in self.specs]

    def numbers(self, model):
        """Give a model weights that are the same in every version."""
        generator = np.random.RandomState(zlib.crc32(self.scenario.encode()) % (2**31))
        values = []
        for value in model.get_weights():
            value = np.asarray(value)
            is_number = value.dtype.kind == "f" or value.dtype.name == "bfloat16"
            values.append(generator.uniform(0.1, 0.9, value.shape).astype(value.dtype) if is_number else value)
        model.set_weights(values)
        return model

    def _data(self):
        """What a layer adapts to."""
        kind, shape = self.specs[0]
        count = 16 * int(np.prod(shape))
        if kind == "text":
            words = ["the saved model", "the layer", "model", "saved", "the"] * count
            return np.array(words[:count]).reshape((16,) + shape)
        if kind == "int":
            return (np.arange(count) ** 2 % 11).reshape((16,) + shape).astype("int32")
        return ((np.arange(count) % 37) ** 1.5 / 50.0).reshape((16,) + shape).astype("float32")

    def _of_layer(self):
        if self.form == "input":
            layer = keras.layers.InputLayer(**self.arguments())
            return self.numbers(keras.Sequential([layer, keras.layers.Dense(4)]))
        if self.form == "input-tensor":
            given = keras.layers.Input(**self.arguments())
            return self.numbers(keras.Model(given, keras.layers.Dense(4)(given)))
        inputs = self.inputs()
        if self.form == "vocabulary-file":
            return self._with_vocabulary_file(inputs)
        layer = self.made_layer()
        if self.form.startswith("adapted"):
            layer.adapt(self._data())
        if self.form in ("adapted-first", "adapted-inside"):
            return self._in_front(layer)
        given = [inputs[0], inputs[0]] if self.form == "pair" else inputs
        outputs = layer(*given) if self.form == "pair" else layer(given if len(given) > 1 else given[0])
        model = keras.Model(inputs if len(inputs) > 1 else inputs[0], outputs)
        return model if self.form == "adapted" or "Normalization(" in repr(layer) else self.numbers(model)

    def _in_front(self, layer):
        """A model that begins with an adapted layer and says no shape of its inputs, as the tutorials have it."""
        parts = [layer] + construct_models.BEHIND_ADAPTED[self.name]()
        if self.form == "adapted-inside":
            parts = [keras.Sequential(parts), keras.layers.Dense(2)]
        model = keras.Sequential(parts)
        model(tf.constant(self._data()[:1]))
        return model

    def made_layer(self):
        if self.form == "lambda-of":
            function = LAMBDAS[self.arguments()["function"]]
            # A program that loads a file is seldom the one that trained it: the words of that one are not there.
            function.__module__ = "the_script_that_trained_it"
            return keras.layers.Lambda(function)
        if self.form == "held":
            return own_parts.OwnHolder(self.name, self.text)
        layer = self.made() if self.form == "own" else find("layer", self.name)(**self.arguments())
        if self.form == "own" and not isinstance(layer, keras.layers.Layer):
            return keras.layers.Lambda(layer)
        return keras.layers.RNN(layer) if self.form == "cell" else layer

    def _with_vocabulary_file(self, inputs):
        with tempfile.NamedTemporaryFile("w", suffix=".txt", delete=False) as stream:
            stream.write("model\nsaved\nlayer\n")
        layer = find("layer", self.name)(vocabulary=stream.name)
        return keras.Model(inputs[0], layer(inputs[0]))

    def _of_model(self):
        if self.form:
            return self.numbers(construct_models.PLACES[self.form](self.inputs()[0], **self.arguments()))
        return self.numbers(construct_models.MODELS[self.name + " " + self.variant](self.inputs()))

    def _of_operation(self):
        inputs = self.inputs()
        return self.numbers(keras.Model(inputs[0], construct_models.OPERATIONS[self.name](inputs[0])))

    def _of_activation(self):
        (inputs,) = self.inputs()
        if self.form == "own":
            function = self.made()
            outputs = keras.layers.Activation(function)(keras.layers.Dense(4, activation=function)(inputs))
        elif self.form == "string":
            outputs = keras.layers.Dense(4, activation=self.name)(inputs)
        else:
            outputs = keras.layers.Activation(find("activation", self.name))(inputs)
        return self.numbers(keras.Model(inputs, outputs))

    def _of_policy(self):
        (inputs,) = self.inputs()
        policy = keras.dtype_policies.DTypePolicyMap() if self.form == "map" else self.made()
        return self.numbers(keras.Model(inputs, keras.layers.Dense(4, dtype=policy)(inputs)))

    def _of_initializer(self):
        return self._of_dense_argument("kernel_initializer")

    def _of_regularizer(self):
        return self._of_dense_argument("kernel_regularizer")

    def _of_constraint(self):
        (inputs,) = self.inputs()
        if len(inputs.shape) > 2:
            layer = keras.layers.Conv2D(4, 3, kernel_constraint=self.made())
            return self.numbers(keras.Model(inputs, layer(inputs)))
        return self._of_dense_argument("kernel_constraint")

    def _of_dense_argument(self, argument):
        (inputs,) = self.inputs()
        layer = keras.layers.Dense(4, **{argument: self.made()})
        return self.numbers(keras.Model(inputs, layer(inputs)))

    def _of_dense(self):
        """What is compiled into a model of one layer: an optimizer, a schedule, a loss or a metric."""
        (inputs,) = self.inputs()
        last = keras.layers.Dense(3, activation="softmax")
        if self.form in _TWO_OUTPUTS:
            outputs = [keras.layers.Dense(3, name="one")(inputs), keras.layers.Dense(3, name="two")(inputs)]
        else:
            outputs = last(inputs)
        model = self.numbers(keras.Model(inputs, outputs))
        model.compile(**self._settings())
        return model

    def _settings(self):
        # Neither may be to blame for anything by itself: a file of HDF5 that says "mse" is none that Keras 3 compiles.
        settings = {"optimizer": keras.optimizers.SGD(learning_rate=0.05), "loss": _PLAIN_LOSS}
        if self.kind == "optimizer":
            settings["optimizer"] = self.name.lower() if self.form == "string" else self.made()
        elif self.kind == "schedule":
            optimizer = keras.optimizers.Adam if self.form == "adam" else keras.optimizers.SGD
            settings["optimizer"] = optimizer(learning_rate=self.made())
        elif self.form == "list":
            settings["loss"] = [_PLAIN_LOSS, "mean_absolute_error"]
        elif self.form == "dictionary":
            settings["loss"] = {"one": _PLAIN_LOSS, "two": keras.losses.MeanAbsoluteError()}
        elif self.form == "weights":
            settings.update(loss=[_PLAIN_LOSS, _PLAIN_LOSS], loss_weights=[0.3, 0.7])
        elif self.form == "named-weights":
            settings.update(loss={"one": _PLAIN_LOSS, "two": _PLAIN_LOSS}, loss_weights={"one": 0.3, "two": 0.7})
        elif self.form == "named-metrics":
            settings.update(loss={"one": _PLAIN_LOSS, "two": _PLAIN_LOSS})
            settings["metrics"] = {"one": ["accuracy"], "two": keras.metrics.MeanAbsoluteError(name="error")}
        elif self.form == "listed-metrics":
            settings.update(loss=[_PLAIN_LOSS, _PLAIN_LOSS], metrics=[["accuracy"], [keras.metrics.AUC(name="area")]])
        elif self.form == "wrapper":
            settings["metrics"] = [keras.metrics.MeanMetricWrapper(keras.losses.mean_squared_error, name="wrapped")]
        elif self.form == "several":
            settings.update(metrics=["accuracy", keras.metrics.AUC(name="area")], weighted_metrics=["mae"])
        elif self.form == "weighted":
            settings["weighted_metrics"] = [self.made()]
        elif self.kind == "metric":
            settings["metrics"] = [self.made()]
        else:
            settings["loss"] = self.made()
        return settings


class Bouquet(object):
    """Several lines of one kind in one model, for what takes too long one by one.

    What this Keras does not have is left out, and something plain stands in its place: inputs and outputs stay as many.
    """

    def __init__(self, scenario_name, constructs):
        self.scenario, self.constructs = scenario_name, constructs
        self.kind = constructs[0].kind

    def build(self):
        if self.kind == "metric":
            return self._compiled([_PLAIN_LOSS], [self._metrics()])
        if self.kind == "loss":
            return self._compiled([self._made(construct) or _PLAIN_LOSS for construct in self.constructs])
        inputs, outputs = [], []
        for construct in self.constructs:
            tensors = construct.inputs()
            inputs += tensors
            outputs += self._branch(construct, tensors)
        return self.constructs[0].numbers(keras.Model(inputs, outputs))

    def _branch(self, construct, tensors):
        try:
            layer = construct.made_layer() if construct.kind == "layer" else self._layer_of(construct)
            given = [tensors[0], tensors[0]] if construct.form == "pair" else tensors
            outputs = layer(*given) if construct.form == "pair" else layer(given if len(given) > 1 else given[0])
        except Exception:
            outputs = [keras.layers.Activation("linear")(tensor) for tensor in tensors]
        return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]

    def _layer_of(self, construct):
        """The one layer of a construct's own model, made anew for this one."""
        layer = construct.build().layers[-1]
        return type(layer).from_config(dict(layer.get_config(), name=construct.scenario))

    def _made(self, construct):
        try:
            return construct.made()
        except (AttributeError, TypeError):
            return None

    def _metrics(self):
        return [made for made in (self._made(construct) for construct in self.constructs) if made is not None]

    def _compiled(self, losses, metrics=None):
        inputs = keras.Input(shape=(8,))
        outputs = [keras.layers.Dense(3, activation="softmax")(inputs) for _ in losses]
        model = self.constructs[0].numbers(keras.Model(inputs, outputs if len(outputs) > 1 else outputs[0]))
        settings = {"loss": losses if len(losses) > 1 else losses[0]}
        if metrics:
            settings["metrics"] = metrics[0]
        model.compile(optimizer=keras.optimizers.SGD(learning_rate=0.05), **settings)
        return model


def _register():
    with open(_TABLE) as stream:
        constructs = {}
        for line in csv.DictReader(stream):
            construct = Construct(line)
            constructs[construct.scenario] = construct
            scenario(construct.scenario, "constructs", custom_objects=construct.own)(construct.build)
    for name, members in bouquets([construct.fields for construct in constructs.values()]):
        scenario(name, "constructs")(Bouquet(name, [constructs[member] for member in members]).build)


_register()
