"""Runs a cell in an environment that is built on demand, and keeps what it showed in the store."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from crossload.backends import WorkerError
from crossload.bisection import mixed_pins
from crossload.bisection.endpoints import Change, alike, behaviour
from crossload.bisection.releases import write_lock
from crossload.bisection.search import NEW, NOTHING, OLD, OTHER
from crossload.config import MatrixConfig
from crossload.domain.cells import CellRow
from crossload.domain.verdicts import HARNESS_ERROR
from crossload.environments.model import Environment, EnvironmentState
from crossload.execution.provisioner import Provisioner
from crossload.execution.tasks import LoadTask, SaveTask
from crossload.planning.keys import artifact_key, cell_key
from crossload.planning.matrix import Matrix, Work
from crossload.planning.remaining import attempts_to_run
from crossload.planning.tolerances import tolerance_for
from crossload.results.changes import LOADER
from crossload.results.tables import Tables
from crossload.store.database import Store
from crossload.store.inspections import inspector
from crossload.store.lazy_cells import Shelf
from crossload.store.records import Artifact
from crossload.util.cache import cache_folder


@dataclass
class Prober:
    """Answers what one side of a change shows when its environment is another.

    :param say: receives a line for every environment that was probed.
    """

    change: Change
    work: Work
    places: Provisioner
    store: Store
    config: MatrixConfig
    say: Callable[[str], None]
    probed: dict[str, str] = field(default_factory=dict)

    def configured(self, name: str) -> str:
        """What an environment of the configuration shows."""
        return self._answer(self.places.environments[name], name)

    def mixed(self, pins: Mapping[str, str], python: str, text: str) -> str:
        """What an environment with exactly these pins shows.

        :param text: what is special about it, such as ``keras 2.14.0rc0``.
        """
        base = self.places.environments[self.change.environment(self.change.new)]
        lines = [f"{name}=={version}" for name, version in sorted(pins.items())]
        digest = hashlib.sha256("\n".join([python, *lines]).encode()).hexdigest()
        lock = cache_folder() / "locks" / "bisect" / f"{digest}.txt"
        why = "" if lock.is_file() else write_lock(pins, python, lock)
        config = base.config.model_copy(update={"python": python})
        made = Environment(
            f"{mixed_pins.label(pins, text)}-{base.hardware}", config, resolved=Path(lock), unresolved=why
        )
        return self._answer(made if why else self._over_an_end(made), text)

    def _over_an_end(self, made: Environment) -> Environment:
        """A mixed environment as a few packages in front of one end of the change, where that is possible."""
        ends = (self.places.environments[self.change.environment(row)] for row in (self.change.new, self.change.old))
        over = [replace(made, base=end) for end in ends if not end.is_floating]
        return min((one for one in over if one.overlay), key=lambda one: len(one.overlay), default=made)

    def _answer(self, environment: Environment, text: str) -> str:
        if text not in self.probed:
            shown, why = self._show(environment)
            self.probed[text] = shown
            self.say(f"  {text}: {shown}" + (f" ({why})" if why else ""))
        return self.probed[text]

    def _show(self, environment: Environment) -> tuple[str, str]:
        """The answer, and why or what in a few words."""
        state = self._built(environment)
        if state.state != "ready":
            return NOTHING, state.reason.strip().splitlines()[-1][:160]
        try:
            row = self._row(environment, state)
        except WorkerError as error:
            return NOTHING, str(error).splitlines()[-1][:160]
        if isinstance(row, str):
            return NOTHING, row
        what = " ".join(part for part in behaviour(row) if part)
        answers = [answer for answer, end in self._ends.items() if alike(row, end)]
        return answers[0] if len(answers) == 1 else OTHER, what

    @cached_property
    def _ends(self) -> dict[str, CellRow]:
        """What the two ends show, judged as the probes are: the result table may have been written by another Crossload."""
        found: dict[str, CellRow] = {}
        for answer, row in ((OLD, self.change.old), (NEW, self.change.new)):
            environment = self.places.environments[self.change.environment(row)]
            state = self._built(environment)
            judged = self._row(environment, state) if state.state == "ready" else row
            found[answer] = row if isinstance(judged, str) else judged
        return found

    def _built(self, environment: Environment) -> EnvironmentState:
        self.places.add(environment)
        return self.places.state(environment.id)

    def _row(self, environment: Environment, state: EnvironmentState) -> CellRow | str:
        """What the cell shows with this environment on the side that differs; a text where it cannot be run."""
        fixed = self.places.environments[self.change.fixed]
        loads = self.change.axis == LOADER
        saver, loader = (fixed, environment) if loads else (environment, fixed)
        states = {fixed.id: self._built(fixed), environment.id: state}
        for name, found in states.items():
            if found.state != "ready":
                return f"{name} is unavailable: {found.reason}"
        artifact = self._artifact(saver, states[saver.id])
        # Some causes are told by what the environment that saved it gets.
        both = tuple({saver.id: saver, loader.id: loader}.values())
        cells = Shelf(self.store)
        for place in both if artifact.state == "saved" else ():
            cells.add(self._load(artifact, saver, place, states[place.id]))
        with inspector(self.store) as inspect:
            tables = Tables(Matrix(both, (self.work,)), self.config, states, {artifact.key: artifact}, cells, inspect)
        wanted = (loader.id, "")
        rows = [row for row in tables.rows() if row["saved_with"] == saver.id and row["loaded_with"] in wanted]
        return rows[0] if rows else f"{self.work.scenario.name} does not exist there"

    def _load(self, artifact: Artifact, saver: Environment, loader: Environment, state: EnvironmentState) -> str:
        """Key of the cell, run unless the store has it."""
        key = cell_key(artifact.key, state)
        near = tolerance_for(self.config, self.work.scenario, saver, loader)
        cell = self.store.cell(key)
        if cell is None or attempts_to_run(self.work.attempts(), cell, near):
            with self.places.runner(loader.id, self.store, self.config.limits) as runner:
                runner.load(LoadTask(key, self.work, artifact, loader.id, near, cell))
        return key

    def _artifact(self, saver: Environment, state: EnvironmentState) -> Artifact:
        key = artifact_key(self.work, state)
        artifact = self.store.artifact(key)
        if artifact is not None and artifact.state != HARNESS_ERROR:
            return artifact
        with self.places.runner(saver.id, self.store, self.config.limits) as runner:
            return runner.save(SaveTask(key, self.work, saver.id))
