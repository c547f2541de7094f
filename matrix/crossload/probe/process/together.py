"""What the processes of a confined probe hold together: each has a limit of its own, which shared memory does not count to."""

import os

from ..protocol import TOGETHER

# Confined, these lie in memory.
_IN_MEMORY = ("/", "/tmp", "/dev/shm")


def are_too_many():
    """Whether everything but this process holds more than it may; False where nothing says how much that is."""
    limit = os.environ.get(TOGETHER)
    return bool(limit) and held_mb() > int(limit)


def held_mb():
    """Megabytes of memory that all other processes and the files in memory take.

    What a fork has of its parent counts for the parent alone.
    """
    own, _ = _resident(os.getpid())
    total = 0
    for pid in _others():
        private, shared = _resident(pid)
        total += max(0, private - own) + shared
    return (total + _in_files()) >> 20


def _others():
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]


def _resident(pid):
    """Bytes of a process's own memory, and of memory that it may share; zeros where it has ended."""
    found = {"RssAnon": 0, "RssShmem": 0}
    try:
        with open("/proc/%d/status" % pid) as stream:
            for line in stream:
                name, _, value = line.partition(":")
                if name in found:
                    found[name] = int(value.split()[0]) << 10
    except (IOError, OSError):
        pass
    return found["RssAnon"], found["RssShmem"]


def _in_files():
    used = {}
    for place in _IN_MEMORY:
        try:
            system = os.statvfs(place)
            used[os.stat(place).st_dev] = (system.f_blocks - system.f_bfree) * system.f_frsize
        except OSError:
            continue
    return sum(used.values())
