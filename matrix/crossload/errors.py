"""Every error that ends a command, each with its exit code.

A message says what is wrong, where, and what to do, in one or two lines; the CLI prints it without a traceback.
"""

import difflib
from collections.abc import Iterable


class CrossloadError(Exception):
    """Base of all errors that a user can cause or meet."""

    exit_code = 2


class ConfigError(CrossloadError):
    """``matrix.toml`` or an option holds something that cannot be used."""


class SelectionError(CrossloadError):
    """An option names something that does not exist, or the selection is empty."""


class LockError(CrossloadError):
    """The resolver found no set of pins, or a lock file is missing or not one of ours."""


class StoreError(CrossloadError):
    """The results cannot be read or written (damaged, from a newer Crossload, disk full)."""


class ClusterError(CrossloadError):
    """The machines that were to do the work cannot be reached, or are not fit for it."""


class NothingCouldRunError(CrossloadError):
    """No environment of the selection is available."""

    exit_code = 3


class UntrueError(CrossloadError):
    """What environments answered cannot be: no result of the run counts."""

    exit_code = 3


def nearest(name: str, known: Iterable[str]) -> str:
    """Return `` Did you mean X?`` for the known name closest to ``name``, or an empty string."""
    matches = difflib.get_close_matches(name, list(known), n=1, cutoff=0.4)
    return f" Did you mean {matches[0]!r}?" if matches else ""
