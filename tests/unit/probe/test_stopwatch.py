"""A child that hangs is told from one that waits for its turn."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from crossload.probe.process.stopwatch import Stopwatch


@contextmanager
def process(code: str) -> Iterator[subprocess.Popen[bytes]]:
    """A Python process that says when it has begun."""
    started = subprocess.Popen([sys.executable, "-c", f"print(flush=True); {code}"], stdout=subprocess.PIPE)
    try:
        assert started.stdout is not None
        started.stdout.readline()
        yield started
    finally:
        started.kill()
        started.wait()


def watch(pid: int, seconds: float) -> float:
    stopwatch = Stopwatch(pid)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.1)
        stopwatch.update()
    return float(stopwatch.seconds)


def test_sleep_counts_by_the_clock() -> None:
    with process("import time; time.sleep(60)") as sleeper:
        assert watch(sleeper.pid, 1.0) == pytest.approx(1.0, abs=0.2)


def test_work_counts_by_the_processor() -> None:
    with process("exec('while True: pass')") as worker:
        # On a busy machine it may get little of the second.
        assert 0 < watch(worker.pid, 1.0) <= 1.2


def test_a_process_that_gets_no_turn_is_not_charged_for_waiting() -> None:
    with process(
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); os.nice(19); exec('while True: pass')"
    ) as starved:
        crowd = process("import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); exec('while True: pass')")
        with (
            crowd,
            process("import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); exec('while True: pass')"),
        ):
            assert watch(starved.pid, 2.0) < 1.0


def test_a_process_that_has_ended_is_charged_by_the_clock() -> None:
    with process("pass") as ended:
        ended.wait()
        assert watch(ended.pid, 0.3) == pytest.approx(0.3, abs=0.15)
