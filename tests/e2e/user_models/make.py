"""``python make.py NAME FOLDER``: writes a model that no scenario resembles, as a user's program would.

Each function returns the model; its file's name is beside it in ``MODELS``. Runs inside environments.
"""

import os
import sys

import numpy as np

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import layers as own
from tensorflow import keras

ROWS = 32


def rank_features():
    """HDF5 with a custom layer and a custom activation."""
    model = keras.Sequential(
        [
            keras.layers.Dense(16, activation="relu", input_shape=(12,)),
            own.Scale(1.5),
            keras.layers.Dense(9, activation=own.bent),
            keras.layers.Dense(4, activation="softmax"),
        ]
    )
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


def sensor_two_heads():
    """LSTM, pooling and two outputs with losses of their own."""
    inputs = keras.Input((10, 6), name="sensor")
    hidden = keras.layers.GlobalAveragePooling1D()(keras.layers.LSTM(8, return_sequences=True)(inputs))
    outputs = [
        keras.layers.Dense(3, name="kind")(hidden),
        keras.layers.Dense(1, activation="sigmoid", name="fault")(hidden),
    ]
    model = keras.Model(inputs, outputs)
    model.compile("adam", ["mse", "binary_crossentropy"])
    return model


def residual_regression():
    """A residual block with batch normalisation and GELU."""
    inputs = keras.Input((8,))
    hidden = keras.layers.BatchNormalization()(keras.layers.Dense(10, activation="elu")(inputs))
    hidden = keras.layers.Add()([hidden, keras.layers.Dense(10)(inputs)])
    model = keras.Model(inputs, keras.layers.Dense(2)(hidden))
    model.compile("rmsprop", "mae")
    return model


def small_attention():
    """Embedding, multi-head attention with itself and layer normalisation, over integers."""
    inputs = keras.Input((9,), dtype="int32", name="tokens")
    hidden = keras.layers.Embedding(40, 8)(inputs)
    attended = keras.layers.MultiHeadAttention(2, 4)(hidden, hidden)
    hidden = keras.layers.LayerNormalization()(keras.layers.Add()([hidden, attended]))
    model = keras.Model(inputs, keras.layers.Dense(5, activation="softmax")(keras.layers.Flatten()(hidden)))
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def review_text():
    """Texts through a vocabulary of its own."""
    vectorize = keras.layers.TextVectorization(max_tokens=20, output_sequence_length=6)
    vectorize.adapt(np.array(["the model was saved", "the layer was loaded", "weight and model"]))
    inputs = keras.Input((1,), dtype="string")
    hidden = keras.layers.Embedding(20, 4)(vectorize(inputs))
    model = keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(keras.layers.Flatten()(hidden)))
    model.compile("adam", "binary_crossentropy")
    return model


def half_precision_image():
    """Mixed precision with a float32 head."""
    keras.mixed_precision.set_global_policy("mixed_float16")
    inputs = keras.Input((12, 12, 2))
    hidden = keras.layers.Conv2D(4, 3, activation="relu")(inputs)
    hidden = keras.layers.GlobalMaxPooling2D()(keras.layers.DepthwiseConv2D(3)(hidden))
    model = keras.Model(inputs, keras.layers.Dense(2, dtype="float32")(hidden))
    model.compile("sgd", "mse")
    return model


def subclassed():
    """A subclassed model, built by a call."""
    model = own.Doubler()
    model.compile("adam", "mse")
    model(np.zeros((2, 5), "float32"))
    return model


def gru_bidirectional():
    """A bidirectional GRU over sequences of any length, masked."""
    inputs = keras.Input((None, 3))
    hidden = keras.layers.Bidirectional(keras.layers.GRU(5))(keras.layers.Masking(0.0)(inputs))
    model = keras.Model(inputs, keras.layers.Dense(2)(hidden))
    model.compile("nadam", "huber")
    return model


def uncompiled_autoencoder():
    """Never compiled; upsampling and transposed convolution."""
    inputs = keras.Input((16, 3))
    hidden = keras.layers.MaxPooling1D()(keras.layers.Conv1D(6, 3, padding="same", activation="relu")(inputs))
    hidden = keras.layers.UpSampling1D()(hidden)
    return keras.Model(inputs, keras.layers.Conv1D(3, 5, padding="same")(hidden))


def two_towers():
    """Two named inputs and a dot product, with shared weights and a constraint."""
    left, right = keras.Input((7,), name="left"), keras.Input((7,), name="right")
    shared = keras.layers.Dense(6, kernel_constraint=keras.constraints.MaxNorm(2), kernel_regularizer="l2")
    joined = keras.layers.Dot(axes=1, normalize=True)([shared(left), shared(right)])
    model = keras.Model([left, right], keras.layers.Dense(1)(joined))
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), "mse")
    return model


# Name: function and file name.
MODELS = {
    "rank": (rank_features, "rank.h5"),
    "sensor": (sensor_two_heads, "sensor"),
    "residual": (residual_regression, "residual.keras"),
    "attention": (small_attention, "attention.keras"),
    "text": (review_text, "text.keras"),
    "half": (half_precision_image, "half.h5"),
    "subclassed": (subclassed, "subclassed"),
    "gru": (gru_bidirectional, "gru.h5"),
    "autoencoder": (uncompiled_autoencoder, "autoencoder.keras"),
    "towers": (two_towers, "towers.h5"),
}


def main(name, folder):
    np.random.seed(7)
    build, file_name = MODELS[name]
    build().save(os.path.join(folder, file_name))


if __name__ == "__main__":
    main(*sys.argv[1:])
