"""What the code of a file tries where bubblewrap confines it. What happened is told in the message of an exception, as JSON."""

import ctypes
import json
import os
import signal
import socket
import sys

from confined_scenarios import outbreaks

from scenarios import scenario


def _targets():
    # The folder that the test may write to, beside this scenario's own.
    for root in [os.environ["HOME"], *sys.path]:
        path = os.path.join(root, "targets.json")
        if os.path.exists(path):
            with open(path) as stream:
                return json.load(stream)
    return {}


def _mount():
    library = ctypes.CDLL(None, use_errno=True)
    if library.mount(b"none", b"/tmp", b"tmpfs", 0, b"") != 0:
        raise OSError(ctypes.get_errno(), "refused")
    return "mounted"


def _call(*numbers):
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    if library.syscall(*numbers) < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return "answered"


@scenario("outbreak-confined", family="outbreak", inputs=(("float", (4,)),), targets=((1,),))
def outbreak_confined():
    targets = _targets()
    probe = next(item for item in sys.modules if item == "crossload_probe")
    place = os.path.dirname(os.path.abspath(sys.modules[probe].__file__))
    tries = {
        "network of the host": lambda: socket.create_connection(("127.0.0.1", targets.get("port", 9)), 2),
        "interfaces": lambda: (
            sorted(os.listdir("/sys/class/net")) if os.path.isdir("/sys/class/net") else _interfaces()
        ),
        "host file": lambda: open(outbreaks.SECRET).read(),
        "home folder": lambda: _files_below(targets.get("home", "/root")),
        "write to the probe": lambda: outbreaks._write(os.path.join(place, "escaped")),
        "write to the environment": lambda: outbreaks._write(os.path.join(sys.prefix, "escaped")),
        "signal the host": lambda: os.kill(targets.get("pid", 4194000), signal.SIGTERM),
        "processes seen": lambda: len([name for name in os.listdir("/proc") if name.isdigit()]),
        "capabilities": lambda: outbreaks._status("CapEff"),
        "new privileges": lambda: outbreaks._status("NoNewPrivs"),
        "become root": lambda: os.setuid(0),
        "processes": lambda: outbreaks._fork_until_refused(2000),
        "mount": _mount,
        "host of a virtual machine": lambda: socket.socket(40, socket.SOCK_STREAM),
        "memory without a limit": lambda: _call(319, b"x", 0),
        "calls that no filter sees": lambda: _call(425, 8, None),
    }
    raise RuntimeError(json.dumps({name: outbreaks._outcome(function) for name, function in tries.items()}))


def _interfaces():
    return sorted(name for _, name in socket.if_nameindex())


def _files_below(folder):
    """Names of files, not of the empty folders that lead to what is shown."""
    return sorted(entry.name for entry in os.scandir(folder) if entry.is_file())
