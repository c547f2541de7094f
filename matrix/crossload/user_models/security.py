"""What a user's file could do to whoever loads it, environment by environment, and which files that it names it may read."""

import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from crossload.environments.model import Environment
from crossload.inspection.carried import CODE, MEANINGS, NAMED_FILE, Carried
from crossload.inspection.security.standing import Standing, package_of, standings
from crossload.user_models.model_file import ModelError, UserModel
from crossload.user_models.saver import keras_of
from crossload.util.files import below

# Findings that are told one by one; a file of a hundred Lambdas says no more than one of three.
_MOST = 12
# Bytes of a file or folder beside the model that is let through without being asked for.
_LARGEST_BESIDE = 1 << 30
_MOST_FILES_BESIDE = 1000
# The first Keras whose `.keras` is an archive, with a safe mode.
_FIRST_ARCHIVE = Version("2.12")


@dataclass(frozen=True)
class LoaderRisk:
    """What one environment's Keras lets of what a file carries.

    :param standings: one for each construct that it lets.
    """

    environment: str
    keras: str
    standings: tuple[Standing, ...]

    @property
    def advisories(self) -> tuple[str, ...]:
        """Identifiers of what is published about it; what was measured and is not published has a name of its own."""
        return tuple(dict.fromkeys(name for item in self.standings for name in item.names))

    @property
    def fixed(self) -> tuple[str, ...]:
        """Versions of Keras that guard against all of them, one a line that is kept up; empty where none does."""
        versions = {version for item in self.standings for one in item.published for version in one.fixed}
        return tuple(sorted(versions, key=_as_numbers))


def carried_rows(carries: Sequence[Carried]) -> list[str]:
    """What a file carries, in words, with where it lies."""
    rows = [f"{MEANINGS[item.construct]}{f' ({item.where})' if item.where else ''}" for item in carries[:_MOST]]
    return rows + ([f"and {len(carries) - _MOST} more"] if len(carries) > _MOST else [])


def runs_code(model: UserModel) -> bool:
    """Whether loading the file may run code that came with it."""
    return any(item.construct in CODE for item in model.found.carries)


def standings_of(model: UserModel, environment: Environment) -> list[Standing]:
    """How an environment's Keras stands to what a file carries."""
    return _standings(model, environment, model.format)


def _standings(model: UserModel, environment: Environment, form: str) -> list[Standing]:
    version = keras_of(environment)
    if version is None:
        return []
    return standings(model.found.carries, form, str(version), package_of(environment.variant))


def loader_risks(model: UserModel, environments: Iterable[Environment]) -> list[LoaderRisk]:
    """Environments whose Keras does not guard against what the file carries."""
    risks = []
    for environment in environments:
        found = tuple(item for item in standings_of(model, environment) if item.lets)
        if found:
            risks.append(LoaderRisk(environment.id, str(keras_of(environment)), found))
    return risks


def stops_that_let(
    model: UserModel, recipe: Sequence[tuple[str, str]], environments: Mapping[str, Environment]
) -> dict[str, str]:
    """Environments on a way whose Keras lets what the file carries, each with what becomes of it there.

    :param recipe: the stops: environment, and the format that it saves in. What a stop loads is the format that came before.
    """
    found: dict[str, str] = {}
    form = model.format
    for name, saved_as in recipe:
        environment = environments.get(name)
        for item in _standings(model, environment, form) if environment is not None else ():
            if item.lets:
                found.setdefault(name, f"{MEANINGS[item.carried.construct]}: {item.text}")
        form = _written(saved_as, environment)
    return found


def _written(form: str, environment: Environment | None) -> str:
    """The format that an environment really writes: before 2.12, `.keras` is but another name of an HDF5 file."""
    version = keras_of(environment) if environment is not None else None
    return "h5" if form == "keras" and version is not None and version < _FIRST_ARCHIVE else form


def _as_numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def mended(fixed: Sequence[str]) -> str:
    """In words the versions of Keras that guard against a weakness."""
    return f"mended in Keras {', '.join(fixed)}" if fixed else "not mended in any release"


def risk_lines(model: UserModel, environments: Iterable[Environment]) -> list[str]:
    """What is to be known of a file before it is loaded anywhere; nothing where there is nothing."""
    carries = model.found.carries
    if not carries:
        return []
    lines = [f"carries: {row}" for row in carried_rows(carries)]
    several = len({item.construct for item in carries}) > 1
    for environment in environments:
        for item in standings_of(model, environment):
            which = f"{item.carried.construct}: " if several else ""
            fixed = sorted({version for one in item.published for version in one.fixed}, key=_as_numbers)
            end = f"; {mended(fixed)}" if item.lets and item.published else ""
            lines.append(f"  {environment.id} (Keras {keras_of(environment)}): {which}{item.text}{end}")
    return lines


@dataclass(frozen=True)
class Named:
    """A file or folder that a model names, to be read when it is loaded.

    :param path: as the model names it; what is not absolute starts from the folder of whoever loads it.
    :param where: the layer that names it.
    :param source: what is let through, read-only; None where nothing is.
    :param why: why it is let through, or why not and what to do.
    :param surely: whether loading reads it, as Keras' own layers do; otherwise its name only looks like that of a file.
    """

    path: str
    where: str
    source: Path | None
    why: str
    surely: bool = True

    def __str__(self) -> str:
        place = f" ({self.where})" if self.where else ""
        return f"reads {self.path}{place}: {self.why}" if self.source else f"names {self.path}{place}, {self.why}"


def allowed_paths(given: Sequence[Path]) -> tuple[Path, ...]:
    """What a user lets models read, as absolute paths.

    :raises ModelError: it is not there.
    """
    for path in given:
        if not path.exists():
            raise ModelError(f"--allow-read {path}: there is no such file or folder.")
    return tuple(path.absolute() for path in given)


def named_files(model: UserModel, allowed: Sequence[Path] = ()) -> list[Named]:
    """What becomes of each file that a model names.

    A file that nobody trusts may name any other one, and what it learns from it may end in what is written. So it gets what lies
    beside it, as plain files without links and not hidden, and else only what the user names.

    :param allowed: what the user lets it read: files, and folders with all that is in them.
    """
    found = {}
    for item in model.found.carries:
        if item.names and item.names not in found:
            source, why = _source_of(item.names, model.path, allowed)
            if source is not None or item.construct != NAMED_FILE or Path(item.names).is_absolute():
                found[item.names] = Named(item.names, item.where, source, why, item.construct != NAMED_FILE)
    return list(found.values())


def _source_of(name: str, model: Path, allowed: Sequence[Path]) -> tuple[Path | None, str]:
    if "://" in name:
        return None, "which is a URL: nothing is fetched here. Fetch it, and name the copy in the model"
    folder = model.absolute().parent
    path = Path(name)
    given = _given(path, allowed)
    if given is not None:
        return given, "let through by --allow-read"
    beside = path if path.is_absolute() else folder / path
    if not beside.exists():
        place = "" if path.is_absolute() else f", beside the model ({folder})"
        return None, f"which is not here{place}: put it there, or name it with --allow-read FILE"
    reason = _why_not_beside(beside, folder)
    if reason:
        return (
            None,
            f"which is hidden from it ({reason}): --allow-read {beside} lets it through, if you trust the model",
        )
    return beside, "it lies beside the model"


def _given(path: Path, allowed: Sequence[Path]) -> Path | None:
    """What the user lets through under a name: the very file, one of a folder, or what ends as the name does."""
    places = [path] if path.is_absolute() else [Path.cwd() / path]
    for place in places:
        real = Path(os.path.realpath(place))
        if place.exists() and any(real.is_relative_to(os.path.realpath(item)) for item in allowed):
            return place
    if path.is_absolute() or ".." in path.parts:
        return None
    for item in allowed:
        if item.parts[-len(path.parts) :] == path.parts:
            return item
        inside = item / path
        if inside.exists() and os.path.realpath(inside) == str(Path(os.path.realpath(item)) / path):
            return inside
    return None


def _why_not_beside(path: Path, folder: Path) -> str:
    """Why what a model names is not simply its companion; empty where it is one."""
    if ".." in path.parts or not path.is_relative_to(folder) or path == folder:
        return "it does not lie in the model's folder"
    if folder in (Path.home(), Path(folder.root)):
        return "the model lies in a home folder"
    if any(part.startswith(".") for part in path.relative_to(folder).parts):
        return "its name begins with a dot"
    place = folder
    for part in path.relative_to(folder).parts:
        place = place / part
        if place.is_symlink():
            return "a link"
    return _not_plain(path)


def _not_plain(path: Path) -> str:
    """Why a file, or a folder with everything in it, is more than plain files of a bearable size; empty where it is not."""
    size = count = 0
    for item in (path, *below(path)) if path.is_dir() else (path,):
        about = item.lstat()
        if not stat.S_ISREG(about.st_mode) and not stat.S_ISDIR(about.st_mode):
            return "it holds a link, a pipe or a device" if item != path else "no plain file"
        size, count = size + about.st_size, count + 1
        if size > _LARGEST_BESIDE or count > _MOST_FILES_BESIDE:
            return f"more than {_LARGEST_BESIDE >> 20} MB or {_MOST_FILES_BESIDE} files"
    return ""
