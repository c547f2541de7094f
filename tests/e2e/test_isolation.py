"""A forked child, a fresh process, and a child for one attempt only: all of them must measure the same."""

import json
from pathlib import Path
from typing import Any

import pytest

from matrix.backends.base import Worker
from matrix.backends.venv import VenvBackend
from matrix.config import load_config
from matrix.environments import all_environments
from matrix.planning import Work
from matrix.probe.formats import FORMATS
from matrix.scenario_index import index_scenarios
from tests.e2e.running import REPOSITORY

pytestmark = pytest.mark.e2e

CASES = [("lstm", "keras"), ("dense", "h5"), ("q2-2-activation-layer", "h5"), ("batch-normalisation", "weights.h5")]


def _ask(worker: Worker, op: str, work: Work, folder: Path, **more: Any) -> list[dict[str, Any]]:
    request = {
        "op": op,
        "id": "test",
        "scenario": work.scenario.request(),
        "format": work.format,
        "directory": str(folder),
        "limits": {"seconds": 120, "memory_mb": 4096},
        "near": {"atol": 1e-6, "rtol": 1e-5},
        **more,
    }
    return worker.ask(request)


def _measured(events: list[dict[str, Any]]) -> dict[str, str]:
    """What each attempt measured, without times and places."""
    dropped = ("seconds", "event", "place")
    return {
        event["attempt"]: json.dumps({key: event[key] for key in sorted(event) if key not in dropped})
        for event in events
        if event["event"] == "attempt"
    }


@pytest.mark.parametrize("label", ["2.10-cpu", "2.16-cpu"])
def test_every_kind_of_isolation_measures_the_same(tmp_path: Path, label: str) -> None:
    backend = VenvBackend()
    environment = all_environments(load_config(REPOSITORY / "matrix.toml"))[label]
    state = backend.build(environment, print)
    assert state.state == "ready", state.reason
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
