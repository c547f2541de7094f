"""Which environment a free worker takes, and how much at once."""

import pytest

from crossload.execution.scheduling import LEAST_SECONDS, MOST_SECONDS, START_SECONDS, Waiting, batch_seconds, choose


def start(*warm: str):  # type: ignore[no-untyped-def]
    return lambda name: 0.0 if name in warm else START_SECONDS


def test_saves_come_before_loads_even_where_they_are_cold() -> None:
    waiting = {"warm": Waiting(0, 100, 0), "cold": Waiting(1, 0, 0)}
    assert choose(waiting, start("warm")) == "cold"


def test_what_is_warm_comes_before_what_is_more() -> None:
    waiting = {"warm": Waiting(0, 1, 3), "cold": Waiting(0, 500, 0)}
    assert choose(waiting, start("warm")) == "warm"


def test_a_cold_environment_that_others_serve_must_be_worth_its_start() -> None:
    assert choose({"busy": Waiting(0, START_SECONDS, 1)}, start()) is None
    assert choose({"busy": Waiting(0, 3 * START_SECONDS, 1)}, start()) == "busy"


def test_nothing_starves() -> None:
    assert choose({"little": Waiting(0, 0.01, 0)}, start()) == "little"
    assert choose({}, start()) is None


def test_most_is_left_counts_for_each_worker_that_is_there() -> None:
    waiting = {"many servers": Waiting(0, 100, 9), "few": Waiting(0, 50, 0)}
    assert choose(waiting, start()) == "few"


@pytest.mark.parametrize(("left", "workers"), [(1e6, 2), (100, 2), (1, 2), (0, 2), (5, 0)])
def test_batches_get_smaller_towards_the_end(left: float, workers: int) -> None:
    assert LEAST_SECONDS <= batch_seconds(left, workers) <= MOST_SECONDS
    assert batch_seconds(left, workers) <= max(LEAST_SECONDS, left / max(workers, 1))
