"""Subclasses of ``Model``."""

import tensorflow as tf
from tensorflow import keras


class TwoLayers(keras.Model):
    """Two dense layers in a subclassed model."""

    def __init__(self, units=8, **kwargs):
        super(TwoLayers, self).__init__(**kwargs)
        self.units = units
        self.hidden = keras.layers.Dense(units, activation="relu")
        self.head = keras.layers.Dense(1)

    def call(self, inputs):
        return self.head(self.hidden(inputs))

    def get_config(self):
        return {"units": self.units}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**config)


class OwnTrainStep(keras.Model):
    """A functional model with a training step of its own."""

    def train_step(self, data):
        x, y = data[0], data[1]
        with tf.GradientTape() as tape:
            prediction = self(x, training=True)
            loss = tf.reduce_mean(tf.square(tf.cast(y, prediction.dtype) - prediction))
        weights = self.trainable_variables
        gradients = tape.gradient(loss, weights)
        self.optimizer.apply_gradients(zip(gradients, weights))
        return {"loss": loss}
