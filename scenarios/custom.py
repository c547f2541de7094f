"""Custom objects that are no ordinary layers, and objects registered with Keras."""

from tensorflow import keras

from scenarios import scenario


@scenario("custom-metric", "custom", title="A custom metric", custom_objects=("scenarios.objects.parts:MeanExcess",))
def custom_metric():
    from scenarios.objects.parts import MeanExcess

    model = keras.Sequential([keras.layers.Dense(8, activation="relu", input_shape=(8,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse", metrics=[MeanExcess(0.25)])
    return model


@scenario(
    "custom-regulariser",
    "custom",
    title="A custom weight regulariser",
    custom_objects=("scenarios.objects.parts:SquareSum",),
)
def custom_regulariser():
    from scenarios.objects.parts import SquareSum

    model = keras.Sequential(
        [
            keras.layers.Dense(8, activation="relu", kernel_regularizer=SquareSum(0.02), input_shape=(8,)),
            keras.layers.Dense(1),
        ]
    )
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario(
    "custom-constraint",
    "custom",
    title="A custom weight constraint",
    custom_objects=("scenarios.objects.parts:Bounded",),
)
def custom_constraint():
    from scenarios.objects.parts import Bounded

    model = keras.Sequential(
        [
            keras.layers.Dense(8, activation="relu", kernel_constraint=Bounded(0.3), input_shape=(8,)),
            keras.layers.Dense(1),
        ]
    )
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario(
    "custom-initialiser",
    "custom",
    title="A custom weight initialiser",
    custom_objects=("scenarios.objects.parts:Ramp",),
)
def custom_initialiser():
    from scenarios.objects.parts import Ramp

    model = keras.Sequential(
        [
            keras.layers.Dense(8, activation="tanh", kernel_initializer=Ramp(0.4), input_shape=(8,)),
            keras.layers.Dense(1),
        ]
    )
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario(
    "custom-optimizer",
    "custom",
    title="A subclass of SGD with an argument of its own",
    custom_objects=("scenarios.objects.parts:BoostedSGD",),
    tags=("wide",),
)
def custom_optimizer():
    from scenarios.objects.parts import BoostedSGD

    model = keras.Sequential([keras.layers.Dense(8, activation="relu", input_shape=(8,)), keras.layers.Dense(1)])
    model.compile(optimizer=BoostedSGD(learning_rate=0.02, boost=1.5, momentum=0.9), loss="mse")
    return model


@scenario(
    "custom-train-step",
    "custom",
    title="A functional model of a subclass with its own train_step",
    since="2.2",
    custom_objects=("scenarios.objects.models:OwnTrainStep",),
)
def custom_train_step():
    from scenarios.objects.models import OwnTrainStep

    inputs = keras.Input(shape=(8,))
    hidden = keras.layers.Dense(8, activation="relu")(inputs)
    model = OwnTrainStep(inputs, keras.layers.Dense(1)(hidden))
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario(
    "registered-layer",
    "custom",
    title="A registered layer, its module imported before loading, no custom_objects",
    since="2.1",
    case="Q4",
    import_modules=("scenarios.objects.registered_layer",),
    tags=("wide",),
)
def registered_layer():
    from scenarios.objects.registered_layer import RegisteredScale

    model = keras.Sequential(
        [keras.layers.Dense(8, activation="relu", input_shape=(8,)), RegisteredScale(0.5), keras.layers.Dense(1)]
    )
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario(
    "registered-layer-moved",
    "custom",
    title="A registered layer whose module moved; the new one is imported before loading",
    since="2.1",
    case="Q4",
    hidden_modules=("scenarios.objects.registered_layer",),
    import_modules=("scenarios.objects.registered_layer_moved",),
)
def registered_layer_moved():
    try:
        from scenarios.objects.registered_layer import RegisteredScale
    except ImportError:
        from scenarios.objects.registered_layer_moved import RegisteredScale

    model = keras.Sequential(
        [keras.layers.Dense(8, activation="relu", input_shape=(8,)), RegisteredScale(0.5), keras.layers.Dense(1)]
    )
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario(
    "registered-function",
    "custom",
    title="A registered activation function, its module imported before loading, no custom_objects",
    since="2.1",
    import_modules=("scenarios.objects.registered_function",),
)
def registered_function():
    from scenarios.objects.registered_function import registered_curve

    model = keras.Sequential(
        [keras.layers.Dense(8, activation=registered_curve, input_shape=(8,)), keras.layers.Dense(1)]
    )
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model
