"""Confines a probe on this machine, without an engine: bubblewrap gives it namespaces of its own.

Inside there is no network, no home folder, no process of the host, nothing to write to but the folders that are named, no way to
more privileges, and less of the kernel (:mod:`crossload.backends.seccomp`). Where Crossload runs as root, the probe runs as
another user.

What bubblewrap lacks: a limit on the processor (the probe's time limit ends a child), and memory counted over all processes
together: the probe looks twice a second how much they hold.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from crossload.backends.seccomp import under_filter
from crossload.probe import protocol
from crossload.util.files import below

# Of Debian's and Fedora's system: what a Python needs to start. `-try`: not every system has each.
_SYSTEM = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
)
_NAMES = ("/etc/localtime", "/etc/alternatives")

_NAMESPACES = ("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try")

# `nobody` of every Linux.
_NOBODY = 65534
# Processes and threads; TensorFlow takes thirty.
_MOST_PROCESSES = 512
# Bytes of a file that a child may write.
_LARGEST_FILE = 16 << 30

INSTALL = "install bubblewrap (Debian, Fedora, Arch: the package `bubblewrap`)"


@dataclass(frozen=True)
class Visible:
    """What a confined probe sees of the host besides the system and its environment, each at its own path.

    :param readable: files and folders that it may read.
    :param writable: folders that it may write to.
    """

    readable: tuple[Path, ...] = ()
    writable: tuple[Path, ...] = field(default=())


@cache
def why_not() -> str:
    """Why nothing can be confined here; empty where it can. Tried, for many hosts forbid what they have."""
    program = shutil.which("bwrap")
    if program is None:
        return f"there is no bubblewrap here: {INSTALL}"
    command = under_filter(
        [program, "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", "--proc", "/proc", "true"]
    )
    try:
        tried = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bubblewrap does not run here ({error})"
    if tried.returncode:
        said = tried.stderr.strip().splitlines()
        return f"bubblewrap may not make namespaces here ({said[-1] if said else tried.returncode})"
    return ""


def confined(
    command: Sequence[str], variables: Mapping[str, str], visible: Visible, memory_mb: int, together_mb: int
) -> tuple[list[str], dict[str, str]]:
    """A command and its environment variables, confined.

    :param memory_mb: data of each process, what it imports included.
    :param together_mb: of all that the probe starts, beyond what it holds itself; shared memory and files in memory included.
    """
    home = next((str(path) for path in visible.writable), "/tmp")
    arguments = [
        "bwrap",
        *_NAMESPACES,
        "--die-with-parent",
        "--new-session",
        "--cap-drop",
        "ALL",
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        "--tmpfs",
        "/tmp",
    ]
    for name in (*_SYSTEM, *_NAMES):
        arguments += ["--ro-bind-try", name, name]
    # Outer folders first: what is named inside of another one lies on top of it.
    places = [(path, "--ro-bind") for path in visible.readable] + [(path, "--bind") for path in visible.writable]
    # Folders above them are empty ones that anybody may pass: bubblewrap would give them to root alone.
    for parent in sorted({str(above) for path, _ in places for above in path.parents if len(above.parts) > 1}):
        if parent not in _SYSTEM and parent != "/tmp":
            arguments += ["--perms", "0755", "--dir", parent]
    for path, how in sorted(places, key=lambda item: len(item[0].parts)):
        arguments += [how, str(path), str(path)]
    arguments += ["--chdir", "/"]
    limits = [
        "prlimit",
        f"--data={memory_mb << 20}",
        f"--fsize={_LARGEST_FILE}",
        "--core=0",
        "--nofile=4096",
        f"--nproc={_threads_of(os.getuid() or _NOBODY) + _MOST_PROCESSES}",
    ]
    if os.geteuid() != 0:
        arguments += ["--unshare-user"]
    else:
        # Root is above every limit of processes, and owns the files that are shown read-only.
        # Without a user namespace, which knows root alone.
        arguments += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP"]
        limits = [
            "setpriv",
            f"--reuid={_NOBODY}",
            f"--regid={_NOBODY}",
            "--clear-groups",
            "--no-new-privs",
            "--inh-caps=-all",
            "--bounding-set=-all",
            *limits,
        ]
        for path in visible.writable:
            hand_over(path)
    inside = {**variables, "HOME": home, protocol.TOGETHER: str(together_mb)}
    return under_filter([*arguments, *limits, *command]), inside


def hand_over(folder: Path) -> None:
    """Give a folder and what is in it to the user that a confined probe runs as, where that is another one."""
    if os.geteuid() == 0:
        for path in (folder, *below(folder)):
            os.chown(path, _NOBODY, _NOBODY, follow_symlinks=False)


def _threads_of(user: int) -> int:
    """Threads that a user has already: the limit counts them all."""
    count = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                if entry.stat().st_uid == user:
                    count += len(os.listdir(entry / "task"))
            except OSError:
                continue  # it has ended meanwhile
    return count


def needed_by(python: Path) -> tuple[Path, ...]:
    """Folders of the host that an environment's interpreter is made of: its own, and that of the Python behind it."""
    real = python.resolve()
    return tuple(dict.fromkeys([python.parent.parent, real.parent.parent]))
