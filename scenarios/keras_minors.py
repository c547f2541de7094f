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


@scenario(
    "string-lookup-vocabulary-file",
    "keras-minors",
    title="StringLookup whose vocabulary is named by the path of a file that is there",
    since="2.3",
    inputs=(("text", (4,)),),
    import_modules=("scenarios.objects.outside_vocabulary",),
)
def string_lookup_vocabulary_file():
    from scenarios.objects.compat import preprocessing_layer
    from scenarios.objects.outside_vocabulary import PATH, WORDS

    lookup = preprocessing_layer("StringLookup")(vocabulary=PATH)
    inputs = keras.Input(shape=(4,), dtype="string")
    hidden = keras.layers.Embedding(len(WORDS) + 2, 4)(lookup(inputs))
    model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Flatten()(hidden)))
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario(
    "tfsm-layer-inside",
    "keras-minors",
    title="A TFSMLayer, which calls a SavedModel that is there, inside a model",
    since="2.16",
    training_steps=0,
    import_modules=("scenarios.objects.outside_model",),
)
def tfsm_layer_inside():
    from scenarios.objects.outside_model import PATH

    inputs = keras.Input(shape=(8,))
    called = keras.layers.TFSMLayer(PATH, call_endpoint="serve")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(1)(called))
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model


@scenario("cloned-lambda", "keras-minors", title="clone_model of a model with a Python lambda, then saved")
def cloned_lambda():
    original = keras.Sequential(
        [
            keras.layers.Dense(8, input_shape=(8,)),
            keras.layers.Lambda(lambda x: x * 2.0 + 1.0),
            keras.layers.Dense(1),
        ]
    )
    model = keras.models.clone_model(original)
    model.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01), loss="mse")
    return model
