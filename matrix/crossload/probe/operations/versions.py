"""What an environment is made of, as seen from inside."""

import platform


def _version(module_name):
    import importlib

    try:
        module = importlib.import_module(module_name)
    except Exception:
        return None
    return getattr(module, "__version__", None)


def _keras_version():
    """``tf.keras.__version__`` is missing in 2.13 to 2.15 and with legacy Keras: ask the package that provides it."""
    from tensorflow import keras

    version = getattr(keras, "__version__", None)
    if version:
        return version
    layer = keras.layers.Layer.__module__.split(".")[0]
    return _version({"tf_keras": "tf_keras"}.get(layer, "keras"))


def collect(tf):
    """Versions that decide what a saved file looks like, by name."""
    return {
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": _keras_version(),
        "h5py": _version("h5py"),
        "numpy": _version("numpy"),
        "protobuf": _version("google.protobuf"),
    }
