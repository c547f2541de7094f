"""Which reader reads a file of a whole model."""

from ..errors import NotApplicableError, NotTranslatableError
from ..remedies import file_kinds
from . import savedmodel, stored


def read(path):
    """Read a file; gives a ``stored.StoredModel``.

    :raises NotApplicableError: it is no whole model of Keras 2.
    :raises NotTranslatableError: it is one, and damaged.
    """
    return read_with(
        {file_kinds.HDF5: stored.read_hdf5, file_kinds.ZIP: stored.read_zip, file_kinds.SAVEDMODEL: savedmodel.read},
        path,
    )


def read_with(readers, path):
    """What the reader of a file's container gives.

    :param readers: functions of a path, by container.
    :raises NotApplicableError: no reader is for it, or it says so.
    :raises NotTranslatableError: the file is damaged.
    """
    kind = file_kinds.container(path)
    if kind not in readers:
        raise NotApplicableError("no file of a whole model")
    try:
        return readers[kind](path)
    except (NotApplicableError, NotTranslatableError, MemoryError):
        raise
    except Exception as error:  # a damaged file fails in as many ways as there are bytes
        raise NotTranslatableError("the file cannot be read: %s: %s" % (type(error).__name__, error)) from error
