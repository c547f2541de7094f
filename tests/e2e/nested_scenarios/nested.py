"""Models inside models, in the ways that number their calls differently in Keras 2 and 3."""

from tensorflow import keras

from scenarios import scenario


def _inner():
    inputs = keras.Input(shape=(8,))
    return keras.Model(inputs, keras.layers.Dense(6, activation="relu")(inputs))


def _compiled(inputs, outputs):
    model = keras.Model(inputs, outputs)
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario("nested-twice", "nested", title="One model called on two inputs", inputs=(("float", (8,)), ("float", (8,))))
def nested_twice():
    inner, first, second = _inner(), keras.Input(shape=(8,)), keras.Input(shape=(8,))
    difference = keras.layers.Subtract()([inner(first), inner(second)])
    return _compiled([first, second], keras.layers.Dense(1)(difference))


@scenario("nested-sequential", "nested", title="A Sequential inside a functional model")
def nested_sequential():
    inner = keras.Sequential([keras.Input(shape=(8,)), keras.layers.Dense(6, activation="relu")])
    inputs = keras.Input(shape=(8,))
    return _compiled(inputs, keras.layers.Dense(1)(inner(inputs)))


@scenario("nested-last", "nested", title="What a model inside gives is what the outer one gives", targets=((6,),))
def nested_last():
    inputs = keras.Input(shape=(8,))
    return _compiled(inputs, _inner()(keras.layers.Dense(8)(inputs)))
