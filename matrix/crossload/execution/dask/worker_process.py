"""What one worker process keeps between batches: files, built environments, and probes that are still warm."""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from crossload.backends import Backend, Worker, WorkerError
from crossload.backends.choice import backend_class
from crossload.config import Limits, MatrixConfig
from crossload.environments.model import Environment
from crossload.errors import ClusterError, StoreError
from crossload.execution.dask.transfer import Depot, keep, pack, unpack
from crossload.execution.dask.wire import Plain, environment_from, plain_artifact, plain_cell, task_from
from crossload.execution.queues import Task
from crossload.execution.runner import run_load, run_save
from crossload.execution.tasks import SaveTask
from crossload.planning.keys import environment_identity
from crossload.store.artifact_files import ArtifactFiles

# Probes that stay alive after a batch, each with an imported TensorFlow of 230 to 510 MB.
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
        # Idle probes, the one used last at the end.
        self._idle: list[tuple[str, Worker, float]] = []
        self._busy: dict[Worker, str] = {}
        self._stopped: set[str] = set()

    def run(self, batch: Mapping[str, Any]) -> Plain:
        """See :func:`crossload.execution.dask.tasks.run_batch`."""
        answer: Plain = {"finished": [], "packed": {}, "messages": [], "why": "", "retire": False, "missing": []}
        try:
            self._run(batch, answer)
        except (UnfitError, StoreError, ClusterError, OSError) as error:
            # A full disk, mostly. What is finished is handed over, the rest runs elsewhere.
            answer["why"] = str(error)
            answer["retire"] = getattr(error, "retire", True)
        answer["warm"] = self._warm()
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
        worker: Worker | None = None
        try:
            for task, plain in ready:
                worker = self._run_task(task, plain, worker, backend, environment, config.limits, batch["run"], answer)
                done = answer["finished"][-1]
                if done.get("artifact", {}).get("folder"):
                    self._hand_over(done["artifact"]["folder"], depot, answer)
        finally:
            if worker is not None:
                self._put_back(environment, backend, worker)

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
        state = backend.state(environment)
        if state.state == "missing":
            state = backend.build(environment, answer["messages"].append)
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

    def _run_task(
        self,
        task: Task,
        plain: Mapping[str, Any],
        worker: Worker | None,
        backend: Backend,
        environment: Environment,
        limits: Limits,
        run: str,
        answer: Plain,
    ) -> Worker | None:
        """Run one task; a probe that died is started again once before the task counts as a harness error."""
        started = time.monotonic()
        for is_last in (False, True):
            try:
                if run in self._stopped:
                    raise UnfitError("the run has been stopped")
                if worker is None:
                    worker = self._take(environment, backend, run)
                    answer["isolation"] = worker.isolation
                result: Plain = {"key": task.key}
                if isinstance(task, SaveTask):
                    result["artifact"] = plain_artifact(run_save(task, worker, self.files, limits))
                else:
                    cell = run_load(task, worker, self.files, limits, plain["expected_hangs"])
                    result["cell"] = plain_cell(cell)
                answer["finished"].append({**result, "seconds": time.monotonic() - started})
                return worker
            except WorkerError as error:
                self._forget(worker)
                worker = None
                if _NO_SPACE in str(error):
                    raise UnfitError("the disk is full", retire=True) from None
                if is_last:
                    answer["finished"].append({"key": task.key, "fault": str(error), "seconds": 0.0})
            except BaseException:
                # Whoever asked for this has gone or the disk is full: nobody knows what the probe was doing.
                if worker is not None:
                    worker.kill()
                self._forget(worker)
                raise
        return worker

    # Probes

    @staticmethod
    def _name(environment: Environment, backend: Backend) -> str:
        return f"{environment.id} {environment.digest} {backend.name}"

    def _take(self, environment: Environment, backend: Backend, run: str) -> Worker:
        name = self._name(environment, backend)
        with self._lock:
            found = next((item for item in reversed(self._idle) if item[0] == name), None)
            if found is not None:
                self._idle.remove(found)
                self._busy[found[1]] = run
                return found[1]
        worker = backend.start(environment)
        with self._lock:
            self._busy[worker] = run
        return worker

    def _put_back(self, environment: Environment, backend: Backend, worker: Worker) -> None:
        with self._lock:
            if self._busy.pop(worker, None) is None:
                return
            self._idle.append((self._name(environment, backend), worker, time.monotonic()))
            surplus, self._idle = self._idle[:-_MOST_WARM], self._idle[-_MOST_WARM:]
        for _, old, _ in surplus:
            old.close()
        timer = threading.Timer(_IDLE_SECONDS + 1, self._close_idle, [_IDLE_SECONDS])
        timer.daemon = True
        timer.start()

    def _forget(self, worker: Worker | None) -> None:
        with self._lock:
            if worker is not None:
                self._busy.pop(worker, None)

    def _warm(self) -> list[str]:
        with self._lock:
            return [name.split(" ")[0] for name, _, _ in self._idle]

    def _close_idle(self, seconds: float) -> None:
        """End the probes that nobody has asked for so long: a host that was killed does not say goodbye."""
        now = time.monotonic()
        with self._lock:
            old = [item for item in self._idle if now - item[2] >= seconds]
            self._idle = [item for item in self._idle if item not in old]
        for _, worker, _ in old:
            worker.close()

    def stop(self, run: str) -> None:
        """End what a run still does here, and all idle probes."""
        self._stopped.add(run)
        with self._lock:
            busy = [worker for worker, owner in self._busy.items() if owner == run]
        for worker in busy:
            worker.kill()
        self._close_idle(0)
