"""How the page grows: made-up results of 22 environments and more, rendered, opened and filtered in a real browser.

The cells are made up, with as many different errors, evidence, differences, seconds and attempts as runs have. What is timed
is the real rendering, in a process of its own for its memory to be told, and the real page in Debian's Chromium.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crossload.domain.cells import ATTEMPT_COLUMNS, RESULT_COLUMNS
from crossload.probe.formats import RUNGS

CHROMIUM = "/usr/bin/chromium"
FORMATS = ("h5", "savedmodel", "keras", "weights.h5", "export")
_VERDICTS = ("exact", "equal", "lossy", "remedy", "fails", "crashes", "differs", "cannot-save", "unavailable")
_ODDS = (0.22, 0.10, 0.08, 0.36, 0.19, 0.003, 0.012, 0.005, 0.03)
_REMEDIES = ("compile=False", "rename+compile=False", "TFSMLayer", "rebuild+weights", "edit-config", "safe_mode=False")
_FLOATS = ("max_abs_diff", "max_rel_diff", "max_ulp_diff")


def _ids(count: int) -> list[str]:
    return [f"2.{minor}-cpu" for minor in range(min(count, 22))] + [
        f"2.{n % 22}+v{n // 22}-cpu" for n in range(22, count)
    ]


def made_up(
    environments: int, scenarios: int, seed: int = 7
) -> tuple[pd.DataFrame, pd.DataFrame, list[dict[str, Any]]]:
    """Results and attempts of every scenario in five formats between every two environments, and the environments."""
    chance = np.random.default_rng(seed)
    names = _ids(environments)
    cells = environments**2 * scenarios * len(FORMATS)
    shape = (scenarios, len(FORMATS), environments, environments)
    scenario, form, saver, loader = (part.ravel() for part in np.indices(shape, dtype=np.int32))
    verdict = chance.choice(len(_VERDICTS), cells, p=_ODDS)
    bad = np.isin(verdict, [3, 4, 5, 7])
    scored = verdict < 7
    # As in a full run: an error for every three cells of a scenario and format, with its names in it.
    number = (scenario * len(FORMATS) + form) * 24 + chance.integers(0, 24, cells)
    errors = np.array([_error(place) for place in range(int(number.max()) + 1)], dtype=object)
    causes = np.array([f"cause-{place}" for place in range(40)], dtype=object)
    shown = np.array([f"object: dense_{place}\nsaved with Keras 2.{place % 22}" for place in range(400)], dtype=object)
    texts = {
        "scenario": np.array([f"generated-{place}" for place in range(scenarios)], dtype=object)[scenario],
        "family": np.array([f"family-{place % 9}" for place in range(scenarios)], dtype=object)[scenario],
        "format": np.array(FORMATS, dtype=object)[form],
        "saved_with": np.array(names, dtype=object)[saver],
        "loaded_with": np.where(verdict == 7, "", np.array(names, dtype=object)[loader]),
        "verdict": np.array(_VERDICTS, dtype=object)[verdict],
        "attempt": np.where(verdict == 3, np.array(_REMEDIES, dtype=object)[number % 6], np.where(scored, "plain", "")),
        "cause": np.where(bad, causes[number % 40], ""),
        "error_type": np.where(bad, np.array(["ValueError", "TypeError", "KeyError"], dtype=object)[number % 3], ""),
        "error": np.where(bad, errors[number], ""),
        "evidence": np.where(bad, shown[number % len(shown)], ""),
        "container": np.array(["hdf5", "directory", "zip", "hdf5", "directory"], dtype=object)[form],
        "reason": np.where(verdict == 8, "no Python 3.7: asked uv, pyenv and PATH", ""),
        "cost": np.where(verdict == 3, "optimizer state lost", ""),
        "lost": np.where((verdict == 2) | (verdict == 3), "optimizer,training", ""),
    }  # fmt: skip
    results = pd.DataFrame({name: pd.Series(column, dtype="object") for name, column in texts.items()})
    for rung in RUNGS:
        lost = (verdict == 2) | (verdict == 3) if rung in ("optimizer", "training") else verdict == 6
        results[f"rung_{rung}"] = pd.Series(
            np.where(~scored | (verdict == 4), "", np.where(lost, "lost", "pass")), dtype="object"
        )
    for name in _FLOATS:
        size = 10.0 ** chance.uniform(-8, -6, cells)
        results[name] = np.where(verdict == 0, 0.0, np.where(scored & (verdict != 4), size, np.nan))
    results["fidelity"] = np.where(scored, 5 - 2 * (verdict >= 2), np.nan)
    results["artifact_bytes"] = (20_000 + 977 * saver + 31 * scenario).astype(np.float64)
    results["seconds"] = chance.gamma(4.0, 0.05, cells)
    for name in set(RESULT_COLUMNS) - set(results.columns):
        results[name] = pd.Series("", results.index, dtype="object")
    results = results[list(RESULT_COLUMNS)]
    results = results[~((verdict == 7) & (loader > 0))].reset_index(drop=True)
    return results, _attempts(results, chance), [_environment(name, place) for place, name in enumerate(names)]


def _error(place: int) -> str:
    return (
        f"Error when deserializing class 'Dense' using config={{'name': 'dense_{place}', 'units': {place % 512}, 'dtype': "
        f"{{'module': 'keras', 'class_name': 'DTypePolicy'}}}}.\n\nException encountered: Unrecognized keyword arguments "
        f"passed to Dense: {{'batch_shape': [None, {place % 97}]}} in layer {place * 7919 % 100003}"
    )


def _attempts(results: pd.DataFrame, chance: np.random.Generator) -> pd.DataFrame:
    """One attempt of what loads plainly, up to nine of what does not: four for each cell, as in a full run."""
    plainly = results["verdict"].isin(["exact", "equal", "lossy", "differs"]).to_numpy()
    tried = results["verdict"].isin(["remedy", "fails", "crashes"]).to_numpy()
    count = np.where(plainly, 1, np.where(tried, chance.integers(3, 10, len(results)), 0))
    row = np.repeat(np.arange(len(results)), count)
    place = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    found = results.iloc[row].reset_index(drop=True)
    last = (place == count[row] - 1) & (found["verdict"] != "fails").to_numpy()
    ways = np.array(["plain", *_REMEDIES, "rename", "rename+edit-config"], dtype=object)
    found["attempt"] = pd.Series(np.where(last, found["attempt"], ways[place % len(ways)]), dtype="object")
    found["outcome"] = pd.Series(np.where(last, "loaded", "raised"), dtype="object")
    found["note"] = pd.Series(np.where(last & (place > 0), "dropped batch_shape", ""), dtype="object")
    found["seconds"] = chance.gamma(4.0, 0.02, len(row))
    for name in _FLOATS:
        found[name] = found[name].where(last)
    return found[list(ATTEMPT_COLUMNS)]


def _environment(name: str, place: int) -> dict[str, Any]:
    pins = {f"package-{n}": f"{n}.{place // (1 + n % 7)}.0" for n in range(45)} | {"keras": f"3.{place}.0"}
    return {"id": name, "python": "3.11.9", "tensorflow": f"2.{place}.1", "keras": pins["keras"], "h5py": "3.11.0",
            "numpy": "1.26.4", "protobuf": "4.25.3", "state": "ready", "reason": "", "size_mb": 1000.0,
            "digest": f"sha256:{place:064x}", "hardware": "cpu", "backend": "venv", "pins": pins}  # fmt: skip


def _render(folder: Path, environments: int, scenarios: int) -> dict[str, Any]:
    """Make and render in this process; its peak memory is that of both."""
    from crossload_reports.html.page import render

    results, attempts, known = made_up(environments, scenarios)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told = [{"name": f"generated-{n}", "family": f"family-{n % 9}", "title": f"Generated {n}", "case": "",
             "source": f"def generated_{n}():\n    return keras.Sequential([keras.layers.Dense({n})])\n" * 8}
            for n in range(scenarios)]  # fmt: skip
    started = time.perf_counter()
    run = {"started": "2026-01-01T00:00:00", "command": "generated"}
    path = render(results, attempts, known, run, folder / "index.html", told)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size = path.stat().st_size / 1e6
    return {"cells": len(results), "attempts": len(attempts), "render_s": round(seconds, 2), "render_peak_mb": round(peak),
            "tables_mb": round(before), "page_mb": round(size, 2)}  # fmt: skip


_FILTERS = {
    "verdict": ["select", "fails"], "format": ["select", "keras"], "cause": ["select", "cause-7"],
    "attempt": ["select", "compile=False"], "family": ["select", "family-3"], "text": ["type", "dense_77"],
}  # fmt: skip

# Sets a filter as a person does, and waits for the frame in which the answer is painted.
_ANSWER = """([name, value]) => new Promise((done) => {
  const field = document.getElementById("filter-" + name);
  const started = performance.now();
  field.value = value;
  field.dispatchEvent(new Event(field.tagName === "SELECT" ? "change" : "input"));
  requestAnimationFrame(() => setTimeout(() => done(performance.now() - started)));
})"""


def _browse(page_file: Path, repeat: int = 5) -> dict[str, Any]:
    from playwright.sync_api import sync_playwright

    found: dict[str, Any] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        paints, ready = [], []
        for _ in range(repeat):
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(page_file.as_uri())
            page.wait_for_selector("html.scripted a.square")
            ready.append(page.evaluate("performance.now()"))
            paints.append(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
            if len(paints) < repeat:
                page.close()
        found["first_paint_ms"] = round(sorted(paints)[repeat // 2])
        found["usable_ms"] = round(sorted(ready)[repeat // 2])
        page.wait_for_timeout(500)
        for name, (_, value) in _FILTERS.items():
            times = []
            for _ in range(repeat):
                times.append(page.evaluate(_ANSWER, [name, value]))
                page.evaluate(_ANSWER, [name, ""])
            found[f"filter_{name}_ms"] = round(sorted(times)[repeat // 2])
        started = time.perf_counter()
        page.goto(page_file.as_uri() + "#page=upgrade")
        page.wait_for_selector("svg.flow")
        found["upgrade_ms"] = round((time.perf_counter() - started) * 1000)
        browser.close()
    return found


def measure_page(environments: int, scenarios: int) -> dict[str, Any]:
    """Sizes, seconds and milliseconds of a page of ``environments``² × ``scenarios`` × 5 cells."""
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-m", "benchmarks.page", scratch, str(environments), str(scenarios)]
        finished = subprocess.run(command, check=True, capture_output=True, text=True)
        found: dict[str, Any] = json.loads(finished.stdout)
        return found | _browse(Path(scratch) / "index.html")


if __name__ == "__main__":
    print(json.dumps(_render(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))
