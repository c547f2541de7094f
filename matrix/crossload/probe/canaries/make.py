"""Makes each canary, in the environment that is going to load it: its bytecode and its configurations are that one's own."""

import base64
import os
import pickle
import zipfile

import numpy as np

from . import models
from .models import CANARY, RAN, SECRET, WORD, CannotBeMadeError

# A module that any machine could have, for what imports what a file names.
ELSEWHERE = "crossload_canary_elsewhere"
_ELSEWHERE = """
import pathlib
pathlib.Path("{ran}").touch()

def run(x=None, *rest, **named):
    return x

class Mark(object):
    @classmethod
    def from_config(cls, config, *rest, **named):
        from tensorflow import keras
        return keras.layers.Activation("linear", name=config.get("name"))
"""
# Stands in for PyTorch, which is several GB: loads pickles as it does.
_TORCH = """
import pathlib, pickle
__version__ = "2.5.0"

def load(stream, weights_only=False, **named):
    if weights_only:
        raise ValueError("weights only")
    return pickle.load(stream)
"""
# More than 4 GiB, where Keras' own guards begin.
_HUGE = (70000, 20000)
_CLAIMED = 6 << 30


class _Marks(object):
    """Makes the marker when it is read from a pickle."""

    def __reduce__(self):
        return os.mkdir, (RAN,)


def make(name, form, folder):
    """Write one canary into a folder. What it leads to lies in ``elsewhere`` beside it.

    :raises CannotBeMadeError: this environment has no such layer or format.
    """
    os.mkdir(os.path.join(folder, "elsewhere"))
    MAKERS[name](form, folder)


def _elsewhere(folder, *names):
    return os.path.join(folder, "elsewhere", *names)


def _write(path, text):
    with open(path, "w") as stream:
        stream.write(text)


def _bytecode_layer():
    from tensorflow import keras

    return keras.layers.Lambda(lambda x: (__import__("pathlib").Path("canary-ran").touch(), x)[1], name=CANARY)


def _lambda(form, folder):
    models.written(models.plain(_bytecode_layer()), form, folder)


def _lambda_in_a_wrapper(form, folder):
    from tensorflow import keras

    inputs = keras.layers.Input((2, 4), name="given")
    models.written(keras.Model(inputs, keras.layers.TimeDistributed(_bytecode_layer())(inputs)), form, folder)


def _lambda_in_a_submodel(form, folder):
    from tensorflow import keras

    inner = keras.layers.Input((3,), name="inner")
    models.written(models.plain(keras.Model(inner, _bytecode_layer()(inner), name="within")), form, folder)


def _function(module, name):
    return {"module": module, "class_name": "function", "config": name, "registered_name": name}


def _put_module(folder):
    _write(_elsewhere(folder, ELSEWHERE + ".py"), _ELSEWHERE.format(ran=RAN))


def _foreign_class(form, folder):
    _put_module(folder)
    path = models.written(models.plain(), form, folder)

    def change(config):
        models.replaced(models.place_of(config), "Mark", {"name": CANARY}, ELSEWHERE)

    models.edit_configuration(path, form, change)


def _foreign_model(form, folder):
    """The model itself is a class of another module: it is looked up by another way than its layers."""
    _put_module(folder)
    path = models.written(models.plain(), form, folder)

    def change(config):
        models.replaced(config, "Mark", {"name": CANARY}, ELSEWHERE)

    models.edit_configuration(path, form, change)


def _foreign_function(form, folder):
    _put_module(folder)
    path = models.written(models.plain(), form, folder)

    def change(config):
        inner = {"name": CANARY, "trainable": True, "function": _function(ELSEWHERE, "run"), "arguments": {}}
        if not models.is_keras_3():
            # Keras 2 says apart what kind of function it is.
            inner.update(function_type="function", module=ELSEWHERE, dtype="float32")
            inner.update(output_shape=None, output_shape_type="raw", output_shape_module=None)
        layer = models.place_of(config)
        if models.is_keras_3() or "module" in layer:
            models.replaced(layer, "Lambda", inner)
        else:
            layer.update({"class_name": "Lambda", "config": inner})

    models.edit_configuration(path, form, change)


def _call(function, path, form, args, **named):
    """Add to a written model of Keras 3 a function in the place of a layer, called with plain values."""
    if not models.is_keras_3():
        raise CannotBeMadeError("a configuration of this Keras calls nothing with plain values")

    def change(config):
        nodes = [{"args": args, "kwargs": named}]
        models.layers_of(config).append(dict(function, name="called", inbound_nodes=nodes))

    models.edit_configuration(path, form, change)


def _named_callable(form, folder):
    path = models.written(models.plain(), form, folder)
    _write(_elsewhere(folder, "source.txt"), WORD)
    origin = "file://" + _elsewhere(folder, "source.txt")
    function = _function("keras.utils", "get_file")
    _call(function, path, form, [RAN], origin=origin, cache_dir=folder, cache_subdir="work")


def _unsafe_switch(form, folder):
    path = models.written(models.plain(), form, folder)
    _call(_function("keras.config", "enable_unsafe_deserialization"), path, form, [])


def _torch_module(form, folder):
    from tensorflow import keras

    if not hasattr(keras.layers, "TorchModuleWrapper"):
        raise CannotBeMadeError("Keras has no TorchModuleWrapper here")
    os.mkdir(_elsewhere(folder, "torch"))
    _write(_elsewhere(folder, "torch", "__init__.py"), _TORCH)
    path = models.written(models.plain(), form, folder)
    pickled = base64.b64encode(pickle.dumps(_Marks())).decode()

    def change(config):
        models.replaced(models.place_of(config), "TorchModuleWrapper", {"name": CANARY, "module": pickled})

    models.edit_configuration(path, form, change)


def _vocabulary_path(form, folder):
    _write(_elsewhere(folder, "words.txt"), "%s\nthree\n" % WORD)
    path = models.written(models.of_words(), form, folder)

    def change(config):
        models.place_of(config)["config"]["vocabulary"] = _elsewhere(folder, "words.txt")

    models.edit_configuration(path, form, change)


def _saved_module(path, function):
    """Write a SavedModel whose function ``serve`` does something."""
    import tensorflow as tf

    module = tf.Module()
    module.serve = tf.function(function, input_signature=[tf.TensorSpec((None, 3), tf.float32)])
    tf.saved_model.save(module, path, signatures={"serving_default": module.serve})


def _tfsm_layer(form, folder):
    from tensorflow import keras

    if not hasattr(keras.layers, "TFSMLayer"):
        raise CannotBeMadeError("Keras has no TFSMLayer here")
    _saved_module(_elsewhere(folder, "saved"), lambda x: {"given": x + 0.0})
    path = models.written(models.plain(), form, folder)

    def change(config):
        inner = {"name": CANARY, "filepath": _elsewhere(folder, "saved"), "call_endpoint": "serve"}
        models.replaced(models.place_of(config), "TFSMLayer", dict(inner, call_training_endpoint=None, trainable=False))

    models.edit_configuration(path, form, change)


def _in_weights(put):
    """A maker that has ``put`` replace the first matrix, by the open file, the place of the matrix and ``elsewhere``."""

    def maker(form, folder):
        values = np.full((4, 3), SECRET, "float32")
        values.tofile(_elsewhere(folder, "secret.bin"))
        path = models.written(models.plain(), form, folder)

        def change(file):
            import h5py

            name = models.kernel_of(file)
            with h5py.File(_elsewhere(folder, "secret.h5"), "w") as secret:
                secret[name] = values
                # Whatever else lies beside the matrix.
                for beside, item in file[os.path.dirname(name) or "/"].items():
                    if getattr(item, "shape", None) is not None and beside != os.path.basename(name):
                        secret[os.path.join(os.path.dirname(name), beside)] = item[()]
            put(file, name, os.path.join(folder, "elsewhere"))

        models.edit_weights(path, form, change)

    return maker


def _external_storage(file, name, elsewhere):
    del file[name]
    where = [(os.path.join(elsewhere, "secret.bin"), 0, 4 * 3 * 4)]
    try:
        file.create_dataset(name, (4, 3), "float32", external=where)
    except TypeError as error:
        raise CannotBeMadeError("h5py keeps no data elsewhere here: %s" % error) from None


def _external_link(file, name, elsewhere):
    import h5py

    del file[name]
    file[name] = h5py.ExternalLink(os.path.join(elsewhere, "secret.h5"), name)


def _external_group(file, name, elsewhere):
    import h5py

    group = os.path.dirname(name)
    attributes = dict(file[group].attrs)
    with h5py.File(os.path.join(elsewhere, "secret.h5"), "r+") as secret:
        secret[group].attrs.update(attributes)
    del file[group]
    file[group] = h5py.ExternalLink(os.path.join(elsewhere, "secret.h5"), group)


def _virtual_dataset(file, name, elsewhere):
    import h5py

    if not hasattr(h5py, "VirtualLayout"):
        raise CannotBeMadeError("h5py has no virtual datasets here")
    layout = h5py.VirtualLayout((4, 3), "float32")
    layout[:] = h5py.VirtualSource(os.path.join(elsewhere, "secret.h5"), name, shape=(4, 3))
    del file[name]
    file.create_virtual_dataset(name, layout)


def _huge_shape(file, name, elsewhere):
    del file[name]
    file.create_dataset(name, _HUGE, "float32", chunks=(1000, 1000))


def _of_archive(form, folder):
    return models.written(models.plain(), form, folder)


def _archive_path(form, folder):
    path = _of_archive(form, folder)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("assets/", "")
        for depth in range(1, 5):
            archive.writestr("assets/%s%s" % ("../" * depth, RAN), "")


def _archive_bomb(form, folder):
    """A member that says it unpacks to 6 GiB, and unpacks to what it was: the harmless half of a bomb."""
    path = _of_archive(form, folder)
    with zipfile.ZipFile(path) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
        # The directory of the archive is written when it is closed, with what an entry says by then.
        archive.getinfo("config.json").file_size = _CLAIMED


def _archive_twice(form, folder):
    path = _of_archive(form, folder)
    with zipfile.ZipFile(path) as archive:
        data = archive.read("config.json")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("config.json", data + b" ")


def _layer_name_path(form, folder):
    path = models.written(models.plain(), form, folder)

    def change(config):
        models.place_of(config)["config"]["name"] = "../" + CANARY

    models.edit_configuration(path, form, change)


def _graph_writes_a_file(form, folder):
    import tensorflow as tf

    def function(x):
        with tf.control_dependencies([tf.raw_ops.WriteFile(filename=os.path.join(folder, "work", RAN), contents="")]):
            return {"given": x + 0.0}

    _saved_module(models.path_of(form, folder), function)


def _graph_calls_python(form, folder):
    import tensorflow as tf

    def touch(x):
        import pathlib

        pathlib.Path(RAN).touch()
        return x

    _saved_module(models.path_of(form, folder), lambda x: {"given": tf.numpy_function(touch, [x], tf.float32)})


MAKERS = {
    "lambda": _lambda,
    "lambda-in-a-wrapper": _lambda_in_a_wrapper,
    "lambda-in-a-submodel": _lambda_in_a_submodel,
    "foreign-class": _foreign_class,
    "foreign-model": _foreign_model,
    "foreign-function": _foreign_function,
    "named-callable": _named_callable,
    "unsafe-switch": _unsafe_switch,
    "torch-module": _torch_module,
    "vocabulary-path": _vocabulary_path,
    "tfsm-layer": _tfsm_layer,
    "external-storage": _in_weights(_external_storage),
    "external-link": _in_weights(_external_link),
    "external-group": _in_weights(_external_group),
    "virtual-dataset": _in_weights(_virtual_dataset),
    "huge-shape": _in_weights(_huge_shape),
    "archive-path": _archive_path,
    "archive-bomb": _archive_bomb,
    "archive-twice": _archive_twice,
    "layer-name-path": _layer_name_path,
    "graph-writes-a-file": _graph_writes_a_file,
    "graph-calls-python": _graph_calls_python,
}
