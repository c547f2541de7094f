"""The same cells through a worker in a container and through one in a virtual environment, in one run."""

import statistics
import time
from typing import Any

from benchmarks.mix import Mix, run_engine
from crossload.backends import Backend
from crossload.backends.venv import VenvBackend
from crossload.config import MatrixConfig
from crossload.errors import CrossloadError
from crossload.store.database import Store


def docker_backend(config: MatrixConfig, store: Store) -> Backend | None:
    """The Docker backend of this machine; None, and a line that says why, where there is none."""
    from crossload.backends.docker.backend import DockerBackend

    try:
        return DockerBackend(config.docker, config.limits, exchange=store.folder / "staging")
    except CrossloadError as error:
        print(f"docker_over_venv is not measured: {error}")
        return None


def measure_containers(
    mix: Mix, docker: Backend, venv: VenvBackend, store: Store, config: MatrixConfig, repeat: int
) -> dict[str, Any]:
    """Ratio of the seconds of all cells, start-up apart, as the median over repetitions that run both in turn."""
    state = docker.build(mix.environment, print)
    if state.state != "ready":
        print(f"docker_over_venv is not measured: {mix.environment.id}: {state.reason}")
        return {}
    rows = []
    for number in range(repeat):
        row: dict[str, float] = {}
        sides: list[tuple[str, Backend]] = [("docker", docker), ("venv", venv)]
        # Taken in turn: whoever goes first finds files that are not in memory yet.
        for name, backend in sides if number % 2 else reversed(sides):
            started = time.perf_counter()
            worker = backend.start(mix.environment)
            row[f"{name}_start"] = time.perf_counter() - started
            row[name] = sum(run_engine(mix, worker, store, config.limits))
            worker.close()
        rows.append(row)
    return {
        "docker_over_venv": round(statistics.median(row["docker"] / row["venv"] for row in rows), 3),
        "docker_start_s": round(statistics.median(row["docker_start"] for row in rows), 2),
        "venv_start_s": round(statistics.median(row["venv_start"] for row in rows), 2),
        "docker_repetitions": rows,
    }
