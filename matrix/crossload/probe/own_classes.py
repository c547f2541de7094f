"""How classes are called, and which are the user's own."""

# TensorFlow 2.0 calls itself `tensorflow_core` inside.
_OF_KERAS = ("keras", "tf_keras", "tensorflow", "tensorflow_core")


def is_own(kind):
    """Whether a class was not written by Keras or TensorFlow."""
    return kind.__module__.split(".")[0] not in _OF_KERAS


def bare(name):
    """A class's name without the package that it was registered under: ``Addons>AdamW`` is ``AdamW``."""
    return name.split(">")[-1]
