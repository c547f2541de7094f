"""Attention layers."""

from tensorflow import keras

from scenarios import scenario


@scenario(
    "multi-head-attention",
    "attention",
    title="MultiHeadAttention of a sequence to itself",
    since="2.4",
    inputs=(("float", (4, 8)),),
    tags=("wide",),
)
def multi_head_attention():
    inputs = keras.Input(shape=(4, 8))
    hidden = keras.layers.MultiHeadAttention(num_heads=2, key_dim=4)(inputs, inputs)
    hidden = keras.layers.GlobalAveragePooling1D()(hidden)
    model = keras.Model(inputs, keras.layers.Dense(1)(hidden))
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario(
    "dot-product-attention",
    "attention",
    title="Attention of one sequence to another, with a learned scale",
    inputs=(("float", (4, 8)), ("float", (5, 8))),
)
def dot_product_attention():
    query = keras.Input(shape=(4, 8))
    value = keras.Input(shape=(5, 8))
    hidden = keras.layers.Attention(use_scale=True)([query, value])
    hidden = keras.layers.GlobalAveragePooling1D()(hidden)
    model = keras.Model([query, value], keras.layers.Dense(1)(hidden))
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model
