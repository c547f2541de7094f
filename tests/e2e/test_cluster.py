"""The same matrix on several machines: cell by cell what one machine measures, whatever happens to the workers."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from tests.e2e.cluster import Machines
from tests.e2e.running import REPOSITORY, SOURCES, command, crossload, results
from tests.e2e.test_trouble import _stored_cells

pytestmark = pytest.mark.e2e

SELECTION = ("--tf", "2.10,2.16", "--scenario", "dense,conv2d,lstm,lambda", "--format", "h5,keras", "--backend", "venv")


@pytest.fixture(scope="module")
def locally(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """What one machine measures."""
    out = tmp_path_factory.mktemp("local")
    finished = crossload("run", *SELECTION, "--out", str(out))
    assert finished.returncode == 0, finished.stderr
    return results(out).drop(columns="seconds")


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    folder = tmp_path / "machines"
    folder.mkdir()
    started = Machines(folder)
    yield started
    started.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk that is full almost at once; a folder that cannot be written where no disk can be mounted."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)], check=False)
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def _executed(out: Path) -> int:
    return int(json.loads(crossload("runs", "--json", "--out", str(out)).stdout)[-1]["executed"])


def _wait_for(cells: int, out: Path, process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + 400
    while _stored_cells(out) < cells and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert process.poll() is None, process.communicate()
    assert _stored_cells(out) >= cells


def test_a_worker_is_killed_one_joins_late_and_one_has_no_room(
    locally: pd.DataFrame, machines: Machines, small_disk: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    scheduler = machines.start_scheduler()
    # Two workers and two environments to save in: the one with the small disk is given one of them for certain.
    first = machines.start_worker(scheduler, 0)
    machines.wait_until_ready(machines.start_worker(scheduler, 3, folder=small_disk))
    machines.wait_until_ready(first)
    process = subprocess.Popen(
        command("run", *SELECTION, "--executor", "dask", "--scheduler", scheduler, "--out", str(out)),
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    _wait_for(1, out, process)
    for number in (1, 2, 4):
        machines.start_worker(scheduler, number)
    _wait_for(6, out, process)
    machines.kill(first)
    said, errors = process.communicate(timeout=600)
    assert process.returncode == 0, errors
    assert "it gets no more work" in said
    assert "Traceback" not in said + errors
    # None lost, none other, none twice.
    pd.testing.assert_frame_equal(results(out).drop(columns="seconds"), locally)
    checked = crossload("store", "check", "--out", str(out))
    assert checked.returncode == 0, checked.stdout
    artifacts, cells = 2 * 4 * 2, len(locally[locally["loaded_with"] != ""])
    assert f"{artifacts} artifacts, {cells} cells" in checked.stdout
    assert _executed(out) == artifacts + cells


def test_workers_of_its_own_that_exchange_files_over_a_url(locally: pd.DataFrame, tmp_path: Path) -> None:
    out, depot = tmp_path / "out", tmp_path / "depot"
    finished = crossload(
        *("run", *SELECTION, "--executor", "dask", "--jobs", "2", "--artifacts", f"file://{depot}", "--out", str(out))
    )
    assert finished.returncode == 0, finished.stderr
    assert "Traceback" not in finished.stdout + finished.stderr
    pd.testing.assert_frame_equal(results(out).drop(columns="seconds"), locally)
    assert len(list(depot.glob("*/*.tar"))) == len(list((out / "store" / "artifacts").glob("*/*")))
    again = crossload("run", *SELECTION, "--executor", "dask", "--jobs", "2", "--out", str(out))
    assert "Nothing to do" in again.stdout
    assert _executed(out) == 0


def _other_version(folder: Path) -> str:
    """Another Crossload, as PYTHONPATH names it."""
    for name in ("matrix", "scenarios", "reports"):
        shutil.copytree(REPOSITORY / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    path = folder / "matrix" / "crossload" / "__init__.py"
    path.write_text(path.read_text().replace("__version__ = ", "__version__ = '0.0.' + ", 1))
    return os.pathsep.join(str(folder / name) for name in ("matrix", "reports"))


def test_another_version_is_said_at_once(machines: Machines, tmp_path: Path) -> None:
    other = _other_version(tmp_path / "other")
    scheduler = machines.start_scheduler()
    machines.start_worker(scheduler, 0, path=other)
    arguments = ("run", *SELECTION, "--executor", "dask", "--out", str(tmp_path / "out"))
    deadline = time.monotonic() + 30
    while True:
        finished = crossload(*arguments, "--scheduler", scheduler, variables={"CROSSLOAD_CLUSTER_PATIENCE": "1"})
        # Until the worker is there it is missing, and not different.
        if "can take part" in finished.stderr or time.monotonic() > deadline:
            break
    assert finished.returncode == 2
    assert "has Crossload 0.0." in finished.stderr
    assert len(finished.stderr.strip().splitlines()) <= 2


def test_without_dask_it_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "distributed").mkdir()
    (tmp_path / "distributed" / "__init__.py").write_text("raise ImportError('not installed')")
    path = os.pathsep.join([str(tmp_path), *SOURCES])
    finished = subprocess.run(
        [sys.executable, "-m", "crossload", "run", *SELECTION, "--executor", "dask", "--out", str(tmp_path / "out")],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": path, "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 2
    assert "pip install 'crossload[dask]'" in finished.stderr


def test_no_scheduler_is_said(tmp_path: Path) -> None:
    finished = crossload(
        *("run", *SELECTION, "--executor", "dask", "--scheduler", "tcp://127.0.0.1:9", "--out", str(tmp_path))
    )
    assert finished.returncode == 2
    assert "no scheduler answers" in finished.stderr
    assert "Traceback" not in finished.stderr
