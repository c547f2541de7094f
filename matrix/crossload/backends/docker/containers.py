"""Containers that probes run in: what they may see and use, and their removal.

A container sees nothing of this machine but the probe, the scenario packages, one folder that it may write artifacts to
and one, read-only, in which the artifact that is being loaded lies.
"""

import atexit
import contextlib
import json
import os
import resource
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from docker.types import DeviceRequest, Mount, Ulimit

from crossload.backends.base import WorkerError
from crossload.backends.docker.engine import (
    EngineError,
    EngineErrors,
    answers_again,
    engine_gone,
    engine_host,
    explain,
    is_connection_lost,
    is_orphan,
    is_podman,
    owner,
)
from crossload.backends.docker.recipes import LABEL
from crossload.backends.docker.worker import INPUT, INSIDE, OUTPUT, ContainerChannel, ContainerWorker
from crossload.config import DockerConfig, Limits
from crossload.probe import protocol
from crossload.resources import PROBE
from crossload.util.import_roots import import_root

OWNER = f"{LABEL}.owner"

# Who a container runs as when Crossload itself is root: nobody on this machine.
NOBODY = 10001

# What a container gets beyond the memory that one child may take: TensorFlow itself, the other children, /tmp.
_MEMORY_BESIDE_CHILD_MB = 4096


def run_as() -> str:
    """User and group of containers: this user, so that files belong to it, or nobody where this user is root."""
    return f"{os.getuid()}:{os.getgid()}" if os.getuid() else f"{NOBODY}:{NOBODY}"


def code_mounts(folders: Iterable[Path]) -> tuple[dict[str, str], list[Mount]]:
    """Where scenario packages appear inside.

    :param folders: the packages' own folders; what lies beside them stays outside.
    :return: folders inside by folder outside, as ``roots`` of requests name them, and the mounts.
    """
    roots: dict[str, str] = {}
    mounts = []
    for folder in dict.fromkeys(path.resolve() for path in folders):
        root = roots.setdefault(str(import_root(folder)), f"{INSIDE}/code/{len(roots)}")
        mounts.append(Mount(f"{root}/{folder.name}", str(folder), type="bind", read_only=True))
    return roots, mounts


def confinement(config: DockerConfig, limits: Limits, engine_cpus: int) -> dict[str, Any]:
    """What a container may not do, as arguments of the SDK."""
    memory = config.memory_mb or limits.memory_mb + _MEMORY_BESIDE_CHILD_MB
    return {
        "network_mode": "none",
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "user": run_as(),
        "mem_limit": f"{memory}m",
        "memswap_limit": f"{memory}m",
        "nano_cpus": int(min(config.cpus, engine_cpus) * 1e9),
        "pids_limit": config.processes,
        "tmpfs": {"/tmp": f"rw,nosuid,nodev,mode=1777,size={config.temporary_mb}m"},
    }


def own_limits() -> list[Ulimit]:
    """Numbers of files and processes: Podman would raise both, which an engine that is itself confined may not do."""
    _, files = resource.getrlimit(resource.RLIMIT_NOFILE)
    _, processes = resource.getrlimit(resource.RLIMIT_NPROC)
    # Podman itself runs with no more than the kernel's number of process ids.
    there_are = int(Path("/proc/sys/kernel/pid_max").read_text(encoding="ascii"))
    processes = there_are if processes == resource.RLIM_INFINITY else min(processes, there_are)
    return [Ulimit(name="nofile", soft=files, hard=files), Ulimit(name="nproc", soft=processes, hard=processes)]


class Containers:
    """Starts the containers of this process on one engine, and removes them at its end.

    :param folders: scenario packages that containers may see.
    :param exchange: where workers get their folders; on the disk of the store, artifacts are passed by links. None stands
        for the folder for temporary files.
    :param named: files and folders that models name, shown at their own paths.
    """

    def __init__(
        self,
        client: Any,
        config: DockerConfig,
        limits: Limits,
        folders: Iterable[Path],
        exchange: Path | None,
        named: Iterable[Path] = (),
    ) -> None:
        self._client, self._exchange = client, exchange
        self._roots, self._mounts = code_mounts(folders)
        self._mounts += [Mount(str(path), str(path.resolve()), type="bind", read_only=True) for path in named]
        self._confinement = confinement(config, limits, int(client.info().get("NCPU") or 1))
        if is_podman(client):
            self._confinement["ulimits"] = own_limits()
        self._owner = owner()
        remove_orphans(client)
        atexit.register(self.remove_all)

    def start(self, image: Any, variables: Mapping[str, str], with_gpu: bool = False) -> ContainerWorker:
        """Start a probe in a container of its own.

        :raises WorkerError: the probe did not come up.
        :raises EngineError: the engine refused, or has gone.
        """
        if self._exchange is not None:
            self._exchange.mkdir(parents=True, exist_ok=True)
        exchange = Path(tempfile.mkdtemp(prefix="container-", dir=self._exchange)).resolve()
        for name in ("input", "output"):
            (exchange / name).mkdir()
        # The folder above keeps other users of this machine out; these two are all that the container gets.
        os.chmod(exchange / "output", 0o777)
        mounts = [
            Mount(f"{INSIDE}/probe", str(PROBE.resolve()), type="bind", read_only=True),
            *self._mounts,
            Mount(INPUT, str(exchange / "input"), type="bind", read_only=True),
            Mount(OUTPUT, str(exchange / "output"), type="bind"),
        ]
        container = None
        try:
            container = self._client.containers.create(
                image.id,
                [f"{INSIDE}/probe"],
                environment=dict(variables),
                mounts=mounts,
                labels={OWNER: self._owner},
                stdin_open=True,
                # A probe has nothing to finish: an engine that is stopped need not wait for it.
                stop_signal="SIGKILL",
                working_dir="/tmp",
                device_requests=gpu_request() if with_gpu else None,
                **self._confinement,
            )
            return ContainerWorker(ContainerChannel(self._client, container), exchange, self._roots)
        except (WorkerError, EngineError, *EngineErrors) as error:
            shutil.rmtree(exchange, ignore_errors=True)
            if container is not None:
                _remove(container)
            if isinstance(error, WorkerError | EngineError):
                raise
            if is_connection_lost(error) and not answers_again(self._client):
                raise engine_gone() from None
            raise WorkerError(_refused(error)) from None

    def why_no_gpu(self, image: Any) -> str:
        """Why the engine gives containers no GPU, in its own words; empty when it does."""
        container = None
        try:
            container = self._client.containers.create(
                image.id,
                entrypoint=["/bin/true"],
                labels={OWNER: self._owner},
                network_mode="none",
                ulimits=self._confinement.get("ulimits"),
                device_requests=gpu_request(),
            )
            container.start()
            container.wait(timeout=60)
        except EngineErrors as error:
            return explain(error)
        finally:
            if container is not None:
                _remove(container)
        return ""

    def remove_all(self) -> None:
        """Remove every container of this process."""
        for container in _ours(self._client):
            if container.labels.get(OWNER) == self._owner:
                _remove(container)


def docker_run(
    image: str, variables: Mapping[str, str], with_gpu: bool, folders: Iterable[Path], request: Mapping[str, Any]
) -> list[str]:
    """The command that runs one request by hand, confined as a worker is where the command line has a word for it."""
    roots, mounts = code_mounts(folders)
    mounts = [Mount(f"{INSIDE}/probe", str(PROBE.resolve()), type="bind", read_only=True), *mounts]
    scenario = request["scenario"]
    directory = f"{OUTPUT}/0"
    if request["op"] == protocol.LOAD:
        mounts.append(Mount(INPUT, str(Path(request["directory"]).resolve()), type="bind", read_only=True))
        directory = INPUT
    inside = {**scenario, "roots": [roots[root] for root in scenario["roots"]]}
    command = ["docker", "run", "--rm", "--network", "none", "--read-only", "--cap-drop", "ALL", "--user", run_as()]
    command += ["--security-opt", "no-new-privileges", "--tmpfs", "/tmp:mode=1777", "--tmpfs", f"{OUTPUT}:mode=1777"]
    command += ["--gpus", "1"] if with_gpu else []
    for name, value in variables.items():
        command += ["--env", f"{name}={value}"]
    for mount in mounts:
        command += ["--volume", f"{mount['Source']}:{mount['Target']}:ro"]
    return [
        *command,
        image,
        f"{INSIDE}/probe",
        "--show",
        json.dumps({**request, "directory": directory, "scenario": inside}),
    ]


def gpu_request() -> list[DeviceRequest]:
    """One GPU, asked for as ``docker run --gpus 1`` does."""
    return [DeviceRequest(count=1, capabilities=[["gpu", "compute", "utility"]])]


def remove_orphans(client: Any) -> None:
    """Remove the containers of runs that were killed."""
    for container in _ours(client):
        if is_orphan(container.labels.get(OWNER, "")):
            _remove(container)


def _ours(client: Any) -> list[Any]:
    try:
        return list(client.containers.list(all=True, filters={"label": OWNER}, ignore_removed=True))
    except EngineErrors:
        return []


def _remove(container: Any) -> None:
    with contextlib.suppress(*EngineErrors):
        container.remove(force=True, v=True)


def _refused(error: BaseException) -> str:
    text = explain(error)
    if "bind source path does not exist" in text:
        return (
            f"the Docker engine at {engine_host()} does not see this machine's files ({text}). "
            "Run Crossload on the engine's machine, or use --backend venv."
        )
    return f"the container did not start: {text}"
