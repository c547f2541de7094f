"""A vocabulary file that lies outside every model: where a model that names it is saved, and where it is loaded."""

import os
import tempfile

from scenarios.objects.outside import folder

PATH = os.path.join(folder(), "vocabulary.txt")
WORDS = ("model", "saved", "layer", "weight", "the")


def _write():
    """Write it in one step: another process may be doing the same."""
    handle, name = tempfile.mkstemp(dir=folder())
    with os.fdopen(handle, "w") as stream:
        stream.write("\n".join(WORDS) + "\n")
    os.rename(name, PATH)


_write()
