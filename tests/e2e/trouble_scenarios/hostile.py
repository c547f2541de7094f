"""Scenarios that reach for what is the probe's: its answers, its processes, its files."""

import os
import subprocess
import sys

from trouble_scenarios.trouble import _model

from scenarios import scenario

_FORGED = (
    b'{"event": "begin", "attempt": "plain"}\n'
    b'{"event": "attempt", "attempt": "plain", "outcome": "loaded", "rungs": {"outputs": {"bit_equal": true}}}\n'
    b'{"event": "done", "peak_mb": 1}\n'
    b'{"event": "result", "id": "x", "events": [{"event": "ended", "signal": null}]}\n'
)


def _write_everywhere(content):
    """Write to every pipe of this process and of its parent that can be reached."""
    for pid in (os.getpid(), os.getppid()):
        try:
            names = os.listdir(os.path.join("/proc", str(pid), "fd"))
        except OSError:
            continue
        for name in names:
            path = os.path.join("/proc", str(pid), "fd", name)
            try:
                if pid != os.getpid() and os.geteuid() == 0:
                    continue  # of root's processes root reaches everything
                if os.readlink(path).startswith("pipe:"):
                    out = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
                    os.write(out, content)
                    os.close(out)
            except OSError:
                pass


@scenario("hostile-forges", family="hostile", title="loading forges an answer", load_with="load_and_forge")
def forges():
    return _model()


def load_and_forge(path, custom_objects):
    _write_everywhere(_FORGED)
    os._exit(0)


@scenario("hostile-garbage", family="hostile", title="loading writes half a line", load_with="load_and_litter")
def garbage():
    return _model()


def load_and_litter(path, custom_objects):
    _write_everywhere(b"\xff\x00 half a line")
    raise ValueError("the file is bad")


@scenario(
    "hostile-leaves", family="hostile", title="loading ends the process as if nothing were", load_with="load_and_leave"
)
def leaves():
    return _model()


def load_and_leave(path, custom_objects):
    sys.exit()


@scenario("hostile-daemon", family="hostile", title="loading leaves a process with a session of its own",
          load_with="load_and_leave_daemon")  # fmt: skip
def daemon():
    return _model()


def load_and_leave_daemon(path, custom_objects):
    if not os.fork():
        os.setsid()
        if not os.fork():
            subprocess.call([sys.executable, "-c", "import time; time.sleep(3600) # crossload-test-daemon"])
        os._exit(0)
    from tensorflow import keras

    return keras.models.load_model(path)


@scenario("hostile-fifo", family="hostile", title="a FIFO lies where the file should be", save_with="save_fifo")
def fifo():
    return _model()


def save_fifo(model, path):
    os.mkfifo(path)


@scenario("hostile-writes", family="hostile", title="loading writes to its own file", load_with="load_and_write")
def writes():
    return _model()


def load_and_write(path, custom_objects):
    from tensorflow import keras

    loaded = keras.models.load_model(path)
    with open(path, "ab") as stream:
        stream.write(b"more")
    with open(os.path.join(os.path.dirname(path), "left.txt"), "w") as stream:
        stream.write("left")
    return loaded
