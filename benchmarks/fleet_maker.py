"""Writes models of twelve kinds, run by the Python of an environment: ``fleet_maker.py FOLDER WRITER COUNT SEED WIDTH``.

Python 3.7 syntax; plain TensorFlow, as a team's training scripts would have written them over the years.
"""

import os
import sys

import numpy as np
import tensorflow as tf

keras = tf.keras
layers = keras.layers
IS_KERAS_3 = int(getattr(keras, "__version__", "2").split(".")[0]) >= 3
TENSORFLOW = tuple(int(part) for part in tf.__version__.split(".")[:2])


class Scale(layers.Layer):
    """What a team's own layer looks like; loading it takes its class."""

    def build(self, shape):
        self.factor = self.add_weight(name="factor", shape=(int(shape[-1]),), initializer="ones")
        super().build(shape)

    def call(self, inputs):
        return inputs * self.factor


def dense(width):
    return keras.Sequential(
        [layers.Dense(width, activation="relu", input_shape=(32,)), layers.Dense(width), layers.Dense(1)]
    )


def deep(width):
    inputs = keras.Input((16,))
    value = inputs
    for _ in range(4):
        value = layers.Dense(width // 2, activation="tanh")(value)
        value = layers.BatchNormalization()(value)
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(value))


def convolution(width):
    inputs = keras.Input((16, 16, 3))
    value = layers.Conv2D(32, 3, activation="relu")(inputs)
    value = layers.MaxPooling2D()(value)
    value = layers.Flatten()(value)
    return keras.Model(inputs, layers.Dense(10)(layers.Dense(width // 4)(value)))


def lstm(width):
    return keras.Sequential([layers.LSTM(width // 2, input_shape=(6, 8)), layers.Dense(1)])


def gru(width):
    return keras.Sequential([layers.GRU(width // 2, input_shape=(6, 8)), layers.Dense(1)])


def embedding(width):
    return keras.Sequential(
        [layers.Embedding(width * 4, 64, input_length=5) if not IS_KERAS_3 else layers.Embedding(width * 4, 64),
         layers.GlobalAveragePooling1D(), layers.Dense(1)]
    )  # fmt: skip


def towers(width):
    one, two = keras.Input((8,), name="one"), keras.Input((8,), name="two")
    both = layers.Concatenate()([layers.Dense(width)(one), layers.Dense(width)(two)])
    return keras.Model([one, two], [layers.Dense(1, name="left")(both), layers.Dense(2, name="right")(both)])


def residual(width):
    inputs = keras.Input((width,))
    value = layers.Add()([inputs, layers.Dense(width)(inputs)])
    return keras.Model(inputs, layers.Dense(1)(layers.LayerNormalization()(value)))


def custom(width):
    inputs = keras.Input((32,))
    return keras.Model(inputs, layers.Dense(1)(Scale()(layers.Dense(width)(layers.Dense(width)(inputs)))))


# A kind: what builds it, how it is written, whether it is compiled and trained first.
KINDS = {
    "dense": (dense, "h5", True),
    "deep": (deep, "h5", True),
    "convolution": (convolution, "keras", True),
    "lstm": (lstm, "h5", False),
    "gru": (gru, "keras", False),
    "embedding": (embedding, "h5", False),
    "towers": (towers, "keras", False),
    "residual": (residual, "keras", False),
    "custom": (custom, "h5", False),
    "graph": (dense, "savedmodel", False),
    "weights": (dense, "weights", False),
    "checkpoint": (dense, "checkpoint", False),
}


def write(model, form, path):
    if form == "keras" and TENSORFLOW >= (2, 13):
        model.save(path + ".keras")
    elif form in ("h5", "keras"):
        model.save(path + ".h5")
    elif form == "savedmodel" and not IS_KERAS_3:
        model.save(path)
    elif form == "savedmodel":
        model.export(path)
    elif form == "weights":
        model.save_weights(path + (".weights.h5" if IS_KERAS_3 else ".h5"))
    elif IS_KERAS_3:
        tf.train.Checkpoint(model=model).write(path)
    else:
        model.save_weights(path)


def main(folder, writer, count, seed, width):
    """Write models in turn of every kind, one a folder of its team and year; each with weights of its own."""
    names = list(KINDS)
    for number in range(count):
        # Every training script runs in a process of its own: layers are numbered from the beginning.
        keras.backend.clear_session()
        kind = names[number % len(names)]
        build, form, trained = KINDS[kind]
        tf.random.set_seed(seed + number)
        np.random.seed(seed + number)
        model = build(width)
        if kind == "embedding":
            model.build((None, 5))
            model(np.zeros((1, 5), "int32"))
        if trained:
            model.compile("adam", "mse" if kind == "dense" else None)
        for variable in model.weights:
            variable.assign(np.random.uniform(-0.1, 0.1, tuple(variable.shape)).astype(variable.numpy().dtype))
        place = os.path.join(folder, "team {}".format("αβγ"[number % 3]), writer)
        os.makedirs(place, exist_ok=True)
        write(model, form, os.path.join(place, f"{kind} {number:03d}"))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
