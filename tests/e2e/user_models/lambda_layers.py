"""Writes a trained model whose Lambda layers take and give what they can: ``python lambda_layers.py FILE``.

Its functions name nothing but their arguments, so that the Keras that wrote it loads it without the module. Layers take two
tensors, take arguments, stand in a model inside that is called twice, give several tensors, give what the model gives.
"""

import sys

import numpy as np
from tensorflow import keras

L = keras.layers


def model():
    one, two = keras.Input((6,), name="one"), keras.Input((6,), name="two")
    hidden = L.Dense(6, name="hidden")(one)
    hidden = L.Lambda(
        lambda given: given[0] * given[1] + __import__("tensorflow").reduce_mean(given[0], axis=-1, keepdims=True),
        name="both",
    )([hidden, two])
    hidden = L.Lambda(lambda x, by=2.0, more=0.0: x * by + more, arguments={"by": 0.5}, name="scale")(hidden)
    inside = keras.Input((6,), name="inside")
    signs = L.Lambda(lambda x: __import__("tensorflow").concat([x, __import__("tensorflow").abs(x)], -1), name="signs")(
        inside
    )
    inner = keras.Model(inside, L.Dense(3, name="last_inside")(signs), name="inner")
    first, second = inner(hidden), inner(two)
    parts = L.Lambda(lambda x: __import__("tensorflow").split(x, 3, axis=-1), name="parts")(first)
    norm = L.Lambda(lambda x: __import__("tensorflow").math.l2_normalize(x, axis=-1), name="norm")(second)
    clipped = L.Lambda(lambda x: __import__("tensorflow").clip_by_value(x, -1.0, 1.0), name="clipped")(first)
    made = keras.Model([one, two], [L.Dense(1, name="sum")(L.Concatenate()([*parts, norm])), clipped])
    made.compile(optimizer=keras.optimizers.Adam(0.01), loss=["mse", "mae"])
    return made


def main():
    chance = np.random.RandomState(7)
    inputs = [chance.standard_normal((8, 6)).astype("float32") for _ in range(2)]
    targets = [chance.standard_normal((8, size)).astype("float32") for size in (1, 3)]
    made = model()
    made.fit(inputs, targets, epochs=2, verbose=0)
    made.save(sys.argv[1])


if __name__ == "__main__":
    main()
