"""Finds models: in files, folders, patterns, lists of them, and where URLs lead. Nothing is read here but first bytes."""

import fnmatch
import glob
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from crossload.errors import SelectionError
from crossload.inspection import kind_of
from crossload.inspection.bounds import printable
from crossload.inspection.containers import container_of
from crossload.user_models.model_file import files_of, prefix_of
from crossload.util.files import UnreadableError, expanded, read_plain, special_kind, walk

# What people call saved models: whatever is in such a file, its owner takes it for one.
NAMED_AS_MODELS = (".h5", ".hdf5", ".keras")
_URL = re.compile(r"[a-z][a-z0-9+.-]*:/", re.IGNORECASE)
_LIST = "@"
# Between the prefix of a checkpoint and the number of one of its files.
_DATA = re.compile(r"\.data-")
# Lists may name lists; one that names itself must not go on for ever.
_DEEPEST_LIST = 5
# Lists of lists, each many times, would keep whoever follows them for ever.
_MOST_PLACES = 300_000


@dataclass(frozen=True)
class Found:
    """What may be a model.

    :param name: how it is called in tables: its path below its source; told apart where two have the same.
    :param path: where it lies on this machine, as a load call is given it.
    :param source: what the user named.
    """

    name: str
    path: Path
    source: str

    def named(self, text: str) -> str:
        """A text about it that calls it what tables do: the same wherever it was laid out."""
        path = str(self.path)
        return text.replace(path, self.name) if os.sep in path else text


@dataclass
class Finds:
    """What sources hold.

    :param others: files that are no models, by suffix.
    """

    found: list[Found] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)

    def other(self, path: Path) -> None:
        """Count a file that is no model."""
        self.others[path.suffix.lower() or "no suffix"] += 1


# Brings what a URL names to this machine: the folder or file where it lies now.
Fetch = Callable[[str], Path]


def is_single(words: Sequence[str]) -> bool:
    """Whether a command is asked about one model rather than a fleet: one path, and not a folder around models."""
    if len(words) != 1 or is_url(words[0]) or words[0].startswith(_LIST):
        return False
    path = Path(words[0])
    if not os.path.lexists(path) and not files_of(path):
        return not glob.has_magic(words[0])
    if not path.is_dir() or kind_of(path) != "directory":
        return True
    # The folder around one checkpoint stands for it, unless something else that may be a model lies there, too.
    return prefix_of(path) != path and len(list(islice(_within(path, Finds()), 2))) == 1


def is_url(word: str) -> bool:
    """Whether a source is an address rather than a path."""
    return bool(_URL.match(word))


def find(words: Sequence[str], fetch: Fetch) -> Finds:
    """Everything that may be a model in sources.

    :param words: paths, patterns, ``@FILE`` for a list, URLs.
    :raises SelectionError: a source leads nowhere.
    :raises CrossloadError: a URL cannot be followed.
    """
    finds = Finds()
    for number, (word, root) in enumerate(_places(words, fetch, None, _DEEPEST_LIST)):
        if number >= _MOST_PLACES:
            raise SelectionError(f"more than {_MOST_PLACES:,} names stand for models. Name their folder.")
        for found, name in _within(root, finds):
            finds.found.append(Found(printable(name), found, word))
    finds.found = _named_apart(finds.found)
    return finds


def _places(words: Sequence[str], fetch: Fetch, folder: Path | None, depth: int) -> Iterator[tuple[str, Path]]:
    """Every file and folder that words stand for, with its word."""
    for word in words:
        if not word:
            raise SelectionError("a path is empty: it does not stand for this folder, which is `.`.")
        if word.startswith(_LIST):
            path = (folder or Path()) / word[1:]
            yield from _places(_lines(path, depth), fetch, path.parent, depth - 1)
        elif is_url(word):
            yield word, fetch(word)
        else:
            place = (folder or Path()) / expanded(Path(word))
            if os.path.lexists(place) or files_of(place):
                yield word, place
            elif glob.has_magic(word) and (matched := _matching(place)):
                yield from ((word, item) for item in matched)
            else:
                raise SelectionError(f"{printable(word)}: there is no such file or folder.")


def _matching(pattern: Path) -> list[Path]:
    """Paths that a pattern stands for, in order. As the glob module has it, but that ``**`` follows no links: three links that
    lead to their own folder are so many ways to each file that nobody sees the end of them.
    """
    places = [Path(pattern.anchor)]
    parts = pattern.parts[1 if pattern.anchor else 0 :]
    while parts[-1:] == ("**",):  # everything below a folder: that is what the folder stands for itself
        parts = parts[:-1]
    for part in parts:
        if part == "**":
            places = [below for place in places for below in _folders_below(place)]
        elif glob.has_magic(part):
            places = [place / name for place in places for name in _names_in(place) if _fits(name, part)]
        else:
            places = [place / part for place in places if os.path.lexists(place / part)]
    return sorted(set(places))


def _folders_below(place: Path) -> Iterator[Path]:
    """A folder and those below it; hidden ones are left out."""
    for here, folders, _ in walk(place) if place.is_dir() else ():
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield here


def _names_in(place: Path) -> list[str]:
    try:
        return os.listdir(place)
    except (OSError, ValueError):
        return []


def _fits(name: str, part: str) -> bool:
    """Whether a name is one that a part of a pattern stands for; hidden ones have to be named so."""
    return fnmatch.fnmatchcase(name, part) and (part.startswith(".") or not name.startswith("."))


def _lines(path: Path, depth: int) -> list[str]:
    if depth <= 0:
        raise SelectionError(f"{path}: lists that name lists go too deep.")
    try:
        text = read_plain(path).decode("utf-8")
    except (OSError, UnreadableError, UnicodeDecodeError) as error:
        raise SelectionError(f"@{path}: the list cannot be read ({error}).") from None
    lines = (line.strip() for line in text.splitlines())
    return list(dict.fromkeys(line for line in lines if line and not line.startswith("#")))


def _within(root: Path, finds: Finds) -> Iterator[tuple[Path, str]]:
    """What may be a model at a place or below it, with its name."""
    if root.name == "saved_model.pb" and root.is_file():
        root = root.parent
    if not root.is_dir():
        if root.suffix == ".index" and files_of(root.with_suffix(""))[1:]:
            root = root.with_suffix("")
        if not root.is_file() or _is_candidate(root):
            yield root, root.name
        else:
            finds.other(root)
        return
    if kind_of(root) != "directory":
        yield root, root.name
        return
    # Links to folders are not followed: they may lead round in circles, or out.
    for here, folders, files in walk(root):
        for name in list(folders):
            if kind_of(here / name) == "savedmodel":
                folders.remove(name)
                yield here / name, str((here / name).relative_to(root))
        if here != root and kind_of(here) == "json+weights" and (here / "model.weights.h5").exists():
            files = [name for name in files if name not in ("model.json", "model.weights.h5")]
            yield here, str(here.relative_to(root))
        yield from ((path, str(path.relative_to(root))) for path in _of_folder(here, files, finds))


def _of_folder(folder: Path, names: Sequence[str], finds: Finds) -> Iterator[Path]:
    """What may be a model among the files of one folder; the files of a checkpoint are one."""
    # Of a name with several dots any part may be the prefix.
    data = {name: {name[: found.start()] for found in _DATA.finditer(name)} for name in names}
    prefixes = {name.removesuffix(".index") for name in names if name.endswith(".index")} & set().union(*data.values())
    claimed = {f"{prefix}.index" for prefix in prefixes} | ({"checkpoint"} if prefixes else set())
    for name in sorted({*names, *prefixes}):
        path = folder / name
        if name in prefixes:
            yield path
        elif name in claimed or data.get(name, set()) & prefixes:
            continue
        elif _is_candidate(path):
            yield path
        else:
            finds.other(path)


def _is_candidate(path: Path) -> bool:
    """Whether a file may be a model: by its name, or by what it begins with."""
    if special_kind(path):
        return False
    if path.suffix.lower() in NAMED_AS_MODELS:
        return True
    try:
        return path.is_file() and container_of(path) in ("hdf5", "zip")
    except OSError:
        return False


def _named_apart(found: Sequence[Found]) -> list[Found]:
    """The same, without what two sources both name, and with names of which each is there once."""
    once = list({item.path.absolute(): item for item in reversed(found)}.values())[::-1]
    counts = Counter(item.name for item in once)
    apart = [
        Found(f"{printable(item.source)}: {item.name}", item.path, item.source) if counts[item.name] > 1 else item
        for item in once
    ]
    again = Counter(item.name for item in apart)
    return [Found(str(item.path), item.path, item.source) if again[item.name] > 1 else item for item in apart]
