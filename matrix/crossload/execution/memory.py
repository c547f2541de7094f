"""What a process may take for a file: time and memory by the file's size, and no more memory than the machine has."""

import os

from crossload.config import Limits

# A user's model may be larger than any scenario: seconds it gets at least, and more for each megabyte.
_LEAST_SECONDS, _SECONDS_PER_MB = 90, 0.5
# And memory: the file, the model, the copies that remedies make, gradients and the slots of one training step. What layers hand
# to each other follows from no size of a file: eight pictures through a super-resolution network of 2.6 MB took more than 4 GB.
_LEAST_MEMORY_MB, _BESIDE_FILE_MB, _MEMORY_OF_FILE = 8192, 2048, 12
# Parts of the machine's memory that one process may take at most, and that may be taken at once of what is free now.
_OF_ALL, _OF_FREE = 0.9, 0.8


def limits_for(limits: Limits, size: int, memory_mb: int | None = None) -> Limits:
    """Limits of each child process that loads a file.

    :param limits: the configured ones; memory and seconds are raised above them where the file needs more.
    :param size: bytes of the file.
    :param memory_mb: what a process may take, as somebody chose it; None for what the file needs, and the machine has.
    """
    seconds = max(limits.seconds, _LEAST_SECONDS + size / 1e6 * _SECONDS_PER_MB)
    needed = max(_LEAST_MEMORY_MB, int(_BESIDE_FILE_MB + size / 1e6 * _MEMORY_OF_FILE))
    memory = memory_mb or max(limits.memory_mb, min(needed, all_memory_mb()))
    return limits.model_copy(update={"seconds": seconds, "seconds_after_hang": 30, "memory_mb": memory})


def all_memory_mb() -> int:
    """Memory that one process may take on this machine at all: more would have the kernel kill whatever it likes."""
    return int(_memory("MemTotal") * _OF_ALL)


def free_memory_mb() -> int:
    """Memory of this machine that may be taken now."""
    return int(_memory("MemAvailable") * _OF_FREE)


def _memory(name: str) -> float:
    """A figure of the kernel, MB; all of the machine's memory where it does not tell."""
    try:
        with open("/proc/meminfo", encoding="ascii") as stream:
            told = dict(line.split(":", 1) for line in stream)
        return int(told[name].split()[0]) / 1024
    except (OSError, KeyError, ValueError):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 20)
