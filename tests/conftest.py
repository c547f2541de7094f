"""Fixtures of the tests that need a Docker engine, one of their own with a base image made here."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e import docker_engine


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
