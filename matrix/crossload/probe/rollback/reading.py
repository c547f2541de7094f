"""What a whole model's file of Keras 3 says: it says it in the places where Keras 2 does."""

from ..remedies import file_kinds
from ..translate import reading, stored


def read(path):
    """Read a file; gives a ``stored.StoredModel``.

    :raises NotApplicableError: it is no whole model of Keras 3.
    :raises NotTranslatableError: it is one, and damaged.
    """
    return reading.read_with(
        {
            file_kinds.HDF5: lambda path: stored.read_hdf5(path, stored.is_of_keras_3),
            file_kinds.ZIP: lambda path: stored.read_zip(path, stored.is_of_keras_3),
        },
        path,
    )
