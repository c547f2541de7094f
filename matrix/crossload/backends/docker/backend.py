"""Environments as Docker images, and probes in containers that see nothing but their own artifacts."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from crossload.backends.base import Backend, Worker, WorkerError
from crossload.backends.docker.containers import Containers, docker_run
from crossload.backends.docker.engine import (
    EngineError,
    EngineErrors,
    answers_again,
    connect,
    engine_gone,
    explain,
    is_connection_lost,
    is_remote,
)
from crossload.backends.docker.images import ImageError, Images, image_facts
from crossload.backends.docker.recipes import build_settings
from crossload.config import DockerConfig, Limits, MatrixConfig
from crossload.environments.model import Environment, EnvironmentState
from crossload.errors import SelectionError
from crossload.probe import protocol
from crossload.scenario_index import BUILT_IN
from crossload.util.cache import cache_folder
from crossload.util.files import write_text_atomically

_VARIABLES = {
    # No user of this machine has to exist inside.
    "HOME": "/tmp",
    "TMPDIR": "/tmp",
    "USER": "crossload",
    "LOGNAME": "crossload",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "PYTHONNOUSERSITE": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}


class DockerBackend(Backend):
    """One image per environment, one container per worker.

    :param folders: scenario packages that containers may see, beside Crossload's own.
    :param exchange: where artifacts pass between store and containers; None stands for the folder for temporary files.
    :raises EngineError: no engine answers, or it cannot be used; the message says what to do.
    """

    name = "docker"

    def __init__(
        self, config: DockerConfig, limits: Limits, folders: Iterable[Path] = (), exchange: Path | None = None
    ) -> None:
        if is_remote():
            raise EngineError(
                f"DOCKER_HOST={os.environ['DOCKER_HOST']} is another machine, which does not see this one's files. "
                "Run Crossload there, or use --backend venv."
            )
        self._config, self._limits = config, limits
        self._folders, self._exchange = [BUILT_IN, *folders], exchange
        self._named: tuple[Path, ...] = ()
        self._starting = threading.Lock()
        self.client = connect()
        self.images = Images(self.client, build_settings(config), cache_folder() / "image-logs")

    @classmethod
    def create(cls, config: MatrixConfig, folder: Path, out: Path | None = None) -> Self:
        folders = [folder / name for name in config.scenario_folders]
        # Beside what is being written to the store: links do not cross file systems, and a killed run's are cleared there.
        return cls(config.docker, config.limits, folders, out / "store" / "staging" if out else None)

    @cached_property
    def _containers(self) -> Containers:
        return Containers(self.client, self._config, self._limits, self._folders, self._exchange, self._named)

    def _started(self) -> Containers:
        with self._starting:
            return self._containers

    def confine(self, readable: Sequence[Path], writable: Sequence[Path], named: Sequence[Path] = ()) -> str:
        self._named = tuple(named)
        return "container: no network, a read-only root, no capabilities, limits on memory, processor and processes"

    def why_not(self, environments: Iterable[Environment]) -> str:
        """Why the images of these environments are not there and cannot be built; empty when nothing is in the way."""
        asked: dict[str, str] = {}
        for environment in environments:
            if environment.unresolved or not environment.lock_text or self.images.find(environment) is not None:
                continue
            base = self.images.recipe(environment).base
            if base not in asked:
                asked[base] = self.images.why_no_base(environment)
            if asked[base]:
                return asked[base]
        return ""

    def _facts_path(self, image: Any) -> Path:
        return cache_folder() / "images" / f"{image.id.removeprefix('sha256:')}.json"

    def state(self, environment: Environment) -> EnvironmentState:
        if environment.unresolved:
            return self._state(environment, "unavailable", environment.unresolved)
        if environment.is_floating and environment.resolved is None:
            return self._state(environment, "missing", "resolved when it runs")
        image = self.images.find(environment)
        if image is None:
            return self._state(environment, "missing", "not built yet")
        try:
            facts = json.loads(self._facts_path(image).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return self._state(environment, "missing", "not started yet", image)
        if environment.hardware == "cuda" and (reason := self._started().why_no_gpu(image)):
            return self._state(environment, "unavailable", _no_gpu(reason), image)
        return self._state(environment, "ready", "", image, facts)

    def _state(
        self, environment: Environment, state: str, reason: str, image: Any = None, facts: dict[str, Any] | None = None
    ) -> EnvironmentState:
        size = round(image.attrs["Size"] / 1e6, 1) if image else None
        known = image_facts(image) if image else {}
        return EnvironmentState(environment, state, reason, size, facts or {}, self.name, known)

    def build(self, environment: Environment, say: Callable[[str], None]) -> EnvironmentState:
        state = self.state(environment)
        if state.state != "missing":
            return state
        try:
            if environment.hardware == "cuda":
                # Several gigabytes would be built for nothing.
                base = self.images.base(state.image.get("name") or self.images.recipe(environment).base)
                if reason := self._started().why_no_gpu(base):
                    return self._state(environment, "unavailable", _no_gpu(reason))
            started = time.monotonic()
            image = self.images.build(environment)
            worker = self._start(environment, image)
        except (ImageError, EngineError) as error:
            return self._state(environment, "unavailable", str(error))
        except WorkerError as error:
            return self._state(environment, "unavailable", f"TensorFlow cannot be imported: {error}")
        try:
            facts = dict(worker.facts)
            if environment.hardware == "cuda":
                found = _devices(worker)
                if found["reason"]:
                    return self._state(environment, "unavailable", _no_gpu(found["reason"]), image)
                facts["gpu"] = found["summary"]
        finally:
            worker.close()
        path = self._facts_path(image)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text_atomically(path, json.dumps(facts))
        state = self._state(environment, "ready", "", image, facts)
        say(f"{environment.id}: image ready in {time.monotonic() - started:.1f} s, {state.size_mb:.0f} MB")
        return state

    def start(self, environment: Environment) -> Worker:
        try:
            image = self.images.find(environment)
        except EngineErrors as error:
            if is_connection_lost(error) and not answers_again(self.client):
                raise engine_gone() from None
            raise WorkerError(explain(error)) from None
        if image is None:
            raise WorkerError(f"the image of {environment.id} has been removed")
        return self._start(environment, image)

    def _start(self, environment: Environment, image: Any) -> Worker:
        return self._started().start(image, _variables(environment), environment.hardware == "cuda")

    def command_line(self, environment: Environment, request: Mapping[str, Any]) -> list[str]:
        image = self.images.find(environment)
        if image is None:
            raise SelectionError(
                f"{environment.id} has no image here. Build it with `crossload images --tf {environment.label} "
                f"--hardware {environment.hardware}`."
            )
        name, with_gpu = self.images.recipe(environment).name, environment.hardware == "cuda"
        return docker_run(name, _variables(environment), with_gpu, self._folders, request)


def _variables(environment: Environment) -> dict[str, str]:
    hidden = {} if environment.hardware == "cuda" else {"CUDA_VISIBLE_DEVICES": "-1"}
    return {**_VARIABLES, **hidden, **environment.config.variables}


def _no_gpu(reason: str) -> str:
    return f"no GPU for containers: {reason}"


def _devices(worker: Worker) -> dict[str, Any]:
    """What TensorFlow sees of GPUs: ``reason`` why there is none, or ``summary``, one line."""
    request = {"op": protocol.DEVICES, "id": "devices", "limits": {"seconds": 120, "memory_mb": 65536}}
    events = worker.ask(request)
    seen = next((event for event in events if event["event"] == protocol.DEVICES), None)
    if seen is None:
        return {"reason": f"TensorFlow did not say which it sees ({events})", "summary": ""}
    if not seen["gpus"]:
        return {"reason": seen["reason"], "summary": ""}
    gpus = ", ".join(f"{gpu['name']} (compute capability {gpu['compute_capability']})" for gpu in seen["gpus"])
    return {
        "reason": "",
        "summary": f"{gpus}; driver {seen['driver']}; built for CUDA {seen['cuda']}, cuDNN {seen['cudnn']}",
    }
