"""Q0: loading a model with custom layers that a ModelCheckpoint callback saved."""

from tensorflow import keras

from scenarios import scenario


@scenario(
    "q0-1-unbuilt-weights",
    "cases",
    title="As written: no input shape, so no weights to save, and tf.matmul by a vector",
    case="Q0.1",
    training_steps=0,
    targets=((10,),),
    custom_objects=("scenarios.objects.vector_layers:VectorProduct",),
    tags=("quick",),
    control=True,
)
def q0_1_unbuilt_weights():
    from scenarios.objects.vector_layers import VectorProduct

    model = keras.Sequential([VectorProduct(32), keras.layers.Dense(10)])
    model.compile(optimizer="adam", loss="mse")
    return model


@scenario(
    "q0-1-repaired",
    "cases",
    title="Repaired: a matrix made in build, input shape given",
    case="Q0.1",
    targets=((10,),),
    custom_objects=("scenarios.objects.projection:Projection",),
    tags=("quick",),
)
def q0_1_repaired():
    from scenarios.objects.projection import Projection

    model = keras.Sequential([Projection(16, input_shape=(8,)), keras.layers.Dense(10)])
    model.compile(optimizer="adam", loss="mse")
    return model


@scenario(
    "q0-2-checkpoint-as-written",
    "cases",
    title="As written: fit with a ModelCheckpoint to .h5, the layer of Q0.1",
    case="Q0.2",
    targets=((10,),),
    custom_objects=("scenarios.objects.vector_layers:VectorProduct",),
    checkpoint_path="checkpoint.h5",
    tags=("quick",),
    control=True,
)
def q0_2_checkpoint_as_written():
    from scenarios.objects.vector_layers import VectorProduct

    model = keras.Sequential([VectorProduct(32), keras.layers.Dense(10)])
    model.compile(optimizer="adam", loss="mse")
    return model


@scenario(
    "q0-2-repaired",
    "cases",
    title="Repaired: ModelCheckpoint to .h5, a layer that builds its matrix, custom_objects",
    case="Q0.2",
    targets=((10,),),
    custom_objects=("scenarios.objects.projection:Projection",),
    checkpoint_path="checkpoint.h5",
    tags=("quick", "wide"),
)
def q0_2_repaired():
    from scenarios.objects.projection import Projection

    model = keras.Sequential([Projection(16, input_shape=(8,)), keras.layers.Dense(10)])
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario(
    "q0-3-checkpoint-no-suffix",
    "cases",
    title="ModelCheckpoint to a name without suffix; the loader imports the layer's module and passes custom_objects",
    case="Q0.3",
    formats=("checkpoint-callback", "checkpoint-callback-weights", "h5", "savedmodel", "keras", "weights-h5"),
    custom_objects=("scenarios.objects.gate:Gate",),
    import_modules=("scenarios.objects.gate",),
    checkpoint_path="checkpoint",
    tags=("quick", "wide"),
)
def q0_3_checkpoint_no_suffix():
    from scenarios.objects.gate import Gate

    model = keras.Sequential(
        [keras.layers.Dense(8, activation="relu", input_shape=(8,)), Gate(1.5), keras.layers.Dense(1)]
    )
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model
