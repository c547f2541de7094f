"""The fixed mix of cells that is measured: artifacts of one environment, loaded by that environment."""

import json
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from crossload.backends.base import Worker
from crossload.backends.venv import VenvBackend
from crossload.config import Limits, Tolerance
from crossload.environments.model import Environment
from crossload.execution.runner import run_load, run_save
from crossload.execution.tasks import LoadTask, SaveTask
from crossload.planning.keys import artifact_key, cell_key
from crossload.planning.matrix import Work
from crossload.scenario_index import BUILT_IN, index_scenarios
from crossload.store.database import Store

SCENARIOS = ("dense", "conv2d", "lstm")
FORMATS = ("h5", "savedmodel", "keras", "weights.h5")


class CalledOnly(Work):
    """Work whose models are called and trained, and do not ``predict``: what a cell was before 0.2.0."""

    def steps(self) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True)
class Mix:
    """Load tasks of one environment, and the same cells as files for the plain script. Both in the same order."""

    environment: Environment
    tasks: tuple[LoadTask, ...]
    cells: tuple[Path, ...]

    def without_predict(self) -> "Mix":
        """The same loads, of which neither the engine nor the plain script calls ``predict``."""
        tasks = tuple(replace(task, work=CalledOnly(task.work.scenario, task.work.format)) for task in self.tasks)
        return Mix(self.environment, tasks, tuple(map(_called_only, self.cells)))


def _called_only(cell: Path) -> Path:
    path = cell.with_suffix(".called.json")
    path.write_text(json.dumps(json.loads(cell.read_text()) | {"predict": False}))
    return path


def prepare(environment: Environment, backend: VenvBackend, store: Store, limits: Limits) -> Mix:
    """Write the artifacts of the mix."""
    scenarios = index_scenarios()
    worker = backend.start(environment)
    state = backend.state(environment)
    tasks, cells = [], []
    for name in SCENARIOS:
        for form in FORMATS:
            work = Work(scenarios[name], form)
            artifact = run_save(SaveTask(artifact_key(work, state), work, environment.id), worker, store, limits)
            if artifact.state != "saved":
                continue
            near = Tolerance(atol=1e-6, rtol=1e-5)
            tasks.append(LoadTask(cell_key(artifact.key, state), work, artifact, environment.id, near))
            folder = store.artifact_folder(artifact)
            cell = store.folder / f"{environment.id}-{name}-{form}.json"
            facts: dict[str, Any] = {
                "format": form,
                "path": str(folder / artifact.file),
                "module": work.scenario.module,
                "name": name,
            }
            facts["predict"] = True
            cell.write_text(json.dumps(facts | {"reference": str(folder)}))
            cells.append(cell)
    worker.close()
    return Mix(environment, tuple(tasks), tuple(cells))


def run_engine(mix: Mix, worker: Worker, store: Store, limits: Limits) -> list[float]:
    """Every cell of the mix through a worker that is already running; returns the seconds of each."""
    seconds = []
    for task in mix.tasks:
        started = time.perf_counter()
        run_load(task, worker, store, limits)
        seconds.append(time.perf_counter() - started)
    return seconds


def plain_command(mix: Mix, backend: VenvBackend, cells: tuple[Path, ...]) -> tuple[list[str], dict[str, str]]:
    """Command and variables that run cells with the plain script."""
    folder = backend.folder(mix.environment)
    script = Path(__file__).with_name("plain_cell.py")
    variables = os.environ | {
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        **mix.environment.config.variables,
    }
    return [str(folder / "bin" / "python"), str(script), str(BUILT_IN.parent), *map(str, cells)], variables
