"""Constructs that the minors of Keras 3 write or read differently: where upgrading Keras alone changes what loads."""

from tensorflow import keras

from scenarios import scenario


@scenario(
    "nested-list-sublayers",
    "keras-minors",
    title="A custom layer that keeps its sublayers in lists inside a list",
    custom_objects=("scenarios.objects.nested_blocks:NestedBlocks",),
)
def nested_list_sublayers():
    from scenarios.objects.nested_blocks import NestedBlocks

    inputs = keras.Input(shape=(8,))
    model = keras.Model(inputs, keras.layers.Dense(1)(NestedBlocks(8)(inputs)))
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model
