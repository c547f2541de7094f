"""The matrix of a run: environments, and scenarios in formats."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property

from packaging.version import Version

from crossload.config import ProfileConfig, SampleConfig
from crossload.domain.versions import KERAS_3_MAJOR, keras_of
from crossload.environments.model import Environment
from crossload.errors import SelectionError, nearest
from crossload.planning.sample import Name, Sample, choose
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
    """Environments × scenarios × formats, as selected.

    :param sample: what is measured of environments that only repeat another one's Keras 3; None where every cell is.
    """

    environments: tuple[Environment, ...]
    works: tuple[Work, ...]
    sample: Sample | None = None

    def pairs(self) -> Iterator[tuple[Work, Environment]]:
        """Every artifact to be written."""
        for environment in self.environments:
            for work in self.works:
                if self.sample is None or self._is_saved(work, environment):
                    yield work, environment

    def loaders(self, work: Work, saver: str) -> Sequence[Environment]:
        """The environments in which the file of a saver is loaded."""
        sample = self.sample
        if sample is None:
            return self.environments
        name, form = work.scenario.name, work.format
        return [
            item
            for item in self.environments
            if (saver not in sample.stand_ins and item.id not in sample.stand_ins)
            or (name, form, saver, item.id) in sample.cells
        ]

    def _is_saved(self, work: Work, saver: Environment) -> bool:
        assert self.sample is not None
        return (
            saver.id not in self.sample.stand_ins or (work.scenario.name, work.format, saver.id) in self._sampled_files
        )

    @cached_property
    def _sampled_files(self) -> frozenset[tuple[str, str, str]]:
        return self.sample.files if self.sample is not None else frozenset()

    def _able(self, work: Work) -> tuple[list[str], list[str]]:
        """Ids of the environments in which a scenario can be saved, and in which its file can be loaded."""
        return (
            [item.id for item in self.environments if not why_not_applicable(work.scenario, item)],
            [item.id for item in self.environments if not why_not_loaded(work.scenario, item)],
        )

    def possible(self) -> Iterator[Name]:
        """The names of every cell that can exist, whether it is to be measured or not."""
        for work in self.works:
            savers, loaders = self._able(work)
            for saver in savers:
                for loader in loaders:
                    yield work.scenario.name, work.format, saver, loader

    def count_possible(self, names: Collection[str]) -> dict[str, int]:
        """In how many of those cells each of these environments takes part."""
        counts = dict.fromkeys(names, 0)
        for work in self.works:
            savers, loaders = map(frozenset, self._able(work))
            for name in counts:
                saves, loads = name in savers, name in loaders
                counts[name] += saves * len(loaders) + loads * len(savers) - (saves and loads)
        return counts

    def only(self, cells: Collection[Name]) -> "Matrix":
        """The same, but for every cell that is not among these."""
        own = {item.id: item.id for item in self.environments}
        return replace(self, sample=Sample(0, 1.0, own, frozenset(cells)))

    def sampled(self, stand_ins: Mapping[str, str], settings: SampleConfig) -> "Matrix":
        """With a sample of the cells of those that another one stands for; ``stand_ins`` as in :class:`Sample`."""
        whole = replace(self, sample=None)
        return replace(self, sample=choose(stand_ins, whole.possible(), settings)) if stand_ins else whole

    def without(self, names: Collection[str]) -> "Matrix":
        """The same, but for environments that are measured in full from now on."""
        sample = self.sample
        if sample is None:
            return self
        stand_ins = {one: other for one, other in sample.stand_ins.items() if one not in names}
        return self.sampled(stand_ins, SampleConfig(share=sample.share, seed=sample.seed))


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
        if not named and set(profile.without_tags) & set(scenario.tags):
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
    if _version(since).major >= KERAS_3_MAJOR:
        # Beside one TensorFlow many a Keras 3 may stand: what came with one of those is counted by Keras' own versions.
        keras = keras_of(environment.id, environment.pins)
        if keras is None or _version(keras) < _version(since):
            return f"the scenario exists since Keras {since}"
    elif environment.tensorflow < _version(since):
        return f"the scenario exists since TensorFlow {since}"
    if until and environment.tensorflow > _version(until):
        return f"the scenario exists until TensorFlow {until}"
    return ""


def why_not_loaded(scenario: Scenario, environment: Environment) -> str:
    """Why a scenario's file says nothing in an environment; empty where it can be loaded there.

    A scenario's own code may not run outside its versions. What is made of Keras alone has none: a file that names what a
    version lacks is what people bring to it.
    """
    return "" if scenario.is_construct else why_not_applicable(scenario, environment)
