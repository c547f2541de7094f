"""Which environments there are, and which of them ``--tf`` names."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from crossload.config import EnvironmentConfig, MatrixConfig
from crossload.domain.versions import HARDWARE, KERAS_3, TODAY, EnvironmentId
from crossload.environments.lock_files import lock_path
from crossload.environments.model import Environment
from crossload.errors import SelectionError, nearest

ALL = "all"
_LATEST = re.compile(r"^latest:([1-9][0-9]*)$")


def all_environments(config: MatrixConfig) -> dict[str, Environment]:
    """Every configured environment by id, in the order of their versions.

    :raises SelectionError: an id is not of the form ``2.10-cpu`` or ``2.16+tf_keras-cpu``.
    """
    for name in config.environments:
        if not EnvironmentId.is_id(name):
            raise SelectionError(f"environment id {name!r} is not of the form 2.10-cpu or 2.16+tf_keras-cpu.")
    lines, own = config.environments, config.lock_folder
    bases = {
        name: Environment(name, lines[name], own_locks=own) for name in {line.like for line in lines.values()} - {""}
    }
    found = [
        bases.get(name)
        or Environment(name, line, base=bases.get(line.like), own_locks=own, unresolved=_why_unlocked(name, line, own))
        for name, line in lines.items()
    ]
    return {environment.id: environment for environment in sorted(found, key=lambda item: item.sort_key)}


def _why_unlocked(name: str, line: EnvironmentConfig, own: Path | None) -> str:
    """Why an environment cannot be had before somebody locks it; empty where that is not so."""
    return line.unavailable if line.unavailable and not lock_path(name, own).is_file() else ""


def select(
    environments: Mapping[str, Environment], words: Iterable[str], hardware: Iterable[str] = ("cpu",)
) -> list[Environment]:
    """Environments named by ``--tf`` words: ``2.10``, ``keras3.7``, an id, ``all``, ``keras3``, ``variants`` or ``latest:3``.

    ``all`` is every minor of TensorFlow, every one with legacy Keras, every minor of Keras 3, and what pip gives today;
    ``keras3`` is every minor of Keras 3; ``variants`` is what varies one thing of a release. ``nightly`` and what remains
    only by name.

    :raises SelectionError: a word names nothing.
    """
    kinds = list(hardware)
    for kind in kinds:
        if kind not in HARDWARE:
            raise SelectionError(f"unknown hardware {kind!r}.{nearest(kind, HARDWARE)} Known: {', '.join(HARDWARE)}.")
    pool = {name: environment for name, environment in environments.items() if environment.hardware in kinds}
    plain = [item for item in pool.values() if item.name.is_plain]
    chosen: dict[str, Environment] = {}
    for word in (word.strip() for word in words):
        if word == ALL:
            matches = [item for item in pool.values() if _says_something_new(item.name)]
        elif word == "variants":
            matches = [item for item in pool.values() if item.config.like and item.name.is_release]
        elif word == KERAS_3:
            matches = [item for item in pool.values() if item.name.is_keras_3 and not item.variant]
        elif latest := _LATEST.match(word):
            versions = sorted({item.tensorflow for item in plain})[-int(latest.group(1)) :]
            matches = [item for item in plain if item.tensorflow in versions]
        else:
            matches = [item for item in pool.values() if word in (item.id, item.label)]
        if not matches:
            labels = [item.label for item in environments.values()]
            raise SelectionError(
                f"no environment {word!r} for {', '.join(kinds)}.{nearest(word, labels)} `crossload envs` lists them."
            )
        chosen |= {item.id: item for item in matches}
    if not chosen:
        raise SelectionError("no environment is selected. Name some with --tf, for example --tf 2.10,2.16.")
    return sorted(chosen.values(), key=lambda item: item.sort_key)


def _says_something_new(name: EnvironmentId) -> bool:
    """Whether it belongs to ``all``: the base is a version, or what pip gives today, and nothing is exchanged but Keras' kind."""
    return name.is_plain or name.is_legacy_keras or (not name.variant and (name.is_keras_3 or name.base == TODAY))
