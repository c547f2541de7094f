"""What a whole model's file of a newer Keras says: Keras 3 says it in the places where Keras 2 does."""

from ..remedies import file_kinds
from ..translate import reading, stored


def read(path):
    """Read a file; gives a ``stored.StoredModel``.

    :raises NotApplicableError: it is no whole model of Keras 3, and no zip of Keras 2, which no Keras up to 2.11 reads.
    :raises NotTranslatableError: it is one, and damaged.
    """
    return reading.read_with(
        {
            file_kinds.HDF5: lambda path: stored.read_hdf5(path, stored.is_of_keras_3),
            file_kinds.ZIP: lambda path: stored.read_zip(path, _has_a_version),
        },
        path,
    )


def _has_a_version(version):
    return stored.is_of_keras_2(version) or stored.is_of_keras_3(version)
