"""Everything that can go wrong around a run: each gives a clear line, and nothing finished is lost."""

import json
import os
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from tests.e2e.running import REPOSITORY, command, config_with, crossload, results

pytestmark = pytest.mark.e2e

TROUBLE = f'scenario_folders = ["{REPOSITORY / "tests" / "e2e" / "trouble_scenarios"}"]'
ENVIRONMENT = "2.16"


def test_misbehaving_scenarios_are_findings_and_the_next_one_runs(tmp_path: Path) -> None:
    limits = (
        "seconds = 40\nseconds_after_hang = 5\nmemory_mb = 4096",
        "seconds = 15\nseconds_after_hang = 5\nmemory_mb = 1024",
    )
    config = config_with(tmp_path, limits, first=TROUBLE)
    finished = crossload(
        "run",
        "--config",
        str(config),
        "--tf",
        ENVIRONMENT,
        "--scenario",
        "trouble-*,hostile-*",
        "--format",
        "keras",
        "--out",
        str(tmp_path / "out"),
        "--jobs",
        "1",
    )
    assert finished.returncode == 0, finished.stderr
    rows = results(tmp_path / "out")
    found = {row.scenario: (row.verdict, row.error_type, row.stage, row.loaded_with) for row in rows.itertuples()}
    assert found.pop("trouble-good") == ("exact", "", "", "2.16-cpu")
    assert found.pop("trouble-raises") == ("cannot-save", "RuntimeError", "build", "")
    assert found == {
        "trouble-aborts": ("crashes", "SIGABRT", "build", ""),
        "trouble-sleeps": ("crashes", "time limit", "build", ""),
        "trouble-eats-memory": ("crashes", "memory limit", "build", ""),
        # Plain loading dies; rebuilding the model and reading the weights out of the same file does not.
        "trouble-aborts-on-load": ("remedy", "SIGABRT", "load", "2.16-cpu"),
        "trouble-sleeps-on-load": ("remedy", "time limit", "load", "2.16-cpu"),
        "hostile-forges": ("remedy", "wrote among the answers", "load", "2.16-cpu"),
        "hostile-garbage": ("remedy", "wrote among the answers", "load", "2.16-cpu"),
        "hostile-leaves": ("remedy", "exit status 1", "load", "2.16-cpu"),
        "hostile-fifo": ("cannot-save", "NotAFile", "save", ""),
        "hostile-daemon": ("exact", "", "", "2.16-cpu"),
        # What it writes to is a copy, and the next attempt would have another.
        "hostile-writes": ("exact", "", "", "2.16-cpu"),
    }
    assert not subprocess.run(["pgrep", "-f", "crossload-test-daemon"], capture_output=True, check=False).stdout
    stored = crossload("store", "check", "--out", str(tmp_path / "out"))
    assert stored.returncode == 0, stored.stdout


def _hear_interrupts() -> None:
    """What a shell starts in the background ignores Ctrl-C, and so would all that it starts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _stored_cells(out: Path) -> int:
    path = out / "store" / "results.sqlite"
    if not path.exists():
        return 0
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return int(connection.execute("SELECT count(*) FROM cells").fetchone()[0])
    except sqlite3.OperationalError:  # the tables are not there yet
        return 0
    finally:
        connection.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL, signal.SIGTERM])
def test_a_stopped_run_goes_on_where_it_was(tmp_path: Path, number: signal.Signals) -> None:
    arguments = ("run", "--tf", ENVIRONMENT, "--scenario", "dense,conv2d,lstm,gru,lambda", "--out", str(tmp_path))
    process = subprocess.Popen(
        command(*arguments),
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_hear_interrupts,
    )
    deadline = time.monotonic() + 120
    while _stored_cells(tmp_path) < 2 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(number)
    output, errors = process.communicate(timeout=60)
    kept = _stored_cells(tmp_path)
    assert kept >= 2
    if number != signal.SIGKILL:
        assert process.returncode == 130
        assert "the same command goes on" in output
        assert "Traceback" not in output + errors
    finished = crossload(*arguments)
    assert finished.returncode == 0, finished.stderr
    table = results(tmp_path)
    assert (table["verdict"] != "harness-error").all()
    assert len(table) >= kept
    again = crossload(*arguments)
    assert again.returncode == 0
    assert "Nothing to do" in again.stdout
    listed = json.loads(crossload("runs", "--json", "--out", str(tmp_path)).stdout)
    assert listed[-1]["executed"] == 0


def _processes_of(out: Path) -> list[str]:
    """Command lines of running processes whose stderr or open files lie under a folder, and that are probes."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_text().replace("\0", " ")
            marked = str(out) in (folder / "environ").read_text()
        except OSError:
            continue
        if marked and "probe" in line:
            found.append(line)
    return found


def test_a_hanging_child_does_not_outlive_an_interrupted_run(tmp_path: Path) -> None:
    config = config_with(tmp_path, first=TROUBLE)
    arguments = (
        "run",
        "--config",
        str(config),
        "--tf",
        ENVIRONMENT,
        "--scenario",
        "trouble-sleeps",
        "--format",
        "keras",
    )
    process = subprocess.Popen(
        command(*arguments, "--out", str(tmp_path / "out")),
        cwd=REPOSITORY,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=_hear_interrupts,
    )
    deadline = time.monotonic() + 60
    while len(_processes_of(tmp_path)) < 2 and time.monotonic() < deadline:
        time.sleep(0.2)
    assert len(_processes_of(tmp_path)) >= 2, "the probe and its child never ran"
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 130
    deadline = time.monotonic() + 10
    while _processes_of(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert _processes_of(tmp_path) == []


def test_a_missing_interpreter_leaves_the_rest_running(tmp_path: Path) -> None:
    config = config_with(tmp_path, ('"2.21-cpu" = { python = "3.11"', '"2.21-cpu" = { python = "3.99"'))
    out = tmp_path / "out"
    finished = crossload(
        "run",
        "--config",
        str(config),
        "--tf",
        "2.16,2.21",
        "--scenario",
        "dense",
        "--format",
        "keras",
        "--out",
        str(out),
    )
    assert finished.returncode == 0, finished.stderr
    assert "no Python 3.99" in finished.stdout
    rows = results(out).set_index(["saved_with", "loaded_with"])["verdict"].to_dict()
    assert rows == {
        ("2.16-cpu", "2.16-cpu"): "exact",
        ("2.16-cpu", "2.21-cpu"): "unavailable",
        ("2.21-cpu", "2.16-cpu"): "unavailable",
        ("2.21-cpu", "2.21-cpu"): "unavailable",
    }


def test_without_network_and_cache_nothing_could_run(tmp_path: Path) -> None:
    variables = {
        "UV_OFFLINE": "1",
        "UV_CACHE_DIR": str(tmp_path / "uv"),
        "CROSSLOAD_CACHE": str(tmp_path / "environments"),
    }
    finished = crossload(
        *("run", "--tf", ENVIRONMENT, "--scenario", "dense", "--out", str(tmp_path / "out")), variables=variables
    )
    assert finished.returncode == 3
    assert "2.16-cpu: unavailable: uv pip install failed" in finished.stdout
    assert "nothing could run" in finished.stderr
    assert "Traceback" not in finished.stderr
    assert set(results(tmp_path / "out")["verdict"]) == {"unavailable"}


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_full_disk_is_no_finding(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(small)], check=True)
    try:
        finished = crossload("run", "--tf", ENVIRONMENT, "--scenario", "dense,conv2d,lstm,gru", "--out", str(small))
        assert finished.returncode == 2
        assert "disk is full" in finished.stderr or "could not be written" in finished.stderr
        assert "Traceback" not in finished.stderr
        subprocess.run(["mount", "-o", "remount,size=200m", str(small)], check=True)
        finished = crossload("run", "--tf", ENVIRONMENT, "--scenario", "dense,conv2d,lstm,gru", "--out", str(small))
        assert finished.returncode == 0, finished.stderr
        assert "No space left" not in (small / "results.csv").read_text(encoding="utf-8")
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_two_runs_on_one_store_are_refused(tmp_path: Path) -> None:
    # Every scenario: the first run must still be at work when the second one has started.
    arguments = ("run", "--tf", ENVIRONMENT, "--out", str(tmp_path))
    process = subprocess.Popen(
        command(*arguments), cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 60
        while _stored_cells(tmp_path) < 1 and time.monotonic() < deadline:
            time.sleep(0.05)
        second = crossload(*arguments)
        assert second.returncode == 2
        assert "another run is using it" in second.stderr
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=120) in (0, 130)
