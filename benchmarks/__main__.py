"""Measures the engine against what a user would otherwise write, in one run, and writes ``build/bench.json``.

Every repetition measures all sides one after the other, so that a machine that slows down slows all of them; ratios are
taken repetition by repetition, and their median is what counts.
"""

import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.mix import Mix, plain_command, prepare, run_engine
from matrix.backends.venv import VenvBackend
from matrix.config import load_config
from matrix.environments import all_environments, select
from matrix.store import Store


def _seconds(function: Callable[[], object]) -> float:
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def _plain(mix: Mix, backend: VenvBackend, in_one_process: bool, parallel: int = 1) -> float:
    groups = [mix.cells] if in_one_process else [(cell,) for cell in mix.cells]

    def run(cells: tuple[Path, ...]) -> None:
        command, variables = plain_command(mix, backend, cells)
        subprocess.run(command, env=variables, check=True, capture_output=True)

    def all_groups() -> None:
        with ThreadPoolExecutor(parallel) as pool:
            list(pool.map(run, groups))

    return _seconds(all_groups)


def _measure(mix: Mix, backend: VenvBackend, store: Store, limits: Any, repeat: int) -> dict[str, Any]:
    """Seconds of each side for the whole mix, per repetition; on one core where the system lets us choose."""
    cores = sorted(os.sched_getaffinity(0))
    rows: list[dict[str, float]] = []
    for _ in range(repeat):
        os.sched_setaffinity(0, {cores[0]})
        row = {"fresh": _plain(mix, backend, in_one_process=False)}
        row["floor_with_import"] = _plain(mix, backend, in_one_process=True)
        started = time.perf_counter()
        worker = backend.start(mix.environment)
        row["start"] = time.perf_counter() - started
        row["engine"] = _seconds(lambda worker=worker: run_engine(mix, worker, store, limits))  # type: ignore[misc]
        worker.close()
        os.sched_setaffinity(0, cores)
        row["fresh_two"] = _plain(mix, backend, in_one_process=False, parallel=2)
        workers = [backend.start(mix.environment) for _ in range(2)]
        halves = [Mix(mix.environment, mix.tasks[number::2], ()) for number in range(2)]

        def both(workers: Any = workers, halves: Any = halves) -> None:
            with ThreadPoolExecutor(2) as pool:
                list(
                    pool.map(
                        lambda pair: run_engine(pair[1], pair[0], store, limits), zip(workers, halves, strict=True)
                    )
                )

        row["engine_two"] = _seconds(both)
        for item in workers:
            item.close()
        rows.append(row)
    ratio = {
        "speedup_one_core": [row["fresh"] / row["engine"] for row in rows],
        "speedup_one_core_with_start": [row["fresh"] / (row["engine"] + row["start"]) for row in rows],
        "speedup_two_cores": [row["fresh_two"] / row["engine_two"] for row in rows],
        "over_floor_with_import": [(row["engine"] + row["start"]) / row["floor_with_import"] for row in rows],
    }
    cells = len(mix.tasks)
    return {
        "cells": cells,
        "seconds_per_cell": {name: round(statistics.median(row[name] for row in rows) / cells, 3) for name in rows[0]},
        **{name: round(statistics.median(values), 2) for name, values in ratio.items()},
        "repetitions": rows,
    }


def _command_seconds(*arguments: str) -> float:
    command = [sys.executable, "-m", "matrix", *arguments]
    return round(statistics.median(_seconds(lambda: subprocess.run(command, capture_output=True)) for _ in range(5)), 3)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--tf", default="2.10,2.16", help="environments to measure in (default: %(default)s)")
    parser.add_argument("--repeat", type=int, default=5, help="repetitions (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=Path("build"), help="folder for bench.json (default: %(default)s)")
    options = parser.parse_args()
    config = load_config(Path("matrix.toml"))
    backend = VenvBackend()
    measured: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch:
        store = Store(Path(scratch))
        for environment in select(all_environments(config), options.tf.split(",")):
            state = backend.build(environment, print)
            if state.state != "ready":
                sys.exit(f"{environment.id}: {state.reason}")
            mix = prepare(environment, backend, store, config.limits)
            measured[environment.id] = _measure(mix, backend, store, config.limits, options.repeat)
            line = {name: value for name, value in measured[environment.id].items() if name != "repetitions"}
            print(environment.id, json.dumps(line), flush=True)
        store.close()
        small = ("run", "--profile", "full", "--tf", options.tf, "--scenario", "dense", "--out", scratch)
        subprocess.run([sys.executable, "-m", "matrix", *small], capture_output=True, check=True)
        cached = _command_seconds(*small)
    names = ("speedup_one_core", "speedup_one_core_with_start", "speedup_two_cores", "over_floor_with_import")
    summary = {name: round(statistics.median(item[name] for item in measured.values()), 2) for name in names}
    summary |= {"docker_over_venv": None, "cached_rerun_s": cached, "help_s": _command_seconds("--help")}
    document = {
        "date": datetime.date.today().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        **summary,
        "environments": measured,
    }
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "bench.json").write_text(json.dumps(document, indent=1), encoding="utf-8")
    for name, value in summary.items():
        print(f"{name:30} {value}")


if __name__ == "__main__":
    main()
