"""Podman's service in place of Docker's engine: what docker/README.md says of it, held against a real one."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from crossload.backends.docker.images import image_facts
from crossload.config import load_config
from crossload.environments.selection import all_environments
from tests.e2e.docker_engine import Podman, make_base, variables
from tests.e2e.docker_small import client_of, fresh_lock, images, small_environment
from tests.e2e.running import REPOSITORY, crossload, results

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


def test_doctor_and_auto_know_podman(podman_variables: dict[str, str]) -> None:
    told = crossload("doctor")
    assert told.returncode == 0, told.stderr
    said = " ".join(told.stdout.split())
    assert "Docker Podman 4" in said
    assert "--backend auto docker: Podman 4" in said


def test_an_image_is_built_found_and_pruned(podman: Podman, podman_variables: dict[str, str], tmp_path: Path) -> None:
    client = client_of(podman.host)
    try:
        made = images(client, tmp_path, podman_variables)
        made.remove_orphaned_stages()  # of a run of the tests that was killed, where images are kept
        assert not made.builder.is_buildkit
        environment = small_environment("2.98-cpu", fresh_lock())
        image = made.build(environment)
        assert made.build(environment).id == image.id
        assert image_facts(image)["name"] == made.recipe(environment).name
        assert not [one for one in client.images.list(all=True) if "dev.crossload.build" in one.labels]
        others = [*all_environments(load_config(REPOSITORY / "matrix.toml")).values()]
        assert made.recipe(environment).name in {row.name for row in made.prune(others)}
        assert made.find(environment) is None
    finally:
        client.close()


def test_a_matrix_runs_in_its_containers(podman: Podman, podman_variables: dict[str, str], tmp_path: Path) -> None:
    place = ("--backend", "docker", "--out", str(tmp_path))
    finished = crossload("run", "--tf", "2.16", "--scenario", "dense", "--format", "h5,keras", *place)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    table = results(tmp_path)
    assert dict(zip(table["format"], table["verdict"], strict=True)) == {"h5": "remedy", "keras": "exact"}
    document = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert document["environments"][0]["image"].startswith("crossload/2.16-cpu:")
    client = client_of(podman.host)
    try:
        assert client.containers.list(all=True, filters={"label": "dev.crossload.owner"}) == []
    finally:
        client.close()
