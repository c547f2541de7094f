"""Q2: loading a model."""

from tensorflow import keras

from scenarios import scenario


@scenario("q2-1-plain", "cases", title="A plain model", case="Q2.1", tags=("quick",))
def q2_1_plain():
    model = keras.Sequential(
        [
            keras.layers.Dense(16, activation="relu", input_shape=(8,)),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.Dense(1),
        ]
    )
    model.compile(optimizer="adam", loss="mse")
    return model


@scenario(
    "q2-1-missing-file",
    "cases",
    title="The file is not there",
    case="Q2.1",
    formats=("h5", "savedmodel", "keras", "weights-h5", "weights.h5"),
    after_save="remove",
    tags=("quick",),
    control=True,
)
def q2_1_missing_file():
    model = keras.Sequential([keras.layers.Dense(8, activation="relu", input_shape=(8,)), keras.layers.Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    return model


@scenario(
    "q2-1-wrong-suffix",
    "cases",
    title="The file got a suffix that means nothing to Keras",
    case="Q2.1",
    formats=("h5", "keras", "weights-h5", "weights.h5"),
    after_save="rename:.model",
    tags=("quick",),
    control=True,
)
def q2_1_wrong_suffix():
    model = keras.Sequential([keras.layers.Dense(8, activation="relu", input_shape=(8,)), keras.layers.Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    return model


@scenario(
    "q2-1-h5-named-keras",
    "cases",
    title="An HDF5 file that got the suffix .keras",
    case="Q2.1",
    formats=("h5",),
    after_save="rename:.keras",
    tags=("quick",),
    control=True,
)
def q2_1_h5_named_keras():
    model = keras.Sequential([keras.layers.Dense(8, activation="relu", input_shape=(8,)), keras.layers.Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    return model


@scenario(
    "q2-2-activation-layer",
    "cases",
    title="A custom activation, written as a Layer subclass with an argument, custom_objects",
    case="Q2.2",
    custom_objects=("scenarios.objects.activation_layers:SoftCurve",),
    tags=("quick",),
)
def q2_2_activation_layer():
    from scenarios.objects.activation_layers import SoftCurve

    model = keras.Sequential([keras.layers.Dense(8, input_shape=(8,)), SoftCurve(1.25), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario(
    "q2-3-savedmodel",
    "cases",
    title="A SavedModel directory with a custom layer, loaded without custom_objects",
    case="Q2.3",
    formats=("savedmodel", "export"),
    tags=("quick",),
    control=True,
)
def q2_3_savedmodel():
    from scenarios.objects.activation_layers import SoftCurve

    model = keras.Sequential([keras.layers.Dense(8, input_shape=(8,)), SoftCurve(1.25), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model
