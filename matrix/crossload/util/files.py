"""Writes files so that a reader never sees half of one, and a writer that is killed leaves the old one; reads what somebody names
with an end.
"""

import errno
import os
import shutil
import stat
import tomllib
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

# Bytes of a text that is read at once: configurations, lists, statements.
LARGEST_TEXT = 64 << 20
# Of the results of a run.
LARGEST_RESULTS = 4 << 30
# Bytes of a TOML file: reading a megabyte takes a second, and nobody writes that much by hand.
LARGEST_TOML = 1 << 20
# Where files of the kernel lie: some of them end only when something happens, and some are the machine's whole memory.
_MADE_UP = ("/proc", "/sys", "/sys/kernel/debug", "/sys/kernel/tracing", "/sys/kernel/debug/tracing")

# Names of what a process has open: a file that a shell opened must be written to through them.
_OPEN_ALREADY = ("/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/")


class UnreadableError(ValueError):
    """A file is not read, for a reason that its user can act on."""


@cache
def _made_up() -> frozenset[int]:
    """Devices of the file systems whose files the kernel makes up when they are read."""
    found = set()
    for name in _MADE_UP:
        with suppress(OSError):
            found.add(os.stat(name).st_dev)
    return frozenset(found - {os.stat("/").st_dev})


def expanded(path: Path) -> Path:
    """A path with `~` and `~user` in the place of their folders; as it is where there is no such user."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def special_kind(path: Path) -> str:
    """What a path is where it is neither a file nor a folder, or a file that the kernel makes up: opening such a thing may never
    come back. Empty elsewhere.
    """
    try:
        about = path.stat()
    except (OSError, ValueError):
        return ""
    mode = about.st_mode
    if stat.S_ISREG(mode) and about.st_dev in _made_up():
        return "something that the kernel makes up"
    kinds = {
        stat.S_IFIFO: "a named pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
    }
    return kinds.get(stat.S_IFMT(mode), "")


def read_plain(path: Path, largest: int = LARGEST_TEXT) -> bytes:
    """The content of a small file that somebody names.

    :raises UnreadableError: it is no file, or larger than ``largest`` bytes.
    :raises OSError: it cannot be read.
    """
    if kind := special_kind(path):
        raise UnreadableError(kind)
    with path.open("rb") as stream:
        content = stream.read(largest + 1)
    if len(content) > largest:
        raise UnreadableError(f"more than {largest >> 20} MB")
    return content


def walk(root: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
    """Folders from a root on with the names of folders and of everything else in each, in order; links are not followed.

    Whoever takes a name out of the folders is not led into that one. Unlike ``os.walk`` and ``rglob`` of Python 3.11 it does not
    call itself: how deep folders are nested is up to whoever made them. What cannot be listed is empty.
    """
    pending = [root]
    while pending:
        here = pending.pop()
        folders: list[str] = []
        others: list[str] = []
        with suppress(OSError), os.scandir(here) as entries:
            for entry in entries:
                (folders if entry.is_dir(follow_symlinks=False) else others).append(entry.name)
        folders.sort()
        yield here, folders, sorted(others)
        pending += [here / name for name in reversed(folders)]


def below(folder: Path) -> list[Path]:
    """Everything below a folder, in order; links are named, and not followed."""
    return sorted(here / name for here, folders, others in walk(folder) for name in (*folders, *others))


def remove_folder(folder: Path) -> None:
    """Remove a folder with all that is in it, as far as that can be done; never raises for what is in it.

    Somebody's code may have filled it: folders within each other by the thousand, which `shutil.rmtree` of Python 3.11 takes for
    calls within each other, or folders that nobody may enter. So what lies in an inner folder is moved up first.
    """
    if folder.is_symlink() or not folder.is_dir():
        return
    with suppress(OSError):
        os.chmod(folder, 0o700)
        while inner := _emptied(folder):
            for path in inner:
                os.chmod(path, 0o700)
                for name in os.listdir(path):
                    os.rename(path / name, folder / uuid.uuid4().hex)
                os.rmdir(path)
        os.rmdir(folder)
    with suppress(RecursionError):
        shutil.rmtree(folder, ignore_errors=True)


def _emptied(folder: Path) -> list[Path]:
    """The folders in a folder, after everything else in it was removed."""
    inner: list[Path] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                inner.append(folder / entry.name)
            else:
                os.unlink(entry.path)
    return inner


def toml_table(text: str) -> dict[str, Any]:
    """What a text of TOML says.

    :raises tomllib.TOMLDecodeError: it is no TOML, nested deeper than can be read, or holds a number of too many digits.
    """
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise tomllib.TOMLDecodeError("nested too deep") from None
    except tomllib.TOMLDecodeError:
        raise
    except ValueError as error:  # a number of more digits than Python reads, a date that there is not
        raise tomllib.TOMLDecodeError(str(error).partition(";")[0]) from None


def write_atomically(path: Path, write: Callable[[Path], object]) -> Path:
    """Let `write` fill a file beside `path` and move it there; returns `path`.

    A device such as `/dev/null`, and what is open already, is written to as it is: a file that is moved there would take its
    place, for everybody. What else lies there is replaced, a pipe too: who writes to one may wait for ever.

    :raises OSError: it cannot be written; also where the path names no file, as `/` and the empty one, or a disk.
    """
    if not path.name:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if _is_device(path) or str(path).startswith(_OPEN_ALREADY):
        write(path)
        return path
    # Not the tempfile module: its files are readable by their owner only, and stay so after the move.
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        write(unfinished)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def _is_device(path: Path) -> bool:
    try:
        mode = path.lstat().st_mode
    except (OSError, ValueError):
        return False
    if stat.S_ISBLK(mode):
        raise PermissionError(errno.EPERM, "is a disk", str(path))
    return stat.S_ISCHR(mode)


def write_text_atomically(path: Path, text: str) -> Path:
    """Write UTF-8 text; returns `path`."""
    return write_atomically(path, lambda unfinished: unfinished.write_text(text, encoding="utf-8"))
