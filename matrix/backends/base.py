"""What every backend offers, and the worker that talks to a probe."""

import io
import json
import select
import shutil
import subprocess
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from matrix.environments import Environment, EnvironmentState
from matrix.errors import CrossloadError
from matrix.probe import protocol

# How much longer than its limit a request may take by the clock before the probe itself counts as dead.
_CROWDED = 20


class WorkerError(CrossloadError):
    """A probe did not start, or stopped answering: our own machinery, never a finding about TensorFlow."""


class Worker:
    """A running probe in one environment. Not shared between threads.

    :param command: what starts the probe.
    :param variables: its whole environment.
    :param scratch: a folder for temporary files, removed with the worker: children end without cleaning up after themselves.
    :param patience: seconds to wait for an answer beyond the limit of the request itself.
    """

    def __init__(
        self, command: Sequence[str], variables: Mapping[str, str], scratch: Path | None = None, patience: float = 60
    ) -> None:
        self._patience = patience
        self._scratch = scratch
        self._process = subprocess.Popen(
            list(command),
            env=dict(variables),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._buffer = b""
        self._stderr = b""
        self._drain = threading.Thread(target=self._read_stderr, daemon=True)
        self._drain.start()
        ready = self._read(120)
        if ready.get("protocol") != protocol.PROTOCOL_VERSION or ready.get("probe") != protocol.PROBE_VERSION:
            self.kill()
            raise WorkerError(f"the probe speaks protocol {ready.get('protocol')}, not {protocol.PROTOCOL_VERSION}")
        self.facts: dict[str, Any] = ready["facts"]
        self.isolation: str = ready["isolation"]

    def _read_stderr(self) -> None:
        stream = cast(io.BufferedReader, self._process.stderr)
        for chunk in iter(lambda: stream.read1(4096), b""):
            self._stderr = (self._stderr + chunk)[-8000:]

    def _read(self, seconds: float) -> dict[str, Any]:
        stream = cast(io.BufferedReader, self._process.stdout)
        descriptor = stream.fileno()
        while b"\n" not in self._buffer:
            ready, _, _ = select.select([descriptor], [], [], seconds)
            chunk = stream.read1(1 << 16) if ready else b""
            if not chunk:
                why = "ended" if ready else f"did not answer within {seconds:.0f} s"
                self.kill()
                self._drain.join(timeout=1)
                raise WorkerError(f"the probe {why}: {self._stderr.decode(errors='replace')[-1500:].strip()}")
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def ask(self, request: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Send one request and wait for its events.

        :raises WorkerError: the probe ended or hangs.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except OSError as error:
            raise WorkerError(f"the probe ended: {error}") from None
        # The probe counts processor time where the machine is crowded, and may run a request twice: the clock runs far ahead.
        answer = self._read(_CROWDED * float(request["limits"]["seconds"]) + self._patience)
        if answer.get("id") != request["id"]:
            raise WorkerError(f"the probe answered {answer.get('id')!r} when asked {request['id']!r}")
        events: list[dict[str, Any]] = answer["events"]
        return events

    def close(self) -> None:
        """Let the probe end by itself."""
        try:
            self._process.communicate(json.dumps({"op": protocol.EXIT}).encode() + b"\n", timeout=10)
        except (OSError, ValueError, subprocess.TimeoutExpired):
            self.kill()
        self._clean_up()

    def kill(self) -> None:
        """End the probe at once. Its children die with it."""
        self._process.kill()
        self._process.wait()
        self._clean_up()

    def _clean_up(self) -> None:
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)


class Backend(ABC):
    """A place where environments live."""

    name: str

    @abstractmethod
    def state(self, environment: Environment) -> EnvironmentState:
        """What is there now, without building anything."""

    @abstractmethod
    def build(self, environment: Environment, say: Callable[[str], None]) -> EnvironmentState:
        """Build the environment unless it is there; never raises for what an environment can lack: it is ``unavailable``."""

    @abstractmethod
    def start(self, environment: Environment) -> Worker:
        """Start a probe in a built environment. Raises :class:`WorkerError`."""
