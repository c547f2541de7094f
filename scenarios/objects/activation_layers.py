"""Activations written as subclasses of ``Layer``."""

import tensorflow as tf
from tensorflow import keras


class SquaredRelu(keras.layers.Layer):
    """``relu(x) ** 2``; no constructor, no ``get_config``."""

    def call(self, inputs):
        return tf.square(tf.nn.relu(inputs))

    def compute_output_shape(self, input_shape):
        return input_shape


class SoftCurve(keras.layers.Layer):
    """``x * sigmoid(steepness * x)``."""

    def __init__(self, steepness=1.5, **kwargs):
        super(SoftCurve, self).__init__(**kwargs)
        self.steepness = steepness

    def call(self, inputs):
        return inputs * tf.sigmoid(self.steepness * inputs)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super(SoftCurve, self).get_config()
        config.update({"steepness": self.steepness})
        return config
