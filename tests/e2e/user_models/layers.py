"""What the custom objects of the models beside it are."""

import tensorflow as tf
from tensorflow import keras


class Scale(keras.layers.Layer):
    """Multiplies by a learnt gain and a fixed factor."""

    def __init__(self, factor=2.0, **kwargs):
        super(Scale, self).__init__(**kwargs)
        self.factor = factor

    def build(self, shape):
        self.gain = self.add_weight(name="gain", shape=(int(shape[-1]),), initializer="ones")
        super(Scale, self).build(shape)

    def call(self, inputs):
        return inputs * self.gain * self.factor

    def get_config(self):
        return dict(super(Scale, self).get_config(), factor=self.factor)


class Doubler(keras.Model):
    """A subclassed model."""

    def __init__(self, **kwargs):
        super(Doubler, self).__init__(**kwargs)
        self.first = keras.layers.Dense(6, activation="relu", name="first")
        self.second = keras.layers.Dense(2, name="second")

    def call(self, inputs, training=False):
        return 2.0 * self.second(self.first(inputs))


def bent(x):
    """An activation."""
    return tf.where(x > 0, x, 0.3 * x)
