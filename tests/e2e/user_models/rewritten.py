"""A model as it was written once, and as it was rewritten since: other names, another order, one layer in another layout.

``python rewritten.py FOLDER`` trains the old one for two steps, and writes its weights as ``old.h5`` and as the checkpoint
``old``, and inputs and outputs as ``inputs.npz`` and ``outputs.npz``. Runs inside environments.
"""

import os
import sys

import numpy as np
import tensorflow as tf
from tensorflow import keras

layers = keras.layers


class Old(keras.Model):
    def __init__(self):
        super().__init__()
        self.first = layers.Dense(6, activation="relu")
        self.normal = layers.BatchNormalization()
        self.second = layers.Dense(6, activation="tanh")
        self.last = layers.Dense(2)

    def call(self, inputs, training=None):
        hidden = self.normal(self.first(inputs), training=training)
        return self.last(self.second(hidden))


def old():
    return Old()


class New(keras.Model):
    """The head is made first, and what was a Dense is a convolution of width one."""

    def __init__(self):
        super().__init__(name="scorer")
        self.head = layers.Dense(2, name="head")
        self.encode = layers.Conv1D(6, 1, activation="relu", name="encode")
        self.mix = layers.Dense(6, activation="tanh", name="mix")
        self.norm = layers.BatchNormalization(name="norm")

    def call(self, inputs, training=None):
        hidden = self.encode(inputs[:, None, :])[:, 0, :]
        return self.head(self.mix(self.norm(hidden, training=training)))


def new():
    model = New()
    model(np.zeros((1, 5), "float32"))
    return model


def main(folder):
    np.random.seed(5)
    tf.random.set_seed(5)
    model = old()
    inputs = np.random.uniform(-1, 1, (8, 5)).astype("float32")
    model.compile(keras.optimizers.Adam(0.01), "mse")
    for _ in range(2):
        model.train_on_batch(inputs, np.random.uniform(0, 1, (8, 2)).astype("float32"))
    model.save_weights(os.path.join(folder, "old.h5"))
    model.save_weights(os.path.join(folder, "old"))
    np.savez(os.path.join(folder, "inputs.npz"), x=inputs)
    np.savez(os.path.join(folder, "outputs.npz"), y=model(inputs, training=False).numpy())


if __name__ == "__main__":
    main(*sys.argv[1:])
