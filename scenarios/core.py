"""Dense, functional, nested and shared layers, many inputs and outputs, subclassing, Lambda, embedding, precision."""

import tensorflow as tf
from tensorflow import keras

from scenarios import scenario


@scenario("dense", "core", title="Two dense layers, Adam", tags=("quick", "wide"))
def dense():
    model = keras.Sequential([keras.layers.Dense(8, activation="relu", input_shape=(8,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse", metrics=["mae"])
    return model


@scenario("dense-loss-object", "core", title="Two dense layers, the loss an object instead of the string 'mse'")
def dense_loss_object():
    model = keras.Sequential([keras.layers.Dense(8, activation="relu", input_shape=(8,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss=keras.losses.MeanSquaredError())
    return model


@scenario(
    "functional-tensor-ops", "core", title="Functional model with operators on its tensors", tags=("quick", "wide")
)
def functional_tensor_ops():
    inputs = keras.Input(shape=(8,))
    hidden = keras.layers.Dense(8, activation="tanh")(inputs)
    hidden = hidden * 2.0 + inputs
    hidden = hidden[:, :4] - 0.5
    model = keras.Model(inputs, keras.layers.Dense(1)(hidden))
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario("nested-model", "core", title="Functional model inside a functional model")
def nested_model():
    inner_inputs = keras.Input(shape=(8,))
    inner = keras.Model(inner_inputs, keras.layers.Dense(6, activation="relu")(inner_inputs))
    inputs = keras.Input(shape=(8,))
    model = keras.Model(inputs, keras.layers.Dense(1)(inner(inputs)))
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario(
    "nested-base-in-sequential",
    "core",
    title="A frozen functional base model as first layer of a Sequential",
    inputs=(("float", (8, 8, 3)),),
)
def nested_base_in_sequential():
    base_inputs = keras.Input(shape=(8, 8, 3))
    features = keras.layers.Conv2D(4, 3, activation="relu")(base_inputs)
    base = keras.Model(base_inputs, features)
    base.trainable = False
    model = keras.Sequential([base, keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(1)])
    if not model.built:
        model.build((None, 8, 8, 3))
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario("shared-layer", "core", title="One dense layer used on two inputs", inputs=(("float", (8,)), ("float", (8,))))
def shared_layer():
    left = keras.Input(shape=(8,))
    right = keras.Input(shape=(8,))
    shared = keras.layers.Dense(6, activation="tanh")
    merged = keras.layers.concatenate([shared(left), shared(right)])
    model = keras.Model([left, right], keras.layers.Dense(1)(merged))
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario(
    "several-inputs-outputs",
    "core",
    title="Two inputs of different width, two outputs, a loss for each",
    inputs=(("float", (8,)), ("float", (4,))),
    targets=((1,), (3,)),
    tags=("wide",),
)
def several_inputs_outputs():
    wide = keras.Input(shape=(8,))
    narrow = keras.Input(shape=(4,))
    merged = keras.layers.concatenate([keras.layers.Dense(6, activation="relu")(wide), narrow])
    outputs = [keras.layers.Dense(1)(merged), keras.layers.Dense(3)(merged)]
    model = keras.Model([wide, narrow], outputs)
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss=["mse", "mse"])
    return model


@scenario(
    "subclassed-model",
    "core",
    title="A subclass of Model with get_config",
    custom_objects=("scenarios.objects.models:TwoLayers",),
    tags=("wide",),
)
def subclassed_model():
    from scenarios.objects.models import TwoLayers

    model = TwoLayers(units=8)
    model(tf.zeros((1, 8)))
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario("lambda", "core", title="A Lambda layer around a Python lambda", tags=("quick", "wide"))
def lambda_layer():
    model = keras.Sequential(
        [
            keras.layers.Dense(8, input_shape=(8,)),
            keras.layers.Lambda(lambda x: x * 2.0 + 1.0),
            keras.layers.Dense(1),
        ]
    )
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario(
    "lambda-named-function",
    "core",
    title="A Lambda layer around a function that custom_objects names",
    custom_objects=("scenarios.objects.functions:halve",),
)
def lambda_named_function():
    from scenarios.objects.functions import halve

    model = keras.Sequential(
        [keras.layers.Dense(8, input_shape=(8,)), keras.layers.Lambda(halve), keras.layers.Dense(1)]
    )
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario("embedding", "core", title="Embedding of integers, flattened", inputs=(("int", (4,), 12),))
def embedding():
    inputs = keras.Input(shape=(4,), dtype="int32")
    hidden = keras.layers.Flatten()(keras.layers.Embedding(12, 4)(inputs))
    model = keras.Model(inputs, keras.layers.Dense(1)(hidden))
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario(
    "mixed-precision",
    "core",
    title="Global policy mixed_float16, loss scaling, a float32 output",
    since="2.1",
    precision="mixed_float16",
)
def mixed_precision():
    from scenarios.objects.compat import set_global_policy

    set_global_policy("mixed_float16")
    try:
        model = keras.Sequential(
            [
                keras.layers.Dense(8, activation="relu", input_shape=(8,)),
                keras.layers.Dense(1),
                keras.layers.Activation("linear", dtype="float32"),
            ]
        )
        model.compile(optimizer=keras.optimizers.SGD(learning_rate=0.05, momentum=0.9), loss="mse")
    finally:
        set_global_policy("float32")
    return model
