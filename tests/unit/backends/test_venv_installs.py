"""What goes into a virtual environment: what the lock names, by its hash, and nothing of the user's own."""

import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from crossload.backends import venv
from crossload.backends.venv import VenvBackend
from tests.unit.doubles import environment


def test_packages_are_installed_by_hash_and_without_what_they_ask_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def run(step: Any) -> subprocess.CompletedProcess[str]:
        asked.append(list(step))
        return subprocess.CompletedProcess([], 0, "", "")

    monkeypatch.setattr(venv, "run_uv", run)
    monkeypatch.setattr(venv, "find_python", lambda minor: (Path("/usr/bin/python3.9"), ""))
    made = environment("2.10-cpu")
    assert VenvBackend()._install(made, tmp_path / "environment") == ""
    (install,) = (step for step in asked if step[:2] == ["pip", "install"])
    assert {"--no-deps", "--require-hashes"} <= set(install)
    assert install[-2:] == ["-r", str(made.lock_file)]


def test_an_environment_sees_no_packages_of_the_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: dict[str, Any] = {}

    def channel(command: Any, variables: Any) -> Any:
        started.update(variables)
        return SimpleNamespace()

    monkeypatch.setenv("CROSSLOAD_CACHE", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", "/home/somebody/packages")
    monkeypatch.setattr(venv, "ProcessChannel", channel)
    monkeypatch.setattr(venv, "Worker", lambda channel, scratch: SimpleNamespace(scratch=scratch))
    VenvBackend().start(environment("2.10-cpu", TF_ENABLE_ONEDNN_OPTS="0"))
    assert started["PYTHONNOUSERSITE"] == "1"
    assert started["PYTHONHASHSEED"] == "0"
    assert started["TF_ENABLE_ONEDNN_OPTS"] == "0"
    assert "PYTHONPATH" not in started
