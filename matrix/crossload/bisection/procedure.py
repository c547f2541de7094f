"""``crossload bisect``: neighbours first, then which component brings the change, then its exact release."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from packaging.version import Version

from crossload.bisection import mixed_pins
from crossload.bisection.endpoints import Change
from crossload.bisection.probe_environment import Prober
from crossload.bisection.releases import releases_between
from crossload.bisection.search import NEW, OLD, Narrowed, narrow, responsible, sentence
from crossload.domain.verdicts import severity
from crossload.environments.model import Environment
from crossload.results.changes import LOADER


@dataclass(frozen=True)
class Side:
    """Pins and Python of one end of the change."""

    environment: Environment
    pins: Mapping[str, str]
    python: str


class Bisection:
    """Narrows one change, step by step; ``lines`` is what it found."""

    def __init__(self, change: Change, prober: Prober, between: Sequence[str]) -> None:
        """
        :param between: environments of the configuration between the two ends, in order of their versions.
        """
        self.change, self.prober, self.between = change, prober, between
        self.notes: list[str] = []

    def run(self) -> str:
        """The sentence that says what was found."""
        ends = [self.change.environment(self.change.old), *self.between, self.change.environment(self.change.new)]
        neighbours = narrow(ends, self.prober.configured) if len(ends) > 2 else None
        old, new = (neighbours.last_old, neighbours.first_new) if neighbours else (ends[0], ends[-1])
        if neighbours:
            self._remember(neighbours)
        return self._inside(self._side(old), self._side(new))

    def _side(self, name: str) -> Side:
        environment = self.prober.places.environments[name]
        return Side(environment, environment.pins, environment.config.python)

    def _remember(self, found: Narrowed) -> None:
        if found.between:
            self.notes.append(f"{', '.join(found.between)} could not tell")
        if found.goes_back_and_forth:
            self.notes.append("results go back and forth: this is one of several changes")

    def _inside(self, old: Side, new: Side) -> str:
        components = mixed_pins.differing(old.pins, new.pins, (old.python, new.python))

        def ask(from_new: frozenset[str]) -> str:
            if 2 * len(from_new) <= len(components):
                text = f"{old.environment.label} with {' and '.join(sorted(from_new))} of {new.environment.label}"
            else:
                rest = sorted(set(components) - from_new)
                text = f"{new.environment.label} with {' and '.join(rest)} of {old.environment.label}"
            return self._mixed(old, new, from_new, {}, text)

        bringing, innocent = responsible(components, ask) if len(components) > 1 else (components, [])
        blamed = self._blame(bringing, old, new)
        words = f"{self.change.new['format']} {self.change.new['scenario']}"
        side = "" if self.change.axis == LOADER else " as saver"
        before, after = old.environment.label, new.environment.label
        return sentence(words, before, f"{after}{side}", blamed, innocent, "; ".join(self.notes))

    def _mixed(self, old: Side, new: Side, from_new: frozenset[str], more: Mapping[str, str], text: str) -> str:
        python = new.python if mixed_pins.PYTHON in from_new else old.python
        return self.prober.mixed({**mixed_pins.mix(old.pins, new.pins, from_new), **more}, python, text)

    def _verb(self) -> str:
        before, after = (severity(row["verdict"]) for row in (self.change.old, self.change.new))
        return "broke in" if after > before else "was mended in" if after < before else "changed in"

    def _blame(self, bringing: Sequence[str], old: Side, new: Side) -> str:
        """``broke in keras 2.14.0rc0``: the release of the one component that brings the change, if it is one."""
        if len(bringing) > 1:
            self.notes.append(f"{' and '.join(bringing)} each bring it")
        # Where none does alone, TensorFlow is varied together with what it asks for.
        for component in bringing or [mixed_pins.TENSORFLOW]:
            if component == mixed_pins.PYTHON:
                return f"{self._verb()} Python {new.python}"
            found = self._release(component, bool(bringing), old, new)
            if found:
                return f"{self._verb()} {found}"
        names = bringing or mixed_pins.differing(old.pins, new.pins, (old.python, new.python))
        return f"{self._verb()} {' and '.join(names)}, of which no other release could be tried"

    def _release(self, component: str, alone: bool, old: Side, new: Side) -> str:
        """Package and release; empty where its releases cannot be varied."""
        package = mixed_pins.main_package(component, old.pins)
        if package is None or package not in new.pins or old.pins[package] == new.pins[package]:
            return ""
        low, high = sorted((old.pins[package], new.pins[package]), key=Version)
        releases = releases_between(package, low, high, new.python)
        if low != old.pins[package]:
            releases.reverse()
        for others_are_new in (False, True) if alone else (True,):
            ask = self._varying(component, package, alone, others_are_new, old, new)
            if alone and (ask(releases[0]) != OLD or ask(releases[-1]) != NEW):
                continue
            found = narrow(releases, ask)
            self._remember(found)
            together = "" if alone else ", varied with the packages that go with it"
            return f"{package} {found.first_new} (last before: {found.last_old}){together}"
        return ""

    def _varying(
        self, component: str, package: str, alone: bool, others_are_new: bool, old: Side, new: Side
    ) -> Callable[[str], str]:
        """A question about one release of a package, everything else being as on one side."""
        others = frozenset(mixed_pins.COMPONENTS) - {component} if others_are_new else frozenset()

        def ask(release: str) -> str:
            # What TensorFlow asks for goes with its minor.
            is_new = Version(release).release[:2] == Version(new.pins[package]).release[:2]
            own = frozenset({component}) if is_new else frozenset()
            from_new = own | others if alone else frozenset(mixed_pins.COMPONENTS) if is_new else frozenset()
            side = new if from_new >= others and others_are_new and (alone or is_new) else old
            return self._mixed(
                old, new, from_new, {package: release}, f"{side.environment.label} with {package} {release}"
            )

        return ask
