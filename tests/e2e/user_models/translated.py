"""``python translated.py NAME FILE REFERENCE.npz``: trains a model of Keras 2 for two steps, saves it, trains it once more.

The reference holds inputs, targets, outputs of the saved model, and the loss after the further step. Runs inside environments.
"""

import sys

import numpy as np
import tensorflow as tf
from tensorflow import keras

layers = keras.layers
ROWS = 8


def transfer():
    """What transfer learning looks like: preprocess_input in the graph, a frozen base as a layer, a new head."""
    images = keras.Input((24, 24, 3))
    hidden = layers.BatchNormalization()(layers.Conv2D(6, 3, name="block/conv")(images))
    hidden = layers.DepthwiseConv2D(3, padding="same")(layers.ReLU(6.0)(hidden))
    base = keras.Model(images, layers.GlobalAveragePooling2D()(hidden), name="base")
    base.trainable = False
    inputs = keras.Input((24, 24, 3), name="image")
    hidden = base(keras.applications.resnet50.preprocess_input(inputs), training=False)
    model = keras.Model(inputs, layers.Dense(5, activation="softmax")(layers.Dropout(0.0)(hidden)))
    model.compile(keras.optimizers.Adam(1e-3), "categorical_crossentropy", metrics=["accuracy"])
    return (
        model,
        np.random.uniform(0, 255, (ROWS, 24, 24, 3)).astype("float32"),
        np.eye(5, dtype="float32")[np.arange(ROWS) % 5],
    )


def pooled():
    """A network for images that is trained: BatchNormalization by the fused kernel, and dropout.

    The convolutions have no bias. In front of a normalization its gradient is rounding errors alone, of which Adam makes whole
    steps: the next loss would then move by as much as the fused kernel moves it, on some processors.
    """
    inputs = keras.Input((12, 12, 3))
    hidden = layers.BatchNormalization(momentum=0.5)(layers.Conv2D(6, 3, use_bias=False, name="block/conv")(inputs))
    hidden = layers.MaxPooling2D()(layers.ReLU()(hidden))
    hidden = layers.BatchNormalization(momentum=0.5)(layers.Conv2D(6, 5, use_bias=False, name="block/top")(hidden))
    hidden = layers.Dropout(0.4)(layers.Flatten()(hidden))
    model = keras.Model(inputs, layers.Dense(5, activation="softmax")(hidden))
    model.compile(keras.optimizers.Adam(1e-3), "categorical_crossentropy", metrics=["accuracy"])
    return (
        model,
        np.random.uniform(0, 1, (ROWS, 12, 12, 3)).astype("float32"),
        np.eye(5, dtype="float32")[np.arange(ROWS) % 5],
    )


def sequence():
    """Masked tokens through recurrent layers in both directions and on from a state, operations on tensors, and a momentum."""
    tokens = keras.Input((7,), name="tokens")
    hidden = layers.Embedding(20, 6, mask_zero=True)(tokens)
    hidden = layers.Concatenate()([hidden, hidden])
    _, one, two = layers.LSTM(3, return_state=True)(hidden)
    hidden = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(hidden)
    # The mask goes on with what is read, beside a state that is given.
    hidden = layers.LSTM(3, return_sequences=True)(hidden, initial_state=[one, two])
    hidden = layers.TimeDistributed(
        keras.Sequential([layers.Dense(5, input_shape=(3,)), layers.LayerNormalization(), layers.Dense(5)])
    )(hidden)
    hidden = tf.concat([tf.reduce_max(hidden, axis=1), hidden[:, -1] * 0.5], axis=-1)
    hidden = tf.where(hidden > 0.0, hidden, tf.nn.leaky_relu(hidden))
    model = keras.Model(tokens, layers.Dense(1, name="out/score")(hidden))
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True), "mse", metrics=["mae"])
    return (
        model,
        np.random.randint(0, 20, (ROWS, 7)).astype("float32"),
        np.random.uniform(0, 1, (ROWS, 1)).astype("float32"),
    )


def gates():
    """The hard_sigmoid that another function has the name of today, and a rate that decays."""
    model = keras.Sequential(
        [
            layers.LSTM(4, recurrent_activation="hard_sigmoid", return_sequences=True, input_shape=(5, 3)),
            layers.Flatten(),
            layers.Dense(3, activation="hard_sigmoid"),
        ]
    )
    rate = keras.optimizers.schedules.ExponentialDecay(0.01, 2, 0.5)
    model.compile(keras.optimizers.RMSprop(rate, momentum=0.5, centered=True), "mse")
    return (
        model,
        np.random.uniform(-2, 2, (ROWS, 5, 3)).astype("float32"),
        np.random.uniform(0, 1, (ROWS, 3)).astype("float32"),
    )


def own():
    """Layers of one's own, with layers inside."""
    from own_layers import Positions, Stages

    tokens = keras.Input((5,))
    hidden = layers.GlobalAveragePooling1D()(Stages()(Positions()(tokens)))
    model = keras.Model(tokens, layers.Dense(2)(hidden))
    model.compile("adam", "mse")
    return (
        model,
        np.random.randint(0, 9, (ROWS, 5)).astype("float32"),
        np.random.uniform(0, 1, (ROWS, 2)).astype("float32"),
    )


def fourier():
    """An operation that has no equal in the table."""
    inputs = keras.Input((8,))
    model = keras.Model(inputs, layers.Dense(1)(tf.math.bessel_i0(inputs)))
    model.compile("adam", "mse")
    return model, np.zeros((ROWS, 8), "float32"), np.zeros((ROWS, 1), "float32")


def main(name, path, reference):
    np.random.seed(5)
    tf.random.set_seed(5)
    model, inputs, targets = globals()[name]()
    for _ in range(2):
        model.train_on_batch(inputs, targets)
    model.save(path)
    outputs = model(inputs, training=False).numpy()
    model.train_on_batch(inputs, targets)
    loss = model.evaluate(inputs, targets, verbose=0, batch_size=ROWS)
    loss = loss[0] if isinstance(loss, list) else loss
    np.savez(reference, inputs=inputs, targets=targets, outputs=outputs, loss=loss)


if __name__ == "__main__":
    main(*sys.argv[1:])
