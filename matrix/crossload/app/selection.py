"""Resolves what a run was asked for, and remembers it, so that its report can be rendered again without saying it once more."""

import datetime
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from crossload.config import MatrixConfig, ProfileConfig
from crossload.domain.verdicts import SCORED, UNSCORED
from crossload.environments.nightly_lock import resolve
from crossload.environments.selection import ALL, all_environments
from crossload.environments.selection import select as select_environments
from crossload.errors import SelectionError, nearest
from crossload.execution.options import RunOptions, Selection
from crossload.execution.shards import select_shard
from crossload.inspection.bounds import json_value
from crossload.planning.matrix import Matrix, expand_formats, make_works
from crossload.planning.sample import same_keras
from crossload.scenario_index import index_scenarios
from crossload.scenario_index import select as select_scenarios
from crossload.util.files import read_plain, write_text_atomically
from crossload.util.terminal import lines_to


def select_matrix(options: RunOptions, config: MatrixConfig) -> Matrix:
    """Resolve every selection of a run.

    :raises SelectionError: an unknown name, or nothing left.
    """
    selection = options.selection
    profile = find_profile(config, selection.profile)
    words = selection.tf if selection.tf is not None else profile.environments
    chosen = select_environments(all_environments(config), words, selection.hardware)
    scenarios = index_scenarios(options.config.parent / folder for folder in config.scenario_folders)
    picked = (
        select_scenarios(scenarios, selection.scenario) if selection.scenario is not None else list(scenarios.values())
    )
    formats = expand_formats(selection.formats) if selection.formats is not None else None
    works = make_works(profile, picked, formats, named=selection.scenario is not None)
    chosen = [resolve(environment, selection.day, locks_of(options.out)) for environment in chosen]
    for environment in chosen:
        _ = environment.digest  # a missing lock is said before anything is built
    matrix = Matrix(tuple(chosen), works)
    if ALL in words:
        # Whoever names an environment wants it in full.
        named = [word for word in words if word != ALL]
        known = {item.id: item for item in chosen}
        in_full = [item.id for item in select_environments(known, named, selection.hardware)] if named else []
        matrix = matrix.sampled(same_keras(chosen, in_full), config.sample)
    return select_shard(matrix, options.shard) if options.shard is not None else matrix


def locks_of(out: Path) -> Path:
    """Where the locks lie that floating environments of a run were resolved to."""
    return out / "store" / "locks"


def find_profile(config: MatrixConfig, name: str) -> ProfileConfig:
    """A profile of the configuration.

    :raises SelectionError: there is none of that name.
    """
    if name not in config.profiles:
        known = ", ".join(config.profiles)
        raise SelectionError(f"unknown profile {name!r}.{nearest(name, config.profiles)} Known: {known}.")
    return config.profiles[name]


def check_fail_on(words: Sequence[str], further: Sequence[str] = ()) -> None:
    """Raise SelectionError unless every word is a verdict, ``never``, or one of the ``further`` conditions."""
    known = [*further, *SCORED, *UNSCORED, "never"]
    for word in words:
        if word not in known:
            raise SelectionError(
                f"--fail-on: unknown condition {word!r}.{nearest(word, known)} Known: {', '.join(known)}."
            )


def with_last_selection(options: RunOptions, console: Console) -> RunOptions:
    """The options with the selection of the folder's last run, where that is known; it is said."""
    last = last_selection(options.out)
    if last is None:
        return options
    lines_to(console)(f"As the last run: {last.words}")
    return replace(options, selection=last)


def _path(out: Path) -> Path:
    return out / "store" / "selection.json"


def remember(out: Path, selection: Selection) -> None:
    """Note what a run that begins was asked for; where it cannot be written, the run goes on without."""
    told = asdict(selection) | {"as_of": selection.day.isoformat()}
    with suppress(OSError):
        write_text_atomically(_path(out), json.dumps(told) + "\n")


def last_selection(out: Path) -> Selection | None:
    """What the last run into this folder was asked for; None where that is not known."""
    try:
        told: Mapping[str, Any] = json_value(read_plain(_path(out)))
        # Every part is there: what a run leaves out it writes as null.
        parts = {name: told[name] for name in (item.name for item in fields(Selection))}
        return Selection(**{**parts, "as_of": datetime.date.fromisoformat(told["as_of"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None
