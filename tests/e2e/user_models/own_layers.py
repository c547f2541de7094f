"""Layers of a user's own that hold other layers, made in another order than that of their names."""

from tensorflow import keras

layers = keras.layers


class Positions(layers.Layer):
    """Embeds tokens and their places."""

    def __init__(self, size=4, **options):
        super().__init__(**options)
        self.size = size
        self.tokens = layers.Embedding(9, size)
        self.places = layers.Embedding(9, size)

    def call(self, inputs):
        return self.tokens(inputs) + self.places(keras.backend.cumsum(keras.backend.ones_like(inputs), axis=1))

    def get_config(self):
        return dict(super().get_config(), size=self.size)


class Stages(layers.Layer):
    """Attention, a small network, layers in a list, and a gain of its own."""

    def __init__(self, size=4, **options):
        super().__init__(**options)
        self.size = size
        self.way = keras.Sequential([layers.Dense(size, activation="tanh"), layers.Dense(size)])
        self.steps = [layers.Dense(size) for _ in range(2)]
        self.attention = layers.MultiHeadAttention(2, size)
        self.norm = layers.LayerNormalization()

    def build(self, input_shape):
        self.gain = self.add_weight(name="gain", shape=(self.size,), initializer="ones", trainable=True)
        super().build(input_shape)

    def call(self, inputs):
        hidden = self.norm(self.attention(inputs, inputs) * self.gain)
        for step in self.steps:
            hidden = step(hidden)
        return self.way(hidden)

    def get_config(self):
        return dict(super().get_config(), size=self.size)
