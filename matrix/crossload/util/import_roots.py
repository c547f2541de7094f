"""Folders to put on a child's path: each holds one package and nothing else.

What lies beside a package (a whole repository, a ``site-packages`` of another Python) must not be importable in an
environment: it would go before what is installed there.
"""

import atexit
import hashlib
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

from crossload.util.cache import cache_folder


@cache
def import_root(package: Path) -> Path:
    """The folder from which a package can be imported, and nothing else.

    It is the package's own parent where that holds nothing else; elsewhere a folder with one link, in the cache folder, named
    by the digest of where the package lies. Where the cache cannot be written, it lasts as long as this process.
    """
    package = package.resolve()
    if package.is_dir() and os.listdir(package.parent) == [package.name]:
        return package.parent
    name = hashlib.sha256(os.fsencode(package)).hexdigest()[:16]
    root = cache_folder().absolute() / "import-roots" / name
    if _is_right(root, package):
        return root
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=root.parent))
    except OSError:
        made = Path(tempfile.mkdtemp(prefix="crossload-"))
        atexit.register(shutil.rmtree, made, ignore_errors=True)
        root = made
    (made / package.name).symlink_to(package, target_is_directory=True)
    made.chmod(0o755)
    if made != root:
        _put(made, root)
    return root


def _is_right(root: Path, package: Path) -> bool:
    try:
        return os.listdir(root) == [package.name] and Path(os.readlink(root / package.name)) == package
    except OSError:
        return False


def _put(made: Path, root: Path) -> None:
    """Move a finished folder to its place; another process may do the same at this moment."""
    for _ in range(3):
        try:
            made.rename(root)
            return
        except OSError:
            (package,) = made.iterdir()
            if _is_right(root, package.resolve()):
                shutil.rmtree(made, ignore_errors=True)
                return
            # Somebody put more into it, or took the link away.
            shutil.rmtree(root, ignore_errors=True)
    made.rename(root)
