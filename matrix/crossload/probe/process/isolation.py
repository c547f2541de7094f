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
import sys
import traceback

from .. import errors
from ..canaries import load as canaries
from ..operations import load, save, user_model
from ..protocol import CANARY, DEVICES, DONE, FILL, LOAD, REFERENCE, RESAVE, SAVE
from ..weight_map import operation as weight_map
from . import gpus

# linux/prctl.h
_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_CHILD_SUBREAPER = 36


class _Guarded(object):
    """What belongs to the parent alone: the secret that its answers bear, and the descriptor that they go to."""

    seal = bytearray(16)
    answers = None


_OPERATIONS = {
    SAVE: save.save,
    LOAD: load.load,
    DEVICES: gpus.report,
    REFERENCE: user_model.reference,
    RESAVE: user_model.resave,
    FILL: weight_map.fill,
    CANARY: canaries.canary,
}


def can_fork():
    """True as long as no operation has run in this process, so that its children can start TensorFlow afresh."""
    from tensorflow.python.eager import context

    # Keras with JAX behind it may have started JAX, whose threads a fork would not have.
    if getattr(sys.modules.get("jax._src.xla_bridge"), "_backends", None):
        return False
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


def guard_answers(answers):
    """Have answers bear a new secret, and see to it that children neither know it nor reach them.

    :param answers: descriptor that they go to.
    :return: the secret, as a text.
    """
    with open("/dev/urandom", "rb", buffering=0) as source:
        source.readinto(_Guarded.seal)
    _Guarded.answers = answers
    # Another process of the same user could open our descriptors by way of /proc, or trace us.
    _prctl(_PR_SET_DUMPABLE, 0)
    # What children leave behind becomes ours, and can be ended.
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    return seal()


def seal():
    """The secret of this process's answers; zeros in a child."""
    return "".join("%02x" % byte for byte in _Guarded.seal)


def _forget_answers():
    """In a child: forget the secret, and let go of the descriptor."""
    for place in range(len(_Guarded.seal)):
        _Guarded.seal[place] = 0
    if _Guarded.answers is not None:
        os.close(_Guarded.answers)
        _Guarded.answers = None
    _prctl(_PR_SET_DUMPABLE, 1)


def _prctl(option, value):
    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def die_with_parent():
    """Have the kernel kill this process when its parent ends: a child that hangs must not outlive a killed probe."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def become_quiet_child(stderr):
    """Cut a forked process off from its parent's terminal and streams."""
    _forget_answers()
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
    except Exception as error:
        emit(dict(errors.describe(error), event="harness-error", trace=traceback.format_exc()[-4000:]))
    except BaseException:
        # Only the code of a model or scenario asks for that (SystemExit, KeyboardInterrupt, one of its own): the process ends, as
        # it would without us.
        try:
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(1)


def _next_request(requests):
    """The next request and the secret that its events have to bear; None at the end.

    Of the line itself nothing is kept: the code of a model could look for it in the frames above its own.
    """
    line = requests.readline()
    if not line:
        return None, b""
    request = json.loads(line)
    return request, request.pop("token").encode()


def serve(requests, answers):
    """Run requests until their stream ends.

    :param requests: a stream of JSON lines.
    :param answers: descriptor that receives the events, one JSON object a line after the request's ``token``; ``done`` ends
        each request's events and says how much memory this process has held so far.
    """

    def emitter(token):
        def emit(event):
            data = token + b" " + json.dumps(event).encode() + b"\n"
            while data:
                data = data[os.write(answers, data) :]

        return emit

    while True:
        request, token = _next_request(requests)
        if request is None:
            return
        emit = emitter(token)
        del token
        _run(request, emit)
        emit({"event": DONE, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024})
