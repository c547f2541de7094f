"""Tells a child that hangs from one that only waits for its turn on a busy machine."""

import os
import time

_TICKS = os.sysconf("SC_CLK_TCK")


class Stopwatch(object):
    """Seconds that a process has spent on its work.

    While one of its threads is ready to run, only processor time counts: a crowded machine takes nothing from the limit.
    While all of them sleep, as in a deadlock, the time of the clock counts.

    :param pid: the process.
    :param seconds: what it has spent already.
    """

    def __init__(self, pid, seconds=0.0):
        self._folder = "/proc/%d/task" % pid
        self._processor, _ = self._look()
        self._clock = time.monotonic()
        self.seconds = seconds

    def _look(self):
        """Processor seconds of all threads so far, and whether one of them could run."""
        used, ready = 0, False
        try:
            for thread in os.listdir(self._folder):
                with open(os.path.join(self._folder, thread, "stat")) as stream:
                    # The name in brackets may hold anything; the fields are counted from behind it.
                    fields = stream.read().rpartition(")")[2].split()
                ready = ready or fields[0] in ("R", "D")
                used += int(fields[11]) + int(fields[12])
        except (OSError, IndexError):
            return 0.0, False  # it has just ended
        return used / _TICKS, ready

    def update(self):
        """Count what has passed since the last call; returns the seconds so far."""
        processor, ready = self._look()
        now = time.monotonic()
        elapsed, worked = now - self._clock, max(0.0, processor - self._processor)
        self._clock, self._processor = now, processor
        self.seconds += min(worked, elapsed) if ready else elapsed
        return self.seconds
