"""Asks a probe to save and to load, and turns its events into artifacts and cells."""

import json
import shutil
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from crossload.backends import Worker
from crossload.backends.base import DISK_LIMIT
from crossload.config import Limits
from crossload.domain.attempts import crash_message
from crossload.domain.verdicts import CANNOT_SAVE, CRASHES, HARNESS_ERROR
from crossload.execution.tasks import LoadTask, SaveTask
from crossload.inspection.containers import container_of
from crossload.planning.process_sharing import first_group, share_key
from crossload.planning.remaining import attempts_to_run
from crossload.planning.retry_policy import TIME_LIMIT, first_alike, hung, worth_trying
from crossload.probe import attempts, protocol
from crossload.store.artifact_files import ArtifactFiles
from crossload.store.records import Artifact, Cell

Event = Mapping[str, Any]


def _ask(worker: Worker, request: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Ask; once more where the child was killed from outside.

    Nothing that TensorFlow does sends SIGKILL: it comes from the kernel, when other processes took the memory, or from a person.
    """
    events = _ask_once(worker, request)
    if events[-1]["signal"] != "SIGKILL" or _first(events, "harness-error"):
        return events
    if request["op"] == protocol.SAVE:
        folder = Path(request["directory"])
        shutil.rmtree(folder)
        folder.mkdir()
    return _ask_once(worker, request)


def _ask_once(worker: Worker, request: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Ask, and take the folder out of every text: an error must read the same on every machine and in every run."""
    events = json.dumps(worker.ask(request)).replace(json.dumps(request["directory"])[1:-1], "<artifact>")
    cleaned: list[dict[str, Any]] = json.loads(events)
    return cleaned


def _first(events: Sequence[Event], *names: str) -> Event | None:
    return next((event for event in events if event["event"] in names), None)


def run_save(task: SaveTask, worker: Worker, store: ArtifactFiles, limits: Limits) -> Artifact:
    """Have an artifact written, keep it, and make it durable.

    :raises WorkerError: the probe itself died.
    """
    staging = store.staging_folder()
    request = {
        "op": protocol.SAVE,
        "id": task.key,
        "scenario": task.work.scenario.request(),
        "format": task.work.format,
        "directory": str(staging),
        "share": share_key(task.work.scenario, task.work.format, protocol.SAVE),
        "limits": limits.model_dump(),
    }
    try:
        events = _ask(worker, request)
        artifact = _artifact(task, events, staging, store)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    store.put_artifact(artifact)
    return artifact


def _artifact(task: SaveTask, events: Sequence[Event], staging: Any, store: ArtifactFiles) -> Artifact:
    def made(
        state: str, payload: Event, folder: str = "", file: str = "", container: str = "", size: int = 0
    ) -> Artifact:
        return Artifact(
            *(
                task.key,
                task.work.scenario.name,
                task.work.format,
                task.saved_with,
                state,
                folder,
                file,
                container,
                size,
            ),
            ended["seconds"],
            payload,
        )

    ended = events[-1]
    stage = next((event["stage"] for event in reversed(events) if event["event"] == "stage"), "import")
    fault = _first(events, "harness-error")
    raised = _first(events, "raised")
    wrong = fault or raised
    if wrong and wrong.get("error_type") != DISK_LIMIT:
        store.check_space(str(wrong.get("error")))
    if fault is not None:
        return made(HARNESS_ERROR, fault)
    if raised is not None and raised.get("error_type") == DISK_LIMIT:
        return made(CRASHES, {"stage": raised["stage"], "signal": DISK_LIMIT, "stderr": raised["error"]})
    if raised is not None:
        return made(CANNOT_SAVE, raised)
    saved = _first(events, "saved")
    if saved is None:
        return made(CRASHES, {"stage": stage, "signal": ended["signal"] or "ended early", "stderr": ended["stderr"]})
    container = container_of(staging / saved["file"])
    digest, size = store.keep_artifact(staging)
    return made("saved", saved, digest, saved["file"], container, size)


def run_load(
    task: LoadTask, worker: Worker, store: ArtifactFiles, limits: Limits, expected: Collection[str] = ()
) -> Cell:
    """Run a cell's missing attempts and make it durable. An attempt that kills its child does not stop the others.

    :param expected: attempts that have been seen to hang with its like: the short time limit is enough from the start.
    :raises WorkerError: the probe itself died.
    """
    wanted = task.work.attempts()
    records = {record["attempt"]: record for record in (task.known.records if task.known else ())}
    pending = attempts_to_run(wanted, task.known, task.near)
    for name in pending:
        records.pop(name, None)
    seconds = task.known.seconds if task.known else 0.0
    allowed = limits.model_dump()
    shorter = {"seconds": min(limits.seconds, limits.seconds_after_hang)}
    deaths: list[str] = []
    while pending:
        share, together, later = first_group(task.work.scenario, task.work.format, pending)
        together, after = first_alike(together, expected)
        later = after + later
        request = {
            "op": protocol.LOAD,
            "id": task.key,
            "scenario": task.work.scenario.request(),
            "format": task.work.format,
            "directory": str(store.artifact_folder(task.artifact)),
            "file": task.artifact.file,
            "attempts": together,
            "share": share,
            "near": task.near.model_dump(),
            "limits": allowed | (shorter if together[0] in expected else {}),
        }
        events = _ask(worker, request)
        seconds += events[-1]["seconds"]
        known = len(records)
        for event in events:
            if event["event"] == "attempt":
                if event.get("outcome") == "raised":
                    # A copy that could not be written says nothing about TensorFlow.
                    store.check_space(str(event.get("error")))
                records[event["attempt"]] = {key: value for key, value in event.items() if key != "event"}
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
        deaths.append(died)
        if interrupted.get("error_type") == TIME_LIMIT:
            # A hang is not worth the whole limit a second time.
            allowed |= shorter
        hanging = hung(records[name] for name in deaths)
        pending = worth_trying(pending[pending.index(died) + 1 :], deaths, hanging)
        if interrupted["outcome"] == HARNESS_ERROR and interrupted["attempt"] == attempts.PLAIN:
            break
    ordered = tuple(records[name] for name in wanted if name in records)
    cell = Cell(task.key, task.artifact.key, task.loaded_with, wanted, ordered, seconds)
    store.put_cell(cell)
    return cell


def _interrupted(events: Sequence[Event], pending: Sequence[str]) -> dict[str, Any] | None:
    """A record for the attempt during which the child ended before its time, if it did."""
    ended = events[-1]
    finished = {event["attempt"] for event in events if event["event"] in ("attempt", "skipped")}
    begun = [event["attempt"] for event in events if event["event"] == "begin" and event["attempt"] not in finished]
    # A death before the first attempt is charged to it; between two attempts, to neither.
    early = not finished and ended_early(events)
    current = begun[-1] if begun else next((name for name in pending if name not in finished), pending[-1])
    fault = _first(events, "harness-error")
    if fault is not None:
        record = {key: value for key, value in fault.items() if key != "event"}
        return {**record, "attempt": current, "outcome": HARNESS_ERROR, "seconds": ended["seconds"]}
    if begun or early:
        return {
            "attempt": current,
            "outcome": "crashed",
            "error_type": ended["signal"] or "ended early",
            "error": crash_message(ended["signal"], ended["stderr"]),
            "stage": "load",
            "seconds": ended["seconds"],
        }
    return None


def ended_early(events: Sequence[Event]) -> bool:
    """Whether the child did not end by itself."""
    return bool(events[-1]["signal"])
