"""Whether an environment still holds what was installed: small packages in a folder of the form that uv makes."""

import base64
import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from crossload.backends import WorkerError, installed
from crossload.backends.installed import damage
from crossload.environments.model import Environment
from crossload.execution.runner import Runner
from crossload.execution.tasks import LoadTask, SaveTask
from crossload.execution.worker_pool import WorkerPool
from crossload.store.database import Store
from tests.unit.doubles import (
    Event,
    ScriptedBackend,
    config,
    ended,
    environment,
    loaded,
    put_artifact,
    raised,
    ready,
    tried,
)
from tests.unit.execution.test_runner import ARTIFACT, NEAR, WORK

PINS = {"keras": "3.4.1", "opt-einsum": "3.3.0"}


def install(packages: Path, name: str, version: str, files: dict[str, str]) -> None:
    info = packages / f"{name}-{version}.dist-info"
    info.mkdir()
    rows = [f"{info.name}/RECORD,,", "../../../bin/tool,sha256=x,1", f"{name}/__pycache__/a.cpython-311.pyc,,"]
    for path, text in files.items():
        (packages / path).parent.mkdir(parents=True, exist_ok=True)
        (packages / path).write_text(text)
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        rows.append(f"{path},sha256={digest},{len(text)}")
    (info / "RECORD").write_text("\n".join(rows) + "\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    packages = tmp_path / "environment" / "lib" / "python3.11" / "site-packages"
    packages.mkdir(parents=True)
    install(packages, "keras", "3.4.1", {"keras/__init__.py": "one = 1\n", "keras/src/saving.py": "two = 2\n"})
    install(packages, "opt_einsum", "3.3.0", {"opt_einsum/__init__.py": "three = 3\n"})
    (packages / "_virtualenv.pth").write_text("")
    (packages / "keras" / "__pycache__").mkdir()
    (packages / "keras" / "__pycache__" / "a.cpython-311.pyc").write_bytes(b"")
    return tmp_path / "environment"


def packages_of(folder: Path) -> Path:
    return folder / "lib" / "python3.11" / "site-packages"


def remove_file(packages: Path) -> None:
    (packages / "keras" / "src" / "saving.py").unlink()


def change_file(packages: Path) -> None:
    (packages / "keras" / "src" / "saving.py").write_text("two = 3\n")


def lengthen_file(packages: Path) -> None:
    (packages / "keras" / "src" / "saving.py").write_text("two = 2\n\n")


def empty_file(packages: Path) -> None:
    (packages / "keras" / "src" / "saving.py").write_text("")


def add_module(packages: Path) -> None:
    (packages / "sitecustomize.py").write_text("")


def add_path(packages: Path) -> None:
    (packages / "other.pth").write_text("import os\n")


def exchange_version(packages: Path) -> None:
    (packages / "keras-3.4.1.dist-info").rename(packages / "keras-3.5.0.dist-info")


def add_version(packages: Path) -> None:
    (packages / "keras-3.5.0.dist-info").mkdir()


def remove_package(packages: Path) -> None:
    (packages / "opt_einsum-3.3.0.dist-info" / "RECORD").unlink()
    (packages / "opt_einsum-3.3.0.dist-info").rmdir()


def add_package(packages: Path) -> None:
    install(packages, "tf_keras", "2.16.0", {"tf_keras/__init__.py": ""})


DAMAGES: dict[Callable[[Path], None], str] = {
    remove_file: "keras/src/saving.py is gone",
    change_file: "keras/src/saving.py has changed",
    lengthen_file: "keras/src/saving.py has changed",
    empty_file: "keras/src/saving.py has changed",
    add_module: "sitecustomize.py belongs to no package",
    add_path: "other.pth belongs to no package",
    exchange_version: "keras 3.4.1 is locked, and 3.5.0 installed",
    add_version: "and 3.",
    remove_package: "opt-einsum 3.3.0 is locked, and no version installed",
    add_package: "tf-keras is installed, and not in the lock",
}


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("harm", DAMAGES)
def test_damage_is_seen_and_goes_away_with_its_cause(folder: Path, harm: Callable[[Path], None], known: bool) -> None:
    if known:
        assert damage(folder, PINS) == ""
    harm(packages_of(folder))
    for _ in range(2):
        assert DAMAGES[harm] in damage(folder, PINS)


def test_what_was_found_right_is_not_read_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert damage(folder, PINS) == ""
    monkeypatch.setattr(installed, "_has_digest", lambda path, recorded: pytest.fail(f"{path} is read"))
    assert damage(folder, PINS) == ""


def test_only_files_with_another_time_are_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert damage(folder, PINS) == ""
    touched = packages_of(folder) / "keras" / "src" / "saving.py"
    os.utime(touched, (1, 1))
    read: list[Path] = []
    honest = installed._has_digest

    def noting(path: Path, digest: str) -> bool:
        read.append(path)
        return honest(path, digest)

    monkeypatch.setattr(installed, "_has_digest", noting)
    assert damage(folder, PINS) == ""
    assert read == [touched]


def test_what_was_installed_just_now_is_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed, "_has_digest", lambda path, recorded: pytest.fail(f"{path} is read"))
    assert damage(folder, PINS, read=False) == ""
    assert damage(folder, PINS) == ""
    remove_file(packages_of(folder))
    assert damage(folder, PINS, read=False) == "keras/src/saving.py is gone"


@pytest.mark.parametrize("notes", ["", "[]", "{}", '{"keras/__init__.py": 1}', '{"keras/__init__.py": [0]}', "\0"])
def test_damaged_notes_are_made_anew(folder: Path, notes: str) -> None:
    (folder / "crossload-files.json").write_text(notes)
    assert damage(folder, PINS) == ""
    change_file(packages_of(folder))
    assert "has changed" in damage(folder, PINS)


def test_bytecode_is_whose_who_imports(folder: Path) -> None:
    assert damage(folder, PINS) == ""
    (packages_of(folder) / "keras" / "__pycache__" / "b.cpython-311.pyc").write_bytes(b"")
    assert damage(folder, PINS) == ""


def test_an_overlay_answers_for_its_own_packages(folder: Path) -> None:
    assert damage(folder, {**PINS, "tensorflow-cpu": "2.18.0"}, ["keras", "opt-einsum"]) == ""
    assert "tensorflow-cpu" in damage(folder, {**PINS, "tensorflow-cpu": "2.18.0"})


def test_an_empty_folder_is_damage(tmp_path: Path) -> None:
    assert damage(tmp_path, PINS) == "its packages are gone"


# What a run makes of it


class Damaged(ScriptedBackend):
    """A backend whose environments change when ``found`` is set."""

    found = ""
    forgotten = 0

    def damage(self, environment: Environment) -> str:
        return self.found

    def forget(self, environment: Environment) -> None:
        self.found, self.forgotten = "", self.forgotten + 1


@pytest.fixture
def store(tmp_path: Path) -> Store:
    opened = Store(tmp_path / "store")
    put_artifact(opened)
    return opened


LIMITS = config().limits
LOAD = LoadTask("c1", WORK, ARTIFACT, "2.16-cpu", NEAR)
SAVE = SaveTask("a1", WORK, "2.16-cpu")


@pytest.mark.parametrize("kind", ["save", "load", "crash", "rung"])
def test_no_error_of_an_environment_that_changed_is_stored(store: Store, kind: str) -> None:
    backend = Damaged()

    def respond(name: str, request: Mapping[str, Any]) -> list[Event]:
        backend.found = "keras/src/saving.py is gone"
        if kind == "save":
            return [{"event": "raised", "stage": "save", "error_type": "ImportError", "error": "no"}, ended()]
        if kind == "crash":
            return [{"event": "begin", "attempt": request["attempts"][0]}, ended("SIGSEGV")]
        if kind == "rung":
            record = loaded()
            record["rungs"]["training"] = {"error_type": "ImportError", "error": "no", "place": "a.py:1"}
            return [*tried(record), ended()]
        return [*tried(raised()), ended()]

    backend._respond = respond
    with Runner(WorkerPool(1), backend, environment("2.16-cpu"), store, LIMITS) as runner:
        for _ in range(2):  # nor is anything else asked there
            with pytest.raises(WorkerError, match=r"2.16-cpu is not what was built \(keras/src/saving.py is gone\)"):
                _run(runner, kind)
    assert (store.cells(), store.artifacts()) == ({}, {})
    assert len(backend.workers) == 1


def _run(runner: Runner, kind: str) -> None:
    if kind == "save":
        runner.save(SAVE)
    else:
        runner.load(LOAD)


def test_an_error_is_proven_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = Damaged(lambda name, request: [*tried(raised()), ended()])
    looked: list[str] = []

    def damage(environment: Environment) -> str:
        looked.append(environment.id)
        return ""

    monkeypatch.setattr(backend, "damage", damage)
    with Runner(WorkerPool(1), backend, environment("2.16-cpu"), store, LIMITS) as runner:
        for _ in range(3):
            runner.load(LOAD)
    assert len(looked) == 2  # before the first cell, and before the first error


def test_an_environment_is_not_looked_at_before_every_load(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    backend, pool, now = Damaged(), WorkerPool(1), [1000.0]
    looked: list[str] = []

    def damage(environment: Environment) -> str:
        looked.append(environment.id)
        return backend.found

    monkeypatch.setattr(backend, "damage", damage)
    monkeypatch.setattr("crossload.execution.worker_pool.time.monotonic", lambda: now[0])

    def load() -> None:
        with Runner(pool, backend, environment("2.16-cpu"), store, LIMITS) as runner:
            runner.load(LOAD)

    load()
    load()
    assert len(looked) == 1
    now[0] += 60
    backend.found = "keras/src/saving.py is gone"
    for times in (2, 3):  # one that was found damaged is looked at each time
        with pytest.raises(WorkerError, match="is not what was built"):
            load()
        assert len(looked) == times


def test_an_environment_that_changed_is_built_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = Damaged()
    monkeypatch.setattr(backend, "state", ready)
    backend.found = "keras/src/saving.py is gone"
    said: list[str] = []
    assert backend.provide(environment("2.16-cpu"), said.append).state == "ready"
    assert (backend.forgotten, len(said)) == (1, 1)
    assert "saving.py is gone" in said[0]


def test_one_that_is_damaged_when_it_was_just_built_is_unavailable() -> None:
    backend = Damaged()
    backend.found = "keras/src/saving.py is gone"
    state = backend.provide(environment("2.16-cpu"), print)
    assert (state.state, state.reason) == ("unavailable", "not what was built: keras/src/saving.py is gone")


def test_another_message_of_a_damaged_installation_is_proven_again() -> None:
    found = {"damage": ""}
    backend: Any = SimpleNamespace(name="scripted", damage=lambda environment: found["damage"])
    nothing: Any = None
    runner = Runner(WorkerPool(1), backend, environment("2.10-cpu"), nothing, nothing)
    missing: dict[str, Any] = {"error_type": "ImportError", "error": "no module a", "place": "layers.py:1"}
    wrong: dict[str, Any] = {"error_type": "ValueError", "error": "bad shape (1,)", "place": "layers.py:2"}
    runner._prove([missing, wrong])
    found["damage"] = "keras/layers.py is gone"
    # Seen while it was whole: the same error, and another text of one that damage does not give.
    runner._prove([missing, {**wrong, "error": "bad shape (2,)"}])
    with pytest.raises(WorkerError, match="is gone"):
        runner._prove([{**missing, "error": "no module b"}])
