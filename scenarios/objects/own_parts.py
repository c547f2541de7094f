"""Parts of a model that are nobody's but their author's, as people write them: none is registered, each is handed over."""

import tensorflow as tf
from tensorflow import keras

from scenarios.objects.construct_names import NAMES, arguments
from scenarios.objects.functions import lopsided_error
from scenarios.objects.parts import Bounded, SquareSum

__all__ = [
    "OwnBlock",
    "OwnConstraint",
    "OwnHolder",
    "OwnInitializer",
    "OwnLayer",
    "OwnLoss",
    "OwnMetric",
    "OwnPositions",
    "OwnRegularizer",
    "OwnSchedule",
    "OwnSet",
    "lopsided_error",
    "own_activation",
]


class OwnLayer(keras.layers.Layer):
    """Weights of its own, and settings that say how many and what is done to them."""

    def __init__(
        self,
        units=4,
        scale=0.5,
        function="relu",
        center=True,
        initializer="glorot_uniform",
        regularizer=None,
        constraint=None,
        **options,
    ):
        super().__init__(**options)
        self.units, self.scale, self.function, self.center = units, scale, function, center
        self.initializer = keras.initializers.get(initializer)
        self.regularizer = keras.regularizers.get(regularizer)
        self.constraint = keras.constraints.get(constraint)

    def build(self, input_shape):
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_shape[-1], self.units),
            initializer=self.initializer,
            regularizer=self.regularizer,
            constraint=self.constraint,
            trainable=True,
        )
        super().build(input_shape)

    def call(self, inputs):
        return keras.activations.get(self.function)(tf.matmul(inputs, self.kernel)) * self.scale

    def compute_output_shape(self, input_shape):
        return tuple(input_shape[:-1]) + (self.units,)

    def get_config(self):
        own = {"units": self.units, "scale": self.scale, "function": self.function, "center": self.center}
        own["initializer"] = keras.initializers.serialize(self.initializer)
        own["regularizer"] = keras.regularizers.serialize(self.regularizer)
        own["constraint"] = keras.constraints.serialize(self.constraint)
        return dict(super().get_config(), **own)


_TAKE_TWO, _TAKE_A_LIST = ("MultiHeadAttention",), ("Add", "Attention", "AdditiveAttention", "Concatenate", "Multiply")


class OwnHolder(keras.layers.Layer):
    """A layer or a model inside a layer of one's own, which calls it with what it is given.

    :param kind: its class.
    :param text: its arguments, as in a call.
    """

    def __init__(self, kind="Dense", text="units=4", **options):
        super().__init__(**options)
        self.kind, self.text = kind, text
        self.inner = (globals()[kind] if kind.startswith("Own") else NAMES[kind])(**arguments(text))

    def call(self, inputs):
        if self.kind in _TAKE_TWO:
            return self.inner(inputs, inputs)
        return self.inner([inputs, inputs] if self.kind in _TAKE_A_LIST else inputs)

    def get_config(self):
        return dict(super().get_config(), kind=self.kind, text=self.text)


class OwnPositions(keras.layers.Layer):
    """Embeds tokens and their positions. Its parts are made in another order than that of their names."""

    def __init__(self, size=4, **options):
        super().__init__(**options)
        self.size = size
        self.tokens = keras.layers.Embedding(12, size)
        self.positions = keras.layers.Embedding(12, size)

    def call(self, inputs):
        return self.tokens(inputs) + self.positions(tf.range(5))

    def get_config(self):
        return dict(super().get_config(), size=self.size)


class OwnSet(keras.layers.Layer):
    """Its only part is in a set."""

    def __init__(self, units=4, **options):
        super().__init__(**options)
        self.units = units
        self.parts = {keras.layers.Dense(units)}

    def build(self, input_shape):
        for part in self.parts:
            part.build(input_shape)
        super().build(input_shape)

    def call(self, inputs):
        for part in self.parts:
            inputs = part(inputs)
        return inputs

    def get_config(self):
        return dict(super().get_config(), units=self.units)


class OwnBlock(keras.layers.Layer):
    """Layers in every way in which one holds them: by name, in a list, in a dictionary, in a model, in one of one's own."""

    def __init__(self, units=4, **options):
        super().__init__(**options)
        self.units = units
        self.way = keras.Sequential([keras.layers.Dense(units, activation="tanh"), keras.layers.Dense(units)])
        self.stages = [keras.layers.Dense(units) for _ in range(3)]
        self.named = {"last": keras.layers.Dense(units), "first": keras.layers.Dense(units)}
        self.inner = OwnHolder("Dense", "units=%d" % units)
        self.after = keras.layers.BatchNormalization()
        self.before = keras.layers.LayerNormalization()

    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=(self.units,), initializer="ones", trainable=True)
        super().build(input_shape)

    def call(self, inputs, training=None):
        hidden = self.way(self.before(inputs))
        for stage in self.stages:
            hidden = stage(hidden)
        hidden = self.named["last"](self.named["first"](hidden))
        return self.after(self.inner(hidden) * self.gain, training=training)

    def get_config(self):
        return dict(super().get_config(), units=self.units)


class OwnConstraint(Bounded):
    """The constraint of the other scenarios, under a name that says whose it is."""


class OwnInitializer(keras.initializers.Initializer):
    def __init__(self, value=0.1):
        self.value = value

    def __call__(self, shape, dtype=None, **options):
        return tf.ones(shape, dtype or "float32") * self.value

    def get_config(self):
        return {"value": self.value}


class OwnRegularizer(SquareSum):
    """The regularizer of the other scenarios, under a name that says whose it is."""


class OwnSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """Warms up, then slows down."""

    def __init__(self, width=8, warm_up=4):
        super().__init__()
        self.width, self.warm_up = width, warm_up

    def __call__(self, step):
        step = tf.cast(step, "float32") + 1.0
        return tf.minimum(tf.math.rsqrt(step), step * self.warm_up**-1.5) * self.width**-0.5

    def get_config(self):
        return {"width": self.width, "warm_up": self.warm_up}


class OwnLoss(keras.losses.Loss):
    def __init__(self, gamma=2.0, name="own_loss", **options):
        super().__init__(name=name, **options)
        self.gamma = gamma

    def call(self, y_true, y_pred):
        return tf.reduce_mean(tf.abs(tf.cast(y_true, y_pred.dtype) - y_pred) ** self.gamma, axis=-1)

    def get_config(self):
        return dict(super().get_config(), gamma=self.gamma)


class OwnMetric(keras.metrics.Metric):
    def __init__(self, threshold=0.5, name="own_metric", **options):
        super().__init__(name=name, **options)
        self.threshold = threshold
        self.total = self.add_weight(name="total", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.total.assign_add(tf.reduce_sum(tf.cast(y_pred > self.threshold, "float32")))

    def result(self):
        return self.total * 1.0

    def get_config(self):
        return dict(super().get_config(), threshold=self.threshold)


def own_activation(x):
    return x * keras.activations.sigmoid(1.5 * x)
