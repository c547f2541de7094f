"""An overlay on disk: its own packages in front of a base that stays as it was."""

import hashlib
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from crossload.backends import venv
from crossload.backends.base import WorkerError
from crossload.backends.venv import VenvBackend
from crossload.config import EnvironmentConfig
from crossload.environments.model import Environment
from crossload.util.uv import run_uv

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


def wheel(folder: Path, name: str, version: str) -> str:
    """Makes a wheel of one module that says its version; returns its SHA-256."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    about = f"{name}-{version}.dist-info"
    files = {
        f"{name}/__init__.py": f"__version__ = {version!r}\n",
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
        archive.writestr(f"{about}/RECORD", "".join(f"{file},,\n" for file in [*files, f"{about}/RECORD"]))
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Environment, Environment]:
    """A base with keras 3.4.1 and h5py 3.0, and what differs from it in keras 3.7.0, all made here."""
    monkeypatch.setenv("CROSSLOAD_CACHE", str(tmp_path / "cache"))
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for name, value in {"UV_NO_INDEX": "1", "UV_FIND_LINKS": str(wheels)}.items():
        monkeypatch.setenv(name, value)
    entry = "{0}=={1} --hash=sha256:{2}\n"
    h5py = entry.format("h5py", "3.0", wheel(wheels, "h5py", "3.0"))
    config = EnvironmentConfig.model_validate({"python": PYTHON, "as_of": "2024-07-10", "requirements": ["keras"]})
    locks = {}
    for version in ("3.4.1", "3.7.0"):
        locks[version] = tmp_path / f"{version}.txt"
        locks[version].write_text(entry.format("keras", version, wheel(wheels, "keras", version)) + h5py)
    base = Environment("2.16-cpu", config, resolved=locks["3.4.1"])
    return base, Environment("keras3.7-cpu", config, resolved=locks["3.7.0"], base=base)


class SmallProbe:
    """Stands in for the probe: imports the packages and says what they are, without TensorFlow."""

    isolation = "fork"

    def __init__(self, channel: Any, *more: Any) -> None:
        self.facts: dict[str, Any] = channel

    def close(self) -> None:
        pass


def imported(command: list[str], variables: dict[str, str]) -> dict[str, str]:
    import subprocess

    code = "import json, keras, h5py; print(json.dumps([keras.__version__, keras.__file__, h5py.__file__]))"
    run = subprocess.run([command[0], "-c", code], env=variables, capture_output=True, text=True, check=True)
    keras, place, beside = json.loads(run.stdout)
    return {"keras": keras, "keras_file": place, "h5py_file": beside}


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> VenvBackend:
    monkeypatch.setattr(venv, "ProcessChannel", imported)
    monkeypatch.setattr(venv, "Worker", SmallProbe)
    return VenvBackend()


def files_below(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.lstat().st_mtime_ns, path.lstat().st_size) for path in folder.rglob("*")}


def test_the_exchanged_package_is_imported_and_everything_else_comes_from_the_untouched_base(
    pair: tuple[Environment, Environment], backend: VenvBackend
) -> None:
    base, over = pair
    assert backend.build(base, lambda line: None).state == "ready"
    before = files_below(backend.folder(base))
    state = backend.build(over, lambda line: None)
    assert (state.state, state.facts["keras"]) == ("ready", "3.7.0")
    assert str(backend.folder(over)) in state.facts["keras_file"]
    assert str(backend.folder(base)) in state.facts["h5py_file"]
    assert files_below(backend.folder(base)) == before
    installed = run_uv(["pip", "freeze", "--python", str(backend.folder(over) / "bin" / "python")])
    assert "keras==3.7.0" in installed.stdout
    assert "3.4.1" not in installed.stdout


def test_its_base_is_built_with_it_and_without_its_base_it_is_built_again(
    pair: tuple[Environment, Environment], backend: VenvBackend
) -> None:
    base, over = pair
    assert backend.build(over, lambda line: None).state == "ready"
    assert backend.state(base).state == "ready"
    (backend.folder(base) / "crossload.json").unlink()
    state = backend.state(over)
    assert (state.state, state.reason) == ("missing", "its base is gone")
    assert backend.build(over, lambda line: None).state == "ready"


def test_what_cannot_be_had_of_its_base_cannot_be_had_of_it(
    pair: tuple[Environment, Environment], backend: VenvBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: Any) -> None:
        raise WorkerError("no TensorFlow")

    monkeypatch.setattr(venv, "Worker", refuse)
    state = backend.build(pair[1], lambda line: None)
    assert state.state == "unavailable"
    assert state.reason.startswith("its base, 2.16-cpu, is unavailable: ")


def test_what_is_imported_in_spite_of_the_lock_makes_it_unavailable(
    pair: tuple[Environment, Environment], backend: VenvBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(venv, "ProcessChannel", lambda *arguments: {"keras": "3.4.1"})
    state = backend.build(pair[1], lambda line: None)
    assert state.state == "unavailable"
    assert "keras 3.7.0 stands in front of its base, and 3.4.1 is imported" in state.reason


def test_a_file_that_is_not_the_one_of_the_lock_is_refused(
    pair: tuple[Environment, Environment], backend: VenvBackend, tmp_path: Path
) -> None:
    wheel(tmp_path / "wheels", "keras", "3.7.0")
    path = tmp_path / "wheels" / "keras-3.7.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("keras/more.py", "")
    state = backend.build(pair[1], lambda line: None)
    assert state.state == "unavailable"
    assert "uv pip install failed" in state.reason
