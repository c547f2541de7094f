"""A forked child, a fresh process, a child for one attempt only, and one that has run others: all must measure the same."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crossload.backends.base import Worker
from crossload.backends.venv import VenvBackend
from crossload.config import load_config
from crossload.environments.model import Environment
from crossload.environments.selection import all_environments
from crossload.planning.matrix import Work
from crossload.planning.process_sharing import first_group, share_key
from crossload.probe import protocol
from crossload.probe.formats import FORMATS
from crossload.scenario_index import index_scenarios
from tests.e2e.running import REPOSITORY

pytestmark = pytest.mark.e2e

CASES = [("lstm", "keras"), ("dense", "h5"), ("q2-2-activation-layer", "h5"), ("batch-normalisation", "weights.h5")]
# One of every kind that shares a child: only Keras' own classes, registered ones, custom objects passed or not, a policy,
# random layers, names that are counted, files that are damaged.
IN_COMPANY = [
    *[("dense", "h5"), ("dense", "keras"), ("lambda", "h5"), ("registered-layer", "h5"), ("registered-layer", "keras")],
    *[("q1-2-import-only", "h5"), ("q4-3-helper-not-passed", "keras"), ("mixed-precision", "h5")],
    *[("q3-4-truncated", "h5"), ("several-inputs-outputs", "weights.h5"), ("q1-4-moved-custom-objects", "h5")],
]  # fmt: skip


def _built(label: str) -> tuple[VenvBackend, Environment]:
    """An environment that is ready, and its backend."""
    backend = VenvBackend()
    environment = all_environments(load_config(REPOSITORY / "matrix.toml"))[label]
    state = backend.build(environment, print)
    assert state.state == "ready", state.reason
    return backend, environment


def _ask(worker: Worker, op: str, work: Work, folder: Path, **more: Any) -> list[dict[str, Any]]:
    request = {
        "op": op,
        "id": "test",
        "scenario": work.scenario.request(),
        "format": work.format,
        "directory": str(folder),
        "limits": {"seconds": 120, "memory_mb": 4096},
        "near": {"atol": 1e-6, "rtol": 1e-5, "spread": 100.0},
        **more,
    }
    return worker.ask(request)


def _measured(events: list[dict[str, Any]]) -> dict[str, str]:
    """What each attempt measured, without times and places, and without addresses in messages."""
    dropped = ("seconds", "event", "place")
    return {
        event["attempt"]: json.dumps({key: event[key] for key in sorted(event) if key not in dropped})
        for event in events
        if event["event"] == "attempt"
    }


@pytest.mark.parametrize("label", ["2.10-cpu", "2.16-cpu"])
def test_every_kind_of_isolation_measures_the_same(tmp_path: Path, label: str) -> None:
    backend, environment = _built(label)
    forked, fresh = backend.start(environment), backend.start(environment, ["--fresh"])
    try:
        assert (forked.isolation, fresh.isolation) == ("fork", "fresh")
        for name, form in CASES:
            work = Work(index_scenarios()[name], form)
            folder = tmp_path / f"{name}-{form}"
            folder.mkdir()
            saved = _ask(forked, "save", work, folder)
            assert any(event["event"] == "saved" for event in saved), saved
            common = {"file": FORMATS[form].file_name}
            together = _measured(_ask(forked, "load", work, folder, attempts=list(work.attempts()), **common))
            anew = _measured(_ask(fresh, "load", work, folder, attempts=list(work.attempts()), **common))
            assert together == anew
            assert "plain" in together
            for attempt in together:
                alone = _measured(_ask(forked, "load", work, folder, attempts=[attempt], **common))
                assert alone == {attempt: together[attempt]}
    finally:
        forked.close()
        fresh.close()


@pytest.mark.parametrize("label", ["2.10-cpu", "2.16-cpu"])
def test_company_changes_nothing(tmp_path: Path, label: str) -> None:
    """Saves and loads in children that have run others, against one child for each; in company twice, to meet old company."""
    backend, environment = _built(label)
    scenarios = index_scenarios()
    shared, alone = backend.start(environment), backend.start(environment)
    expected: dict[tuple[str, str], Path] = {}
    measured: dict[tuple[str, str, str], dict[str, str]] = {}
    met = 0
    try:
        for number, (name, form) in enumerate(IN_COMPANY):
            work, folder = Work(scenarios[name], form), tmp_path / f"alone-{number}"
            folder.mkdir()
            saved = next((event for event in _ask(alone, "save", work, folder) if event["event"] == "saved"), None)
            if saved is None:
                continue
            expected[name, form] = folder
            for attempt in work.attempts():
                common = {"file": saved["file"], "attempts": [attempt]}
                measured[name, form, attempt] = _measured(_ask(alone, "load", work, folder, **common))
        for turn in range(2):
            for (name, form), folder in expected.items():
                work, again = Work(scenarios[name], form), tmp_path / f"{turn}-{name}-{form}"
                again.mkdir()
                events = _ask(shared, "save", work, again, share=share_key(work.scenario, form, protocol.SAVE))
                file = next(event["file"] for event in events if event["event"] == "saved")
                assert _reference(again) == _reference(folder), (name, form, turn)
                names = list(work.attempts())
                while names:
                    key, together, names = first_group(work.scenario, form, names)
                    found = _ask(shared, "load", work, folder, share=key, file=file, attempts=together)
                    for attempt, value in _measured(found).items():
                        assert {attempt: value} == measured[name, form, attempt], (name, form, attempt, turn)
                    met += found[-1]["after"] > 0
    finally:
        shared.close()
        alone.close()
    assert met > len(expected)


def _reference(folder: Path) -> tuple[str, dict[str, bytes]]:
    with np.load(folder / "reference.npz") as arrays:
        return (folder / "reference.json").read_text(), {name: arrays[name].tobytes() for name in arrays.files}


def test_who_dies_in_company_is_run_again_alone(tmp_path: Path) -> None:
    backend, environment = _built("2.10-cpu")
    scenarios = index_scenarios([REPOSITORY / "tests" / "e2e" / "trouble_scenarios"])
    worker = backend.start(environment)
    ends = []
    try:
        for number, name in enumerate(["dense", "dense", "trouble-aborts", "dense"]):
            folder = tmp_path / str(number)
            folder.mkdir()
            events = _ask(worker, "save", Work(scenarios[name], "h5"), folder, share="one child for all")
            ends.append((events[-1]["signal"], events[-1]["after"], events[-2]["event"]))
    finally:
        worker.close()
    assert ends == [(None, 0, "saved"), (None, 1, "saved"), ("SIGABRT", 0, "stage"), (None, 0, "saved")]
