"""Fixtures of the tests that need a Docker engine, one of their own with a base image made here."""

import os
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.e2e import docker_engine

# What a file with tests that start one says.
_ENGINE = re.compile(r"docker_variables|docker_engine\b")


@cache
def group_of(path: str) -> str:
    """What is run in one process where tests run side by side: a file, or all files with an engine.

    A process has session and module fixtures of its own: two would start two engines, whose networks collide, and make every
    base image and every module's run twice.

    :param path: as in the name of a test, relative to the repository.
    """
    text = (Path(__file__).parent.parent / path).read_text(encoding="utf-8")
    return "engine" if _ENGINE.search(text) else path


class _ByGroup(LoadScopeScheduling):  # type: ignore[misc]
    """Hands out whole groups, in the order in which they were collected."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid.partition("::")[0])


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    config.option.loadscopereorder = False
    return _ByGroup(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where tests run side by side, the longest come first."""
    if hasattr(config, "workerinput"):
        items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    path = item.nodeid.partition("::")[0]
    return 0 if group_of(path) == "engine" else 2 if path.startswith("tests/unit/") else 1


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
