"""Parts of a model that are nobody's but their author's, as people write them: none is registered, each is handed over."""

import tensorflow as tf
from tensorflow import keras

from scenarios.objects.functions import lopsided_error
from scenarios.objects.parts import Bounded, SquareSum

__all__ = [
    "OwnConstraint",
    "OwnInitializer",
    "OwnLayer",
    "OwnLoss",
    "OwnMetric",
    "OwnRegularizer",
    "lopsided_error",
]


class OwnLayer(keras.layers.Layer):
    """Weights of its own, and settings that say how many."""

    def __init__(self, units=4, scale=0.5, function="relu", center=True, **options):
        super().__init__(**options)
        self.units, self.scale, self.function, self.center = units, scale, function, center

    def build(self, input_shape):
        self.kernel = self.add_weight(
            name="kernel", shape=(input_shape[-1], self.units), initializer="glorot_uniform", trainable=True
        )
        super().build(input_shape)

    def call(self, inputs):
        return keras.activations.get(self.function)(tf.matmul(inputs, self.kernel)) * self.scale

    def compute_output_shape(self, input_shape):
        return tuple(input_shape[:-1]) + (self.units,)

    def get_config(self):
        own = {"units": self.units, "scale": self.scale, "function": self.function, "center": self.center}
        return dict(super().get_config(), **own)


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
