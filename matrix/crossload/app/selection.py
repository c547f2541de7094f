"""Resolves what a run was asked for, and remembers it, so that its report can be rendered again without saying it once more."""

import datetime
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from crossload.config import MatrixConfig
from crossload.domain.verdicts import SCORED, UNSCORED
from crossload.environments.nightly_lock import resolve
from crossload.environments.selection import all_environments
from crossload.environments.selection import select as select_environments
from crossload.errors import SelectionError, nearest
from crossload.execution.options import RunOptions, Selection
from crossload.execution.shards import select_shard
from crossload.planning.matrix import Matrix, expand_formats, make_works
from crossload.scenario_index import index_scenarios
from crossload.scenario_index import select as select_scenarios
from crossload.util.files import write_text_atomically


def select_matrix(options: RunOptions, config: MatrixConfig) -> Matrix:
    """Resolve every selection of a run.

    :raises SelectionError: an unknown name, or nothing left.
    """
    if options.profile not in config.profiles:
        raise SelectionError(
            f"unknown profile {options.profile!r}.{nearest(options.profile, config.profiles)} "
            f"Known: {', '.join(config.profiles)}."
        )
    profile = config.profiles[options.profile]
    environments = all_environments(config)
    chosen = select_environments(
        environments, options.tf if options.tf is not None else profile.environments, options.hardware
    )
    scenarios = index_scenarios(options.config.parent / folder for folder in config.scenario_folders)
    picked = select_scenarios(scenarios, options.scenario) if options.scenario is not None else list(scenarios.values())
    formats = expand_formats(options.formats) if options.formats is not None else None
    works = make_works(profile, picked, formats, named=options.scenario is not None)
    day = _day_of(options)
    chosen = [resolve(environment, day) for environment in chosen]
    for environment in chosen:
        _ = environment.digest  # a missing lock is said before anything is built
    matrix = Matrix(tuple(chosen), works)
    return select_shard(matrix, options.shard) if options.shard is not None else matrix


def _day_of(options: RunOptions) -> datetime.date:
    return options.as_of or datetime.datetime.now(datetime.UTC).date()


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
    console.print(f"As the last run: {last.words}", highlight=False, markup=False, soft_wrap=True)
    return replace(options, **last._asdict())


def _path(out: Path) -> Path:
    return out / "store" / "selection.json"


def remember(out: Path, selection: Selection) -> None:
    """Note what a run that begins was asked for; where it cannot be written, the run goes on without."""
    told = selection._asdict() | {"as_of": selection.as_of.isoformat()}
    with suppress(OSError):
        write_text_atomically(_path(out), json.dumps(told) + "\n")


def last_selection(out: Path) -> Selection | None:
    """What the last run into this folder was asked for; None where that is not known."""
    try:
        told: Mapping[str, Any] = json.loads(_path(out).read_text(encoding="utf-8"))
        return Selection(**{**told, "as_of": datetime.date.fromisoformat(told["as_of"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None
