"""How a worker's bytes reach its probe and come back: a process of this machine, or a container's attached streams."""

import contextlib
import io
import os
import select
import signal
import subprocess
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

_TAIL = 8000


class Channel(ABC):
    """Two streams to a running probe, and its end. Used by one thread, but :meth:`kill` may come from any."""

    @abstractmethod
    def write(self, data: bytes) -> None:
        """Send bytes to its stdin. Raises OSError when it has ended."""

    @abstractmethod
    def read(self, seconds: float) -> bytes | None:
        """Bytes of its stdout; none at all when it has ended, None when nothing came in time."""

    @abstractmethod
    def last_words(self) -> str:
        """Why it ended, as far as that can be told: the end of its stderr, and what ended it from outside."""

    @abstractmethod
    def finish(self, data: bytes, seconds: float) -> None:
        """Send a last message and wait for the end; kills what has not ended in time."""

    @abstractmethod
    def kill(self) -> None:
        """End it at once; does nothing when it has ended."""


class ProcessChannel(Channel):
    """A probe that is a child process.

    :param command: what starts it.
    :param variables: its whole environment.
    """

    def __init__(self, command: Sequence[str], variables: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            list(command),
            env=dict(variables),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._stderr = b""
        self._drain = threading.Thread(target=self._read_stderr, daemon=True)
        self._drain.start()

    def _read_stderr(self) -> None:
        stream = cast(io.BufferedReader, self._process.stderr)
        for chunk in iter(lambda: stream.read1(4096), b""):
            self._stderr = (self._stderr + chunk)[-_TAIL:]

    def write(self, data: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(data)
        self._process.stdin.flush()

    def read(self, seconds: float) -> bytes | None:
        stream = cast(io.BufferedReader, self._process.stdout)
        ready, _, _ = select.select([stream.fileno()], [], [], seconds)
        return stream.read1(1 << 16) if ready else None

    def last_words(self) -> str:
        self._drain.join(timeout=1)
        return self._stderr.decode(errors="replace")[-1500:].strip()

    def finish(self, data: bytes, seconds: float) -> None:
        try:
            self._process.communicate(data, timeout=seconds)
        except (OSError, ValueError, subprocess.TimeoutExpired):
            self.kill()

    def kill(self) -> None:
        if self._process.poll() is not None:
            return
        # Before it ends: what has a session of its own is found by its parents only.
        below = _descendants(self._process.pid)
        self._process.kill()
        self._process.wait()
        for pid in below:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)


def _descendants(pid: int) -> list[int]:
    """Every process below one, those farthest away first."""
    found: list[int] = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, children.read_text().split()):
                found += [*_descendants(child), child]
    return found
