"""The remedy ``rename``: a copy under the name that goes with what the file really is."""

import os
import shutil

from ..errors import NotApplicableError
from ..formats import REBUILT
from . import file_kinds


def proper_name(path, gives):
    """The name that loaders expect of this file; None where its own name says what it is.

    :param gives: ``formats.REBUILT`` for a file of weights alone.
    """
    name = os.path.basename(path)
    kind = file_kinds.container(path)
    if kind == file_kinds.ZIP:
        return None if name.endswith(".keras") else "model.keras"
    if kind != file_kinds.HDF5:
        return None
    has_suffix = name.endswith((".h5", ".hdf5"))
    if gives != REBUILT:
        return None if has_suffix else "model.h5"
    if file_kinds.has_legacy_weights(path):
        # Keras 3 takes `.weights.h5` for its own layout and any other `.h5` for the legacy one.
        return None if has_suffix and not name.endswith(".weights.h5") else "weights.h5"
    return None if name.endswith(".weights.h5") else "model.weights.h5"


def rename(path, folder, context):
    """Copy a file under its proper name.

    :return: the copy's path, and what was done in words.
    :raises NotApplicableError: suffix and container agree.
    """
    name = proper_name(path, context.gives)
    if name is None:
        raise NotApplicableError("suffix and container agree")
    copy = os.path.join(folder, name)
    shutil.copyfile(path, copy)
    return copy, "a copy named %s" % name
