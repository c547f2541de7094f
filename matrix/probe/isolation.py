"""Runs each request in a process of its own: forked where that is safe, a fresh interpreter otherwise.

The parent imports TensorFlow once and must never run an operation: TensorFlow's thread pools do not survive a fork. A child
may raise, abort, hang or eat memory; the parent only reads what it had written until then.
"""

import ctypes
import gc
import json
import os
import resource
import select
import signal
import subprocess
import sys
import tempfile
import time
import traceback

from . import loading, reporting, saving
from .protocol import SAVE

_STDERR_TAIL = 3000
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def can_fork():
    """True as long as no operation has run in this process, so that its children can start TensorFlow afresh."""
    from tensorflow.python.eager import context

    active = context._context
    return active is None or not active._initialized


def _limit_memory(megabytes):
    """Cap writable memory at ``megabytes`` on top of what is mapped now. RLIMIT_AS would break CUDA."""
    with open("/proc/self/status") as stream:
        used = next(int(line.split()[1]) for line in stream if line.startswith("VmData")) * 1024
    limit = used + megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def _die_with_parent():
    """Have the kernel kill this process when its parent ends: a child that hangs must not outlive a killed probe."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def run_request(request, emit):
    """Run one request in this process; a fault of the probe itself is emitted as ``harness-error``."""
    try:
        _limit_memory(request["limits"]["memory_mb"])
        (saving.save if request["op"] == SAVE else loading.load)(request, emit)
    except MemoryError:
        emit({"event": "out-of-memory"})
    except BaseException as error:
        emit(dict(reporting.describe(error), event="harness-error", trace=traceback.format_exc()[-4000:]))


def _emit_to(descriptor):
    def emit(event):
        os.write(descriptor, (json.dumps(event) + "\n").encode())

    return emit


def _start_forked(request, write_end, stderr):
    child = os.fork()
    if child:
        return child
    try:
        os.setsid()
        _die_with_parent()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(stderr.fileno(), 1)
        os.dup2(stderr.fileno(), 2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        run_request(request, _emit_to(write_end))
    finally:
        os._exit(0)


def _start_fresh(request, write_end, stderr):
    command = [sys.executable, os.path.dirname(os.path.abspath(__file__)), "--child", str(write_end)]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=stderr,
        stderr=stderr,
        pass_fds=[write_end],
        start_new_session=True,
        preexec_fn=_die_with_parent,
    )
    process.stdin.write(json.dumps(request).encode())
    process.stdin.close()
    return process.pid


def run_isolated(request, fresh=False):
    """Run a request in a child.

    :return: the child's events in order; an ``ended`` event with ``signal`` (None, a signal's name, ``time limit`` or
        ``memory limit``), the tail of its stderr and its seconds closes the list.
    """
    read_end, write_end = os.pipe()
    os.set_inheritable(write_end, True)
    started = time.time()
    deadline = started + request["limits"]["seconds"]
    with tempfile.TemporaryFile() as stderr:
        child = (_start_fresh if fresh else _start_forked)(request, write_end, stderr)
        os.close(write_end)
        data, timed_out = _read_until(read_end, deadline)
        os.close(read_end)
        if timed_out:
            os.killpg(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        stderr.seek(max(0, stderr.seek(0, os.SEEK_END) - _STDERR_TAIL))
        tail = stderr.read().decode("utf-8", "replace")
    # A last line without its end belongs to a child that died while writing it.
    events = [json.loads(line) for line in data.split(b"\n")[:-1] if line]
    ending = None
    if timed_out:
        ending = "time limit"
    elif os.WIFSIGNALED(status):
        ending = signal.Signals(os.WTERMSIG(status)).name
        if "bad_alloc" in tail or "std::length_error" in tail or "Cannot allocate memory" in tail:
            ending = "memory limit"
    elif os.WEXITSTATUS(status):
        ending = "exit status %d" % os.WEXITSTATUS(status)
    if any(event["event"] == "out-of-memory" for event in events):
        ending = "memory limit"
    events.append({"event": "ended", "signal": ending, "stderr": tail, "seconds": time.time() - started})
    return events


def _read_until(descriptor, deadline):
    """Everything a child writes until it closes its end, and whether the deadline came first."""
    chunks = []
    while True:
        ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.time()))
        if not ready:
            return b"".join(chunks), True
        chunk = os.read(descriptor, 1 << 16)
        if not chunk:
            return b"".join(chunks), False
        chunks.append(chunk)


def prepare_parent():
    """Import TensorFlow and what every child needs, without running an operation. Returns the tensorflow module."""
    # One thread in the parent, so that a fork copies a quiet process; one in the children, so that sums have one order.
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ.setdefault(name, "1")
    import tensorflow as tf
    from tensorflow import keras

    for name in ("layers", "models", "callbacks", "optimizers", "losses", "metrics", "utils", "backend"):
        getattr(keras, name)
    gc.collect()
    if hasattr(gc, "freeze"):
        gc.freeze()
    return tf
