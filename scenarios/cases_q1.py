"""Q1: saving and loading a model with custom layers."""

from tensorflow import keras

from scenarios import scenario


@scenario(
    "q1-1-as-written",
    "cases",
    title="As written: a (units,) weight of 32 added to 64 features, which fails while building",
    case="Q1.1",
    inputs=(("float", (10,)),),
    custom_objects=("scenarios.objects.vector_layers:VectorSum",),
    tags=("quick",),
    control=True,
)
def q1_1_as_written():
    from scenarios.objects.vector_layers import VectorSum

    model = keras.Sequential(
        [keras.layers.Dense(64, activation="relu", input_shape=(10,)), VectorSum(32), keras.layers.Dense(1)]
    )
    model.compile(optimizer="adam", loss="mse")
    return model


@scenario(
    "q1-1-repaired",
    "cases",
    title="Repaired: as many units as features, custom_objects passed",
    case="Q1.1",
    inputs=(("float", (10,)),),
    custom_objects=("scenarios.objects.vector_layers:VectorSum",),
    tags=("quick",),
)
def q1_1_repaired():
    from scenarios.objects.vector_layers import VectorSum

    model = keras.Sequential(
        [keras.layers.Dense(64, activation="relu", input_shape=(10,)), VectorSum(64), keras.layers.Dense(1)]
    )
    model.compile(optimizer="adam", loss="mse")
    return model


def save_with_custom_objects(model, path):
    """The answer's call; ``save`` has no such argument."""
    from scenarios.objects.vector_layers import VectorSum

    model.save(path, custom_objects={"VectorSum": VectorSum})


@scenario(
    "q1-1-save-custom-objects",
    "cases",
    title="As written: model.save(path, custom_objects=...)",
    case="Q1.1",
    inputs=(("float", (10,)),),
    formats=("h5",),
    custom_objects=("scenarios.objects.vector_layers:VectorSum",),
    save_with="save_with_custom_objects",
    tags=("quick",),
    control=True,
)
def q1_1_save_custom_objects():
    from scenarios.objects.vector_layers import VectorSum

    model = keras.Sequential(
        [keras.layers.Dense(64, activation="relu", input_shape=(10,)), VectorSum(64), keras.layers.Dense(1)]
    )
    model.compile(optimizer="adam", loss="mse")
    return model


@scenario(
    "q1-2-import-only",
    "cases",
    title="A layer in a module of its own; the loader imports the module and passes no custom_objects",
    case="Q1.2",
    import_modules=("scenarios.objects.gate",),
    tags=("quick",),
    control=True,
)
def q1_2_import_only():
    from scenarios.objects.gate import Gate

    model = keras.Sequential(
        [keras.layers.Dense(8, activation="relu", input_shape=(8,)), Gate(1.5), keras.layers.Dense(1)]
    )
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario(
    "q1-3-two-layers",
    "cases",
    title="Two custom layers, both in custom_objects",
    case="Q1.3",
    custom_objects=("scenarios.objects.projection:Projection", "scenarios.objects.gate:Gate"),
    tags=("quick", "wide"),
)
def q1_3_two_layers():
    from scenarios.objects.gate import Gate
    from scenarios.objects.projection import Projection

    model = keras.Sequential([Projection(8, input_shape=(8,)), Gate(1.5), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario(
    "q1-3-one-missing",
    "cases",
    title="Two custom layers, only one of them in custom_objects",
    case="Q1.3",
    formats=("h5", "savedmodel", "keras", "checkpoint-callback"),
    custom_objects=("scenarios.objects.projection:Projection",),
    tags=("quick",),
    control=True,
)
def q1_3_one_missing():
    from scenarios.objects.gate import Gate
    from scenarios.objects.projection import Projection

    model = keras.Sequential([Projection(8, input_shape=(8,)), Gate(1.5), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario(
    "q1-3-wrong-key",
    "cases",
    title="The right class under a key that is not its name",
    case="Q1.3",
    formats=("h5", "savedmodel", "keras", "checkpoint-callback"),
    custom_objects=(("gate_layer", "scenarios.objects.gate:Gate"),),
    tags=("quick",),
    control=True,
)
def q1_3_wrong_key():
    from scenarios.objects.gate import Gate

    model = keras.Sequential(
        [keras.layers.Dense(8, activation="relu", input_shape=(8,)), Gate(1.5), keras.layers.Dense(1)]
    )
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario(
    "q1-4-moved-import-only",
    "cases",
    title="The layer's module moved; the loader imports the new one and passes no custom_objects",
    case="Q1.4",
    hidden_modules=("scenarios.objects.before_move",),
    import_modules=("scenarios.objects.after_move",),
    tags=("quick",),
    control=True,
)
def q1_4_moved_import_only():
    try:
        from scenarios.objects.before_move import Shift
    except ImportError:
        from scenarios.objects.after_move import Shift

    model = keras.Sequential(
        [keras.layers.Dense(8, activation="relu", input_shape=(8,)), Shift(0.25), keras.layers.Dense(1)]
    )
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario(
    "q1-4-moved-custom-objects",
    "cases",
    title="The layer's module moved; the loader passes the class from its new place",
    case="Q1.4",
    hidden_modules=("scenarios.objects.before_move",),
    custom_objects=("scenarios.objects.after_move:Shift",),
    tags=("quick",),
)
def q1_4_moved_custom_objects():
    try:
        from scenarios.objects.before_move import Shift
    except ImportError:
        from scenarios.objects.after_move import Shift

    model = keras.Sequential(
        [keras.layers.Dense(8, activation="relu", input_shape=(8,)), Shift(0.25), keras.layers.Dense(1)]
    )
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model
