"""Layers written as the questions' examples write them: one weight of shape ``(units,)``, made in ``__init__``."""

import tensorflow as tf
from tensorflow import keras


class VectorProduct(keras.layers.Layer):
    """Multiplies by a vector with ``tf.matmul``, which wants matrices: it can be built but never called."""

    def __init__(self, units=32, **kwargs):
        super(VectorProduct, self).__init__(**kwargs)
        self.units = units
        self.w = self.add_weight(name="w", shape=(units,), initializer="random_normal", trainable=True)

    def call(self, inputs):
        return tf.matmul(inputs, self.w)

    def get_config(self):
        config = super(VectorProduct, self).get_config()
        config.update({"units": self.units})
        return config


class VectorSum(keras.layers.Layer):
    """Adds a vector of ``units`` numbers to its input: works only where the input has as many features."""

    def __init__(self, units=32, **kwargs):
        super(VectorSum, self).__init__(**kwargs)
        self.units = units
        self.w = self.add_weight(name="w", shape=(units,), initializer="random_normal", trainable=True)

    def call(self, inputs):
        return inputs + self.w

    def get_config(self):
        config = super(VectorSum, self).get_config()
        config.update({"units": self.units})
        return config
