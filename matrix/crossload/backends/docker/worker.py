"""A probe in a container: its attached streams, and the folders that artifacts pass through."""

import contextlib
import itertools
import json
import os
import re
import select
import shutil
import struct
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import docker.errors

from crossload.backends.base import DISK_LIMIT, Worker, WorkerError
from crossload.backends.channels import Channel
from crossload.backends.docker.engine import EngineErrors, answers_again, engine_gone, explain, is_connection_lost
from crossload.probe import protocol
from crossload.util.files import remove_folder, walk

INSIDE = "/crossload"
INPUT, OUTPUT = f"{INSIDE}/input", f"{INSIDE}/output"

_NO_SPACE = "No space left on device"
_PATH = re.compile(r"(?<![\w.])/[\w./+-]+")
# With so much left, what failed for want of space failed somewhere else.
_ROOM = 64_000_000


class ContainerChannel(Channel):
    """The attached streams of a container that has not been started yet; starts it."""

    def __init__(self, client: Any, container: Any) -> None:
        self._client, self._container = client, container
        self._stderr = b""
        self._raw = b""
        self._gone = threading.Event()
        # Attached before it starts: nothing that it says is missed.
        attached = client.api.attach_socket(container.id, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
        self._attached = attached
        self._socket = getattr(attached, "_sock", attached)
        self._socket.settimeout(None)
        container.start()

    def write(self, data: bytes) -> None:
        self._socket.sendall(data)

    def read(self, seconds: float) -> bytes | None:
        deadline = time.monotonic() + seconds
        while True:
            data = self._next_frames()
            if data:
                return data
            ready, _, _ = select.select([self._socket], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                return None
            try:
                chunk = self._socket.recv(1 << 16)
            except OSError:
                chunk = b""
            if not chunk:
                return b""
            self._raw += chunk

    def _next_frames(self) -> bytes:
        """Bytes of stdout in the frames that have come whole; those of stderr are kept aside."""
        data = b""
        while len(self._raw) >= 8:
            # https://docs.docker.com/engine/api: stream (1 is stdout, 2 is stderr), three zeros, length, content.
            stream, length = struct.unpack(">BxxxL", self._raw[:8])
            if len(self._raw) < 8 + length:
                break
            content, self._raw = self._raw[8 : 8 + length], self._raw[8 + length :]
            if stream == 1:
                data += content
            else:
                self._stderr = (self._stderr + content)[-8000:]
        return data

    def last_words(self) -> str:
        """See :meth:`Channel.last_words`.

        :raises EngineError: the engine itself has gone, and did not come back.
        """
        said = self._stderr.decode(errors="replace")[-1500:].strip()
        return "; ".join(part for part in (self._what_ended_it(), said) if part)

    def _what_ended_it(self) -> str:
        if self._gone.is_set():
            return ""
        try:
            self._container.reload()
        except docker.errors.NotFound:
            return "its container was removed from outside"
        except EngineErrors as error:
            if not is_connection_lost(error) or answers_again(self._client):
                return f"the Docker engine was restarted, or failed ({explain(error)})"
            raise engine_gone() from None
        state = self._container.attrs["State"]
        if state.get("OOMKilled"):
            return "its container hit its memory limit ([docker] memory_mb in matrix.toml)"
        if state.get("Running"):
            return ""
        code = state.get("ExitCode")
        return (
            f"its container was killed from outside (exit status {code})"
            if code in (137, 143)
            else f"exit status {code}"
        )

    def finish(self, data: bytes, seconds: float) -> None:
        try:
            self._socket.sendall(data)
            while self.read(seconds):
                pass
        except OSError:
            pass
        self.kill()

    def kill(self) -> None:
        if self._gone.is_set():
            return
        self._gone.set()
        # It may be gone already, or go with its engine; else it is found by its label at the next start.
        with contextlib.suppress(*EngineErrors):
            self._container.remove(force=True, v=True)
        with contextlib.suppress(OSError):
            self._attached.close()


class ContainerWorker(Worker):
    """A worker whose probe sees folders of its own: artifacts are passed in and out, and paths are translated.

    :param exchange: a folder of this worker, mounted as the container's input and output.
    :param roots: folders of scenario packages inside, by folder outside.
    """

    def __init__(self, channel: Channel, exchange: Path, roots: Mapping[str, str]) -> None:
        self._exchange, self._roots = exchange, roots
        self._count = itertools.count()
        self._asked: set[str] = set()
        self._is_full = False
        super().__init__(channel, exchange)

    def ask(self, request: Mapping[str, Any]) -> list[dict[str, Any]]:
        """See :meth:`Worker.ask`. What filled the container's own places for temporary files reads as ``DISK_LIMIT``.

        :raises WorkerError: also when an earlier request filled them, or may have: a new container has room again.
        """
        others = self._asked - {request["id"]}
        self._asked.add(request["id"])
        if self._is_full and others:
            self.kill()
            raise WorkerError("an earlier request filled the container's temporary files")
        events = self._ask(request)
        self._is_full = self._is_full or any(event.get("error_type") == DISK_LIMIT for event in events)
        if self._is_full and others:
            self.kill()
            raise WorkerError("the container's temporary files are full, perhaps of what earlier requests left")
        return events

    def _ask(self, request: Mapping[str, Any]) -> list[dict[str, Any]]:
        if "directory" not in request:
            return super().ask(request)
        directory = Path(request["directory"])
        writes = request["op"] == protocol.SAVE
        name = str(next(self._count))
        passed = self._exchange / ("output" if writes else "input") / name
        inside = f"{OUTPUT if writes else INPUT}/{name}"
        scenario = request["scenario"]
        missing = [root for root in scenario["roots"] if root not in self._roots]
        if missing:
            raise WorkerError(
                f"{missing[0]} is not visible in the container: name the scenario's folder in scenario_folders"
            )
        scenario = {**scenario, "roots": [self._roots[root] for root in scenario["roots"]]}
        changed: dict[str, Any] = {"directory": inside, "scenario": scenario}
        # What reads a folder may write into another one.
        destination = directory if writes else Path(request["output"]) if "output" in request else None
        written = passed if writes else self._exchange / "output" / name
        try:
            if not writes:
                pass_in(directory, passed)
            if destination is not None:
                written.mkdir()
                os.chmod(written, 0o777)
            if destination is not None and not writes:
                changed["output"] = f"{OUTPUT}/{name}"
            answer = [self._tell_disks_apart(event) for event in self._sent({**request, **changed})]
            # Messages name the folder that the caller knows.
            text = json.dumps(answer).replace(json.dumps(inside)[1:-1], json.dumps(str(directory))[1:-1])
            events: list[dict[str, Any]] = json.loads(text)
            if destination is not None and (refused := take_out(written, destination)):
                return _refusal(events, refused)
            return events
        finally:
            remove_folder(passed)
            remove_folder(written)

    def _sent(self, request: Mapping[str, Any]) -> list[dict[str, Any]]:
        return super().ask(request)

    def _tell_disks_apart(self, event: dict[str, Any]) -> dict[str, Any]:
        """The event, as a limit where the disk that was full is the container's own: its /tmp, in memory."""
        error = str(event.get("error", ""))
        if _NO_SPACE not in error:
            return event
        paths = _PATH.findall(error)
        # Nothing can be written to the input: errors name it in place of copies that were made of it.
        if any(path.startswith(OUTPUT) for path in paths):
            return event
        if not paths and shutil.disk_usage(self._exchange).free < _ROOM:
            return event
        said = (
            f"the container's own disk is full ([docker] temporary_mb in matrix.toml is the size of its /tmp): {error}"
        )
        limited = {**event, "error": said, "error_type": DISK_LIMIT, "error_class": DISK_LIMIT}
        return {**limited, "outcome": "crashed"} if event["event"] == "attempt" else limited


def pass_in(artifact: Path, destination: Path) -> None:
    """Lay an artifact where the container reads it: by hard links, or copied where that cannot be."""

    def place(source: str, target: str) -> str:
        readable = os.getuid() != 0 or os.stat(source).st_mode & 0o004
        try:
            if readable:
                os.link(source, target)
                return target
        except OSError:
            pass  # another file system, or one without links
        shutil.copyfile(source, target)
        os.chmod(target, 0o644)
        return target

    shutil.copytree(artifact, destination, copy_function=place, symlinks=True)
    for folder, _, _ in walk(destination):
        os.chmod(folder, 0o755)


def take_out(written: Path, destination: Path) -> str:
    """Move what the container wrote to where the caller wants it; returns the name of a file that must not leave, or nothing.

    A link could point at any file of this machine, and whoever reads the artifact here would follow it.
    """
    for folder, folders, files in walk(written):
        for name in (*folders, *files):
            path = Path(folder, name)
            if path.is_symlink() or not (path.is_dir() or path.is_file()):
                return str(path.relative_to(written))
    for entry in list(written.iterdir()):
        shutil.move(str(entry), str(destination / entry.name))
    return ""


def _refusal(events: Sequence[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    raised = {
        "event": "raised",
        "stage": "save",
        "error_type": "NotAFile",
        "error_class": "NotAFile",
        "place": "",
        "error": f"{name} is a link or a device: only files leave a container",
        "seconds": events[-1]["seconds"],
    }
    return [event for event in events[:-1] if event["event"] not in ("saved", "referenced")] + [raised, events[-1]]
