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
from pathlib import Path
from typing import Any

from benchmarks.cells import measure_cells
from benchmarks.containers import docker_backend, measure_containers
from benchmarks.mix import prepare
from benchmarks.page import measure_page
from benchmarks.scale import measure_cached_run, measure_plan, measure_report_data
from crossload.backends.venv import VenvBackend
from crossload.config import load_config
from crossload.environments.selection import all_environments, select
from crossload.store.database import Store


def _command_seconds(repeat: int, *arguments: str) -> float:
    command = [sys.executable, "-m", "crossload", *arguments]
    seconds = []
    for _ in range(repeat):
        started = time.perf_counter()
        subprocess.run(command, capture_output=True, check=True)
        seconds.append(time.perf_counter() - started)
    return round(statistics.median(seconds), 3)


def _measure_environments(labels: list[str], two_cores: str, repeat: int) -> dict[str, Any]:
    config = load_config(Path("matrix.toml"))
    backend = VenvBackend()
    measured: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch:
        store = Store(Path(scratch))
        docker = docker_backend(config, store)
        for environment in select(all_environments(config), labels):
            state = backend.build(environment, print)
            if state.state != "ready":
                sys.exit(f"{environment.id}: {state.reason}")
            mix = prepare(environment, backend, store, config.limits)
            found = measure_cells(mix, backend, store, config.limits, repeat, environment.label == two_cores)
            if docker is not None:
                found |= measure_containers(mix, docker, backend, store, config, repeat)
            measured[environment.id] = found | {"versions": state.facts}
            print(environment.id, json.dumps(_shown(found)), flush=True)
        store.close()
    return measured


def _shown(found: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _shown(value) if isinstance(value, dict) else value
        for name, value in found.items()
        if not name.endswith("repetitions")
    }


def _page(size: str) -> dict[str, Any]:
    environments, scenarios = (int(part) for part in size.split("x"))
    found = measure_page(environments, scenarios)
    print(json.dumps(found), flush=True)
    return found


def _median(measured: dict[str, Any], name: str) -> float | None:
    values = [item[name] for item in measured.values() if item.get(name) is not None]
    return round(statistics.median(values), 2) if values else None


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--tf", default="2.3,2.10,2.15,2.16,2.21", help="environments (default: %(default)s)")
    parser.add_argument("--two-cores", default="2.10", help="also measured on two cores (default: %(default)s)")
    parser.add_argument("--repeat", type=int, default=5, help="repetitions (default: %(default)s)")
    parser.add_argument(
        "--cells", type=int, default=1_000_000, help="cells to plan and to judge (default: %(default)s)"
    )
    parser.add_argument(
        "--page",
        default="22x45,22x207",
        help="sizes of generated reports, environments x scenarios (default: %(default)s)",
    )
    parser.add_argument("--out", type=Path, default=Path("build"), help="folder for bench.json (default: %(default)s)")
    options = parser.parse_args()
    summary: dict[str, Any] = {}
    if options.cells:
        summary |= measure_plan(options.cells) | measure_report_data(options.cells) | measure_cached_run(20_000)
        print(json.dumps(summary), flush=True)
    summary |= {f"page {size}": _page(size) for size in options.page.split(",") if size}
    summary["help_s"] = _command_seconds(options.repeat, "--help")
    measured = _measure_environments(options.tf.split(","), options.two_cores, options.repeat) if options.tf else {}
    names = ("speedup_one_core", "speedup_one_core_light", "speedup_two_cores", "over_floor", "docker_over_venv")
    summary |= {name: _median(measured, name) for name in names}
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
