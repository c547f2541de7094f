"""Cells per second of the engine against a fresh process per cell, and against the floor."""

import os
import statistics
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.mix import Mix, plain_command, run_engine
from crossload.backends.base import Worker
from crossload.backends.venv import VenvBackend
from crossload.config import Limits
from crossload.store.database import Store

# A SavedModel with an LSTM takes Keras itself most of a second: these are counted without it as well.
LIGHT_FORMATS = ("h5", "keras", "weights.h5")
# The engine and the floor run the mix so many times in the same process: a run has hundreds of cells for each.
_ROUNDS = 3


def _run_plain(mix: Mix, backend: VenvBackend, cells: Sequence[Path]) -> tuple[float, float]:
    """Run cells in one fresh process; returns its wall seconds, and the seconds of the cells alone."""
    command, variables = plain_command(mix, backend, tuple(cells))
    started = time.perf_counter()
    finished = subprocess.run(command, env=variables, check=True, capture_output=True, text=True)
    return time.perf_counter() - started, float(finished.stdout.split()[-1])


def _start(mix: Mix, backend: VenvBackend) -> tuple[Worker, float]:
    started = time.perf_counter()
    worker = backend.start(mix.environment)
    return worker, time.perf_counter() - started


def _on_one_core(mix: Mix, backend: VenvBackend, store: Store, limits: Limits) -> dict[str, Any]:
    fresh = [_run_plain(mix, backend, [cell])[0] for cell in mix.cells]
    floor = _run_plain(mix, backend, mix.cells * _ROUNDS)[1] / _ROUNDS
    worker, start = _start(mix, backend)
    rounds = [run_engine(mix, worker, store, limits) for _ in range(_ROUNDS)]
    worker.close()
    engine = [sum(seconds) / _ROUNDS for seconds in zip(*rounds, strict=True)]
    return {"fresh": fresh, "floor": floor, "engine": engine, "start": start}


def _on_two_cores(mix: Mix, backend: VenvBackend, store: Store, limits: Limits) -> dict[str, float]:
    with ThreadPoolExecutor(2) as pool:
        started = time.perf_counter()
        list(pool.map(lambda cell: _run_plain(mix, backend, [cell]), mix.cells))
        fresh = time.perf_counter() - started
        workers = [_start(mix, backend)[0] for _ in range(2)]
        halves = [replace(mix, tasks=mix.tasks[number::2]) for number in range(2)]
        started = time.perf_counter()
        list(pool.map(lambda pair: run_engine(pair[1], pair[0], store, limits), zip(workers, halves, strict=True)))
        engine = time.perf_counter() - started
    for worker in workers:
        worker.close()
    return {"fresh": fresh, "engine": engine}


def _ratio(rows: Sequence[dict[str, Any]], mix: Mix, formats: Sequence[str]) -> float | None:
    """Median over the repetitions of fresh / engine, for some formats."""
    chosen = [number for number, task in enumerate(mix.tasks) if task.work.format in formats]
    if not chosen:
        return None
    ratios: list[float] = [sum(row["fresh"][n] for n in chosen) / sum(row["engine"][n] for n in chosen) for row in rows]
    return round(statistics.median(ratios), 2)


def measure_cells(
    mix: Mix, backend: VenvBackend, store: Store, limits: Limits, repeat: int, two_cores: bool
) -> dict[str, Any]:
    """Ratios and seconds per cell, as medians over ``repeat`` repetitions, each of which measures all sides in turn.

    :param two_cores: measure on two cores as well.
    :return: the figures of cells as a run has them; under ``called_only``, those of the same cells without ``predict``.
    """
    called = mix.without_predict()
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[0]})
    try:
        rows, called_rows = [], []
        for _ in range(repeat):
            rows.append(_on_one_core(mix, backend, store, limits))
            called_rows.append(_on_one_core(called, backend, store, limits))
    finally:
        os.sched_setaffinity(0, cores)
    result = _figures(mix, rows) | {"called_only": _figures(called, called_rows)}
    if two_cores:
        pairs = [_on_two_cores(mix, backend, store, limits) for _ in range(repeat)]
        result["speedup_two_cores"] = round(statistics.median(row["fresh"] / row["engine"] for row in pairs), 2)
    return result


def _figures(mix: Mix, rows: list[dict[str, Any]]) -> dict[str, Any]:
    formats = sorted({task.work.format for task in mix.tasks})
    over_floor = [sum(row["engine"]) / row["floor"] for row in rows]
    count = len(mix.tasks)
    return {
        "cells": count,
        "speedup_one_core": _ratio(rows, mix, formats),
        "speedup_one_core_light": _ratio(rows, mix, LIGHT_FORMATS),
        "speedup_by_format": {name: _ratio(rows, mix, [name]) for name in formats},
        "over_floor": round(statistics.median(over_floor), 2),
        "fresh_s_per_cell": round(statistics.median(sum(row["fresh"]) for row in rows) / count, 3),
        "engine_s_per_cell": round(statistics.median(sum(row["engine"]) for row in rows) / count, 3),
        "floor_s_per_cell": round(statistics.median(row["floor"] for row in rows) / count, 3),
        "start_s": round(statistics.median(row["start"] for row in rows), 2),
        "repetitions": rows,
    }
