"""Keeps the bytecode of what is imported from the environment, and of nothing else.

Less than half of what lies in an environment is ever imported, and compiling all of it took longer than anything else in
building one. So Python compiles what it imports, once. Folders of users, and this one, are left as they are.
"""

import functools
import sys
from importlib.machinery import SourceFileLoader


def keep_for_environment():
    """From now on, bytecode of modules below ``sys.prefix`` is written. Where Python has no such hook, nothing is written."""
    write = getattr(SourceFileLoader, "_cache_bytecode", None)
    if write is None:
        return

    @functools.wraps(write)
    def write_below_prefix(loader, source_path, bytecode_path, data):
        if source_path.startswith(sys.prefix + "/"):
            write(loader, source_path, bytecode_path, data)

    SourceFileLoader._cache_bytecode = write_below_prefix
    sys.dont_write_bytecode = False
