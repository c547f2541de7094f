"""What every backend offers, and the worker that talks to a probe."""

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, Self

from crossload.backends.channels import Channel
from crossload.config import MatrixConfig
from crossload.environments.model import Environment, EnvironmentState
from crossload.errors import CrossloadError
from crossload.probe import protocol
from crossload.util.files import remove_folder

# The error type of what failed because the places that a container has for temporary files were full.
DISK_LIMIT = "disk limit"

# How much longer than its limit a request may take by the clock before the probe itself counts as dead.
_CROWDED = 20
# Seconds without a sign of life after which a probe counts as stopped. It gives one every few seconds, on any machine that
# lets it run at all.
_SILENCE = 60
# Bytes of one answer: what is longer is none.
_LONGEST_ANSWER = 256 << 20


class WorkerError(CrossloadError):
    """A probe did not start, or stopped answering: our own machinery, never a finding about TensorFlow."""


class Worker:
    """A running probe in one environment. Not shared between threads.

    :param channel: the streams of a probe that has just been started.
    :param scratch: a folder for temporary files, removed with the worker: children end without cleaning up after themselves.
    :param patience: seconds to wait for an answer beyond the limit of the request itself.
    :ivar peak_mb: the most memory that any of its children has held, MB.
    """

    peak_mb = 0

    def __init__(self, channel: Channel, scratch: Path | None = None, patience: float = 60) -> None:
        self._patience = patience
        self._scratch = scratch
        self._channel = channel
        self._buffer = bytearray()
        self._seal: Any = None
        ready = self._line(120)
        self._seal = ready.get("seal")
        if ready.get("protocol") != protocol.PROTOCOL_VERSION or ready.get("probe") != protocol.PROBE_VERSION:
            self.kill()
            said = f"protocol {ready.get('protocol')} and is version {ready.get('probe')}"
            wanted = f"protocol {protocol.PROTOCOL_VERSION} and version {protocol.PROBE_VERSION}"
            raise WorkerError(f"the probe speaks {said}, not {wanted}: Crossload was changed while it ran")
        self.facts: dict[str, Any] = ready["facts"]
        self.isolation: str = ready["isolation"]

    def _read(self, seconds: float) -> dict[str, Any]:
        """The next line that is no sign of life.

        :param seconds: how long it may take by the clock, as long as the probe lives.
        :raises WorkerError: the probe ended, hangs, or something else wrote to its answers.
        """
        deadline = time.monotonic() + seconds
        while True:
            answer = self._line(min(_SILENCE, max(0.0, deadline - time.monotonic())))
            if answer.get("event") != protocol.ALIVE:
                return answer

    def _line(self, seconds: float) -> dict[str, Any]:
        while b"\n" not in self._buffer:
            chunk = self._channel.read(seconds)
            if not chunk:
                why = f"did not answer within {seconds:.0f} s" if chunk is None else "ended"
                words = self._channel.last_words()
                self.kill()
                raise WorkerError(f"the probe {why}{': ' if words else ''}{words}")
            self._buffer += chunk
            if len(self._buffer) > _LONGEST_ANSWER:
                self._disturbed("more than any answer takes")
        line, _, rest = self._buffer.partition(b"\n")
        self._buffer = rest
        try:
            answer = json.loads(line)
        except (ValueError, RecursionError):
            self._disturbed("what is not JSON")
        if not isinstance(answer, dict) or (self._seal is not None and answer.get("seal") != self._seal):
            self._disturbed("an answer of its own")
        return answer

    def _disturbed(self, what: str) -> NoReturn:
        """The code of a model or scenario has reached the probe's answers: none of them counts any more."""
        self.kill()
        raise WorkerError(f"something else than the probe wrote to its answers ({what})")

    def ask(self, request: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Send one request and wait for its events.

        :raises WorkerError: the probe ended or hangs.
        """
        try:
            self._channel.write(json.dumps(request).encode() + b"\n")
        except OSError as error:
            words = self._channel.last_words()
            self.kill()
            raise WorkerError(f"the probe ended: {error}. {words}".rstrip(". ")) from None
        # The probe counts processor time where the machine is crowded, and may run a request twice: the clock runs far ahead.
        answer = self._read(_CROWDED * float(request["limits"]["seconds"]) + self._patience)
        if answer.get("id") != request["id"]:
            raise WorkerError(f"the probe answered {answer.get('id')!r} when asked {request['id']!r}")
        events: list[dict[str, Any]] = answer["events"]
        self.peak_mb = max([self.peak_mb, *(int(event.get("peak_mb", 0)) for event in events)])
        return events

    def close(self) -> None:
        """Let the probe end by itself."""
        self._channel.finish(json.dumps({"op": protocol.EXIT}).encode() + b"\n", 10)
        self._clean_up()

    def kill(self) -> None:
        """End the probe at once. Its children die with it."""
        self._channel.kill()
        self._clean_up()

    def _clean_up(self) -> None:
        if self._scratch is not None:
            remove_folder(self._scratch)


class Backend(ABC):
    """A place where environments live."""

    name: str

    @classmethod
    def create(cls, config: MatrixConfig, folder: Path, out: Path | None = None) -> Self:
        """The backend that a configuration describes.

        :param folder: what the configuration's relative paths start from.
        :param out: the folder of the run's store, where there is a run.
        """
        return cls()

    @abstractmethod
    def state(self, environment: Environment) -> EnvironmentState:
        """What is there now, without building anything."""

    @abstractmethod
    def build(self, environment: Environment, say: Callable[[str], None]) -> EnvironmentState:
        """Build the environment unless it is there; never raises for what an environment can lack: it is ``unavailable``."""

    def confine(self, readable: Sequence[Path], writable: Sequence[Path], named: Sequence[Path] = ()) -> str:
        """Confine every worker that is started from now on, for files that nobody trusts.

        :param readable: what of the host workers may read besides what they are made of.
        :param writable: folders that they may write to.
        :param named: files and folders that models name, shown read-only, each at its own path.
        :return: in words what is in force; begins with ``none`` where nothing is, with the reason.
        """
        return "none: this backend has no confinement"

    def damage(self, environment: Environment) -> str:
        """Why a built environment is not what was built, in a few words; empty where it is, or where that cannot change."""
        return ""

    def forget(self, environment: Environment) -> None:  # noqa: B027 - a backend that finds no damage has nothing to forget
        """Have the next :meth:`build` build it anew."""

    def provide(
        self, environment: Environment, say: Callable[[str], None], building: Callable[[], None] = lambda: None
    ) -> EnvironmentState:
        """What a run uses: the environment as it was built, built where it is missing, and built anew where it has changed.

        :param building: called before it is built.
        """
        state = self.state(environment)
        if state.state == "ready" and (changed := self.damage(environment)):
            say(f"{environment.id}: not what was built ({changed}); it is built anew")
            self.forget(environment)
            state = self.state(environment)
        if state.state == "missing":
            building()
            state = self.build(environment, say)
            if state.state == "ready" and (changed := self.damage(environment)):
                return EnvironmentState(environment, "unavailable", f"not what was built: {changed}")
        return state

    @abstractmethod
    def start(self, environment: Environment) -> Worker:
        """Start a probe in a built environment. Raises :class:`WorkerError`."""

    @abstractmethod
    def command_line(self, environment: Environment, request: Mapping[str, Any]) -> list[str]:
        """A command that runs one request in a built environment by hand and prints what happened.

        :raises CrossloadError: the environment is not there.
        """
