"""What one worker process keeps between batches: files, built environments, and probes that are still warm."""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from crossload.backends import Backend, WorkerError, backend_class
from crossload.config import MatrixConfig
from crossload.environments.model import Environment
from crossload.errors import ClusterError, StoreError
from crossload.execution.dask.transfer import Depot, keep, pack, unpack
from crossload.execution.dask.wire import Plain, environment_from, plain_artifact, plain_cell, task_from
from crossload.execution.queues import Task
from crossload.execution.runner import Runner
from crossload.execution.tasks import SaveTask
from crossload.execution.worker_pool import StoppedError, WorkerPool
from crossload.planning.keys import environment_identity
from crossload.store.artifact_files import ArtifactFiles

# Probes that stay alive after a batch, and for how long: a host that was killed does not say goodbye.
_MOST_WARM = 2
_IDLE_SECONDS = 300.0
_NO_SPACE = "No space left on device"


class UnfitError(Exception):
    """This machine cannot run a batch; another may.

    :param retire: it will not be able to run any other either.
    """

    def __init__(self, reason: str, retire: bool = False) -> None:
        super().__init__(reason)
        self.retire = retire


class Machine:
    """A worker's own folder and probes. Several threads may run batches at a time."""

    def __init__(self, folder: Path) -> None:
        self.files = ArtifactFiles(folder)
        self._lock = threading.Lock()
        self._backends: dict[str, Backend] = {}
        self._pool = WorkerPool(_MOST_WARM, _IDLE_SECONDS)

    def run(self, batch: Mapping[str, Any]) -> Plain:
        """See :func:`crossload.execution.dask.tasks.run_batch`."""
        answer: Plain = {"finished": [], "packed": {}, "messages": [], "why": "", "retire": False, "missing": []}
        try:
            self._run(batch, answer)
        except StoppedError as error:
            answer["why"] = str(error)
        except (UnfitError, StoreError, ClusterError, OSError) as error:
            # A full disk, mostly. What is finished is handed over, the rest runs elsewhere.
            answer["why"] = str(error)
            answer["retire"] = getattr(error, "retire", True)
        answer["warm"] = self._pool.idle_environments()
        return answer

    def _run(self, batch: Mapping[str, Any], answer: Plain) -> None:
        packages = {digest: self._package(digest, content) for digest, content in batch["packages"].items()}
        config = MatrixConfig.model_validate(batch["config"])
        config = config.model_copy(
            update={"scenario_folders": [str(item) for root in packages.values() for item in root.iterdir()]}
        )
        environment = environment_from(batch["environment"], self.files.folder / "locks")
        backend = self._backend(batch["backend"], config)
        answer["state"] = self._build(environment, backend, batch["identity"], answer)
        depot = Depot(batch["depot"]) if batch["depot"] else None
        tasks = [task_from(item, environment.id, packages) for item in batch["tasks"]]
        ready = []
        for task, plain in zip(tasks, batch["tasks"], strict=True):
            digest = "" if isinstance(task, SaveTask) else task.artifact.folder
            if digest and not self._fetch(digest, batch["packed"].get(digest), depot):
                answer["missing"].append(digest)
            else:
                ready.append((task, plain))
        with Runner(self._pool, backend, environment, self.files, config.limits, owner=batch["run"]) as runner:
            for task, plain in ready:
                result = self._run_task(task, plain, runner)
                answer["isolation"] = runner.isolation or answer.get("isolation", "fork")
                answer["finished"].append(result)
                if result.get("artifact", {}).get("folder"):
                    self._hand_over(result["artifact"]["folder"], depot, answer)

    def _package(self, digest: str, content: bytes) -> Path:
        """The folder that holds an unpacked package of scenarios."""
        with self._lock:
            folder = self.files.folder / "packages" / digest
            if not folder.is_dir():
                staging = self.files.staging_folder()
                unpack(content, staging)
                folder.parent.mkdir(exist_ok=True)
                staging.rename(folder)
            return folder

    def _backend(self, name: str, config: MatrixConfig) -> Backend:
        with self._lock:
            key = f"{name} {config.model_dump_json()}"
            if key not in self._backends:
                self._backends[key] = backend_class(name).create(config, self.files.folder, self.files.folder)
            return self._backends[key]

    def _build(self, environment: Environment, backend: Backend, identity: Any, answer: Plain) -> Plain:
        state = backend.provide(environment, answer["messages"].append)
        if state.state != "ready":
            if _NO_SPACE in state.reason:
                raise UnfitError(f"{environment.id}: the disk is full", retire=True)
            if identity is not None:
                raise UnfitError(f"{environment.id}: {state.reason}")
        found = json.loads(json.dumps(environment_identity(state)))
        if identity is not None and found != identity:
            raise UnfitError(
                f"its {environment.id} is another one (Python {state.facts.get('python')}): results would not be comparable"
            )
        # The lock was written here: who asked knows its own.
        return {**replace(state, environment=environment).record(), "identity": found}

    def _fetch(self, digest: str, content: bytes | None, depot: Depot | None) -> bool:
        if self.files.folder_of(digest).is_dir():
            return True
        if content is None and depot is not None:
            content = depot.get(digest)
        try:
            if content is not None:
                keep(content, digest, self.files)
        except ClusterError:
            return False  # what lies in the depot is damaged; the host has it as well
        return content is not None

    def _hand_over(self, digest: str, depot: Depot | None, answer: Plain) -> None:
        content = pack(self.files.folder_of(digest))
        if depot is None:
            answer["packed"][digest] = content
        else:
            depot.put(digest, content)

    @staticmethod
    def _run_task(task: Task, plain: Mapping[str, Any], runner: Runner) -> Plain:
        """What became of a task: its ``artifact`` or ``cell``, or the ``fault`` of ours that it failed for."""
        started = time.monotonic()
        try:
            if isinstance(task, SaveTask):
                result = {"artifact": plain_artifact(runner.save(task))}
            else:
                result = {"cell": plain_cell(runner.load(task, plain["expected_hangs"]))}
        except WorkerError as error:
            return {"key": task.key, "fault": str(error), "seconds": 0.0}
        return {"key": task.key, **result, "seconds": time.monotonic() - started}

    def stop(self, run: str) -> None:
        """End what a run still does here, and all idle probes."""
        self._pool.stop(run)
