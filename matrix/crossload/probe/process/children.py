"""The parent's side: gives every request a child process, and reads what the child had to say.

A request that names a ``share`` key may run in a child that has run others of the same key; the host says which may. When
anything goes wrong in company, the request is run again in a child of its own, so that no result rests on a neighbour.
"""

import binascii
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import OrderedDict

from ..protocol import DONE, SAVE
from . import isolation, orphans, together
from .stopwatch import Stopwatch

# What a fresh interpreter is started with: the folder of the whole probe.
_PROBE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_STDERR_TAIL = 3000
# Seconds between looks at a child that has not answered.
_LOOK_EVERY = 0.5
# Seconds that a child which has closed its end may take to end.
_TO_END = 2
# Shared children that are kept alive at a time.
_KEPT = 3
# A shared child ends after so many requests, or when it has held so many megabytes: what leaks must not add up.
_MOST_REQUESTS = 100
_MOST_MEGABYTES = 1000

# How the event that ends a request begins: texts are JSON strings, so nothing else reads like this.
_DONE = b'{"event": "%s"' % DONE.encode()
# Bytes of events that one request may have.
_MOST_SAID = 64 << 20
# Bytes that a child may leave on the disk by printing.
_MOST_PRINTED = 64 << 20
FORGED = "wrote among the answers"

# Seconds that a request may take in a child that has run others.
_PATIENCE_IN_COMPANY = 10

_OUT_OF_MEMORY_TEXTS = ("bad_alloc", "std::length_error", "Cannot allocate memory")


class Said(object):
    """Lines that a child has written for one request. Each has to begin with the request's secret.

    :param token: the secret and what follows it, bytes.
    """

    def __init__(self, token):
        self.lines = []
        self.is_done = False
        self.is_forged = False
        self._token = token
        self._rest = b""
        self._size = 0

    def take(self, chunk):
        """Take in bytes. A line without the secret was not written by us: nothing after it counts."""
        self._size += len(chunk)
        lines = (self._rest + chunk).split(b"\n")
        # A last line without its end belongs to a child that died while writing it, or to one that is still writing.
        self._rest = lines.pop()
        for line in lines:
            if self.is_done or not line.startswith(self._token):
                self._refuse()
                return
            self.lines.append(line[len(self._token) :])
            self.is_done = self.lines[-1].startswith(_DONE)
        begun = self._rest[: len(self._token)]
        if begun != self._token[: len(begun)] or self._size > _MOST_SAID:
            self._refuse()

    def _refuse(self):
        # What was said after the end of a request does not undo the request: whoever comes next will not be believed.
        self.is_forged = not self.is_done


class Child(object):
    """A process that runs requests one after the other.

    :param fresh: start a new interpreter instead of forking this process.
    :param others: children whose pipes a fork must not hold open.
    :param alive: called twice a second while a request runs.
    """

    def __init__(self, fresh=False, others=(), alive=lambda: None):
        self._alive = alive
        self.requests = 0
        self.peak_mb = 0
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115
        request_end, self._requests = os.pipe()
        self._answers, answer_end = os.pipe()
        self._pid = self._start(fresh, request_end, answer_end, others)
        os.close(request_end)
        os.close(answer_end)

    def _start(self, fresh, request_end, answer_end, others):
        if fresh:
            os.set_inheritable(answer_end, True)
            process = subprocess.Popen(
                [sys.executable, _PROBE, "--child", str(answer_end)],
                stdin=request_end,
                stdout=self._stderr,
                stderr=self._stderr,
                pass_fds=[answer_end],
                start_new_session=True,
                preexec_fn=isolation.die_with_parent,
            )
            return process.pid
        pid = os.fork()
        if pid:
            return pid
        try:
            # A pipe ends for its reader when nobody holds the other end any more.
            for child in others:
                os.close(child._requests)
                os.close(child._answers)
            os.close(self._requests)
            os.close(self._answers)
            isolation.become_quiet_child(self._stderr)
            isolation.serve(os.fdopen(request_end), answer_end)
        finally:
            os._exit(0)

    def ask(self, request):
        """Run a request.

        :return: the child's events in order; an ``ended`` event closes the list, with ``signal`` (None, a signal's name,
            ``time limit``, ``memory limit`` or ``FORGED``), the tail of the child's stderr during this request, ``seconds``, and
            ``after``: how many requests the child had run before; ``peak_mb``, the most memory that it has held, where it lives.
        """
        started = time.monotonic()
        said_before = self._stderr.seek(0, os.SEEK_END)
        token = binascii.hexlify(os.urandom(16)).decode()
        try:
            os.write(self._requests, (json.dumps(dict(request, token=token)) + "\n").encode())
        except OSError:
            pass  # it has died; reading says so
        said = Said(token.encode() + b" ")
        exceeded = self._read(request["limits"]["seconds"], said)
        events = [json.loads(line) for line in said.lines]
        if said.is_done:
            self.peak_mb = events.pop()["peak_mb"]
        # A child that closed its end is about to end; one that does not was not killed by anybody else.
        status = None if said.is_done else self._end(0 if exceeded or said.is_forged else _TO_END)
        tail = self._said_since(said_before)
        ending = FORGED if said.is_forged else _ending(events, status, exceeded, tail)
        seconds = time.monotonic() - started
        ended = {"event": "ended", "signal": ending, "stderr": tail, "seconds": seconds, "after": self.requests}
        if said.is_done:
            ended["peak_mb"] = self.peak_mb
        events.append(ended)
        self.requests += 1
        return events

    def _read(self, limit, said):
        """Take in what the child writes until it is done, closes its end, or forges; returns the limit that came first."""
        stopwatch = None
        while True:
            ready, _, _ = select.select([self._answers], [], [], min(limit, _LOOK_EVERY))
            if not ready:
                self._alive()
                self._forget_much()
                if self._has_ended() and not select.select([self._answers], [], [], 0)[0]:
                    # What it started may still hold its end of the pipe.
                    return ""
                if together.are_too_many():
                    return "memory limit"
                # Most requests are done before the first look.
                stopwatch = stopwatch or Stopwatch(self._pid, min(limit, _LOOK_EVERY))
                if stopwatch.update() >= limit:
                    return "time limit"
                continue
            chunk = os.read(self._answers, 1 << 16)
            said.take(chunk)
            if not chunk or said.is_done or said.is_forged:
                return ""

    def _forget_much(self):
        """Give room back where the child prints without end: its tail is all that anybody reads."""
        if os.fstat(self._stderr.fileno()).st_blocks * 512 > _MOST_PRINTED:
            os.ftruncate(self._stderr.fileno(), 0)

    def _has_ended(self):
        return os.waitid(os.P_PID, self._pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _said_since(self, position):
        end = self._stderr.seek(0, os.SEEK_END)
        self._stderr.seek(max(position, end - _STDERR_TAIL))
        return self._stderr.read().decode("utf-8", "replace")

    def _end(self, grace=0):
        """Kill the child and whatever it started; returns its status, 0 where it had not ended after ``grace`` seconds."""
        deadline = time.monotonic() + grace
        while not self._has_ended() and time.monotonic() < deadline:
            time.sleep(0.01)
        ended = self._has_ended()
        pid, self._pid = self._pid, None
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        status = status if ended else 0
        try:
            os.killpg(pid, signal.SIGKILL)
        except OSError:
            pass
        return status

    def close(self):
        """End the child, and whatever it started."""
        if self._pid is not None:
            self._end()
        os.close(self._requests)
        os.close(self._answers)
        self._stderr.close()

    @property
    def pid(self):
        """Of the process; None when it has ended."""
        return self._pid

    @property
    def is_alive(self):
        return self._pid is not None


def _ending(events, status, exceeded, stderr):
    if any(event["event"] == "out-of-memory" for event in events):
        return "memory limit"
    if exceeded:
        return exceeded
    if status is None:
        return None
    if os.WIFSIGNALED(status):
        if any(text in stderr for text in _OUT_OF_MEMORY_TEXTS):
            return "memory limit"
        return signal.Signals(os.WTERMSIG(status)).name
    if os.WEXITSTATUS(status):
        return "exit status %d" % os.WEXITSTATUS(status)
    return "ended early"


def _in_company(request):
    """The request with a short time limit: what takes longer is run again alone, and gets all its time there."""
    limits = dict(request["limits"], seconds=min(request["limits"]["seconds"], _PATIENCE_IN_COMPANY))
    return dict(request, limits=limits)


def _is_clean(events):
    """Whether nothing happened that a neighbour in the same process could have caused by its mere presence."""
    return not events[-1]["signal"] and not any(
        event["event"] in ("harness-error", "out-of-memory") or event.get("outcome") == "crashed" for event in events
    )


class Children(object):
    """Runs requests, each in a child of its own or in a shared one.

    :param fresh: a fresh interpreter for every request; nothing is shared.
    :param alive: called twice a second while a request runs.
    """

    def __init__(self, fresh, alive=lambda: None):
        self._fresh, self._alive = fresh, alive
        self._shared = OrderedDict()

    def run(self, request):
        """Events of one request; see :meth:`Child.ask`."""
        try:
            return self._run(request)
        finally:
            orphans.end_adopted({child.pid for child in self._shared.values()})

    def _run(self, request):
        key = None if self._fresh else request.get("share")
        if key is None:
            return self._run_alone(request)
        child = self._shared.pop(key, None)
        if child is None:
            child = self._fork()
        events = child.ask(_in_company(request) if child.requests else request)
        if child.is_alive and child.requests < _MOST_REQUESTS and child.peak_mb < _MOST_MEGABYTES:
            self._shared[key] = child
        else:
            child.close()
        while len(self._shared) > _KEPT:
            self._shared.popitem(last=False)[1].close()
        if events[-1]["after"] and not _is_clean(events):
            _forget_files(request)
            return self._run_alone(request)
        return events

    def _fork(self):
        return Child(self._fresh, list(self._shared.values()), self._alive)

    def _run_alone(self, request):
        child = self._fork()
        try:
            return child.ask(request)
        finally:
            child.close()

    def close(self):
        """End every child."""
        while self._shared:
            self._shared.popitem()[1].close()
        orphans.end_adopted(())


def _forget_files(request):
    """Empty the folder of an artifact that is going to be written again."""
    if request["op"] != SAVE:
        return
    for name in os.listdir(request["directory"]):
        path = os.path.join(request["directory"], name)
        if os.path.isdir(path):
            shutil.rmtree(path)
        else:
            os.remove(path)
