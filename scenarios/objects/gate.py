"""A custom layer in a module of its own."""

import tensorflow as tf
from tensorflow import keras


class Gate(keras.layers.Layer):
    """Multiplies each feature by a learned number between 0 and ``limit``."""

    def __init__(self, limit=2.0, **kwargs):
        super(Gate, self).__init__(**kwargs)
        self.limit = limit

    def build(self, input_shape):
        self.openness = self.add_weight(
            name="openness", shape=(int(input_shape[-1]),), initializer="zeros", trainable=True
        )
        super(Gate, self).build(input_shape)

    def call(self, inputs):
        return inputs * (self.limit * tf.sigmoid(self.openness))

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = super(Gate, self).get_config()
        config.update({"limit": self.limit})
        return config
