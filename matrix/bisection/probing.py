"""Runs a cell in an environment that is built on demand, and keeps what it showed in the store."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from matrix.backends import Backend, WorkerError
from matrix.backends.venv import cache_folder
from matrix.bisection import mixing
from matrix.bisection.endpoints import Change, behaviour
from matrix.bisection.releases import write_lock
from matrix.bisection.search import NEW, NOTHING, OLD, OTHER
from matrix.changes import LOADER
from matrix.config import MatrixConfig
from matrix.environments import Environment, EnvironmentState
from matrix.outcomes import verdict
from matrix.planning import Work, artifact_key, attempts_to_run, cell_key, tolerance_for
from matrix.requests import LoadTask, SaveTask, run_load, run_save
from matrix.store import Artifact, Store


@dataclass
class Prober:
    """Answers what one side of a change shows when its environment is another.

    :param say: receives a line for every environment that was probed.
    """

    change: Change
    work: Work
    environments: Mapping[str, Environment]
    backend: Backend
    store: Store
    config: MatrixConfig
    say: Callable[[str], None]
    probed: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._artifacts, self._cells = self.store.artifacts(), self.store.cells()

    def configured(self, name: str) -> str:
        """What an environment of the configuration shows."""
        return self._answer(self.environments[name], name)

    def mixed(self, pins: Mapping[str, str], python: str, text: str) -> str:
        """What an environment with exactly these pins shows.

        :param text: what is special about it, such as ``keras 2.14.0rc0``.
        """
        base = self.environments[self.change.environment(self.change.new)]
        lines = [f"{name}=={version}" for name, version in sorted(pins.items())]
        digest = hashlib.sha256("\n".join([python, *lines]).encode()).hexdigest()
        lock = cache_folder() / "locks" / "bisect" / f"{digest}.txt"
        why = "" if lock.is_file() else write_lock(pins, python, lock)
        config = base.config.model_copy(update={"python": python})
        made = Environment(f"{mixing.label(pins, text)}-{base.hardware}", config, resolved=Path(lock), unresolved=why)
        return self._answer(made, text)

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
        for side, answer in ((self.change.old, OLD), (self.change.new, NEW)):
            if behaviour(row) == behaviour(side):
                return answer, what
        return OTHER, what

    def _built(self, environment: Environment) -> EnvironmentState:
        state = self.backend.state(environment)
        return self.backend.build(environment, lambda message: None) if state.state == "missing" else state

    def _row(self, environment: Environment, state: EnvironmentState) -> Mapping[str, Any] | str:
        """What the cell shows with this environment on the side that differs; a text where it can not be run."""
        fixed = self.environments[self.change.fixed]
        loads = self.change.axis == LOADER
        saver, loader = (fixed, environment) if loads else (environment, fixed)
        states = {environment.id: state, fixed.id: self._built(fixed)}
        artifact = self._artifact(saver, states[saver.id])
        if artifact.state != "saved":
            return {"verdict": artifact.state, "error_type": artifact.payload.get("error_type", "")}
        key = cell_key(artifact.key, states[loader.id])
        near = tolerance_for(self.config, self.work.scenario, saver, loader)
        cell = self._cells.get(key)
        if cell is None or attempts_to_run(self.work.attempts(), cell, near):
            worker = self.backend.start(loader)
            try:
                task = LoadTask(key, self.work, artifact, loader.id, near, cell)
                cell = run_load(task, worker, self.store, self.config.limits)
            finally:
                worker.close()
            self._cells[key] = cell
        found = verdict(cell.records, near)
        error_type = found.plain.error_type if found.plain else ""
        return {"verdict": found.verdict, "error_type": error_type}

    def _artifact(self, saver: Environment, state: EnvironmentState) -> Artifact:
        key = artifact_key(self.work, state)
        if key not in self._artifacts:
            worker = self.backend.start(saver)
            try:
                task = SaveTask(key, self.work, saver.id)
                self._artifacts[key] = run_save(task, worker, self.store, self.config.limits)
            finally:
                worker.close()
        return replace(self._artifacts[key])
