"""What a confined probe may not ask of the kernel, as the filter that bubblewrap sets: a program of classic BPF.

Namespaces leave open what is no network, file or process of theirs: sockets of other families (``AF_VSOCK`` reaches the host of a
virtual machine), files in memory that count to no limit, and ``io_uring``, whose operations no filter sees. What is refused is
told as a kernel tells that does not have it.

The numbers are those of ``linux/seccomp.h``, ``linux/bpf_common.h`` and ``asm/unistd_64.h``; see also *seccomp(2)*.
"""

import errno
import os
import platform
import socket
import struct
import tempfile
from functools import cache

# Places in what a filter is given: the call's number, the architecture, and the low half of the first argument.
_CALL, _ARCHITECTURE, _FIRST = 0, 4, 16
_LOAD, _IS, _IS_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_X86_64 = 0xC000003E
# Calls from here on are those of another table for the same architecture (x32).
_OTHER_TABLE = 0x40000000
_SOCKET = 41
_UNKNOWN = {"memfd_create": 319, "io_uring_setup": 425, "memfd_secret": 447}
FAMILIES = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK)
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000


def program() -> bytes:
    """The filter, one instruction every eight bytes; empty on a machine whose numbers of calls are other ones."""
    if platform.machine() != "x86_64":
        return b""
    # Of each instruction: what it does, where to go if so and if not ("" is the next one), and its constant.
    lines: list[tuple[int, str, str, int]] = [
        (_LOAD, "", "", _ARCHITECTURE),
        (_IS, "", "kill", _X86_64),
        (_LOAD, "", "", _CALL),
        (_IS_AT_LEAST, "unknown", "", _OTHER_TABLE),
        *((_IS, "unknown", "", number) for number in _UNKNOWN.values()),
        (_IS, "", "allow", _SOCKET),
        (_LOAD, "", "", _FIRST),
        *((_IS, "allow", "", family) for family in FAMILIES),
    ]
    ends = {
        "family": _REFUSE | errno.EAFNOSUPPORT,
        "unknown": _REFUSE | errno.ENOSYS,
        "kill": _KILL,
        "allow": _ALLOW,
    }
    places = {name: len(lines) + number for number, name in enumerate(ends)}

    def distance(here: int, name: str) -> int:
        return places[name] - here - 1 if name else 0

    code = [
        struct.pack("=HBBI", what, distance(here, then), distance(here, otherwise), constant)
        for here, (what, then, otherwise, constant) in enumerate(lines)
    ]
    return b"".join([*code, *(struct.pack("=HBBI", _RETURN, 0, 0, result) for result in ends.values())])


@cache
def _held() -> int:
    """A descriptor of a file without a name that holds the filter, for as long as this process lives."""
    descriptor, path = tempfile.mkstemp(prefix="crossload-")
    os.unlink(path)
    os.write(descriptor, program())
    return descriptor


def under_filter(command: list[str]) -> list[str]:
    """A command of bubblewrap that sets the filter, too.

    A shell opens the file anew, at its beginning, and becomes bubblewrap: whoever starts the command passes no descriptor on.
    """
    if not program():
        return command
    opened = f"/proc/{os.getpid()}/fd/{_held()}"
    return ["/bin/sh", "-c", 'exec "$@" 9<"$0"', opened, command[0], "--seccomp", "9", *command[1:]]
