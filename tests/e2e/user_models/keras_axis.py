"""Models of many kinds, written by plain Keras inside an environment: ``python keras_axis.py FOLDER``."""

import os
import sys

import keras
from keras import layers


@keras.saving.register_keras_serializable("axis")
class Scale(layers.Layer):
    """A registered layer with a weight and an argument of its own."""

    def __init__(self, start=2.0, **kwargs):
        super().__init__(**kwargs)
        self.start = start

    def build(self, input_shape):
        self.factor = self.add_weight(name="factor", shape=(int(input_shape[-1]),), initializer="ones")

    def call(self, inputs):
        return inputs * self.factor * self.start

    def get_config(self):
        return dict(super().get_config(), start=self.start)


def models():
    """Name and model, each trained one step where it can be."""
    import numpy as np

    def trained(model, shape):
        model.compile(keras.optimizers.Adam(), keras.losses.MeanSquaredError())
        model.train_on_batch(np.random.rand(4, *shape), np.random.rand(4, 2))
        return model

    yield "dense", trained(keras.Sequential([layers.Input((5,)), layers.Dense(4), layers.Dense(2)]), (5,))
    yield (
        "conv",
        trained(
            keras.Sequential(
                [
                    layers.Input((8, 8, 3)),
                    layers.Conv2D(4, 3, use_bias=False),
                    layers.BatchNormalization(),
                    layers.ReLU(),
                    layers.GlobalAveragePooling2D(),
                    layers.Dense(2),
                ]
            ),
            (8, 8, 3),
        ),
    )
    yield "lstm", trained(keras.Sequential([layers.Input((6, 3)), layers.LSTM(4), layers.Dense(2)]), (6, 3))
    inputs = keras.Input((6, 8))
    attended = layers.MultiHeadAttention(2, 4)(inputs, inputs)
    outputs = layers.Dense(2)(layers.GlobalAveragePooling1D()(attended))
    yield "attention", trained(keras.Model(inputs, outputs), (6, 8))
    vectorize = layers.TextVectorization(max_tokens=20, output_sequence_length=4)
    vectorize.adapt(["one two three", "two three four"])
    yield "text", keras.Sequential([keras.Input((1,), dtype="string"), vectorize, layers.Embedding(20, 4)])
    yield "custom", trained(keras.Sequential([layers.Input((5,)), Scale(3.0), layers.Dense(2)]), (5,))


def main(folder):
    print(keras.__version__)
    for name, model in models():
        for suffix in ("keras", "h5"):
            try:
                model.save(os.path.join(folder, f"{name}.{suffix}"))
            except Exception as error:
                print(f"{name}.{suffix}", type(error).__name__, str(error)[:200].replace("\n", " "))


if __name__ == "__main__":
    main(sys.argv[1])
