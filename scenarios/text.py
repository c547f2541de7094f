"""Text: strings turned into integers inside the model. Some words of the inputs are in no vocabulary."""

import numpy as np
from tensorflow import keras

from scenarios import scenario


@scenario(
    "text-vectorization",
    "text",
    title="TextVectorization, vocabulary adapted to sentences",
    since="2.3",
    inputs=(("text", (1,)),),
)
def text_vectorization():
    from scenarios.objects.compat import preprocessing_layer

    sentences = np.array(["the saved model", "the layer and the weight", "the model and the layer", "saved and the"])
    vectorization = preprocessing_layer("TextVectorization")(max_tokens=16, output_sequence_length=4)
    vectorization.adapt(sentences)
    inputs = keras.Input(shape=(1,), dtype="string")
    hidden = keras.layers.Embedding(16, 4)(vectorization(inputs))
    model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Flatten()(hidden)))
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario(
    "string-lookup",
    "text",
    title="StringLookup with a given vocabulary",
    since="2.3",
    inputs=(("text", (4,)),),
)
def string_lookup():
    from scenarios.objects.compat import preprocessing_layer

    words = ["model", "saved", "layer", "weight", "the"]
    lookup = preprocessing_layer("StringLookup")(vocabulary=words)
    inputs = keras.Input(shape=(4,), dtype="string")
    hidden = keras.layers.Embedding(len(words) + 2, 4)(lookup(inputs))
    model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Flatten()(hidden)))
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model
