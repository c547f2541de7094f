"""An engine that cannot be used: one clear line each, and `auto` falls back to virtual environments."""

import os
import socket
import tarfile
from pathlib import Path

import pytest

from crossload.backends import WorkerError
from crossload.backends.docker import engine as access
from crossload.backends.docker.containers import Containers
from crossload.config import DockerConfig, Limits
from tests.e2e.docker_engine import Engine, why_not
from tests.e2e.running import crossload, results

pytestmark = pytest.mark.e2e
RUN = ("run", "--tf", "2.16", "--scenario", "dense", "--format", "keras")


def test_no_engine(tmp_path: Path) -> None:
    variables = {"DOCKER_HOST": f"unix://{tmp_path}/none.sock"}
    finished = crossload(*RUN, "--backend", "docker", "--out", str(tmp_path / "out"), variables=variables)
    assert finished.returncode == 2
    assert finished.stderr.strip() == (
        f"crossload: no Docker engine: unix://{tmp_path}/none.sock does not exist. Start Docker, or set DOCKER_HOST"
    )
    listed = crossload("envs", "--tf", "2.16", variables=variables)
    assert "Backend: venv (uv virtual environments): no Docker engine" in listed.stdout


def test_doctor_without_an_engine(tmp_path: Path) -> None:
    # Nothing on PATH but Python itself, and an empty cache: a machine on which nothing was installed.
    variables = {"DOCKER_HOST": f"unix://{tmp_path}/none.sock", "PATH": str(tmp_path), "CROSSLOAD_CACHE": str(tmp_path)}
    told = crossload("doctor", variables=variables)
    assert told.returncode == 0, told.stderr
    said = " ".join(told.stdout.split())
    assert f"no Docker engine: unix://{tmp_path}/none.sock does not exist" in said
    assert "None is installed (Debian: apt install docker.io)" in said
    assert "venv: ready none yet" in said
    assert "--backend auto venv (uv virtual environments): no Docker engine" in said
    assert told.stderr == ""


def test_a_socket_that_nobody_listens_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "dead.sock"))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/dead.sock")
    with pytest.raises(access.EngineError, match="connection refused"):
        access.connect()


def test_another_machine_is_refused(tmp_path: Path) -> None:
    variables = {"DOCKER_HOST": "tcp://engine.example:2376"}
    finished = crossload(*RUN, "--backend", "docker", "--out", str(tmp_path), variables=variables)
    assert finished.returncode == 2
    assert "is another machine, which does not see this one's files" in finished.stderr


def test_an_engine_that_does_not_see_our_files_is_refused(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind a local address an engine can still be elsewhere: in a virtual machine, at the end of a tunnel."""
    if reason := why_not():
        pytest.skip(reason)
    # A short name: the address of a socket has at most 107 letters, and an engine has some far below its folder.
    tmp_path = tmp_path_factory.mktemp("blind")
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    other = Engine(tmp_path / "engine", hidden)
    other.start()
    monkeypatch.setenv("DOCKER_HOST", other.host)
    client = access.connect()
    try:
        (tmp_path / "a-file").touch()
        archive = tmp_path / "image.tar"
        with tarfile.open(archive, "w") as made:
            made.add(tmp_path / "a-file", "a-file")
        client.api.import_image_from_file(str(archive), repository="crossload-test/empty", tag="1")
        image = client.images.get("crossload-test/empty:1")
        containers = Containers(client, DockerConfig(), Limits(), [], hidden / "exchange")
        with pytest.raises(WorkerError, match=r"does not see this machine's files .*--backend venv"):
            containers.start(image, {})
        assert client.containers.list(all=True) == []
        assert list((hidden / "exchange").iterdir()) == []
    finally:
        client.close()
        other.stop()


def test_no_permission(engine: Engine, docker_variables: dict[str, str]) -> None:
    os.seteuid(65534)
    try:
        with pytest.raises(access.EngineError, match=r"no permission on unix://.*docker\.sock.*usermod -aG docker"):
            access.connect()
    finally:
        os.seteuid(0)


def test_an_engine_that_is_too_old(
    engine: Engine, docker_variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "MINIMUM_API", (9, 9))
    with pytest.raises(access.EngineError, match=r"is too old: it speaks API 1\.\d+, 9\.9 is needed"):
        access.connect()


def test_auto_falls_back_where_no_base_can_be_had(
    engine: Engine, docker_variables: dict[str, str], tmp_path: Path
) -> None:
    variables = {"CROSSLOAD_DOCKER_BASE_CPU": "crossload-test/nowhere:{python}"}
    finished = crossload(*RUN, "--out", str(tmp_path / "auto"), variables=variables)
    assert finished.returncode == 0, finished.stderr
    first = finished.stdout.splitlines()[0]
    assert first.startswith("Backend: venv (uv virtual environments): Docker engine ")
    assert "base image crossload-test/nowhere:3.11 cannot be had" in first
    assert set(results(tmp_path / "auto")["verdict"]) == {"exact"}

    refused = crossload(*RUN, "--backend", "docker", "--out", str(tmp_path / "docker"), variables=variables)
    assert refused.returncode == 3
    assert "2.16-cpu: unavailable: base image crossload-test/nowhere:3.11 cannot be had" in refused.stdout
    assert set(results(tmp_path / "docker")["verdict"]) == {"unavailable"}


def test_auto_takes_docker_where_images_can_be_had(engine: Engine, docker_variables: dict[str, str]) -> None:
    listed = crossload("envs", "--tf", "2.16")
    assert "Backend: docker: Docker engine " in listed.stdout
    told = crossload("doctor")
    assert told.returncode == 0, told.stderr
    for words in ("engine 2", "builder", "no runtime in the engine", "Python 3.11", "GB free", "--backend auto"):
        assert words in told.stdout
    assert "Traceback" not in told.stderr


def test_without_a_gpu_a_cuda_environment_says_exactly_why(
    engine: Engine, docker_variables: dict[str, str], tmp_path: Path
) -> None:
    arguments = ("run", "--tf", "2.18", "--hardware", "cpu,cuda", "--scenario", "dense", "--format", "keras")
    finished = crossload(*arguments, "--backend", "venv", "--out", str(tmp_path / "venv"))
    assert finished.returncode == 0, finished.stderr
    assert "2.18-cuda: unavailable: the venv backend runs on CPU only" in finished.stdout
    cuda = ("run", "--tf", "2.18", "--hardware", "cuda", "--scenario", "dense", "--format", "keras")
    finished = crossload(*cuda, "--backend", "docker", "--out", str(tmp_path / "docker"))
    assert finished.returncode == 3, finished.stdout + finished.stderr
    # The engine's own words; nothing was built for it.
    assert "2.18-cuda: unavailable: no GPU for containers: could not select device driver" in finished.stdout
    assert set(results(tmp_path / "docker")["verdict"]) == {"unavailable"}
