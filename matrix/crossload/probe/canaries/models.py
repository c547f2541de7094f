"""Small models that canaries are put into, saved by the environment's own Keras, and places in their configurations."""

import json
import os
import shutil
import zipfile

CANARY = "canary"
# Appears in the child's own folder where code of a file ran.
RAN = "canary-ran"
# What the file that a canary leads to holds.
SECRET = 7777.0
WORD = "canaryword"

_FILES = {"keras": "model.keras", "h5": "model.h5", "weights.h5": "model.weights.h5", "json+weights": "model.json"}
_FILES.update({"savedmodel": "model", "export": "model"})


class CannotBeMadeError(Exception):
    """This environment has no such layer or format."""


def path_of(form, folder):
    return os.path.join(folder, _FILES[form])


def plain(middle=None):
    """A functional model of two Dense layers around a placeholder, or around ``middle``."""
    from tensorflow import keras

    inputs = keras.layers.Input((4,), name="given")
    hidden = keras.layers.Dense(3, name="before")(inputs)
    between = keras.layers.Activation("linear", name=CANARY) if middle is None else middle
    return keras.Model(inputs, keras.layers.Dense(2, name="after")(between(hidden)))


def of_words():
    """A functional model around a table of words."""
    import tensorflow as tf
    from tensorflow import keras

    if not hasattr(keras.layers, "StringLookup"):
        raise CannotBeMadeError("Keras has no StringLookup here")
    inputs = keras.layers.Input((1,), dtype=tf.string, name="given")
    return keras.Model(inputs, keras.layers.StringLookup(vocabulary=["one", "two"], name=CANARY)(inputs))


def written(model, form, folder):
    """Save a model; returns the path."""
    path = path_of(form, folder)
    try:
        if form == "json+weights":
            with open(path, "w") as stream:
                stream.write(model.to_json())
        elif form == "weights.h5":
            model.save_weights(path)
        else:
            model.save(path)
    except (ValueError, TypeError, NotImplementedError, ImportError) as error:
        raise CannotBeMadeError("%s cannot be saved here: %s" % (form, error)) from None
    if form == "keras" and not zipfile.is_zipfile(path):
        raise CannotBeMadeError("a name that ends in .keras is another format here")
    if form == "savedmodel" and not os.path.isfile(os.path.join(path, "keras_metadata.pb")):
        raise CannotBeMadeError("no configuration of Keras is written here")
    return path


def edit_configuration(path, form, change):
    """Have ``change`` edit the configuration of a written model in place."""
    if form == "json+weights":
        with open(path) as stream:
            config = json.load(stream)
        change(config)
        with open(path, "w") as stream:
            json.dump(config, stream)
    elif form == "h5":
        import h5py

        with h5py.File(path, "r+") as file:
            text = file.attrs["model_config"]
            config = json.loads(text.decode() if isinstance(text, bytes) else text)
            change(config)
            file.attrs["model_config"] = json.dumps(config).encode()
    else:
        edit_archive(path, {"config.json": lambda data: _changed(data, change)})


def _changed(data, change):
    config = json.loads(data.decode())
    change(config)
    return json.dumps(config).encode()


def edit_archive(path, changes):
    """Have functions edit members of an archive."""
    beside = path + ".edited"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(beside, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, changes[name](data) if name in changes else data)
    shutil.move(beside, path)


def edit_weights(path, form, change):
    """Have ``change`` edit the open HDF5 file of the weights of a written model."""
    import h5py

    if form != "keras":
        with h5py.File(path, "r+") as file:
            change(file)
        return
    apart = path + ".weights"
    with zipfile.ZipFile(path) as archive:
        if "model.weights.h5" not in archive.namelist():
            raise CannotBeMadeError("the archive keeps its weights otherwise here")
        with open(apart, "wb") as stream:
            stream.write(archive.read("model.weights.h5"))
    with h5py.File(apart, "r+") as file:
        change(file)
    with open(apart, "rb") as stream:
        data = stream.read()
    os.remove(apart)
    edit_archive(path, {"model.weights.h5": lambda old: data})


def layers_of(config):
    """The list of layers of a configuration, whatever is around it."""
    return config["config"]["layers"]


def place_of(config):
    """The layer that stands where the canary goes."""
    return next(layer for layer in layers_of(config) if layer["config"].get("name") == CANARY)


def replaced(layer, class_name, config, module="keras.layers"):
    """Make a layer of a configuration into another one, in its place."""
    layer.update({"class_name": class_name, "config": config, "module": module, "registered_name": None})


def is_keras_3():
    from tensorflow import keras

    # Neither Keras 2 in TensorFlow 2.13 to 2.15 nor the first ones of Keras 3 say their version here.
    return hasattr(keras, "ops")


def kernel_of(file):
    """Name of the first matrix in a file of weights."""
    found = []

    def look(name, item):
        if getattr(item, "shape", None) == (4, 3):
            found.append(name)

    file.visititems(look)
    if not found:
        raise CannotBeMadeError("the file of the weights has no such matrix here")
    return found[0]
