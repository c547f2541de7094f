"""Reaches the Docker engine, and puts into one clear line each what can be wrong with it."""

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import docker.errors
import requests
import urllib3

from crossload.errors import CrossloadError

# Docker 19.03: the first API with device requests, which GPUs are asked for with.
MINIMUM_API = (1, 40)
DEFAULT_HOST = "unix:///var/run/docker.sock"

# What the SDK lets through when something is wrong with the engine or on the way to it.
EngineErrors = (docker.errors.DockerException, requests.RequestException, urllib3.exceptions.HTTPError, OSError)


class EngineError(CrossloadError):
    """The Docker engine cannot be used, or has gone away; the message says what to do."""


def engine_host() -> str:
    """Where the engine is looked for: ``DOCKER_HOST``, or Docker's usual socket."""
    return os.environ.get("DOCKER_HOST") or DEFAULT_HOST


def is_remote() -> bool:
    """Whether the engine is certainly on another machine: it does not see this one's files."""
    host = engine_host()
    if host.startswith("ssh://"):
        return True
    if not host.startswith(("tcp://", "http://", "https://")):
        return False
    name = host.split("//", 1)[1].rsplit(":", 1)[0].strip("[]/")
    return name not in ("localhost", "127.0.0.1", "::1", socket.gethostname())


def connect(timeout: float = 60) -> Any:
    """A client of the engine.

    :param timeout: seconds that a request may take.
    :raises EngineError: the engine is absent, too old, or not to be used by this user.
    """
    try:
        client = docker.from_env(timeout=timeout)
        api = str(client.version()["ApiVersion"])
    except EngineErrors as error:
        raise EngineError(explain(error)) from None
    if tuple(int(part) for part in api.split(".")[:2]) < MINIMUM_API:
        wanted = ".".join(map(str, MINIMUM_API))
        raise EngineError(
            f"the Docker engine at {engine_host()} is too old: it speaks API {api}, {wanted} is needed (Docker 19.03)"
        )
    return client


def engine_name(client: Any) -> str:
    """Which engine it is, and its version."""
    kind = "Podman" if is_podman(client) else "Docker engine"
    return f"{kind} {client.version()['Version']}"


def is_podman(client: Any) -> bool:
    """Whether what answers is Podman, which speaks Docker's API with differences: docker/README.md names them."""
    parts = client.version().get("Components") or []
    return any("podman" in str(part.get("Name", "")).lower() for part in parts)


def explain(error: BaseException) -> str:
    """What an error of the SDK means, in one line."""
    host = engine_host()
    if isinstance(error, docker.errors.APIError) and error.explanation:
        return _one_line(str(error.explanation))
    if "is too old" in str(error):
        return f"the Docker engine at {host} is too old for the Docker SDK: {_one_line(str(error))}"
    for cause in _causes(error):
        if isinstance(cause, FileNotFoundError):
            return f"no Docker engine: {host} does not exist. Start Docker, or set DOCKER_HOST"
        if isinstance(cause, PermissionError):
            return f"no permission on {host}. Become a member of its group (usermod -aG docker YOU), or set DOCKER_HOST"
        if isinstance(cause, ConnectionRefusedError):
            return f"no Docker engine answers at {host}: connection refused. Start Docker, or set DOCKER_HOST"
        if isinstance(cause, (TimeoutError, requests.Timeout, urllib3.exceptions.TimeoutError)):
            return f"the Docker engine at {host} does not answer in time"
    return f"no Docker engine answers at {host} ({_one_line(str(error))})"


def is_connection_lost(error: BaseException) -> bool:
    """Whether the engine itself is out of reach, rather than having refused something."""
    return not isinstance(error, docker.errors.APIError) and any(
        isinstance(cause, (ConnectionError, FileNotFoundError, requests.ConnectionError)) for cause in _causes(error)
    )


def answers_again(client: Any, seconds: float = 20) -> bool:
    """Whether the engine answers, waiting a while for one that is being restarted."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            client.ping()
            return True
        except EngineErrors:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.5)


def engine_gone() -> EngineError:
    """The error that ends a run whose engine has gone away."""
    return EngineError(
        f"the Docker engine at {engine_host()} stopped answering. Results so far are kept; "
        "start it and run the same command again."
    )


def _causes(error: BaseException | None, depth: int = 0) -> Iterator[BaseException]:
    """An exception and everything it was made of: libraries hide the reason in causes and in arguments."""
    if error is None or depth > 6:
        return
    yield error
    for inner in (*error.args, error.__cause__, error.__context__, getattr(error, "reason", None)):
        if isinstance(inner, BaseException):
            yield from _causes(inner, depth + 1)


def _one_line(text: str) -> str:
    return " ".join(text.split())[:400]


def owner() -> str:
    """Names this process in labels: boot, process namespace, id and start time, so that no other is taken for it."""
    return f"{_place()}:{os.getpid()}:{_start_time(os.getpid())}"


def is_orphan(label: str) -> bool:
    """Whether what carries this owner's name was left behind: its process was of this machine, and is gone."""
    place, _, rest = label.rpartition(":")
    place, _, pid = place.rpartition(":")
    if place != _place():
        # Another process namespace may share the engine; after a reboot nothing of ours is running any more.
        return place.split(":")[0] != _place().split(":")[0]
    return not pid.isdigit() or _start_time(int(pid)) != rest


def _place() -> str:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return f"{boot}:{os.stat('/proc/self/ns/pid').st_ino}"


def _start_time(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
    except OSError:
        return "gone"
