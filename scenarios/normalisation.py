"""Normalisation: by batch, by layer, and with statistics that ``adapt`` took from data."""

import numpy as np
from tensorflow import keras

from scenarios import scenario


@scenario("batch-normalisation", "normalisation", title="BatchNormalization", tags=("quick",))
def batch_normalisation():
    model = keras.Sequential(
        [
            keras.layers.Dense(8, input_shape=(8,)),
            keras.layers.BatchNormalization(),
            keras.layers.Activation("relu"),
            keras.layers.Dense(1),
        ]
    )
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario("layer-normalisation", "normalisation", title="LayerNormalization")
def layer_normalisation():
    model = keras.Sequential(
        [
            keras.layers.Dense(8, input_shape=(8,)),
            keras.layers.LayerNormalization(),
            keras.layers.Dense(1),
        ]
    )
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario("adapted-normalisation", "normalisation", title="Normalization, adapted to data", since="2.3")
def adapted_normalisation():
    from scenarios.objects.compat import preprocessing_layer

    data = np.arange(128, dtype="float32").reshape(16, 8) ** 1.5 / 100.0
    normalisation = preprocessing_layer("Normalization")()
    normalisation.adapt(data)
    inputs = keras.Input(shape=(8,))
    hidden = keras.layers.Dense(6, activation="tanh")(normalisation(inputs))
    model = keras.Model(inputs, keras.layers.Dense(1)(hidden))
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model
