"""The threads that have things done to models: memory, large files, stopping."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from crossload.errors import CrossloadError, SelectionError, StoreError
from crossload.fleet.crew import Crew, Job
from crossload.fleet.reading import Read
from crossload.fleet.sources import Found
from crossload.user_models.seat import Given, Seat
from tests.unit.doubles import config


class Bustle:
    """Jobs that take a moment; notes how many of which sizes are at work at the same time."""

    def __init__(self) -> None:
        self.at_work: list[int] = []
        self.together: list[tuple[int, ...]] = []
        self.refused: list[str] = []
        self.seats = 0
        self.cleared = 0
        self._lock = threading.Lock()

    @contextmanager
    def seat(self, given: Given, say: Any) -> Iterator[Seat]:
        if given.build == "wrong.py:f":
            raise SelectionError("no such file")
        self.seats += 1
        places = SimpleNamespace(stop=lambda: None)
        made = SimpleNamespace(settings=config(), memory_mb=None, places=places, clear=self._clear)
        yield cast(Seat, made)

    def _clear(self) -> None:
        self.cleared += 1

    def job(self, name: str, size: int, given: Given | None = None) -> Job:
        opened = cast(Any, SimpleNamespace(bytes=size))
        item = Read(Found(name, Path(name), "."), opened, "", "", given or Given())

        def do(seat: Seat) -> None:
            with self._lock:
                self.at_work.append(size)
                self.together.append(tuple(self.at_work))
            time.sleep(0.05)
            with self._lock:
                self.at_work.remove(size)

        def refuse(error: CrossloadError) -> None:
            self.refused.append(str(error))

        return Job(item, (name,), do, refuse)


def run(bustle: Bustle, jobs: list[Job], memory_mb: int = 100_000) -> Crew:
    crew = Crew(bustle.seat, 3, memory_mb)
    crew.run(jobs, lambda progress: None)
    return crew


def test_small_files_go_together_and_large_ones_one_after_the_other() -> None:
    bustle = Bustle()
    sizes = [600_000_000, 1_500_000_000, 300_000_000, 1000, 2000, 3000]
    run(bustle, [bustle.job(str(size), size) for size in sizes])
    assert max(len(together) for together in bustle.together) > 1
    assert all(sum(size > 256_000_000 for size in together) <= 1 for together in bustle.together)
    assert bustle.cleared == 6


def test_what_needs_more_memory_than_there_is_goes_alone() -> None:
    bustle = Bustle()
    run(bustle, [bustle.job(str(size), size) for size in (100_000_000, 100_000_001, 100_000_002)], memory_mb=1200)
    assert {len(together) for together in bustle.together} == {1}


def test_one_seat_serves_all_that_the_same_code_goes_with() -> None:
    bustle = Bustle()
    crew = Crew(bustle.seat, 1, 100_000)
    own = Given(custom_objects="a.py")
    crew.run(
        [bustle.job("1", 1, own), bustle.job("2", 1), bustle.job("3", 1, own), bustle.job("4", 1)], lambda told: None
    )
    assert bustle.seats == 2


def test_code_that_cannot_be_used_is_a_problem_of_its_models_alone() -> None:
    bustle = Bustle()
    run(bustle, [bustle.job("1", 1, Given(build="wrong.py:f")), bustle.job("2", 1)])
    assert bustle.refused == ["no such file"]
    assert bustle.cleared == 1


def test_a_full_disk_ends_it() -> None:
    bustle = Bustle()

    def full(seat: Seat) -> None:
        raise StoreError("the disk is full")

    job = bustle.job("1", 1)
    crew = Crew(bustle.seat, 1, 100_000)
    with pytest.raises(StoreError, match="full"):
        crew.run([Job(job.item, ("0",), full, job.refuse), bustle.job("2", 1)], lambda told: None)
    assert crew.stopped
    assert bustle.together == []
