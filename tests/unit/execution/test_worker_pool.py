"""The runner that everything uses, the pool behind it, and what both do when a probe dies, the disk is full, or nobody waits."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from crossload.backends import Worker, WorkerError
from crossload.environments.model import Environment
from crossload.errors import StoreError
from crossload.execution.probe_requests import Request
from crossload.execution.provisioner import Provisioner
from crossload.execution.runner import Runner
from crossload.execution.worker_pool import StoppedError, WorkerPool
from crossload.store.database import Store
from tests.unit.doubles import Event, ScriptedBackend, answer, config, ended, environment
from tests.unit.execution.test_runner import LIMITS, SAVE

OLD, NEW, NEWER = environment("2.10-cpu"), environment("2.16-cpu"), environment("2.21-cpu")
NO_SPACE = "OSError: [Errno 28] No space left on device: '/tmp/x'"


def dying(times: int, words: str = "the probe ended") -> ScriptedBackend:
    """A backend whose probes die over the first requests."""
    left = [times]

    def respond(name: str, request: Mapping[str, Any]) -> list[Event]:
        if left[0]:
            left[0] -= 1
            raise WorkerError(words)
        return answer(request)

    return ScriptedBackend(respond)


def runner(pool: WorkerPool, backend: ScriptedBackend, store: Store, owner: str = "") -> Runner:
    return Runner(pool, backend, OLD, store, LIMITS, owner)


# A runner


def test_nothing_is_started_before_the_first_task(store: Store) -> None:
    backend = ScriptedBackend()
    with runner(WorkerPool(2), backend, store) as made:
        assert (backend.workers, made.isolation) == ([], "")
        assert made.save(SAVE).state == "saved"
        made.save(SAVE)
        assert (len(backend.workers), made.isolation) == (1, "fork")
    assert not backend.workers[0].closed


def test_a_probe_that_dies_is_replaced_once_and_ended(store: Store) -> None:
    backend = dying(1)
    with runner(WorkerPool(0), backend, store) as made:
        assert made.save(SAVE).state == "saved"
    first, second = backend.workers
    assert (first.killed, second.killed, second.closed) == (True, False, True)
    assert store.artifacts()["a1"].state == "saved"
    assert list((store.folder / "staging").iterdir()) == []


def test_a_probe_that_dies_twice_is_said_and_the_next_task_gets_a_new_one(store: Store) -> None:
    backend = dying(2)
    with runner(WorkerPool(0), backend, store) as made:
        with pytest.raises(WorkerError, match="the probe ended"):
            made.save(SAVE)
        assert [worker.killed for worker in backend.workers] == [True, True]
        assert made.save(SAVE).state == "saved"
    assert len(backend.workers) == 3


def test_a_probe_that_does_not_start_is_tried_twice(store: Store) -> None:
    starts = []

    class Backend(ScriptedBackend):
        def start(self, environment: Environment) -> Worker:
            starts.append(environment.id)
            if len(starts) == 1:
                raise WorkerError("no such file")
            return super().start(environment)

    with runner(WorkerPool(0), Backend(), store) as made:
        assert made.save(SAVE).state == "saved"
    assert starts == ["2.10-cpu", "2.10-cpu"]


def test_a_full_disk_is_no_reason_to_try_again(store: Store) -> None:
    backend = dying(1, f"the probe ended: {NO_SPACE}")
    with runner(WorkerPool(0), backend, store) as made, pytest.raises(StoreError, match="disk is full"):
        made.save(SAVE)
    assert len(backend.workers) == 1


def test_whatever_else_goes_wrong_ends_the_probe_for_nobody_knows_what_it_is_doing(store: Store) -> None:
    def respond(name: str, request: Mapping[str, Any]) -> list[Event]:
        raise KeyboardInterrupt

    pool, backend = WorkerPool(2), ScriptedBackend(respond)
    with pytest.raises(KeyboardInterrupt), runner(pool, backend, store) as made:
        made.save(SAVE)
    assert backend.workers[0].killed
    assert pool.idle_environments() == []


@pytest.mark.parametrize("fails", [lambda: [ended("SIGKILL")], lambda: (_ for _ in ()).throw(WorkerError("died"))])
def test_what_is_asked_again_finds_its_folder_empty(
    store: Store, tmp_path: Path, fails: Callable[[], list[Event]]
) -> None:
    output = tmp_path / "output"
    output.mkdir()
    seen: list[list[str]] = []

    def respond(name: str, request: Mapping[str, Any]) -> list[Event]:
        seen.append([path.name for path in output.iterdir()])
        (output / "half").write_text("x", encoding="utf-8")
        return fails() if len(seen) == 1 else [{"event": "saved", "file": f"{output}/half"}, ended()]

    form = {"op": "resave", "id": "r", "limits": LIMITS.model_dump()}
    with runner(WorkerPool(0), ScriptedBackend(respond), store) as made:
        events = made.ask(Request(form, writes=output, names={f"{output}/": "", str(output): "."}))
    assert seen == [[], []]
    assert events[0]["file"] == "half"


# The pool


def test_a_warm_worker_serves_again_and_only_in_its_own_environment(store: Store) -> None:
    pool, backend = WorkerPool(2), ScriptedBackend()
    first = pool.take(OLD, backend)
    assert pool.take(OLD, backend) is not first
    pool.give_back(first)
    assert pool.idle_environments() == ["2.10-cpu"]
    assert pool.take(NEW, backend) is not first
    assert pool.take(OLD, backend) is first


def test_the_one_used_longest_ago_goes_before_another_starts() -> None:
    pool, backend = WorkerPool(2), ScriptedBackend()
    for place in (OLD, NEW):
        pool.give_back(pool.take(place, backend))
    pool.give_back(pool.take(OLD, backend))
    pool.take(NEWER, backend)
    assert [worker.closed for worker in backend.workers] == [False, True, False]
    assert pool.idle_environments() == ["2.10-cpu"]


def test_an_environment_of_the_same_name_with_other_pins_is_another_one() -> None:
    pool, backend = WorkerPool(2), ScriptedBackend()
    first = pool.take(OLD, backend)
    pool.give_back(first)
    assert pool.take(environment("2.10-cpu", lock="tensorflow-cpu==2.10.0\n"), backend) is not first


def test_who_is_stopped_gets_nothing_more_and_others_go_on(store: Store) -> None:
    pool, backend = WorkerPool(2), ScriptedBackend()
    with runner(pool, backend, store, "one") as one, runner(pool, backend, store, "other") as other:
        one.save(SAVE)
        other.save(SAVE)
        pool.stop("one")
        assert [worker.killed for worker in backend.workers] == [True, False]
        assert other.save(SAVE).state == "saved"
        with pytest.raises(StoppedError), runner(pool, backend, store, "one") as late:
            late.save(SAVE)
    assert len(backend.workers) == 2
    assert pool.idle_environments() == ["2.10-cpu"]


def test_a_probe_that_was_stopped_is_no_fault_of_ours(store: Store) -> None:
    pool = WorkerPool(2)

    def respond(name: str, request: Mapping[str, Any]) -> list[Event]:
        pool.stop()
        raise WorkerError("the probe ended")

    with pytest.raises(StoppedError), runner(pool, ScriptedBackend(respond), store) as made:
        made.save(SAVE)


def test_a_worker_that_starts_while_its_owner_is_stopped_is_ended() -> None:
    pool = WorkerPool(2)

    class Backend(ScriptedBackend):
        def start(self, environment: Environment) -> Worker:
            pool.stop()
            return super().start(environment)

    backend = Backend()
    with pytest.raises(StoppedError):
        pool.take(OLD, backend)
    assert backend.workers[0].killed


# Environments for one question


def test_environments_are_built_once_and_their_workers_kept(store: Store) -> None:
    said: list[str] = []
    backend = ScriptedBackend()
    with Provisioner(backend, {item.id: item for item in (OLD, NEW)}, said.append) as places:
        places.announce(["2.10-cpu", "2.16-cpu", "2.10-cpu"])
        for _ in range(2):
            assert places.state("2.10-cpu").state == "ready"
            with places.runner("2.10-cpu", store, LIMITS) as made:
                made.save(SAVE)
        assert not backend.workers[0].closed
    assert len(backend.workers) == 1
    assert backend.workers[0].closed
    assert said[0].startswith("2 environments to build: 2.10-cpu, 2.16-cpu; about 30 s")
    assert said[1:] == ["2.10-cpu: building"]


def test_an_environment_that_is_taken_in_anew_is_looked_at_anew() -> None:
    backend = ScriptedBackend(states={"2.99-cpu": "unavailable"})
    with Provisioner(backend, {}, lambda line: None) as places:
        places.add(environment("2.99-cpu"))
        assert places.state("2.99-cpu").state == "unavailable"
        backend._states = {}
        places.add(environment("2.99-cpu", python="3.11"))
        assert places.state("2.99-cpu").state == "ready"


def test_the_limits_are_those_that_were_given(store: Store) -> None:
    backend = ScriptedBackend()
    limits = config().limits.model_copy(update={"seconds": 7})
    with (
        Provisioner(backend, {"2.10-cpu": OLD}, lambda line: None) as places,
        places.runner("2.10-cpu", store, limits) as made,
    ):
        made.save(SAVE)
    assert backend.asked[0][1]["limits"]["seconds"] == 7
