"""The child's side: what a process does before and while it runs requests.

The parent imports TensorFlow once and must never run an operation: TensorFlow's thread pools do not survive a fork. A child
may raise, abort, hang or eat memory; the parent (``children``) only reads what it had written until then.
"""

import ctypes
import gc
import json
import os
import resource
import signal
import traceback

from .. import errors
from ..operations import load, save, user_model
from ..protocol import DEVICES, DONE, LOAD, REFERENCE, RESAVE, SAVE
from . import gpus

_PR_SET_PDEATHSIG = 1  # linux/prctl.h

_OPERATIONS = {
    SAVE: save.save,
    LOAD: load.load,
    DEVICES: gpus.report,
    REFERENCE: user_model.reference,
    RESAVE: user_model.resave,
}


def can_fork():
    """True as long as no operation has run in this process, so that its children can start TensorFlow afresh."""
    from tensorflow.python.eager import context

    active = context._context
    # TensorFlow 2.0 has the handle only.
    return active is None or not getattr(active, "_initialized", active._context_handle is not None)


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


def die_with_parent():
    """Have the kernel kill this process when its parent ends: a child that hangs must not outlive a killed probe."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def become_quiet_child(stderr):
    """Cut a forked process off from its parent's terminal and streams."""
    os.setsid()
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(stderr.fileno(), 1)
    os.dup2(stderr.fileno(), 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_memory(megabytes):
    """Cap writable memory at ``megabytes`` on top of what is mapped now. RLIMIT_AS would break CUDA.

    Only the soft limit, so that the next request of the same process gets as much again.
    """
    with open("/proc/self/status") as stream:
        used = next(int(line.split()[1]) for line in stream if line.startswith("VmData")) * 1024
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (used + megabytes * 1024 * 1024, hard))


def _run(request, emit):
    """Run one request in this process; a fault of the probe itself is emitted as ``harness-error``."""
    try:
        _limit_memory(request["limits"]["memory_mb"])
        _OPERATIONS[request["op"]](request, emit)
    except MemoryError:
        emit({"event": "out-of-memory"})
    except BaseException as error:
        emit(dict(errors.describe(error), event="harness-error", trace=traceback.format_exc()[-4000:]))


def serve(requests, answers):
    """Run requests until their stream ends.

    :param requests: a stream of JSON lines.
    :param answers: descriptor that receives the events, one JSON object a line; ``done`` ends each request's events and
        says how much memory this process has held so far.
    """

    def emit(event):
        data = (json.dumps(event) + "\n").encode()
        while data:
            data = data[os.write(answers, data) :]

    for line in requests:
        _run(json.loads(line), emit)
        emit({"event": DONE, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024})
