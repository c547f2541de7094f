"""Fixtures of the tests that need a Docker engine, one of their own with a base image made here."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e import docker_engine

ENGINES = {"engine", "podman"}


@pytest.hookimpl(tryfirst=True)  # before names of groups are read
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where tests run side by side: a file at a time, those with an engine in one process, and the longest first.

    A process has session and module fixtures of its own: two would start two engines, whose networks collide, and make every
    base image and every module's run twice.
    """
    if not hasattr(config, "workerinput"):
        return
    fixtures: dict[Path, set[str]] = {}
    for item in items:
        fixtures.setdefault(item.path, set()).update(getattr(item, "fixturenames", ()))
    root = Path(__file__).parent

    def place(item: pytest.Item) -> int:
        folder = item.path.relative_to(root).parts[0]
        return 0 if ENGINES & fixtures[item.path] else 2 if folder == "unit" else 1

    items.sort(key=place)
    for item in items:
        name = "engine" if place(item) == 0 else str(item.path.relative_to(root))
        item.add_marker(pytest.mark.xdist_group(name))


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[docker_engine.Engine]:
    """A running engine that has the base image. ``CROSSLOAD_TEST_ENGINE`` names a folder in which one is kept."""
    reason = docker_engine.why_not()
    if reason:
        # Where everything is meant to run, a test that does not is a failure.
        (pytest.fail if os.environ.get("CROSSLOAD_TEST_DOCKER") == "required" else pytest.skip)(reason)
    kept = os.environ.get("CROSSLOAD_TEST_ENGINE")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("engine")
    started = docker_engine.Engine(folder)
    started.start()
    try:
        docker_engine.make_base(started.host, folder)
        yield started
    finally:
        started.stop()
        if not kept:
            # Layers are hundreds of thousands of files: minutes by shutil.
            subprocess.run(["rm", "-rf", "--", str(folder)], check=False)


@pytest.fixture
def docker_variables(engine: docker_engine.Engine, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Environment variables that make Crossload use that engine; set in this process too."""
    variables = docker_engine.variables(engine.host)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables
