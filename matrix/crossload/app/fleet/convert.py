"""``crossload convert`` for many models, and ``verify``: a folder that mirrors the sources, and vouches for every file."""

import json
import os
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from crossload.app.check import check_model
from crossload.app.convert import Target, convert_model
from crossload.app.model_bench import ModelOptions
from crossload.config import load_config
from crossload.domain.verdicts import LOADS
from crossload.environments.nightly_lock import resolve
from crossload.environments.selection import all_environments
from crossload.errors import CrossloadError, SelectionError, StoreError
from crossload.fleet.downloads import Downloads
from crossload.fleet.reading import Read, read_all
from crossload.fleet.settings import Given, read_settings
from crossload.fleet.sources import find
from crossload.fleet.statements import (
    GOOD,
    Verified,
    is_up_to_date,
    read_proof,
    statement_path,
    verify,
    write_statement,
)
from crossload.user_models.convert import proof_path
from crossload.user_models.saver import environment_named
from crossload.util.clock import today
from crossload.util.files import write_text_atomically
from crossload.util.terminal import Say

CONVERTED, UP_TO_DATE, FAILED = "converted", "up to date", "failed"
_SUFFIXES = {"keras": ".keras", "h5": ".h5", "savedmodel": ""}


@dataclass(frozen=True)
class Done:
    """One model of a fleet.

    :param state: ``converted``, ``up to date`` or ``failed``.
    :param out: where the converted file lies, below the folder; empty where there is none.
    """

    name: str
    state: str
    out: str = ""
    why: str = ""


@dataclass(frozen=True)
class Many:
    """Models to be converted, and what goes with them; see :class:`crossload.app.fleet.FleetOptions`."""

    sources: Sequence[str]
    config: Path
    common: Given
    settings: Path | None = None
    backend: str = "auto"
    trust: bool = False
    most_gb: float = 64.0


def convert_fleet(options: Many, target: Target, local_run: Path | None, say: Say) -> list[Done]:
    """Convert every model into a folder that mirrors the sources. Nothing is overwritten; what is up to date is left as it is.

    :param target: with the folder as ``out``.
    :param say: receives a line for every model.
    :return: what became of each; ``manifest.json`` in the folder says the same.
    :raises CrossloadError: a source cannot be followed, or something given cannot be used.
    """
    settings = load_config(options.config)
    to = resolve(environment_named(target.to, all_environments(settings)), today())
    if target.format not in _SUFFIXES:
        raise SelectionError(
            f"--format {target.format}: is not a format of whole models. Known: {', '.join(_SUFFIXES)}."
        )
    folder = target.out
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{folder}: is no folder that can be written ({error.strerror}).") from None
    done: list[Done] = []
    with tempfile.TemporaryDirectory(prefix="crossload-") as laid_out:
        finds = find(options.sources, Downloads(Path(laid_out), largest=int(options.most_gb * 1e9)).fetch)
        read = read_all(finds, read_settings(options.settings, options.common), os.cpu_count())
        if not read:
            raise SelectionError(f"{', '.join(options.sources)}: no saved model was found there.")
        places = destinations([item.found.name for item in read], _SUFFIXES[target.format])
        for number, (item, place) in enumerate(zip(read, places, strict=True), 1):
            made = _one(options, item, replace(target, out=folder / place), local_run, to.digest)
            done.append(made)
            said = f": {made.why}" if made.why else ""
            say(f"{number} of {len(read)}: {item.found.name}: {made.state}{said}")
            _write_manifest(folder, done, target)
    return done


def _one(options: Many, item: Read, target: Target, local_run: Path | None, lock: str) -> Done:
    """Convert one model; whatever it raises is its own."""
    name, out = item.found.name, target.out
    if item.opened is None:
        return Done(name, FAILED, why=item.problem)
    try:
        if is_up_to_date(out, item.digest, lock):
            proof = read_proof(out)
            if proof is not None and not statement_path(out).exists():
                write_statement(out, proof)  # what was stopped between the two
            return Done(name, UP_TO_DATE, str(out))
        if not out.exists() and read_proof(out) is not None:
            proof_path(out).unlink()  # of a conversion that was killed before its file was there
        out.parent.mkdir(parents=True, exist_ok=True)
        asked = ModelOptions(
            model=item.opened.path,
            config=options.config,
            custom_objects=item.given.custom_objects,
            build=item.given.build,
            inputs=item.given.inputs,
            saved_with=item.given.saved_with,
            backend=options.backend,
            trust=options.trust,
        )
        made = convert_model(asked, target, local_run, lambda line: None)
        write_statement(out, made.proof)
    except (CrossloadError, OSError) as error:
        return Done(name, FAILED, why=str(error))
    except Exception as error:  # our own fault: said, and the others go on
        return Done(name, FAILED, why=f"a fault of Crossload: {type(error).__name__}: {error}")
    return Done(name, CONVERTED, str(out))


def destinations(names: Sequence[str], suffix: str) -> list[PurePosixPath]:
    """Where converted models go, below a folder: as the sources have them. Of two that would be one, both keep their suffixes."""

    def below(name: str) -> PurePosixPath:
        # A name may begin with its source, or be a whole path: nothing may lead out of the folder.
        parts = [
            part.replace(":", "_")
            for part in PurePosixPath(name.replace("\\", "/")).parts
            if part not in ("/", "..", ".")
        ]
        return PurePosixPath(*parts)

    plain = [below(name) for name in names]
    shorter = [
        place.with_name((place.stem if place.suffix in (".h5", ".hdf5", ".keras") else place.name) + suffix)
        for place in plain
    ]
    counts = Counter(shorter)
    longer = [
        place if counts[place] == 1 else whole.with_name(whole.name + (suffix or "-saved"))
        for place, whole in zip(shorter, plain, strict=True)
    ]
    seen: Counter[PurePosixPath] = Counter()
    unique = []
    for place in longer:
        unique.append(place.with_name(f"{place.stem}-{seen[place] + 1}{place.suffix}") if seen[place] else place)
        seen[place] += 1
    return unique


def _write_manifest(folder: Path, done: Sequence[Done], target: Target) -> None:
    told = {"to": target.to, "format": target.format, "models": [vars(item) for item in done]}
    write_text_atomically(folder / "manifest.json", json.dumps(told, indent=1) + "\n")


def verify_folder(
    folder: Path, reload: bool, custom_objects: str | None, config: Path, trust: bool, backend: str
) -> list[Verified]:
    """Hold converted files against what vouches for them.

    :param reload: also load each in the environment that it was made for.
    :param custom_objects: what goes with them there.
    :raises SelectionError: there is no such folder, or nothing in it.
    """
    if not folder.is_dir():
        raise SelectionError(f"{folder}: there is no such folder.")
    found = verify(folder)
    if not found:
        raise SelectionError(f"{folder}: holds neither converted files nor statements.")
    return [_reloaded(item, custom_objects, config, trust, backend) if reload else item for item in found]


def _reloaded(item: Verified, custom_objects: str | None, config: Path, trust: bool, backend: str) -> Verified:
    if item.state != GOOD:
        return item
    version = item.to
    options = ModelOptions(
        item.path, config, custom_objects=custom_objects, saved_with=version, backend=backend, trust=trust
    )
    try:
        found, _ = check_model(options, [version], False, None, None, lambda line: None)
    except CrossloadError as error:
        return replace(item, state="does not load", why=str(error))
    verdict = found.verdicts.get(version, "")
    return (
        item
        if verdict in LOADS
        else replace(item, state="does not load", why=f"{version}: {verdict or 'not measured'}")
    )
