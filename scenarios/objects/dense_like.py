"""A Dense-like layer in its own file, with a constructor argument that ``get_config`` does not know of."""

import tensorflow as tf
from tensorflow import keras


class OwnDense(keras.layers.Layer):
    """A matrix and a bias; ``units`` is missing from the config because there is no ``get_config``."""

    def __init__(self, units=8, **kwargs):
        super(OwnDense, self).__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight(
            name="w", shape=(int(input_shape[-1]), self.units), initializer="glorot_uniform", trainable=True
        )
        self.b = self.add_weight(name="b", shape=(self.units,), initializer="zeros", trainable=True)
        super(OwnDense, self).build(input_shape)

    def call(self, inputs):
        return tf.matmul(inputs, self.w) + self.b

    def compute_output_shape(self, input_shape):
        return tuple(input_shape[:-1]) + (self.units,)


class RepairedDense(OwnDense):
    """The same with a ``get_config``."""

    def get_config(self):
        config = super(RepairedDense, self).get_config()
        config.update({"units": self.units})
        return config
