"""Limits of a process follow the file that it loads."""

import pytest

from crossload.config import Limits
from crossload.execution import memory
from crossload.execution.memory import free_memory_mb, limits_for


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with 24 GiB."""
    monkeypatch.setattr(memory, "all_memory_mb", lambda: 22_000)


@pytest.mark.parametrize(
    ("size", "chosen", "megabytes"),
    [
        (1_000_000, None, 8192),  # what its layers hand to each other, its size does not tell
        (576_000_000, None, 8960),
        (1_500_000_000, None, 20_048),
        (4_000_000_000, None, 22_000),  # it needs more than the machine has
        (576_000_000, 3000, 3000),
        (1_000_000, 8000, 8000),
    ],
)
def test_memory_follows_the_file(machine: None, size: int, chosen: int | None, megabytes: int) -> None:
    assert limits_for(Limits(memory_mb=4096), size, chosen).memory_mb == megabytes


def test_a_configured_limit_is_never_lowered(machine: None) -> None:
    assert limits_for(Limits(memory_mb=60_000), 4_000_000_000).memory_mb == 60_000


def test_time_follows_the_file(machine: None) -> None:
    assert limits_for(Limits(seconds=40), 1000).seconds == pytest.approx(90, abs=0.1)
    assert limits_for(Limits(seconds=40), 576_000_000).seconds == pytest.approx(378)


def test_what_is_free_is_asked_of_the_kernel() -> None:
    assert 0 < free_memory_mb() <= memory.all_memory_mb()
    assert memory._memory("NoSuchLine") >= memory._memory("MemTotal") * 0.99
