"""A matrix in containers: the same results as in virtual environments, and nothing gets out."""

import json
import os
import shlex
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.docker_engine import Engine
from tests.e2e.docker_small import client_of
from tests.e2e.running import REPOSITORY, command, config_with, crossload, results

pytestmark = pytest.mark.e2e

# One before 2.5, one between 2.11 and 2.15, one from 2.16 on.
ENVIRONMENTS = "2.3,2.15,2.16"
OUTBREAKS = f'scenario_folders = ["{REPOSITORY / "tests" / "e2e" / "confined_scenarios"}"]'
TROUBLE = f'scenario_folders = ["{REPOSITORY / "tests" / "e2e" / "trouble_scenarios"}"]'
SECRET = Path("/var/tmp/crossload-test-secret")
COMPARED = [
    "scenario",
    "format",
    "saved_with",
    "loaded_with",
    "verdict",
    "fidelity",
    "attempt",
    "cause",
    "lost",
    "error_type",
]


def _containers(engine: Engine) -> list[Any]:
    client = client_of(engine.host)
    try:
        return list(client.containers.list(all=True, filters={"label": "dev.crossload.owner"}))
    finally:
        client.close()


def _until(condition: Callable[[], Any], seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.1)


def _stored(out: Path) -> int:
    return len(list((out / "store" / "artifacts").glob("*/*"))) if out.exists() else 0


def test_containers_give_the_same_cells_as_virtual_environments(
    engine: Engine, docker_variables: dict[str, str], tmp_path: Path
) -> None:
    built = crossload("images", "--tf", ENVIRONMENTS)
    assert built.returncode == 0, built.stdout + built.stderr
    again = crossload("images", "--tf", ENVIRONMENTS)
    assert again.stdout.count(": is there") == 3
    tables = {}
    for backend in ("docker", "venv"):
        finished = crossload(
            "run",
            "--tf",
            ENVIRONMENTS,
            "--backend",
            backend,
            "--out",
            str(tmp_path / backend),
            "--scenario",
            "dense,q2-2-activation-layer",
            "--format",
            "h5,savedmodel,keras,weights.h5",
        )
        assert finished.returncode == 0, finished.stdout + finished.stderr
        table = results(tmp_path / backend)
        tables[backend] = table[COMPARED].sort_values(COMPARED[:4]).reset_index(drop=True)
    assert len(tables["docker"]) > 40
    assert tables["docker"].equals(tables["venv"]), tables["docker"].compare(tables["venv"])
    assert set(tables["docker"]["verdict"]) >= {"exact", "fails"}
    assert _containers(engine) == []
    document = json.loads((tmp_path / "docker" / "results.json").read_text(encoding="utf-8"))
    for environment in document["environments"]:
        assert environment["image"].startswith(f"crossload/{environment['id']}:")
        assert environment["image_digest"].startswith("sha256:")
        assert environment["base"].startswith("crossload-test/base:bookworm sha256:")
    page = (tmp_path / "docker" / "report" / "index.html").read_text(encoding="utf-8")
    assert document["environments"][0]["image"] in page


def test_nothing_gets_out_of_a_container(engine: Engine, docker_variables: dict[str, str], tmp_path: Path) -> None:
    limits = "[docker]\nmemory_mb = 3072\nprocesses = 96\ntemporary_mb = 64\ncpus = 1\n"
    config = config_with(tmp_path, ("[docker]\n", limits), first=OUTBREAKS)
    SECRET.write_text("of the host")
    try:
        finished = crossload(
            *(
                "run",
                "--config",
                str(config),
                "--tf",
                "2.16",
                "--scenario",
                "outbreak-*",
                "--format",
                "keras",
                "--jobs",
                "1",
            ),
            "--backend",
            "docker",
            "--out",
            str(tmp_path / "out"),
        )
    finally:
        SECRET.unlink()
    assert finished.returncode == 0, finished.stderr
    rows = {row.scenario: row for row in results(tmp_path / "out").itertuples()}
    seen = json.loads(str(rows["outbreak-look-around"].error))
    processor = seen.pop("processor").removeprefix("done: ")
    assert float(processor) < 1.4, "four busy processes had more than one processor"
    allowed = {name: said.removeprefix("done: ") for name, said in seen.items() if said.startswith("done: ")}
    mounts = [
        "/crossload/code/0/scenarios",
        "/crossload/code/1/confined_scenarios",
        "/crossload/input",
        "/crossload/output",
    ]
    assert allowed == {
        **{"uid": str(os.getuid() or 10001), "capabilities": "0" * 16, "bounding set": "0" * 16, "new privileges": "1"},
        **{"interfaces": "['lo']", "write to tmp": "None", "engine socket": "[]", "devices": "[]"},
        "mounts": str(sorted([*mounts, "/crossload/probe"])),
    }
    refused = {name: said for name, said in seen.items() if name not in allowed}
    assert refused.pop("network") in ("ENETUNREACH", "EAI_AGAIN")
    assert refused.pop("processes") == "EAGAIN"
    assert refused.pop("fill tmp") == "ENOSPC"
    assert refused.pop("host file") == "ENOENT"
    assert refused.pop("become root") == refused.pop("mount") == "EPERM"
    assert set(refused) == {f"write {name}" for name in ("root", "environment", "probe", "scenarios", "artifacts")}
    assert set(refused.values()) <= {"EROFS", "EACCES"}
    # What they leave behind takes nothing from the next one: the last two below run in the same container.
    assert (rows["outbreak-detached"].verdict, rows["outbreak-detached"].error_type) == ("crashes", "SIGABRT")
    assert (rows["outbreak-memory"].verdict, rows["outbreak-memory"].error_type) == ("crashes", "SIGKILL")
    # A container's full disk is nobody's but its scenario's.
    assert (rows["outbreak-fills-tmp"].verdict, rows["outbreak-fills-tmp"].error_type) == ("crashes", "disk limit")
    assert "[docker] temporary_mb" in str(rows["outbreak-fills-tmp"].error)
    assert rows["outbreak-fills-tmp"].cause == "temporary-files-limit"
    assert {rows[name].verdict for name in ("outbreak-leaves-tmp", "outbreak-needs-tmp")} == {"exact"}
    assert rows["outbreak-link"].verdict == "cannot-save"
    assert "stolen is a link" in str(rows["outbreak-link"].error)
    assert rows["outbreak-artifact"].verdict == "exact"
    assert _containers(engine) == []


def _running(tmp_path: Path, *more: str, scenarios: str = "dense,conv2d,lstm") -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(
            "run",
            "--tf",
            "2.16",
            "--scenario",
            scenarios,
            "--backend",
            "docker",
            "--out",
            str(tmp_path),
            *more,
        ),
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_container_killed_from_outside_is_replaced(
    engine: Engine, docker_variables: dict[str, str], tmp_path: Path
) -> None:
    process = _running(tmp_path, "--jobs", "1")
    _until(lambda: _stored(tmp_path) >= 2)
    for container in _containers(engine):
        container.kill()
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, output + errors
    assert "Traceback" not in output + errors
    table = results(tmp_path)
    assert "harness-error" not in set(table["verdict"])
    assert len(table) == 12
    assert _containers(engine) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_no_container_stays(
    engine: Engine, docker_variables: dict[str, str], tmp_path: Path, number: signal.Signals
) -> None:
    config = config_with(tmp_path, first=TROUBLE)
    process = _running(tmp_path / "out", "--config", str(config), "--format", "keras", scenarios="trouble-sleeps")
    _until(lambda: [container for container in _containers(engine) if container.status == "running"])
    time.sleep(2)
    process.send_signal(number)
    process.communicate(timeout=60)
    if number == signal.SIGKILL:
        # The next start finds what was left by its label. (A probe that is not hanging ends with its stdin.)
        assert crossload("run", "--tf", "2.16", "--scenario", "dense", "--format", "h5", "--backend", "docker",
                         "--out", str(tmp_path / "next")).returncode == 0  # fmt: skip
    assert _containers(engine) == []


def test_an_engine_that_stops_in_the_middle_of_a_run(
    engine: Engine, docker_variables: dict[str, str], tmp_path: Path
) -> None:
    process = _running(tmp_path, "--jobs", "1")
    _until(lambda: _stored(tmp_path) >= 2)
    engine.stop()
    try:
        output, errors = process.communicate(timeout=120)
    finally:
        engine.start()
    assert process.returncode == 2, output + errors
    assert "stopped answering. Results so far are kept" in errors
    assert "Traceback" not in output + errors
    kept = _stored(tmp_path)
    assert kept >= 2
    process = _running(tmp_path)
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, output + errors
    assert "harness-error" not in set(results(tmp_path)["verdict"])
    assert '"reused":0' not in (tmp_path / "results.json").read_text(encoding="utf-8").replace(" ", "")


def test_the_command_that_reproduces_a_cell_works_when_pasted(
    engine: Engine, docker_variables: dict[str, str], tmp_path: Path
) -> None:
    place = ("--backend", "docker", "--out", str(tmp_path))
    assert crossload("run", "--tf", "2.16", "--scenario", "dense", "--format", "keras", *place).returncode == 0
    told = crossload("reproduce", results(tmp_path)["key"][0], *place)
    assert told.returncode == 0, told.stderr
    line = told.stdout.strip()
    assert shlex.split(line)[:3] == ["docker", "run", "--rm"]
    finished = subprocess.run(line, shell=True, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    assert "plain: loaded" in finished.stdout
