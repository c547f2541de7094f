"""A folder for what a model refers to and does not hold: the same one where it is saved and where it is loaded."""

import os
import stat


def folder():
    """Make it where it is not there; only its owner may have put something into it."""
    # TMPDIR is another one for every worker, and what a file names has to be at the same place for all of them.
    path = os.path.join(os.sep, "tmp", "crossload-outside-%d" % os.getuid())
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        found = os.lstat(path)
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            raise OSError("%s belongs to somebody else" % path) from None
    return path
