"""What is the user's own, and not of a package of Keras or TensorFlow."""

# TensorFlow 2.0 calls itself `tensorflow_core` inside.
_OF_KERAS = ("keras", "tf_keras", "tensorflow", "tensorflow_core")


def is_own(kind):
    """Whether a class was not written by Keras or TensorFlow."""
    return kind.__module__.split(".")[0] not in _OF_KERAS
