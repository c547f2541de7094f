"""What a probe is asked, in the protocol's form, and how it is asked: every request of ours is made here."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crossload.backends import Worker
from crossload.config import Limits
from crossload.execution.tasks import LoadTask, SaveTask
from crossload.planning.process_sharing import share_key
from crossload.probe import protocol
from crossload.util.files import remove_folder

Event = Mapping[str, Any]


@dataclass(frozen=True)
class Request:
    """One request to a probe.

    :param form: what the probe reads.
    :param writes: the folder that it writes into, which must be empty when it is asked.
    :param names: what stands in the answer for texts such as folders: an error must read the same on every machine and in
        every run. The first that fits is replaced first.
    """

    form: Mapping[str, Any]
    writes: Path | None = None
    names: Mapping[str, str] = field(default_factory=dict)


def _form(
    op: str,
    *,
    id: str,
    scenario: Mapping[str, Any],
    format: str,
    directory: Path,
    limits: Limits,
    share: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    return {
        "op": op,
        "id": id,
        "scenario": scenario,
        "format": format,
        "directory": str(directory),
        "share": share,
        "limits": limits.model_dump(),
        **more,
    }


def save_request(task: SaveTask, directory: Path, limits: Limits) -> Request:
    """Save a scenario into an empty folder."""
    form = _form(
        protocol.SAVE,
        id=task.key,
        scenario=task.work.scenario.request(),
        format=task.work.format,
        directory=directory,
        limits=limits,
        share=share_key(task.work.scenario, task.work.format, protocol.SAVE),
        use=list(task.work.steps()),
    )
    return Request(form, writes=directory, names={str(directory): "<artifact>"})


def load_request(
    task: LoadTask, directory: Path, names: Sequence[str], limits: Limits, share: str | None = None
) -> Request:
    """Load an artifact by some attempts, all in one process.

    :param directory: the folder of the artifact.
    :param share: what else may run in that process, see :func:`crossload.planning.process_sharing.share_key`.
    """
    form = _form(
        protocol.LOAD,
        id=task.key,
        scenario=task.work.scenario.request(),
        format=task.work.format,
        directory=directory,
        limits=limits,
        share=share,
        file=task.artifact.file,
        attempts=list(names),
        near=task.near.model_dump(),
        use=list(task.work.steps()),
    )
    return Request(form, names={str(directory): "<artifact>"})


def file_request(  # noqa: PLR0913 - a request's form, each part by its name
    op: str,
    *,
    scenario: Mapping[str, Any],
    format: str,
    directory: Path,
    file: str,
    output: Path,
    code: Path,
    limits: Limits,
    **more: Any,
) -> Request:
    """Do something with a user's file that gives other files: ``protocol.REFERENCE``, ``RESAVE`` or ``FILL``.

    :param directory: the folder that the file lies in.
    :param output: an empty folder for what comes of it.
    :param code: the folder of the user's code. Texts name what lies in these three as the user knows it.
    :param more: what this operation wants beyond that.
    """
    form = _form(
        op,
        id=f"{op} {directory.name}",
        scenario=scenario,
        format=format,
        directory=directory,
        limits=limits,
        file=file,
        output=str(output),
        **more,
    )
    names: dict[str, str] = {}
    for folder in (directory, output, code):
        names |= {f"{folder}/": "", str(folder): "."}
    return Request(form, writes=output, names=names)


def canary_request(
    canary: str, form: str, folder: Path, limits: Limits, step: str, arguments: Mapping[str, Any]
) -> Request:
    """Make a canary in a folder of its own, or load it there.

    :param step: ``make`` or ``load``.
    :param arguments: of the load call.
    """
    asked: dict[str, Any] = {
        "scenario": {},
        "format": form,
        "directory": folder,
        "limits": limits,
        "arguments": dict(arguments),
    }
    made = _form(protocol.CANARY, id=f"{protocol.CANARY} {canary} {form} {step}", canary=canary, step=step, **asked)
    return Request(made, names={f"{folder}/": "", str(folder): "."})


def ask(worker: Worker, request: Request) -> list[dict[str, Any]]:
    """Ask; once more where the child was killed from outside.

    Nothing that TensorFlow does sends SIGKILL: it comes from the kernel, when other processes took the memory, or from a person.

    :raises WorkerError: the probe itself died.
    """
    events = _ask_once(worker, request)
    if events[-1]["signal"] != "SIGKILL" or first(events, "harness-error"):
        return events
    empty(request)
    return _ask_once(worker, request)


def empty(request: Request) -> None:
    """Take away what a request that did not come to its end has written: it is going to be asked again."""
    if request.writes is not None:
        remove_folder(request.writes)
        request.writes.mkdir()


def _ask_once(worker: Worker, request: Request) -> list[dict[str, Any]]:
    text = json.dumps(worker.ask(request.form))
    for written, told in request.names.items():
        text = text.replace(json.dumps(written)[1:-1], told)
    events: list[dict[str, Any]] = json.loads(text)
    return events


def first(events: Sequence[Event], *names: str) -> Event | None:
    """The first event of one of these names."""
    return next((event for event in events if event["event"] in names), None)


def last_stage(events: Sequence[Event], otherwise: str) -> str:
    """What the child was doing when it ended."""
    return next((str(event["stage"]) for event in reversed(events) if event["event"] == "stage"), otherwise)


def ended_early(events: Sequence[Event]) -> bool:
    """Whether the child did not end by itself."""
    return bool(events[-1]["signal"])
