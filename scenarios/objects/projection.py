"""A custom layer as it should be written: weights in ``build``, arguments in ``get_config``."""

import tensorflow as tf
from tensorflow import keras


class Projection(keras.layers.Layer):
    """Multiplies by a matrix of shape ``(features, units)``."""

    def __init__(self, units=8, **kwargs):
        super(Projection, self).__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight(
            name="w", shape=(int(input_shape[-1]), self.units), initializer="glorot_uniform", trainable=True
        )
        super(Projection, self).build(input_shape)

    def call(self, inputs):
        return tf.matmul(inputs, self.w)

    def compute_output_shape(self, input_shape):
        return tuple(input_shape[:-1]) + (self.units,)

    def get_config(self):
        config = super(Projection, self).get_config()
        config.update({"units": self.units})
        return config
