"""What a confined probe may not ask of the kernel: the filter by its instructions, and by what the kernel makes of it."""

import errno
import json
import platform
import socket
import struct
import subprocess
import sys

import pytest

from crossload.backends import confinement
from crossload.backends.seccomp import FAMILIES, program, under_filter

X86_64, I386 = 0xC000003E, 0x40000003
ALLOW, KILL = 0x7FFF0000, 0x80000000
SOCKET, READ, CLONE = 41, 0, 56

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="another machine has no filter")


def answer(call: int, first: int = 0, architecture: int = X86_64) -> int:
    """What the filter gives, as the kernel runs it."""
    code = [struct.unpack_from("=HBBI", program(), place) for place in range(0, len(program()), 8)]
    given = {0: call, 4: architecture, 16: first}
    place, value = 0, 0
    while True:
        what, then, otherwise, constant = code[place]
        if what == 0x06:
            return int(constant)
        if what == 0x20:
            value = given[constant]
            place += 1
            continue
        holds = value == constant if what == 0x15 else value >= constant
        place += 1 + (then if holds else otherwise)


def refused(number: int) -> int:
    return 0x00050000 | number


def test_what_a_model_needs_is_let_through() -> None:
    assert {answer(call) for call in (READ, CLONE)} == {ALLOW}
    assert {answer(SOCKET, family) for family in FAMILIES} == {ALLOW}
    assert {socket.AF_UNIX, socket.AF_INET} <= set(FAMILIES)


@pytest.mark.parametrize("family", [0, 3, 17, 38, 40, 44])
def test_sockets_of_other_families_are_none(family: int) -> None:
    assert answer(SOCKET, family) == refused(errno.EAFNOSUPPORT)


@pytest.mark.parametrize("call", [319, 425, 447, 0x40000000, 0x40000000 + SOCKET])
def test_what_would_get_around_it_is_not_there(call: int) -> None:
    assert answer(call) == refused(errno.ENOSYS)


def test_calls_of_another_architecture_end_the_process() -> None:
    assert answer(READ, architecture=I386) == KILL


SCRIPT = """
import ctypes, json, os, socket
def tried(function):
    try:
        function()
        return 0
    except OSError as error:
        return error.errno
library = ctypes.CDLL(None, use_errno=True)
library.syscall.restype = ctypes.c_long
def call(*numbers):
    if library.syscall(*numbers) < 0:
        raise OSError(ctypes.get_errno(), "")
families = (40, socket.AF_INET, socket.AF_UNIX)
found = [tried(lambda family=family: socket.socket(family, socket.SOCK_STREAM).close()) for family in families]
print(json.dumps([*found, tried(lambda: call(319, b"x", 0)), tried(lambda: call(425, 8, None))]))
"""


@pytest.mark.skipif(bool(confinement.why_not()), reason=confinement.why_not())
def test_the_kernel_sees_it_so() -> None:
    shown = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
    done = subprocess.run(
        under_filter([*shown, sys.executable, "-c", SCRIPT]), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [errno.EAFNOSUPPORT, 0, 0, errno.ENOSYS, errno.ENOSYS]
