"""Ends what children leave behind: whatever loses its parent becomes a child of the probe, which asks the kernel for that.

In a container it is the first process anyway. Left alone, processes of one scenario would take the processes and the memory that
the next ones are allowed, and outlive the run.
"""

import os
import signal
import time

# A process that starts others faster than they can be ended must not keep us for ever.
_MOST_SECONDS = 5


def end_adopted(known):
    """Kill and reap every direct child of this process that is not in ``known``."""
    started = time.monotonic()
    while time.monotonic() - started < _MOST_SECONDS:
        adopted = [pid for pid in _children_of(os.getpid()) if pid not in known]
        if not adopted:
            return
        for pid in adopted:
            # Those that they leave behind in turn are found by the next look.
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            except OSError:
                pass  # somebody else has reaped it


def _children_of(parent):
    folder = "/proc/%d/task" % parent
    found = []
    try:
        for thread in os.listdir(folder):
            with open("%s/%s/children" % (folder, thread)) as stream:
                found.extend(int(pid) for pid in stream.read().split())
    except FileNotFoundError:
        return _look_for_children_of(parent)  # a kernel without this list
    return found


def _look_for_children_of(parent):
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open("/proc/%s/stat" % name) as stream:
                fields = stream.read().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(name))
    return found
