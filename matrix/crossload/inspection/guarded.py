"""Reads files that nobody trusts, in a process with a limit of time and memory: what hangs or eats memory is said.

The same process reads one file after the other, so that a folder of a thousand costs one start; after a file that ended it, the
next one gets another.
"""

import importlib
import json
import os
import resource
import select
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

from pydantic import TypeAdapter, ValidationError

from crossload.inspection import Inspection, inspect
from crossload.inspection.bounds import MEGABYTES, SECONDS, printable
from crossload.resources import PACKAGE
from crossload.util.files import special_kind

_INSPECTION: TypeAdapter[Inspection] = TypeAdapter(Inspection)
_START_SECONDS = 60.0
_READERS = ("archive", "checkpoint", "hdf5", "savedmodel")


class GuardedReader:
    """Inspects files in a process of its own.

    :param seconds: that one file may take.
    :param megabytes: of memory that reading may take, beyond what the reader itself needs.
    """

    def __init__(self, seconds: float = SECONDS, megabytes: int = MEGABYTES) -> None:
        self._seconds, self._megabytes = seconds, megabytes
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "GuardedReader":
        return self

    def __exit__(self, *args: object) -> None:
        self.close()

    def inspect(self, path: Path) -> Inspection:
        """What a saved file or folder says about itself; never raises for what the file is.

        A path that is a pipe, a socket or a device has the container ``special``, and is not opened.
        """
        if kind := special_kind(path):
            return Inspection("special", damage=kind)
        process = self._running()
        assert process.stdin is not None
        try:
            process.stdin.write(os.fsencode(json.dumps(os.fsencode(path.absolute()).hex())) + b"\n")
            process.stdin.flush()
            line = self._line(self._seconds)
        except BrokenPipeError:
            line = b""
        if line is None:
            self.close()
            return Inspection("other", damage=f"reading it takes longer than {self._seconds:g} s")
        if not line.endswith(b"\n"):
            code = process.wait()
            self.close()
            why = f"signal {-code}" if code < 0 else f"exit status {code}"
            return Inspection(
                "other", damage=f"reading it ended the reader ({why}), which may use {self._megabytes} MB"
            )
        try:
            return _INSPECTION.validate_json(line)
        except ValidationError:
            self.close()
            return Inspection("other", damage="its reader gave no sensible answer")

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    stream.close()
            self._process = None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            path = os.pathsep.join([str(PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
            self._process = subprocess.Popen(
                [sys.executable, "-m", "crossload.inspection.guarded", str(self._megabytes)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=os.environ | {"PYTHONPATH": path, "HDF5_USE_FILE_LOCKING": "FALSE"},
                start_new_session=True,
            )
            self._line(_START_SECONDS)  # it says when it is ready: what is timed is the file
        return self._process

    def _line(self, seconds: float) -> bytes | None:
        """The next line; without its end where the process ended; None where nothing came in time."""
        assert self._process is not None
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        data = b""
        while not data.endswith(b"\n"):
            if not select.select([descriptor], [], [], seconds)[0]:
                return None
            chunk = os.read(descriptor, 1 << 16)
            if not chunk:
                break
            data += chunk
        return data


def inspect_untrusted(path: Path) -> Inspection:
    """What a file says about itself, read in a process with limits; see :class:`GuardedReader`."""
    with GuardedReader() as reader:
        return reader.inspect(path)


def _serve(answers: IO[bytes], read: Callable[[Path], Inspection]) -> None:
    answers.write(b"\n")
    answers.flush()
    for line in sys.stdin.buffer:
        path = Path(os.fsdecode(bytes.fromhex(json.loads(line))))
        try:
            found = read(path)
        except (
            Exception
        ) as error:  # the readers' own net has a hole: the file is not read, and the name says where to look
            found = Inspection("other", damage=printable(f"it cannot be read: {type(error).__name__}: {error}"))
        answers.write(_INSPECTION.dump_json(found) + b"\n")
        answers.flush()


def _held() -> int:
    """Bytes of data that this process holds, as the limit counts them."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        return next(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmData"))
    except (OSError, StopIteration):
        # The most that it held; also the most that its parent held when it began.
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def _main(megabytes: int) -> None:
    # What a library prints must not be taken for an answer.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    # Before it says that it is ready: on a busy machine that takes longer than any file, and is not the file's time.
    for name in _READERS:
        importlib.import_module(f"crossload.inspection.{name}")
    limit = _held() + (megabytes << 20)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _serve(answers, inspect)


if __name__ == "__main__":
    _main(int(sys.argv[1]))
