"""Podman's service in place of Docker's engine: what docker/README.md says of it, held against a real one."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.docker_engine import Podman, make_base, variables

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        os.geteuid() != 0 or not all(map(shutil.which, ("podman", "debootstrap"))),
        reason="needs root, podman and debootstrap (Debian: apt install podman debootstrap)",
    ),
]


@pytest.fixture(scope="module")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Podman]:
    """A running service that has the base image. ``CROSSLOAD_TEST_PODMAN`` names a folder in which one is kept."""
    kept = os.environ.get("CROSSLOAD_TEST_PODMAN")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("podman")
    service = Podman(folder)
    service.start()
    try:
        make_base(service.host, folder)
        yield service
    finally:
        service.stop()
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def podman_variables(podman: Podman, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    made = variables(podman.host)
    for name, value in made.items():
        monkeypatch.setenv(name, value)
    return made
