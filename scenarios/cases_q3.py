"""Q3: why loading produces an error."""

from tensorflow import keras

from scenarios import scenario


@scenario(
    "q3-1-plain", "cases", title="A plain model, from one version to another", case="Q3.1", tags=("quick", "wide")
)
def q3_1_plain():
    model = keras.Sequential(
        [
            keras.layers.Dense(16, activation="relu", input_shape=(8,)),
            keras.layers.Dense(4, activation="softmax"),
            keras.layers.Dense(1),
        ]
    )
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse", metrics=["mae"])
    return model


@scenario(
    "q3-2-activation-not-passed",
    "cases",
    title="A custom activation without get_config, loaded without custom_objects",
    case="Q3.2",
    tags=("quick",),
    control=True,
)
def q3_2_activation_not_passed():
    from scenarios.objects.activation_layers import SquaredRelu

    model = keras.Sequential([keras.layers.Dense(8, input_shape=(8,)), SquaredRelu(), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario(
    "q3-2-activation-passed",
    "cases",
    title="A custom activation without get_config, loaded with custom_objects",
    case="Q3.2",
    custom_objects=("scenarios.objects.activation_layers:SquaredRelu",),
    tags=("quick",),
)
def q3_2_activation_passed():
    from scenarios.objects.activation_layers import SquaredRelu

    model = keras.Sequential([keras.layers.Dense(8, input_shape=(8,)), SquaredRelu(), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


def save_with_all_arguments(model, path):
    """The answer's call."""
    keras.models.save_model(model, path, include_optimizer=True, save_format="h5", signatures=None)


def save_with_optimizer(model, path):
    """The answer's call, without the arguments that newer Keras refuses."""
    keras.models.save_model(model, path, include_optimizer=True)


@scenario(
    "q3-3-save-model-arguments",
    "cases",
    title="As written: save_model with save_format and signatures, of a model that is not built",
    case="Q3.3",
    training_steps=0,
    formats=("h5",),
    custom_objects=("scenarios.objects.doubling:Doubling",),
    save_with="save_with_all_arguments",
    tags=("quick",),
    control=True,
)
def q3_3_save_model_arguments():
    from scenarios.objects.doubling import Doubling

    model = keras.Sequential([Doubling(), keras.layers.Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    return model


@scenario(
    "q3-3-built",
    "cases",
    title="The same call, the model built and trained",
    case="Q3.3",
    formats=("h5",),
    custom_objects=("scenarios.objects.doubling:Doubling",),
    save_with="save_with_all_arguments",
    tags=("quick",),
)
def q3_3_built():
    from scenarios.objects.doubling import Doubling

    model = keras.Sequential([Doubling(input_shape=(8,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario(
    "q3-3-repaired",
    "cases",
    title="Repaired: built and trained, include_optimizer=True alone",
    case="Q3.3",
    formats=("h5", "keras", "savedmodel"),
    custom_objects=("scenarios.objects.doubling:Doubling",),
    save_with="save_with_optimizer",
    tags=("quick",),
)
def q3_3_repaired():
    from scenarios.objects.doubling import Doubling

    model = keras.Sequential([Doubling(input_shape=(8,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario(
    "q3-4-truncated",
    "cases",
    title="The file was cut short",
    case="Q3.4",
    formats=("h5", "keras", "savedmodel", "weights-h5", "weights.h5"),
    after_save="truncate",
    tags=("quick",),
    control=True,
)
def q3_4_truncated():
    model = keras.Sequential([keras.layers.Dense(16, activation="relu", input_shape=(8,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario(
    "q3-4-flipped-bytes",
    "cases",
    title="Bytes of the file were flipped",
    case="Q3.4",
    formats=("h5", "keras", "savedmodel", "weights-h5", "weights.h5"),
    after_save="flip-bytes",
    tags=("quick",),
    control=True,
)
def q3_4_flipped_bytes():
    model = keras.Sequential([keras.layers.Dense(16, activation="relu", input_shape=(8,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario(
    "q3-4-missing-dependency",
    "cases",
    title="The custom layer's module imports a package that is not installed where the model is loaded",
    case="Q3.4",
    custom_objects=("scenarios.objects.needs_package:Tripled",),
    hidden_modules=("scenarios.objects.absent_package",),
    tags=("quick",),
    control=True,
)
def q3_4_missing_dependency():
    from scenarios.objects.needs_package import Tripled

    model = keras.Sequential([keras.layers.Dense(8, input_shape=(8,)), Tripled(), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario(
    "q3-4-other-arguments",
    "cases",
    title="The class has the same name but other constructor arguments where the model is loaded",
    case="Q3.4",
    custom_objects=("scenarios.objects.definition_after:Affine",),
    hidden_modules=("scenarios.objects.definition_before",),
    tags=("quick",),
    control=True,
)
def q3_4_other_arguments():
    try:
        from scenarios.objects.definition_before import Affine
    except ImportError:
        from scenarios.objects.definition_after import Affine

    model = keras.Sequential([keras.layers.Dense(8, input_shape=(8,)), Affine(1.5), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario(
    "q3-4-other-behaviour",
    "cases",
    title="The class has the same name, arguments and weights but computes something else where the model is loaded",
    case="Q3.4",
    formats=("h5", "savedmodel", "keras", "weights-h5"),
    custom_objects=("scenarios.objects.behaviour_after:Affine",),
    hidden_modules=("scenarios.objects.definition_before",),
    tags=("quick",),
    control=True,
)
def q3_4_other_behaviour():
    try:
        from scenarios.objects.definition_before import Affine
    except ImportError:
        from scenarios.objects.behaviour_after import Affine

    model = keras.Sequential([keras.layers.Dense(8, input_shape=(8,)), Affine(1.5), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model
