"""Files that people have, made by plain Keras in the environment that writes them:  python field_makers.py CASE FOLDER

Python 3.7 and TensorFlow only. Each function makes one kind of file in FOLDER and returns its name.
"""

import os
import sys

os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf

K = tf.keras
L = tf.keras.layers


def _trained(model, *shape, **options):
    """One step of training, so that the optimizer has state."""
    generator = np.random.RandomState(3)
    x = generator.uniform(-1, 1, (8, *shape)).astype("float32")
    y = np.asarray(model(x, training=False))
    if options.get("classes"):
        y = np.eye(y.shape[-1])[generator.randint(0, y.shape[-1], 8)].astype("float32")
    model.fit(x, y, epochs=1, verbose=0)
    return model


def deep_autoencoder(folder):
    np.random.seed(0)
    inputs = K.Input((640,))
    x = inputs
    for units in (128, 128, 128, 128, 8, 128, 128, 128, 128):
        x = L.Activation("relu")(L.BatchNormalization()(L.Dense(units)(x)))
    model = K.Model(inputs, L.Dense(640)(x))
    values = []
    for weight in model.weights:
        name = weight.name.split("/")[-1]
        shape = tuple(weight.shape)
        if "variance" in name:
            values.append(np.random.uniform(0.05, 0.2, shape))
        elif "kernel" in name:
            values.append(np.random.normal(0, 1 / np.sqrt(shape[0]), shape))
        else:
            values.append(np.random.normal(0, 0.1, shape) + ("gamma" in name))
    values[-2] *= 12
    model.set_weights([value.astype("float32") for value in values])
    model.save(os.path.join(folder, "deep.h5"))
    return "deep.h5"


def hard_sigmoid_lstm(folder):
    model = K.Sequential([L.LSTM(4, recurrent_activation="hard_sigmoid", input_shape=(5, 3)), L.Dense(2)])
    model.save(os.path.join(folder, "hard.h5"))
    return "hard.h5"


def dictionaries(folder):
    i, j = K.Input((3,), name="b_in"), K.Input((4,), name="a_in")
    out = L.Dense(2, name="out")(L.Concatenate()([i, L.Dense(3)(j)]))
    model = K.Model({"b_in": i, "a_in": j}, {"out": out})
    model.compile("adam", {"out": "mse"})
    model.save(os.path.join(folder, "dictionaries.h5"))
    return "dictionaries.h5"


def spectral(folder):
    model = K.Sequential([L.SpectralNormalization(L.Dense(4), input_shape=(3,)), L.Dense(2)])
    model.save(os.path.join(folder, "spectral.h5"))
    return "spectral.h5"


def two_inputs_json(folder):
    i, j = K.Input((3,)), K.Input((4,))
    model = K.Model([i, j], L.Dense(2)(L.Concatenate()([i, j])))
    os.mkdir(os.path.join(folder, "two-inputs"))
    with open(os.path.join(folder, "two-inputs", "model.json"), "w") as stream:
        stream.write(model.to_json())
    model.save_weights(os.path.join(folder, "two-inputs", "model.weights.h5"))
    return "two-inputs"


def dropout_and_constraint(folder):
    model = K.Sequential([L.Dropout(0.5, input_shape=(6,)), L.Dense(4, kernel_constraint=K.constraints.MaxNorm(0.25))])
    model.compile("adam", "mse")
    _trained(model, 6).save(os.path.join(folder, "dropout.h5"))
    return "dropout.h5"


def recurrent_dropout(folder):
    model = K.Sequential([L.LSTM(16, dropout=0.2, recurrent_dropout=0.2, input_shape=(5, 3)), L.Dense(2)])
    model.compile("adam", "mse")
    _trained(model, 5, 3).save(os.path.join(folder, "recurrent.h5"))
    return "recurrent.h5"


def long_sequence(folder):
    model = K.Sequential([K.Input((3000, 2)), L.Masking()])
    for again in (True, False):
        model.add(L.Bidirectional(L.LSTM(8, return_sequences=again)))
    model.add(L.Dense(1))
    model.compile("adam", "mse")
    generator = np.random.RandomState(3)
    model.fit(generator.uniform(-1, 1, (8, 3000, 2)), generator.uniform(-1, 1, (8, 1)), verbose=0)
    model.save(os.path.join(folder, "long.keras"))
    return "long.keras"


def accuracy(folder):
    model = K.Sequential([L.Dense(8, activation="relu", input_shape=(4,)), L.Dense(3, activation="softmax")])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    _trained(model, 4, classes=True).save(os.path.join(folder, "accuracy.h5"))
    return "accuracy.h5"


def input_layer_trained(folder):
    model = K.Sequential([L.InputLayer(input_shape=(3,)), L.Dense(4), L.Dense(2)])
    model.compile("adam", "mse")
    _trained(model, 3).save(os.path.join(folder, "trained.keras"))
    return "trained.keras"


def loss_object(folder):
    model = K.Sequential([K.Input((3,)), L.Dense(4), L.Dense(2)])
    model.compile("adam", K.losses.MeanSquaredError())
    _trained(model, 3).save(os.path.join(folder, "loss_object.h5"))
    return "loss_object.h5"


def doubled(folder):
    model = K.Sequential([L.Dense(4, input_shape=(3,)), L.Lambda(lambda x: x * 2.0), L.Dense(2)])
    model.compile("adam", "mse")
    _trained(model, 3).save(os.path.join(folder, "doubled.h5"))
    return "doubled.h5"


def wide(folder):
    model = K.Sequential([L.Dense(12000, input_shape=(12000,)), L.Dense(2)])
    model.compile("adam", "mse")
    model.save(os.path.join(folder, "wide.h5"))
    return "wide.h5"


def category_encoding(folder):
    encode = getattr(L, "CategoryEncoding", None) or L.experimental.preprocessing.CategoryEncoding
    i = K.Input((4,), dtype="int32")
    model = K.Model(i, L.Dense(2)(encode(num_tokens=5, output_mode="count")(i)))
    model.save(os.path.join(folder, "category.h5"))
    return "category.h5"


def float_tokens(folder):
    i = K.Input((4,))
    model = K.Model(i, L.Dense(2)(L.Flatten()(L.Embedding(30, 3)(i))))
    model.save(os.path.join(folder, "tokens.h5"))
    return "tokens.h5"


def adapted(folder):
    normal = L.Normalization()
    normal.adapt(np.random.RandomState(0).normal(3, 2, (50, 3)).astype("float32"))
    model = K.Sequential([K.Input((3,)), normal, L.Dense(2)])
    model.compile("adam", "mse")
    _trained(model, 3).save(os.path.join(folder, "adapted.keras"))
    return "adapted.keras"


def _fuel_efficiency(folder, name):
    """As TensorFlow's tutorial has it: the first layer says no shape of what it takes."""
    normal = L.Normalization(axis=-1)
    normal.adapt(np.random.RandomState(0).normal(3, 2, (50, 3)).astype("float32"))
    model = K.Sequential([normal, L.Dense(8, activation="relu"), L.Dense(1)])
    model.compile(loss="mean_absolute_error", optimizer=K.optimizers.Adam(0.001))
    _trained(model, 3).save(os.path.join(folder, name))
    return name


def fuel_efficiency_h5(folder):
    return _fuel_efficiency(folder, "fuel.h5")


def fuel_efficiency_keras(folder):
    return _fuel_efficiency(folder, "fuel.keras")


def texts(folder):
    words = L.TextVectorization(vocabulary=["one", "two", "three", "four"], output_sequence_length=4)
    i = K.Input((1,), dtype="string")
    model = K.Model(i, L.Dense(2)(L.Flatten()(L.Embedding(8, 3)(words(i)))))
    model.save(os.path.join(folder, "texts.keras"))
    return "texts.keras"


def dies_in_training(folder):
    from field_layers import Deadly

    model = K.Sequential([L.Dense(4, input_shape=(3,)), Deadly(), L.Dense(2)])
    model.compile("sgd", "mse")
    model.save(os.path.join(folder, "deadly.h5"))
    return "deadly.h5"


def sampled(folder):
    from field_layers import Sampling

    model = K.Sequential([L.Dense(4, input_shape=(3,)), Sampling(), L.Dense(2)])
    model.compile("sgd", "mse")
    model.save(os.path.join(folder, "sampled.h5"))
    return "sampled.h5"


def printed(folder):
    """A SavedModel under the name that printed code gives it, HDF5 that is called .keras, and what both give."""
    model = K.Sequential([L.Dense(4, input_shape=(3,)), L.Dense(2)])
    model.compile("adam", "mse")
    _trained(model, 3).save(os.path.join(folder, "model"))
    model.save(os.path.join(folder, "model.keras"), save_format="h5")
    inputs = np.random.RandomState(5).uniform(-1, 1, (8, 3)).astype("float32")
    np.save(os.path.join(folder, "inputs.npy"), inputs)
    np.save(os.path.join(folder, "outputs.npy"), model(inputs).numpy())
    return "model"


if __name__ == "__main__":
    name, folder = sys.argv[1:]
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    os.makedirs(folder, exist_ok=True)
    print(globals()[name](folder))
