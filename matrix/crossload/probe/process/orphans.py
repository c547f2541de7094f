"""Ends what children leave behind. In a container the probe is the first process: whatever loses its parent becomes its own.

Left alone, processes of one scenario would take the processes and the memory that the next ones are allowed.
"""

import os
import signal


def end_adopted(known):
    """Kill and reap every direct child of this process that is not in ``known``; does nothing outside of a container."""
    if os.getpid() != 1:
        return
    while True:
        adopted = [pid for pid in _children_of(1) if pid not in known]
        if not adopted:
            return
        for pid in adopted:
            # Those that they leave behind in turn are found by the next look.
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _children_of(parent):
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
