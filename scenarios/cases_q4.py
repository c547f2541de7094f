"""Q4: loading a model whose custom objects are defined in separate files."""

from tensorflow import keras

from scenarios import scenario


@scenario(
    "q4-1-dense-like",
    "cases",
    title="As written: a Dense-like layer with an argument and no get_config, in its own file",
    case="Q4.1",
    custom_objects=("scenarios.objects.dense_like:OwnDense",),
    tags=("quick",),
)
def q4_1_dense_like():
    from scenarios.objects.dense_like import OwnDense

    model = keras.Sequential([OwnDense(12, input_shape=(8,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario(
    "q4-1-repaired",
    "cases",
    title="Repaired: the same layer with a get_config",
    case="Q4.1",
    custom_objects=("scenarios.objects.dense_like:RepairedDense",),
    tags=("quick",),
)
def q4_1_repaired():
    from scenarios.objects.dense_like import RepairedDense

    model = keras.Sequential([RepairedDense(12, input_shape=(8,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


def reference_loss(y_true, y_pred):
    """The custom loss, for the recomputed loss."""
    from scenarios.objects.functions import lopsided_error

    return lopsided_error(y_true, y_pred)


@scenario(
    "q4-2-loss-and-activation",
    "cases",
    title="A custom loss and a custom activation from a separate file, both in custom_objects",
    case="Q4.2",
    loss="reference_loss",
    custom_objects=("scenarios.objects.functions:lopsided_error", "scenarios.objects.functions:scaled_tanh"),
    tags=("quick", "wide"),
)
def q4_2_loss_and_activation():
    from scenarios.objects.functions import lopsided_error, scaled_tanh

    model = keras.Sequential([keras.layers.Dense(8, activation=scaled_tanh, input_shape=(8,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss=lopsided_error)
    return model


@scenario(
    "q4-2-loss-not-passed",
    "cases",
    title="A custom loss and a custom activation, only the activation in custom_objects",
    case="Q4.2",
    formats=("h5", "savedmodel", "keras", "checkpoint-callback"),
    loss="reference_loss",
    custom_objects=("scenarios.objects.functions:scaled_tanh",),
    tags=("quick",),
    control=True,
)
def q4_2_loss_not_passed():
    from scenarios.objects.functions import lopsided_error, scaled_tanh

    model = keras.Sequential([keras.layers.Dense(8, activation=scaled_tanh, input_shape=(8,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss=lopsided_error)
    return model


@scenario(
    "q4-3-helper-class",
    "cases",
    title="A layer that holds a plain helper object, layer and helper both in custom_objects",
    case="Q4.3",
    custom_objects=("scenarios.objects.helper_layer:HelpedLayer", "scenarios.objects.helper:Scaler"),
    tags=("quick",),
)
def q4_3_helper_class():
    from scenarios.objects.helper_layer import HelpedLayer

    model = keras.Sequential([keras.layers.Dense(8, input_shape=(8,)), HelpedLayer(1.25), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario(
    "q4-3-helper-not-passed",
    "cases",
    title="A layer that holds a plain helper object, only the layer in custom_objects",
    case="Q4.3",
    formats=("h5", "savedmodel", "keras", "checkpoint-callback"),
    custom_objects=("scenarios.objects.helper_layer:HelpedLayer",),
    tags=("quick",),
    control=True,
)
def q4_3_helper_not_passed():
    from scenarios.objects.helper_layer import HelpedLayer

    model = keras.Sequential([keras.layers.Dense(8, input_shape=(8,)), HelpedLayer(1.25), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model
