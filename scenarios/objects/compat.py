"""Public Keras names that moved between TensorFlow 2.0 and today."""

from tensorflow import keras


def preprocessing_layer(name):
    """A preprocessing layer class: in ``keras.layers`` since 2.6, in ``experimental.preprocessing`` below it before."""
    try:
        return getattr(keras.layers, name)
    except AttributeError:
        return getattr(keras.layers.experimental.preprocessing, name)


def register_serializable(package):
    """``register_keras_serializable(package)``, wherever this Keras keeps it."""
    utils = getattr(keras.utils, "register_keras_serializable", None)
    if utils is None:
        return keras.saving.register_keras_serializable(package=package)
    return utils(package=package)


def set_global_policy(name):
    """Set the global precision policy; the API was experimental up to 2.3."""
    mixed_precision = keras.mixed_precision
    if hasattr(mixed_precision, "set_global_policy"):
        mixed_precision.set_global_policy(name)
    else:
        mixed_precision.experimental.set_policy(name)
