"""Each tries what a container must not allow. What happened is told in the message of an exception, as JSON."""

import errno
import glob
import json
import os
import signal
import socket
import time

import numpy as np
from tensorflow import keras

from scenarios import scenario

# The test lays a file there on the host.
SECRET = "/var/tmp/crossload-test-secret"


def _dense():
    model = keras.Sequential([keras.layers.Dense(1, input_shape=(4,))])
    model.compile("sgd", "mse")
    return model


def _outcome(function):
    try:
        return "done: %s" % (function(),)
    except OSError as error:
        # By its name: the engine takes the words of a full disk in an error for its own disk.
        return errno.errorcode.get(error.errno, str(error.errno))
    except Exception as error:
        return "%s: %s" % (type(error).__name__, error)


def _write(path):
    with open(path, "w") as stream:
        stream.write("x")


def _status(name):
    with open("/proc/self/status") as stream:
        return next(line.split()[1] for line in stream if line.startswith(name))


def _mounts():
    with open("/proc/self/mountinfo") as stream:
        return sorted(line.split()[4] for line in stream if line.split()[4].startswith("/crossload"))


def _fill(folder):
    with open(os.path.join(folder, "filler"), "wb") as stream:
        try:
            for _ in range(200):
                stream.write(b"\0" * (1 << 20))
        finally:
            stream.close()
            os.remove(stream.name)


def _burn(processes=4):
    """Processor seconds that several busy processes get in one second by the clock."""
    end = time.time() + 1
    pids = []
    for _ in range(processes):
        pid = os.fork()
        if pid == 0:
            while time.time() < end:
                pass
            os._exit(0)
        pids.append(pid)
    used = [os.wait4(pid, 0)[2] for pid in pids]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _fork_until_refused(most=400):
    pids = []
    try:
        for _ in range(most):
            pid = os.fork()
            if pid == 0:
                signal.pause()
            pids.append(pid)
        return len(pids)
    finally:
        for pid in pids:
            os.kill(pid, 9)
            os.waitpid(pid, 0)


@scenario("outbreak-look-around", family="outbreak", inputs=(("float", (4,)),), targets=((1,),))
def outbreak_look_around():
    tries = {
        "uid": lambda: os.getuid(),
        "become root": lambda: os.setuid(0),
        "capabilities": lambda: _status("CapEff"),
        "bounding set": lambda: _status("CapBnd"),
        "new privileges": lambda: _status("NoNewPrivs"),
        "network": lambda: socket.create_connection(("1.1.1.1", 53), 2),
        "interfaces": lambda: sorted(os.listdir("/sys/class/net")),
        "write root": lambda: _write("/escaped"),
        "write environment": lambda: _write("/opt/crossload/escaped"),
        "write probe": lambda: _write("/crossload/probe/escaped"),
        "write scenarios": lambda: _write("/crossload/code/0/scenarios/escaped"),
        "write artifacts": lambda: _write("/crossload/input/escaped"),
        "write to tmp": lambda: _write("/tmp/allowed"),
        "fill tmp": lambda: _fill("/tmp"),
        "host file": lambda: open(SECRET).read(),
        "engine socket": lambda: glob.glob("/var/run/docker*"),
        "devices": lambda: [name for name in os.listdir("/dev") if name.startswith(("sd", "vd", "nvme", "kvm", "mem"))],
        "mount": lambda: os.path.ismount("/crossload/input") and _mount_proc(),
        "mounts": _mounts,
        "processes": _fork_until_refused,
        "processor": _burn,
    }
    raise RuntimeError(json.dumps({name: _outcome(function) for name, function in tries.items()}))


def _mount_proc():
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    if library.mount(b"none", b"/tmp", b"tmpfs", 0, b"") != 0:
        raise OSError(ctypes.get_errno(), "mount refused")
    return "mounted"


def _leave(name, megabytes):
    with open(os.path.join("/tmp", name), "wb") as stream:
        for _ in range(megabytes):
            stream.write(b"\0" * (1 << 20))


@scenario("outbreak-fills-tmp", family="outbreak", inputs=(("float", (4,)),), targets=((1,),))
def outbreak_fills_tmp():
    _leave("too-much", 200)


@scenario("outbreak-leaves-tmp", family="outbreak", inputs=(("float", (4,)),), targets=((1,),))
def outbreak_leaves_tmp():
    """Complains of nothing, and leaves no room to speak of."""
    _leave("left", 50)
    return _dense()


def load_with_tmp(path, custom_objects):
    _leave("passing", 30)
    os.remove("/tmp/passing")
    return keras.models.load_model(path, custom_objects)


@scenario(
    "outbreak-needs-tmp",
    family="outbreak",
    inputs=(("float", (4,)),),
    targets=((1,),),
    load_with="confined_scenarios.outbreaks:load_with_tmp",
)
def outbreak_needs_tmp():
    return _dense()


@scenario("outbreak-detached", family="outbreak", inputs=(("float", (4,)),), targets=((1,),))
def outbreak_detached():
    """Leaves processes behind that are in nobody's group, and takes every place that is left."""
    while True:
        try:
            pid = os.fork()
        except OSError:
            os.abort()
        if pid == 0:
            os.setsid()
            signal.pause()


@scenario("outbreak-memory", family="outbreak", inputs=(("float", (4,)),), targets=((1,),))
def outbreak_memory():
    import resource

    # The limit of a child is a soft one: lifting it must not lift the container's.
    resource.setrlimit(resource.RLIMIT_DATA, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    kept = [np.ones(1 << 24) for _ in range(64)]  # 8 GiB
    raise RuntimeError("allocated %d arrays" % len(kept))


def link_out(model, path):
    model.save(path)
    os.symlink("/etc/passwd", os.path.join(os.path.dirname(path), "stolen"))


@scenario(
    "outbreak-link",
    family="outbreak",
    inputs=(("float", (4,)),),
    targets=((1,),),
    save_with="confined_scenarios.outbreaks:link_out",
)
def outbreak_link():
    return _dense()


def load_and_write(path, custom_objects):
    for target in (
        path,
        os.path.join(os.path.dirname(path), "new"),
        os.path.join(os.path.dirname(path), "reference.json"),
    ):
        try:
            _write(target)
        except OSError as error:
            if error.errno not in (13, 30):
                raise
        else:
            raise RuntimeError("could write %s" % target)
    return keras.models.load_model(path, custom_objects)


@scenario(
    "outbreak-artifact",
    family="outbreak",
    inputs=(("float", (4,)),),
    targets=((1,),),
    load_with="confined_scenarios.outbreaks:load_and_write",
)
def outbreak_artifact():
    return _dense()
