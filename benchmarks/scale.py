"""How planning and a run with nothing to do grow with the number of cells, on generated scenarios and results.

Nothing of this needs TensorFlow: the environments are markers in a cache folder of their own, and the store is filled with
results made up for the purpose. What is timed is the real command and the real engine.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from operator import itemgetter
from pathlib import Path
from typing import Any

from crossload.app.selection import select_matrix
from crossload.backends.venv import VenvBackend
from crossload.config import load_config
from crossload.domain.attempts import AttemptRecord
from crossload.execution.local import Engine
from crossload.execution.options import RunOptions, Selection
from crossload.planning.keys import CellKeys, artifact_key
from crossload.planning.matrix import Matrix, Work
from crossload.results.tables import Tables
from crossload.store.database import Store
from crossload.store.inspections import inspector
from crossload.store.lazy_cells import Shelf
from crossload.store.records import Artifact, Cell

_ROOT = Path(__file__).parent.parent
_FORMATS = ("h5", "savedmodel", "keras", "weights.h5")
_SAVED_FOLDER = "00" * 32

_SCENARIO = """
@scenario("generated-{number}", "generated", title="Generated {number}")
def generated_{number}():
    return None
"""
_RUNGS: dict[str, Any] = {
    "outputs": {"bit_equal": False, "mismatch": None, "max_abs": 1e-7, "max_rel": 1e-6, "max_ulp": 2, "frontier": [[1e-7, 0.1]]},
    "architecture": {"same": True},
    "weights": {"same": True},
    "optimizer": {"same": False, "differences": {"steps": [3, 0]}},
    "training": {"expected": 0.25, "actual": 0.5, "difference": 0.25},
}  # fmt: skip
_LOADED: AttemptRecord = {"attempt": "plain", "outcome": "loaded", "rungs": _RUNGS, "seconds": 0.1}
_RAISED: AttemptRecord = {
    "attempt": "plain",
    "outcome": "raised",
    "error_type": "ValueError",
    "error_class": "ValueError",
    "error": "Unrecognized keyword arguments passed to Dense: {'batch_shape': [None, 8]} " * 4,
    "stage": "load",
    "place": "base_layer.py:1",
    "seconds": 0.02,
}


def _options(folder: Path) -> RunOptions:
    selection = Selection(profile="generated")
    return RunOptions(config=folder / "matrix.toml", out=folder / "out", selection=selection, backend="venv")


def _make_selection(folder: Path, environments: int, cells: int) -> Matrix:
    """Write a configuration whose selection has about so many cells, and markers of built environments."""
    text = (_ROOT / "matrix.toml").read_text(encoding="utf-8")
    names = [name for name in load_config(_ROOT / "matrix.toml").environments if "keras" not in name or "tf_" in name]
    chosen = names[:environments]
    package = folder / "generated"
    package.mkdir()
    (package / "__init__.py").touch()
    count = round(cells / (environments**2 * len(_FORMATS)))
    scenarios = "".join(_SCENARIO.format(number=number) for number in range(count))
    (package / "many.py").write_text("from scenarios import scenario\n" + scenarios, encoding="utf-8")
    profile = f"[profiles.generated]\nenvironments = {json.dumps(chosen)}\nformats = {json.dumps(_FORMATS)}\n"
    text = f'scenario_folders = ["generated"]\n{text}\n{profile}'
    (folder / "matrix.toml").write_text(text, encoding="utf-8")
    os.environ["CROSSLOAD_CACHE"] = str(folder / "cache")
    matrix = select_matrix(_only_generated(_options(folder)), load_config(folder / "matrix.toml"))
    backend = VenvBackend()
    for environment in matrix.environments:
        place = backend.folder(environment)
        place.mkdir(parents=True)
        facts = {"python": "3.11.0", "tensorflow": environment.label}
        (place / "crossload.json").write_text(json.dumps({"facts": facts, "isolation": "fork", "size_mb": 1.0}))
    return matrix


def _only_generated(options: RunOptions) -> RunOptions:
    return replace(options, selection=replace(options.selection, scenario="generated-*"))


def _fill(folder: Path, matrix: Matrix, with_cells: bool) -> None:
    """Put an artifact for every pair into the store, and a result for every cell."""
    store, backend = Store(folder / "out" / "store"), VenvBackend()
    states = {environment.id: backend.state(environment) for environment in matrix.environments}
    (store.folder / "artifacts" / _SAVED_FOLDER[:2] / _SAVED_FOLDER).mkdir(parents=True)
    store._connection.execute("BEGIN")
    cells: list[tuple[str, str, str, Work, AttemptRecord]] = []
    keys = CellKeys(states)
    for number, (work, saver) in enumerate(matrix.pairs()):
        key = artifact_key(work, states[saver.id])
        store.put_artifact(
            Artifact(
                key=key,
                scenario=work.scenario.name,
                format=work.format,
                saved_with=saver.id,
                state="saved",
                folder=_SAVED_FOLDER,
                file="model.h5",
                container="hdf5",
                bytes=20_000,
                seconds=0.2,
                payload={"file": "model.h5", "seconds": 0.2},
            )
        )
        for offset, loader in enumerate(matrix.environments if with_cells else ()):
            record = _RAISED if (number + offset) % 2 else _LOADED
            cells.append((keys.key(key, loader.id), key, loader.id, work, record))
    # In the order of the table, or its pages would be split a million times.
    for cell, key, loader_id, work, record in sorted(cells, key=itemgetter(1, 0)):
        store.put_cell(Cell(cell, key, loader_id, work.attempts(), (record,), 0.1))
    store._connection.execute("COMMIT")
    store.close()


def _plan(folder: Path) -> dict[str, Any]:
    """Plan the selection in ``folder`` in this process; runs in a process of its own, for its memory to be told."""
    started = time.perf_counter()
    config = load_config(folder / "matrix.toml")
    matrix = select_matrix(_only_generated(_options(folder)), config)
    store = Store(folder / "out" / "store")
    engine = Engine(matrix, config, VenvBackend(), store, jobs=2)
    engine.prepare()
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"plan_cells": engine.progress.total, "plan_s": round(seconds, 2), "plan_peak_mb": round(peak)}


def measure_plan(cells: int) -> dict[str, Any]:
    """Seconds and MB for planning so many cells whose artifacts are there and of which none has been run."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        _fill(folder, _make_selection(folder, 25, cells), with_cells=False)
        return _alone("plan", folder)


def _report_data(folder: Path) -> dict[str, Any]:
    """Judge every cell of the selection in ``folder`` and lay out both tables; runs in a process of its own."""
    started = time.perf_counter()
    config = load_config(folder / "matrix.toml")
    matrix = select_matrix(_only_generated(_options(folder)), config)
    store, backend = Store(folder / "out" / "store"), VenvBackend()
    states = {environment.id: backend.state(environment) for environment in matrix.environments}
    shelf = Shelf(store, store.cell_keys())
    with inspector(store) as inspect:
        tables = Tables(matrix, config, states, store.artifacts(), shelf, inspect)
    results, attempts = tables.results(), tables.attempts()
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "report_data_cells": len(results),
        "report_data_attempts": len(attempts),
        "report_data_s": round(seconds, 2),
        "report_data_peak_mb": round(peak),
    }


_PARTS = {"plan": _plan, "report-data": _report_data}


def _alone(part: str, folder: Path) -> dict[str, Any]:
    """One part in a process of its own, so that its memory can be told."""
    command = [sys.executable, "-m", "benchmarks.scale", part, str(folder)]
    finished = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(finished.stdout)
    return found


def measure_report_data(cells: int) -> dict[str, Any]:
    """Seconds and MB for reading, judging and diagnosing so many cells from the store, and for both tables."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        _fill(folder, _make_selection(folder, 25, cells), with_cells=True)
        return _alone("report-data", folder)


def measure_cached_run(cells: int, repeat: int = 3) -> dict[str, Any]:
    """Median seconds of ``crossload run`` where every cell is in the store: the first with its report, and the next ones."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        _fill(folder, _make_selection(folder, 10, cells), with_cells=True)
        options = _only_generated(_options(folder))
        command = [
            sys.executable,
            "-m",
            "crossload",
            "run",
            "--config",
            str(options.config),
            "--out",
            str(options.out),
            "--profile",
            "generated",
            "--scenario",
            "generated-*",
            "--backend",
            "venv",
        ]
        seconds = []
        for _ in range(repeat + 1):
            started = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            seconds.append(round(time.perf_counter() - started, 2))
        return {"cached_cells": cells, "first_report_s": seconds[0], "cached_rerun_s": sorted(seconds[1:])[repeat // 2]}


if __name__ == "__main__":
    print(json.dumps(_PARTS[sys.argv[1]](Path(sys.argv[2]))))
