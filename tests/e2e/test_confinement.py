"""The confined venv backend: what a file's code tries must fail, on real TensorFlow. Docker's side is in test_docker_matrix."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from crossload.backends import Worker
from crossload.backends.confinement import why_not
from crossload.backends.venv import VenvBackend
from crossload.config import load_config
from crossload.environments.selection import all_environments
from crossload.scenario_index import index_scenarios
from tests.e2e.running import REPOSITORY

# Where everything is meant to run, a test that does not is a failure.
_NEEDED = os.environ.get("CROSSLOAD_TEST_CONFINEMENT") == "required"
pytestmark = [pytest.mark.e2e, pytest.mark.skipif(bool(why_not()) and not _NEEDED, reason=why_not() or "confined")]

FOLDER = REPOSITORY / "tests" / "e2e" / "confined_scenarios"
LIMITS = {"seconds": 60, "seconds_after_hang": 5, "memory_mb": 2048}


@pytest.fixture(scope="module")
def staging(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("staging")


@pytest.fixture(scope="module")
def worker(staging: Path) -> Iterator[Worker]:
    config = load_config(REPOSITORY / "matrix.toml")
    environment = all_environments(config)["2.10-cpu"]
    backend = VenvBackend.create(config, REPOSITORY)
    assert backend.build(environment, print).state == "ready"
    said = backend.confine(_readable(), [staging])
    assert said.startswith("bubblewrap: ")
    made = backend.start(environment)
    yield made
    made.close()


def _readable() -> list[Path]:
    """What scenarios are imported from, and where that leads to."""
    roots = [Path(root) for root in index_scenarios([FOLDER])["outbreak-confined"].roots]
    return [*roots, REPOSITORY / "scenarios", FOLDER]


def _save(worker: Worker, staging: Path, name: str) -> list[dict[str, Any]]:
    scenario = index_scenarios([FOLDER])[name]
    directory = staging / name
    directory.mkdir()
    directory.chmod(0o777)
    request = {"op": "save", "id": name, "scenario": scenario.request(), "format": "h5", "directory": str(directory)}
    return worker.ask({**request, "share": None, "limits": LIMITS})


def _tried(events: list[dict[str, Any]]) -> Mapping[str, str]:
    raised = next(event for event in events if event["event"] == "raised")
    found: dict[str, str] = json.loads(raised["error"])
    return found


def test_what_a_file_tries_fails(worker: Worker, staging: Path, tmp_path: Path) -> None:
    Path("/var/tmp/crossload-test-secret").write_text("secret")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        (staging / "targets.json").write_text(json.dumps({"port": port, "pid": os.getpid(), "home": str(Path.home())}))
        found = _tried(_save(worker, staging, "outbreak-confined"))

    assert found["network of the host"] in ("ECONNREFUSED", "ENETUNREACH")
    assert found["interfaces"] == "done: ['lo']"
    assert found["host file"] == "ENOENT"
    assert found["home folder"] in ("done: []", "ENOENT", "EACCES")
    assert found["write to the probe"] in ("EROFS", "EACCES")
    assert found["write to the environment"] in ("EROFS", "EACCES")
    assert found["signal the host"] in ("ESRCH", "EPERM")
    assert found["processes seen"] in {f"done: {count}" for count in range(1, 9)}
    assert found["capabilities"] == "done: 0000000000000000"
    assert found["new privileges"] == "done: 1"
    assert found["become root"] == "EPERM"
    assert found["processes"] == "EAGAIN"
    assert found["mount"] in ("EPERM", "EACCES")
    assert found["host of a virtual machine"] == "EAFNOSUPPORT"
    assert found["memory without a limit"] == "ENOSYS"
    assert found["calls that no filter sees"] == "ENOSYS"


def test_nothing_outlives_a_worker(tmp_path: Path) -> None:
    config = load_config(REPOSITORY / "matrix.toml")
    environment = all_environments(config)["2.10-cpu"]
    backend = VenvBackend.create(config, REPOSITORY)
    backend.confine(_readable(), [tmp_path])
    made = backend.start(environment)
    marked = str(tmp_path)
    assert _running(marked)

    made.kill()

    deadline = time.monotonic() + 10
    while _running(marked) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not _running(marked)


def _running(words: str) -> list[str]:
    listed = subprocess.run(["ps", "axww", "-o", "pid,args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if words in line and "bwrap" in line]
