"""Has a probe save and load, and turns its events into artifacts and cells.

Every part of Crossload that runs something does it through :class:`Runner`: here alone a probe that died is started again.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from crossload.backends import Backend, Worker, WorkerError
from crossload.backends.base import DISK_LIMIT
from crossload.config import Limits
from crossload.domain.attempts import (
    AttemptRecord,
    RungMeasurement,
    SaveReport,
    crash_message,
    crash_record,
    fault_record,
    record_of,
    save_report,
    with_step,
)
from crossload.domain.verdicts import CANNOT_SAVE, CRASHES, HARNESS_ERROR
from crossload.environments.model import Environment
from crossload.execution.probe_requests import (
    Event,
    Request,
    ask,
    empty,
    ended_early,
    first,
    last_stage,
    load_request,
    save_request,
)
from crossload.execution.tasks import LoadTask, SaveTask
from crossload.execution.worker_pool import WorkerPool
from crossload.inspection.containers import container_of
from crossload.planning.process_sharing import first_group
from crossload.planning.remaining import attempts_to_run
from crossload.planning.retry_policy import TIME_LIMIT, first_alike, hung, worth_trying
from crossload.probe import attempts
from crossload.store.artifact_files import ArtifactFiles, ChangedError, not_files
from crossload.store.records import Artifact, Cell
from crossload.util.files import remove_folder

Result = TypeVar("Result")


# Errors that a damaged installation gives: each message of them is a new one. Of others, the place tells.
_OF_DAMAGE = (
    "ImportError",
    "ModuleNotFoundError",
    "SyntaxError",
    "AttributeError",
    "NameError",
    "OSError",
    "FileNotFoundError",
)

Proof = Callable[[Sequence[Mapping[str, Any]]], None]


def _no_proof(said: Sequence[Mapping[str, Any]]) -> None:
    """Where nobody can tell."""


class _NotWholeError(WorkerError):
    """What was to be loaded, or the environment, is not there as it was: no other probe would find it whole."""


class Runner:
    """Runs tasks in one built environment, through a worker that is taken when the first one comes. A context manager.

    A probe that dies over a task is our own machinery's fault, never a finding: another one is asked once more.

    :param owner: on whose behalf, see :meth:`crossload.execution.worker_pool.WorkerPool.stop`.
    :ivar peak_mb: the most memory that what it had run has held, MB.
    """

    def __init__(
        self,
        pool: WorkerPool,
        backend: Backend,
        environment: Environment,
        files: ArtifactFiles,
        limits: Limits,
        owner: str = "",
    ) -> None:
        self._pool, self._backend, self._environment, self._owner = pool, backend, environment, owner
        self._files, self._limits = files, limits
        self._worker: Worker | None = None
        self._proven: set[tuple[str, ...]] = set()
        self.peak_mb = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            self._pool.give_back(worker)

    @property
    def isolation(self) -> str:
        """How the worker's probe makes children, ``fork`` or ``fresh``; empty where it has none."""
        return self._worker.isolation if self._worker is not None else ""

    def save(self, task: SaveTask) -> Artifact:
        """Have an artifact written, and make it durable.

        :raises WorkerError: the probe died twice, or does not start.
        :raises StoreError: the disk is full.
        :raises StoppedError: nobody wants it any more.
        """
        return self._do(lambda worker: run_save(task, worker, self._files, self._limits, self._prove))

    def load(self, task: LoadTask, expected_hangs: Collection[str] = ()) -> Cell:
        """Run a cell's missing attempts, and make it durable. Raises what :meth:`save` does.

        :param expected_hangs: attempts that have been seen to hang with its like.
        """
        return self._do(lambda worker: run_load(task, worker, self._files, self._limits, expected_hangs, self._prove))

    def ask(self, request: Request) -> list[dict[str, Any]]:
        """The events of any other request. Raises what :meth:`save` does."""

        def put(worker: Worker) -> list[dict[str, Any]]:
            empty(request)  # a probe that died over it may have left something there
            return ask(worker, request)

        return self._do(put)

    def _do(self, work: Callable[[Worker], Result]) -> Result:
        try:
            return self._once(work)
        except _NotWholeError:
            raise
        except WorkerError:
            return self._once(work)

    def _check_environment(self) -> None:
        changed = self._backend.damage(self._environment)
        self._pool.note_whole(self._environment, self._backend, not changed)
        if changed:
            raise _NotWholeError(
                f"{self._environment.id} is not what was built ({changed}): nothing that it says counts. The next run "
                "builds it anew."
            )

    def _prove(self, said: Sequence[Mapping[str, Any]]) -> None:
        """Look whether the environment is still what was built, before an error in it becomes a finding.

        :param said: what has errors: records of attempts, rungs, the report of a save. Errors at a place where one was raised
            while the environment was whole are believed.
        :raises WorkerError: it has changed.
        """
        found = set()
        for item in said:
            kind = str(item.get("error_type") or item.get("signal") or "")
            if kind:
                text = str(item.get("error", ""))[:200] if kind in _OF_DAMAGE else ""
                found.add((kind, str(item.get("place", "")), text))
        if found - self._proven:
            self._check_environment()
            self._proven |= found

    def _once(self, work: Callable[[Worker], Result]) -> Result:
        try:
            if self._worker is None:
                if not self._pool.was_whole(self._environment, self._backend):
                    self._check_environment()
                self._worker = self._pool.take(self._environment, self._backend, self._owner)
                self._worker.peak_mb = 0  # of whoever had it before
            done = work(self._worker)
            self.peak_mb = max(self.peak_mb, self._worker.peak_mb)
            return done
        except ChangedError as error:
            raise _NotWholeError(str(error)) from None  # the worker was not asked: it can go on
        except BaseException as error:
            # Nobody knows what the probe is doing, where it is still there.
            worker, self._worker = self._worker, None
            if worker is not None:
                self._pool.discard(worker)
            if isinstance(error, WorkerError):
                self._pool.check(self._owner)  # one that was stopped died of that
                self._files.check_space(str(error))
            raise


def run_save(
    task: SaveTask, worker: Worker, store: ArtifactFiles, limits: Limits, prove: Proof = _no_proof
) -> Artifact:
    """Have an artifact written, keep it, and make it durable.

    :param prove: told of what failed before it is stored; raises WorkerError where that is no finding.
    :raises WorkerError: the probe itself died.
    """
    staging = store.staging_folder()
    try:
        events = ask(worker, save_request(task, staging, limits))
        artifact = _artifact(task, events, staging, store)
    finally:
        remove_folder(staging)
    if artifact.state != "saved":
        prove([artifact.payload])
    store.put_artifact(artifact)
    return artifact


def _artifact(task: SaveTask, events: Sequence[Event], staging: Path, store: ArtifactFiles) -> Artifact:
    def made(
        state: str, payload: SaveReport, folder: str = "", file: str = "", container: str = "", size: int = 0
    ) -> Artifact:
        return Artifact(
            key=task.key,
            scenario=task.work.scenario.name,
            format=task.work.format,
            saved_with=task.saved_with,
            state=state,
            folder=folder,
            file=file,
            container=container,
            bytes=size,
            seconds=ended["seconds"],
            payload=payload,
        )

    ended = events[-1]
    fault, raised = first(events, "harness-error"), first(events, "raised")
    wrong = fault or raised
    if wrong and wrong.get("error_type") != DISK_LIMIT:
        store.check_space(str(wrong.get("error")))
    if fault is not None:
        return made(HARNESS_ERROR, save_report(fault))
    if raised is not None and raised.get("error_type") == DISK_LIMIT:
        return made(CRASHES, {"stage": raised["stage"], "signal": DISK_LIMIT, "stderr": raised["error"]})
    if raised is not None:
        return made(CANNOT_SAVE, save_report(raised))
    saved = first(events, "saved")
    if saved is None:
        signal = ended["signal"] or "ended early"
        return made(CRASHES, {"stage": last_stage(events, "import"), "signal": signal, "stderr": ended["stderr"]})
    if strange := not_files(staging):
        return made(CANNOT_SAVE, _not_kept(strange))
    container = container_of(staging / saved["file"])
    digest, size = store.keep_artifact(staging)
    return made("saved", save_report(saved), digest, saved["file"], container, size)


def _not_kept(name: str) -> SaveReport:
    return {
        "event": "raised",
        "stage": "save",
        "error_type": "NotAFile",
        "error_class": "NotAFile",
        "place": "",
        "error": f"{name} is a link, a pipe or a device: only files are kept",
    }


def run_load(
    task: LoadTask,
    worker: Worker,
    store: ArtifactFiles,
    limits: Limits,
    expected: Collection[str] = (),
    prove: Proof = _no_proof,
) -> Cell:
    """Run a cell's missing attempts and make it durable. An attempt that kills its child does not stop the others.

    :param expected: attempts that have been seen to hang with its like: the short time limit is enough from the start.
    :param prove: as for :func:`run_save`.
    :raises WorkerError: the probe itself died.
    """
    wanted = task.attempts
    records = {record["attempt"]: record for record in (task.known.records if task.known else ())}
    pending = attempts_to_run(wanted, task.known, task.near)
    for name in pending:
        records.pop(name, None)
    seconds = task.known.seconds if task.known else 0.0
    shorter = limits.model_copy(update={"seconds": min(limits.seconds, limits.seconds_after_hang)})
    deaths: list[str] = []
    while pending:
        share, together, later = first_group(task.work.scenario, task.work.format, pending)
        together, after = first_alike(together, expected)
        later = after + later
        allowed = shorter if together[0] in expected else limits
        with store.lent(task.artifact) as folder:
            events = ask(worker, load_request(task, folder, together, allowed, share))
        seconds += events[-1]["seconds"]
        known = len(records)
        for event in events:
            if event["event"] == "attempt":
                if event.get("outcome") == "raised":
                    # A copy that could not be written says nothing about TensorFlow.
                    store.check_space(str(event.get("error")))
                records[event["attempt"]] = record_of(event)
        interrupted = _interrupted(events, together)
        if interrupted is None:
            # Between two attempts a child dies without a finding: what it left is asked again. Remedies in processes of
            # their own are only needed while none has given matching outputs.
            left = pending if ended_early(events) and len(records) > known else later
            so_far = Cell(task.key, task.artifact.key, task.loaded_with, tuple(records), tuple(records.values()), 0.0)
            due = attempts_to_run(wanted, so_far, task.near)
            pending = [name for name in left if name in due and name not in records]
            continue
        died = interrupted["attempt"]
        records[died] = interrupted
        if interrupted["outcome"] == "loaded":
            # It died of what came after the load: what was measured before stands, and remedies are due as after any load.
            so_far = Cell(task.key, task.artifact.key, task.loaded_with, tuple(records), tuple(records.values()), 0.0)
            due = attempts_to_run(wanted, so_far, task.near)
            pending = [name for name in pending[pending.index(died) + 1 :] if name in due and name not in records]
            continue
        deaths.append(died)
        if interrupted.get("error_type") == TIME_LIMIT:
            # A hang is not worth the whole limit a second time.
            limits = shorter
        hanging = hung(records[name] for name in deaths)
        pending = worth_trying(pending[pending.index(died) + 1 :], deaths, hanging)
        if interrupted["outcome"] == HARNESS_ERROR and interrupted["attempt"] == attempts.PLAIN:
            break
    ordered = tuple(records[name] for name in wanted if name in records)
    cell = Cell(task.key, task.artifact.key, task.loaded_with, wanted, ordered, seconds)
    prove([*ordered, *(rung for record in ordered for rung in record.get("rungs", {}).values())])
    store.put_cell(cell)
    return cell


def _lost_later(measured: Event, ended: Event) -> AttemptRecord:
    """A record for an attempt whose child died of a rung after the load: that rung is lost, and the others are as measured."""
    signal = ended["signal"] or "ended early"
    death: RungMeasurement = {"error_type": signal, "error": crash_message(signal, ended["stderr"]), "died": True}
    rung, _, step = measured["pending"].partition(":")
    rungs: dict[str, RungMeasurement] = dict(measured["rungs"])
    rungs[rung] = with_step(rungs.get(rung, {}), step, death) if step else death
    record = record_of({key: value for key, value in measured.items() if key != "pending"})
    return {**record, "rungs": rungs, "seconds": ended["seconds"]}


def _interrupted(events: Sequence[Event], pending: Sequence[str]) -> AttemptRecord | None:
    """A record for the attempt during which the child ended before its time, if it did."""
    ended = events[-1]
    finished = {event["attempt"] for event in events if event["event"] in ("attempt", "skipped")}
    begun = [event["attempt"] for event in events if event["event"] == "begin" and event["attempt"] not in finished]
    # A death before the first attempt is charged to it; between two attempts, to neither.
    early = not finished and ended_early(events)
    current = begun[-1] if begun else next((name for name in pending if name not in finished), pending[-1])
    fault = first(events, "harness-error")
    if fault is not None:
        return fault_record(current, fault, ended["seconds"])
    measured = next((event for event in reversed(events) if event["event"] == "measured"), None)
    if fault is None and measured is not None and begun and measured["attempt"] == current:
        return _lost_later(measured, ended)
    if begun or early:
        return crash_record(current, ended["signal"], ended["stderr"], ended["seconds"])
    return None
