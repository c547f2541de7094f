"""Planning: which cells a selection holds, and what of them the store does not have yet."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from packaging.version import Version

from matrix.config import MatrixConfig, ProfileConfig, Tolerance
from matrix.environments import Environment, EnvironmentState
from matrix.errors import SelectionError, nearest
from matrix.outcomes import within
from matrix.probe import attempts, protocol
from matrix.probe.formats import FORMATS, GROUPS, OUTPUTS, WHOLE_MODEL
from matrix.scenario_index import Scenario
from matrix.store import Cell, content_key


@dataclass(frozen=True)
class Work:
    """One scenario in one format."""

    scenario: Scenario
    format: str

    def attempts(self) -> tuple[str, ...]:
        """What is tried in a cell: evidence first, since importing the scenario's module can not be undone."""
        evidence: tuple[str, ...] = ()
        if FORMATS[self.format].gives == WHOLE_MODEL and (
            self.scenario.options["custom_objects"] or self.scenario.options["import_modules"]
        ):
            evidence = attempts.EVIDENCE
        return (*evidence, attempts.PLAIN, *attempts.remedies_for(self.format))


@dataclass(frozen=True)
class Matrix:
    """Environments × scenarios × formats, as selected."""

    environments: tuple[Environment, ...]
    works: tuple[Work, ...]

    def pairs(self) -> Iterator[tuple[Work, Environment]]:
        """Every artifact to be written."""
        for environment in self.environments:
            for work in self.works:
                yield work, environment


def expand_formats(words: Iterable[str]) -> list[str]:
    """Format names, groups such as ``weights`` resolved.

    :raises SelectionError: an unknown name, with the nearest known one.
    """
    chosen: dict[str, None] = {}
    for word in (word.strip() for word in words):
        known = [*FORMATS, *GROUPS]
        if word not in known:
            raise SelectionError(f"unknown format {word!r}.{nearest(word, known)} Known: {', '.join(known)}.")
        chosen |= dict.fromkeys(GROUPS.get(word, (word,)))
    if not chosen:
        raise SelectionError(f"no format is selected. Known: {', '.join(FORMATS)}.")
    return list(chosen)


def make_works(
    profile: ProfileConfig, scenarios: Sequence[Scenario], formats: Sequence[str] | None, named: bool
) -> tuple[Work, ...]:
    """Scenarios × formats of a profile.

    :param formats: what ``--format`` asked for, or None for the profile's own.
    :param named: True where ``--scenario`` chose the scenarios; the profile's tags then do not filter.
    :raises SelectionError: nothing is left.
    """
    main = expand_formats(profile.formats)
    works = []
    for scenario in scenarios:
        if not named and profile.tags and not set(profile.tags) & set(scenario.tags):
            continue
        wide = bool(set(profile.wide_tags) & set(scenario.tags))
        wanted = formats or (list(FORMATS) if wide else main)
        allowed = scenario.options["formats"]
        works += [Work(scenario, name) for name in wanted if not allowed or name in allowed]
    if not works:
        raise SelectionError("no scenario is selected. `crossload scenarios` lists what there is and in which formats.")
    return tuple(works)


# A million cells ask for few different ones.
_version = cache(Version)


def why_not_applicable(scenario: Scenario, environment: Environment) -> str:
    """Why a scenario can not exist in an environment, from the versions it declares; empty when it can."""
    since, until = scenario.options["since"], scenario.options["until"]
    if environment.tensorflow < _version(since):
        return f"the scenario exists since TensorFlow {since}"
    if until and environment.tensorflow > _version(until):
        return f"the scenario exists until TensorFlow {until}"
    return ""


def environment_identity(state: EnvironmentState) -> list[Any]:
    """What makes two environments the same for a stored result."""
    environment = state.environment
    identity = [environment.digest, state.facts.get("python"), state.backend, environment.hardware]
    # The content of an image, not its digest: building it again from the same base and lock changes only the date in it.
    return [*identity, state.image["content"]] if state.image else identity


def artifact_key(work: Work, saver: EnvironmentState) -> str:
    """Key of what one environment writes for one scenario and format."""
    return content_key(protocol.PROBE_VERSION, work.scenario.digest, work.format, environment_identity(saver))


def cell_key(artifact: str, loader: EnvironmentState) -> str:
    """Key of one artifact loaded in one environment."""
    return content_key(artifact, environment_identity(loader))


class CellKeys:
    """Keys of many cells: those of :func:`cell_key`, with each environment's share of them written once."""

    def __init__(self, loaders: Mapping[str, EnvironmentState]) -> None:
        """
        :param loaders: states by the environment's id.
        """
        self._states = loaders
        self._endings: dict[str, str] = {}

    def key(self, artifact: str, loader: str) -> str:
        """Key of an artifact loaded in an environment, which is given by its id."""
        if loader not in self._endings:
            self._endings[loader] = ", " + json.dumps(environment_identity(self._states[loader]), sort_keys=True) + "]"
        # As json.dumps writes a list that begins with the artifact's key, which is hexadecimal.
        return hashlib.sha256(f'["{artifact}"{self._endings[loader]}'.encode()).hexdigest()


def tolerance_for(config: MatrixConfig, scenario: Scenario, saver: Environment, loader: Environment) -> Tolerance:
    """The tolerance of a cell: by the scenario's precision, wider where a GPU takes part: its kernels round differently."""
    chosen: Tolerance = getattr(config.tolerances, scenario.options["precision"])
    if saver.hardware == loader.hardware == "cpu":
        return chosen
    across = config.tolerances.cpu_cuda
    return Tolerance(atol=max(chosen.atol, across.atol), rtol=max(chosen.rtol, across.rtol))


def attempts_to_run(wanted: Sequence[str], cell: Cell | None, near: Tolerance) -> list[str]:
    """Attempts of a cell that have not been asked for yet.

    Remedies that were added since are not needed where the stored plain attempt gave matching outputs, nor after a stored
    remedy that did: the answer is the one that a run from scratch gives.
    """
    recorded: dict[str, Mapping[str, Any]] = {record["attempt"]: record for record in cell.records} if cell else {}
    faulty = any(record["outcome"] == "harness-error" for record in recorded.values())
    if cell is None or faulty or (attempts.PLAIN in cell.requested and attempts.PLAIN not in recorded):
        return list(wanted)
    ranked = [attempts.PLAIN, *attempts.REMEDIES]
    enough = next((rank for rank, name in enumerate(ranked) if _matches(recorded.get(name, {}), near)), len(ranked))
    spared = set(ranked[enough:])
    return [name for name in wanted if name not in cell.requested and name not in spared]


def _matches(record: Mapping[str, Any], near: Tolerance) -> bool:
    """Whether an attempt gave matching outputs."""
    outputs = record.get("rungs", {}).get(OUTPUTS, {})
    return "frontier" in outputs and not outputs["mismatch"] and within(outputs["frontier"], near)
