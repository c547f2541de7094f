"""The matrix of a run: environments, and scenarios in formats."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from packaging.version import Version

from crossload.config import ProfileConfig
from crossload.environments.model import Environment
from crossload.errors import SelectionError, nearest
from crossload.probe import attempts
from crossload.probe.formats import FORMATS, GROUPS, PREDICT, WHOLE_MODEL
from crossload.scenario_index import Scenario


@dataclass(frozen=True)
class Work:
    """One scenario in one format."""

    scenario: Scenario
    format: str

    def steps(self) -> tuple[str, ...]:
        """What is done with a model that loads, of ``formats.STEPS``. In a matrix only `predict`: the rest takes longer."""
        return (PREDICT,)

    def attempts(self) -> tuple[str, ...]:
        """What is tried in a cell: evidence first, since importing the scenario's module cannot be undone."""
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
    if not named:
        works += _also(profile, scenarios, formats)
        works = list(dict.fromkeys(works))
    if not works:
        raise SelectionError("no scenario is selected. `crossload scenarios` lists what there is and in which formats.")
    return tuple(works)


def _also(profile: ProfileConfig, scenarios: Sequence[Scenario], formats: Sequence[str] | None) -> Iterator[Work]:
    """What a profile names besides, of the formats asked for."""
    known = {scenario.name: scenario for scenario in scenarios}
    for name, words in profile.also.items():
        if name not in known:
            raise SelectionError(
                f"also: unknown scenario {name!r}.{nearest(name, known)} `crossload scenarios` lists them."
            )
        for form in expand_formats(words):
            if formats is None or form in formats:
                yield Work(known[name], form)


# A million cells ask for few different ones.
_version = cache(Version)


def why_not_applicable(scenario: Scenario, environment: Environment) -> str:
    """Why a scenario cannot exist in an environment, from the versions it declares; empty when it can."""
    since, until = scenario.options["since"], scenario.options["until"]
    if environment.tensorflow < _version(since):
        return f"the scenario exists since TensorFlow {since}"
    if until and environment.tensorflow > _version(until):
        return f"the scenario exists until TensorFlow {until}"
    return ""
