"""The remedy ``traced``: the copy without Lambda layers that the writer's own Keras made, where it lies beside the file."""

import os

from ..errors import NotApplicableError

FOLDER, FILE = "traced", "model.h5"


def beside(path):
    """Where the copy of a model lies."""
    return os.path.join(os.path.dirname(os.path.abspath(path)), FOLDER, FILE)


def traced_copy(path, _folder, _context):
    """Path of the copy, and what it is in words.

    :raises NotApplicableError: there is none: the model has no Lambda layer, or one that cannot be traced.
    """
    copy = beside(path)
    if not os.path.isfile(copy):
        raise NotApplicableError("no traced copy")
    return copy, "its Lambda layers as the operations that they run, traced where it was written"
