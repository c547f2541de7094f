"""Images and containers on an engine that is only played: what is asked of it, and what its refusals are told."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import docker.errors
import pytest
import requests
from docker.types import Mount

from crossload.backends import WorkerError, choose_backend
from crossload.backends.docker import backend as docker_backend
from crossload.backends.docker import containers as docker_containers
from crossload.backends.docker.backend import DockerBackend
from crossload.backends.docker.builders import BuildError
from crossload.backends.docker.engine import EngineError, connect, engine_name, explain, owner
from crossload.backends.docker.images import ImageError, Images, image_facts
from crossload.backends.docker.recipes import LABEL, build_settings
from crossload.config import DockerConfig, Limits
from crossload.errors import SelectionError
from crossload.probe import protocol
from tests.unit.doubles import ScriptedWorker, config, environment

PLACE = environment("2.10-cpu")
BASE = "python:3.9-slim"


class Image:
    """An image of the played engine."""

    def __init__(self, *tags: str, labels: dict[str, str] | None = None, id: str = "sha256:" + "1" * 64) -> None:
        self.tags, self.labels, self.id = list(tags), labels or {}, id
        self.attrs: dict[str, Any] = {"Size": 5e8, "Created": "2026-01-01"}


class Container:
    """A container of the played engine."""

    def __init__(self, labels: dict[str, str], refuses: Exception | None = None) -> None:
        self.labels, self._refuses = labels, refuses
        self.removed = False

    def start(self) -> None:
        if self._refuses:
            raise self._refuses

    def wait(self, timeout: float) -> None:
        pass

    def remove(self, **options: Any) -> None:
        self.removed = True


class Engine:
    """The parts of the SDK's client that are used; ``images`` and ``containers`` are its own."""

    def __init__(self, *images: Image) -> None:
        self.held = {tag: image for image in images for tag in image.tags} | {image.id: image for image in images}
        self.images = self.containers = self.api = self
        self.made: list[Container] = []
        self.asked: list[dict[str, Any]] = []
        self.refuses: Exception | None = None
        self.pulls: list[dict[str, str]] = []
        self.removed: list[str] = []

    def version(self) -> dict[str, Any]:
        return {"ApiVersion": "1.41", "Version": "20.10"}

    def info(self) -> dict[str, Any]:
        return {"NCPU": 4}

    def get(self, name: str) -> Image:
        if name not in self.held:
            raise docker.errors.ImageNotFound(f"no {name}")
        return self.held[name]

    def get_registry_data(self, name: str) -> None:
        raise docker.errors.APIError("boom", explanation="no such host")

    def pull(self, repository: str, **options: Any) -> Iterator[dict[str, str]]:
        for event in self.pulls:
            if event.get("status") == "done":
                self.held[f"{repository}:{options['tag']}"] = Image(f"{repository}:{options['tag']}")
            yield event

    def list(self, **options: Any) -> list[Any]:
        if "ignore_removed" in options:
            return list(self.made)
        label = options["filters"]["label"]
        return [image for name, image in self.held.items() if name == image.id and label in image.labels]

    def remove(self, name: str, **options: Any) -> None:
        self.removed.append(name)
        self.held.pop(name, None)

    def create(self, image: str, command: Any = None, **options: Any) -> Container:
        self.asked.append({"image": image, "command": command, **options})
        if self.refuses:
            raise self.refuses
        self.made.append(Container(options["labels"]))
        return self.made[-1]


class Builder:
    """A builder that tags an image, or fails."""

    name, is_buildkit = "a builder", False

    def __init__(self, engine: Engine, error: str = "") -> None:
        self._engine, self._error = engine, error

    def build(self, made: Any, files: Any, settings: Any, write: Any) -> None:
        write("Step 1/2 : FROM x\x1b[31m")
        if self._error:
            raise BuildError(self._error)
        labels = made.labels("now", "sha256:2")
        self._engine.held[made.name] = Image(made.name, labels=labels)


def images_of(engine: Engine, logs: Path, error: str = "") -> Images:
    found = Images(engine, build_settings(DockerConfig(), {}), logs)
    found.__dict__["builder"] = Builder(engine, error)
    return found


def own(engine: Engine, logs: Path, digest: str = "") -> Image:
    """The image of the environment, as the engine holds it."""
    made = images_of(engine, logs).recipe(PLACE)
    image = Image(made.name, labels={**made.labels("2026-01-01", "sha256:2"), f"{LABEL}.recipe": digest or made.digest})
    engine.held |= {made.name: image, image.id: image}
    return image


# Images


def test_an_image_is_built_once_and_known_by_its_recipe(tmp_path: Path) -> None:
    engine = Engine(Image(BASE))
    images = images_of(engine, tmp_path)
    assert images.find(PLACE) is None
    built = images.build(PLACE)
    assert images.find(PLACE) is built
    assert images.build(PLACE) is built
    assert images.log_path(PLACE).read_text(encoding="utf-8").startswith("Step 1/2 : FROM x")
    assert image_facts(built)["name"] == images.recipe(PLACE).name
    own(engine, tmp_path, "of another recipe")
    assert images.find(PLACE) is None


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("The command 'x' returned a non-zero code: 2", "a step ended with 2"),
        ("write: no space left on device", "the disk of the Docker engine is full"),
    ],
)
def test_a_build_that_fails_says_why_and_where_its_log_is(tmp_path: Path, error: str, said: str) -> None:
    with pytest.raises(ImageError) as caught:
        images_of(Engine(Image(BASE)), tmp_path, error).build(PLACE)
    assert said in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_a_base_is_pulled_or_it_is_said_why_not(tmp_path: Path) -> None:
    engine = Engine()
    images = images_of(engine, tmp_path)
    assert images.why_no_base(PLACE) == f"base image {BASE} cannot be had (no such host)"
    engine.pulls = [{"status": "Pulling", "id": "a"}, {"error": "toomanyrequests"}]
    with pytest.raises(ImageError, match=r"python:3\.9-slim cannot be had: toomanyrequests"):
        images.build(PLACE)
    engine.pulls = [{"status": "done"}]
    assert images.base(BASE).tags == [BASE]
    assert images.why_no_base(PLACE) == ""


def test_what_no_lock_names_any_more_is_removed(tmp_path: Path) -> None:
    engine = Engine()
    kept = own(engine, tmp_path)
    images = images_of(engine, tmp_path)
    assert [(row.environment, row.is_used, row.size_mb) for row in images.rows([PLACE])] == [("2.10-cpu", True, 500.0)]
    assert images.prune([PLACE]) == []
    assert [row.name for row in images.prune([])] == kept.tags
    assert engine.removed[0] == kept.tags[0]


# The backend


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """A backend's engine, and a cache of its own."""
    monkeypatch.setenv("CROSSLOAD_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    engine = Engine(Image(BASE))
    monkeypatch.setattr(docker_backend, "connect", lambda: engine)
    monkeypatch.setattr(docker_containers, "ContainerChannel", lambda *arguments: None)
    monkeypatch.setattr(docker_containers, "ContainerWorker", lambda *arguments: Worker())
    return engine


class Worker(ScriptedWorker):
    """A probe that says which versions it has."""

    def __init__(self) -> None:
        super().__init__()
        self.facts = {"tensorflow": "2.10.1", "python": "3.9.19"}


def backend_of(tmp_path: Path) -> DockerBackend:
    return DockerBackend.create(config(), tmp_path, tmp_path / "out")


def test_an_environment_is_missing_until_its_image_was_started_once(played: Engine, tmp_path: Path) -> None:
    backend = backend_of(tmp_path)
    backend.images.__dict__["builder"] = Builder(played)
    assert backend.state(PLACE).reason == "not built yet"
    said: list[str] = []
    state = backend.build(PLACE, said.append)
    assert (state.state, state.facts["tensorflow"]) == ("ready", "2.10.1")
    assert said[0].startswith("2.10-cpu: image ready in")
    assert backend.build(PLACE, said.append).state == "ready"
    assert len(said) == 1
    asked = played.asked[0]
    assert (asked["network_mode"], asked["read_only"], asked["cap_drop"]) == ("none", True, ["ALL"])
    assert asked["labels"] == {f"{LABEL}.owner": owner()}
    targets = [mount["Target"] for mount in asked["mounts"]]
    assert targets[:2] == ["/crossload/probe", "/crossload/code/0/scenarios"]
    assert all(isinstance(mount, Mount) for mount in asked["mounts"])
    assert backend.start(PLACE).facts["python"] == "3.9.19"


@pytest.mark.parametrize(
    ("refused", "said"),
    [
        (
            docker.errors.APIError("x", explanation="bind source path does not exist: /a"),
            "does not see this machine's files",
        ),
        (docker.errors.APIError("x", explanation="no room"), "the container did not start: no room"),
    ],
)
def test_a_container_that_does_not_start(played: Engine, tmp_path: Path, refused: Exception, said: str) -> None:
    backend = backend_of(tmp_path)
    own(played, tmp_path)
    played.refuses = refused
    with pytest.raises(WorkerError, match=said):
        backend.start(PLACE)
    assert list((tmp_path / "out" / "store" / "staging").iterdir()) == []
    state = backend.build(PLACE, lambda line: None)
    assert state.state == "unavailable"
    assert said in state.reason


def test_an_image_that_has_gone_and_one_that_cannot_be_built(played: Engine, tmp_path: Path) -> None:
    backend = backend_of(tmp_path)
    backend.images.__dict__["builder"] = Builder(played, "The command 'x' returned a non-zero code: 9")
    with pytest.raises(WorkerError, match="has been removed"):
        backend.start(PLACE)
    assert "a step ended with 9" in backend.build(PLACE, lambda line: None).reason
    with pytest.raises(SelectionError, match=r"crossload images --tf 2\.10"):
        backend.command_line(PLACE, {})


def test_a_gpu_that_the_engine_does_not_give(played: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        Container, "start", lambda self: (_ for _ in ()).throw(docker.errors.APIError("x", explanation="no nvidia"))
    )
    cuda = environment("2.15-cuda", "3.11")
    played.held["python:3.11-slim"] = Image("python:3.11-slim")
    state = backend_of(tmp_path).build(cuda, lambda line: None)
    assert (state.state, state.reason) == ("unavailable", "no GPU for containers: no nvidia")
    assert all(container.removed for container in played.made)


def test_the_command_that_runs_a_cell_by_hand(played: Engine, tmp_path: Path) -> None:
    backend = backend_of(tmp_path)
    own(played, tmp_path)
    from crossload.scenario_index import index_scenarios

    request = {"op": protocol.LOAD, "directory": str(tmp_path), "scenario": index_scenarios()["dense"].request()}
    command = backend.command_line(PLACE, request)
    assert command[:3] == ["docker", "run", "--rm"]
    assert f"{tmp_path}:/crossload/input:ro" in command
    assert json.loads(command[-1])["scenario"]["roots"] == ["/crossload/code/0"]


def test_auto_takes_docker_only_where_every_image_can_be_had(played: Engine, tmp_path: Path) -> None:
    found, why = choose_backend("auto", config(), tmp_path, [PLACE])
    assert (found.name, why) == ("docker", "docker: Docker engine 20.10 answers")
    other = environment("2.16-cpu", "3.11")
    found, why = choose_backend("auto", config(), tmp_path, [PLACE, other])
    assert found.name == "venv"
    assert "base image python:3.11-slim cannot be had" in why


def test_containers_of_a_run_that_was_killed_are_removed(played: Engine, tmp_path: Path) -> None:
    left = Container({f"{LABEL}.owner": owner().rpartition(":")[0] + ":gone-since"})
    ours = Container({f"{LABEL}.owner": owner()})
    played.made += [left, ours]
    containers = docker_containers.Containers(played, DockerConfig(), Limits(), [], tmp_path)
    assert (left.removed, ours.removed) == (True, False)
    containers.remove_all()
    assert ours.removed


# The engine


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (docker.errors.DockerException(FileNotFoundError(2, "x")), "does not exist. Start Docker, or set DOCKER_HOST"),
        (docker.errors.DockerException(PermissionError(13, "x")), "no permission on"),
        (docker.errors.DockerException(ConnectionRefusedError(111, "x")), "connection refused"),
        (requests.Timeout("slow"), "does not answer in time"),
        (docker.errors.APIError("x", explanation="a  reason"), "a reason"),
        (docker.errors.DockerException("client version 1.99 is too old"), "is too old for the Docker SDK"),
        (docker.errors.DockerException("what else"), "(what else)"),
    ],
)
def test_what_is_wrong_with_an_engine_is_said_in_one_line(error: Exception, said: str) -> None:
    assert said in explain(error)
    assert "\n" not in explain(error)


def test_an_engine_that_is_too_old_or_away(monkeypatch: pytest.MonkeyPatch) -> None:
    old = Engine()
    monkeypatch.setattr(old, "version", lambda: {"ApiVersion": "1.30"})
    monkeypatch.setattr("docker.from_env", lambda timeout: old)
    with pytest.raises(EngineError, match=r"API 1\.30, 1\.40 is needed"):
        connect()
    monkeypatch.setattr(old, "version", lambda: (_ for _ in ()).throw(docker.errors.DockerException("away")))
    with pytest.raises(EngineError, match="away"):
        connect()
    monkeypatch.setattr(old, "version", lambda: {"Version": "4.3", "Components": [{"Name": "Podman Engine"}]})
    assert engine_name(old) == "Podman 4.3"
