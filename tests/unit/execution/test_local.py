"""The engine on scripted probes: everything runs once, and what breaks in one place stays there."""

import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from crossload.backends import Worker, WorkerError
from crossload.environments.model import Environment, EnvironmentState
from crossload.errors import StoreError
from crossload.execution.local import Engine
from crossload.execution.run_state import Progress
from crossload.planning.matrix import Work
from crossload.results.tables import Tables
from crossload.store.database import Store
from tests.unit.doubles import (
    Event,
    ScriptedBackend,
    answer,
    answer_save,
    config,
    ended,
    matrix,
    raised,
    scenario,
    tried,
)

NAMES = ("2.9-cpu", "2.10-cpu", "2.16-cpu")
WORKS = (Work(scenario("dense"), "h5"), Work(scenario("dense"), "keras"), Work(scenario("lstm"), "h5"))


class TookTooLongError(Exception):
    """The engine waits for something that never comes."""


def run(
    store: Store,
    backend: ScriptedBackend,
    names: tuple[str, ...] = NAMES,
    works: tuple[Work, ...] = WORKS,
    jobs: int = 2,
    seconds: float = 10,
) -> Engine:
    """Run a matrix, at most for some seconds."""
    engine = Engine(matrix(names, works), config(), backend, store, jobs)
    deadline = time.monotonic() + seconds

    def tick(progress: Progress) -> None:
        if time.monotonic() > deadline:
            raise TookTooLongError

    engine.run(tick)
    return engine


def verdicts(engine: Engine) -> dict[tuple[str, str, str], str]:
    """Verdict by format, saver and loader, of the scenario dense."""
    rows = Tables(engine.matrix, config(), engine.states, engine.artifacts, engine.cells).results()
    rows = rows[rows["scenario"] == "dense"]
    columns = (rows["format"], rows["saved_with"], rows["loaded_with"], rows["verdict"])
    return {(form, saver, loader): found for form, saver, loader, found in zip(*columns, strict=True)}


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_everything_is_saved_once_and_loaded_everywhere(store: Store, jobs: int) -> None:
    backend = ScriptedBackend()
    engine = run(store, backend, jobs=jobs)
    saves = [(name, request["id"]) for name, request in backend.asked if request["op"] == "save"]
    loads = [(name, request["id"]) for name, request in backend.asked if request["op"] == "load"]
    assert len(saves) == len(set(saves)) == len(NAMES) * len(WORKS)
    assert len(loads) == len(set(loads)) == len(NAMES) * len(WORKS) * len(NAMES)
    assert set(engine.artifacts) == set(store.artifacts()) == {key for _, key in saves}
    assert set(engine.cells) == set(store.cells()) == {key for _, key in loads}
    assert set(verdicts(engine).values()) == {"exact"}
    for name in NAMES:
        assert sum(place == name for place, _ in loads) == len(NAMES) * len(WORKS)


def test_progress_ends_where_it_said_it_would(store: Store) -> None:
    progress = run(store, ScriptedBackend()).progress
    everything = len(NAMES) * len(WORKS) * (1 + len(NAMES))
    assert (progress.total, progress.done, progress.executed, progress.reused) == (
        everything,
        everything,
        everything,
        0,
    )
    assert (progress.doing, progress.building) == ({}, {})
    assert set(progress.seconds) == {"build", "save", "load"}


def test_a_second_run_executes_nothing(store: Store) -> None:
    first = run(store, ScriptedBackend())
    backend = ScriptedBackend()
    second = run(store, backend)
    assert backend.asked == []
    assert backend.workers == []
    assert second.progress.executed == 0
    assert second.progress.reused == second.progress.done == second.progress.total == first.progress.total
    assert (second.artifacts, second.cells) == (first.artifacts, first.cells)


def test_an_environment_more_runs_only_what_it_adds(store: Store) -> None:
    run(store, ScriptedBackend(), names=NAMES[:2])
    backend = ScriptedBackend()
    engine = run(store, backend)
    assert backend.count("save") == len(WORKS)
    assert backend.count("load") == len(WORKS) * (3 * 3 - 2 * 2)
    assert engine.progress.done == engine.progress.total


def test_a_scenario_that_changed_is_run_again_and_no_other(store: Store) -> None:
    run(store, ScriptedBackend())
    backend = ScriptedBackend()
    changed = Work(scenario("lstm", "another digest"), "h5")
    run(store, backend, works=(*WORKS[:2], changed))
    assert backend.count("save") == len(NAMES)
    assert {request["scenario"]["name"] for _, request in backend.asked} == {"lstm"}


def test_artifacts_whose_files_are_gone_are_made_again(store: Store, tmp_path: Path) -> None:
    engine = run(store, ScriptedBackend(), works=WORKS[:1])
    for path in (tmp_path / "store" / "artifacts").rglob("*.h5"):
        path.unlink()
    for artifact in engine.artifacts.values():
        folder = store.artifact_folder(artifact)
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
    backend = ScriptedBackend()
    run(store, backend, works=WORKS[:1])
    assert backend.count("save") == len(NAMES)
    assert all(store.artifact_folder(artifact).is_dir() for artifact in store.artifacts().values())


def test_half_written_artifacts_of_a_killed_run_are_cleared(store: Store) -> None:
    leftover = store.staging_folder()
    run(store, ScriptedBackend(), works=WORKS[:1])
    assert not leftover.exists()


def test_workers_are_ended_and_not_killed(store: Store) -> None:
    backend = ScriptedBackend()
    run(store, backend)
    assert all(worker.closed and not worker.killed for worker in backend.workers)


def test_one_worker_serves_many_tasks(store: Store) -> None:
    backend = ScriptedBackend()
    run(store, backend, names=NAMES[:1], jobs=1)
    assert len(backend.workers) == 1


def test_a_version_that_can_not_be_forked_is_said(store: Store) -> None:
    class Unforkable(ScriptedBackend):
        def start(self, environment: Environment) -> Worker:
            worker = super().start(environment)
            worker.isolation = "fresh"
            return worker

    messages = run(store, Unforkable(), names=NAMES[:1]).progress.messages
    assert any(message.startswith("2.9-cpu: ") and "fresh process" in message for message in messages)


# Environments that are not there


@pytest.mark.parametrize(
    "slow", [{}, {"2.10-cpu": 0.4}, {"2.9-cpu": 0.4, "2.16-cpu": 0.4}], ids=["at once", "late", "early"]
)
def test_an_unavailable_environment_drops_its_cells_and_the_rest_runs(store: Store, slow: dict[str, float]) -> None:
    backend = ScriptedBackend(states={"2.10-cpu": "unavailable"}, slow=slow)
    engine = run(store, backend)
    assert {name for name, _ in backend.asked} == {"2.9-cpu", "2.16-cpu"}
    assert engine.progress.done == engine.progress.total == 2 * len(WORKS) * (1 + 2)
    found = verdicts(engine)
    assert {found["h5", saver, loader] for saver in NAMES for loader in NAMES if "2.10-cpu" in (saver, loader)} == {
        "unavailable"
    }
    assert found["h5", "2.9-cpu", "2.16-cpu"] == "exact"
    assert [message for message in engine.progress.messages if "unavailable" in message] == [
        "2.10-cpu: unavailable: no Python 3.9"
    ]


def test_nothing_is_run_where_no_environment_is_there(store: Store) -> None:
    backend = ScriptedBackend(states=dict.fromkeys(NAMES, "unavailable"))
    engine = run(store, backend)
    assert (backend.asked, engine.progress.total, engine.progress.done) == ([], 0, 0)
    assert set(verdicts(engine).values()) == {"unavailable"}


def test_a_surprise_while_building_is_that_environment_s_own(store: Store) -> None:
    class Surprising(ScriptedBackend):
        def build(self, environment: Environment, say: Any) -> EnvironmentState:
            if environment.id == "2.10-cpu":
                raise RuntimeError("boom")
            return super().build(environment, say)

    engine = run(store, Surprising())
    assert engine.states["2.10-cpu"].state == "unavailable"
    assert "boom" in engine.states["2.10-cpu"].reason
    assert verdicts(engine)["h5", "2.9-cpu", "2.16-cpu"] == "exact"


def test_so_is_one_while_looking_what_is_there(store: Store) -> None:
    class Surprising(ScriptedBackend):
        def state(self, environment: Environment) -> EnvironmentState:
            if environment.id == "2.10-cpu":
                raise KeyError("size_mb")
            return super().state(environment)

    engine = run(store, Surprising(), seconds=2)
    assert engine.states["2.10-cpu"].state == "unavailable"
    assert verdicts(engine)["h5", "2.9-cpu", "2.16-cpu"] == "exact"


# Scenarios that do not exist everywhere

RECENT = Work(scenario("dense", since="2.10"), "h5")


def test_what_is_not_applicable_is_neither_saved_nor_loaded(store: Store) -> None:
    backend = ScriptedBackend()
    engine = run(store, backend, works=(RECENT,))
    assert {name for name, _ in backend.asked} == {"2.10-cpu", "2.16-cpu"}
    assert (backend.count("save"), backend.count("load")) == (2, 4)
    assert engine.progress.done == engine.progress.total == 6
    assert verdicts(engine)["h5", "2.10-cpu", "2.9-cpu"] == "not-applicable"


@pytest.mark.parametrize("slow", [0.0, 0.5])
def test_progress_holds_where_an_unavailable_environment_had_nothing_to_do(store: Store, slow: float) -> None:
    backend = ScriptedBackend(states={"2.9-cpu": "unavailable"}, slow={"2.9-cpu": slow})
    engine = run(store, backend, works=(RECENT,))
    assert (engine.progress.done, engine.progress.total) == (6, 6)


# Findings


def test_a_model_that_can_not_be_saved_is_loaded_nowhere(store: Store) -> None:
    def respond(name: str, request: Mapping[str, Any]) -> list[Event]:
        if name == "2.10-cpu" and request["op"] == "save":
            return [{"event": "raised", "error_type": "TypeError", "error": "no", "stage": "fit"}, ended()]
        return answer(request)

    backend = ScriptedBackend(respond)
    engine = run(store, backend, works=WORKS[:1])
    assert backend.count("load") == 2 * 3
    assert engine.progress.done == engine.progress.total == 3 + 2 * 3
    found = verdicts(engine)
    assert [key for key in found if key[1] == "2.10-cpu"] == [("h5", "2.10-cpu", "")]
    assert found["h5", "2.10-cpu", ""] == "cannot-save"
    again = ScriptedBackend(respond)
    run(store, again, works=WORKS[:1])
    assert again.asked == []


def test_a_crash_in_one_cell_leaves_the_others(store: Store) -> None:
    def respond(name: str, request: Mapping[str, Any]) -> list[Event]:
        if name == "2.16-cpu" and request["op"] == "load":
            return [{"event": "begin", "attempt": request["attempts"][0]}, ended("SIGSEGV")]
        return answer(request)

    found = verdicts(run(store, ScriptedBackend(respond)))
    assert {found[key] for key in found if key[2] == "2.16-cpu"} == {"crashes"}
    assert {found[key] for key in found if key[2] != "2.16-cpu"} == {"exact"}


# Probes that die


def dying(times: int, op: str) -> tuple[ScriptedBackend, list[int]]:
    """A backend whose probe dies the first times that 2.10 is asked for this."""
    deaths = [0]

    def respond(name: str, request: Mapping[str, Any]) -> list[Event]:
        if name == "2.10-cpu" and request["op"] == op and deaths[0] < times:
            deaths[0] += 1
            raise WorkerError("the probe ended")
        return answer(request)

    return ScriptedBackend(respond), deaths


@pytest.mark.parametrize("op", ["save", "load"])
def test_a_probe_that_dies_once_is_started_again(store: Store, op: str) -> None:
    backend, deaths = dying(1, op)
    engine = run(store, backend, works=WORKS[:1], jobs=1)
    assert deaths == [1]
    assert set(verdicts(engine).values()) == {"exact"}
    assert len(backend.workers) >= len(NAMES) + 1
    assert engine.progress.messages == []


def test_a_probe_that_dies_twice_at_a_load_is_our_own_fault_and_no_finding(store: Store) -> None:
    backend, _ = dying(2, "load")
    engine = run(store, backend, works=WORKS[:1], jobs=1)
    found = verdicts(engine)
    assert sorted(found.values()) == ["exact"] * 8 + ["harness-error"]
    assert engine.progress.done == engine.progress.total
    assert any("harness error" in message for message in engine.progress.messages)
    again = ScriptedBackend()
    assert set(verdicts(run(store, again, works=WORKS[:1])).values()) == {"exact"}
    assert (again.count("save"), again.count("load")) == (0, 1)


def test_a_probe_that_dies_twice_at_a_save_is_our_own_fault_too(store: Store) -> None:
    backend, _ = dying(2, "save")
    engine = run(store, backend, works=WORKS[:1], jobs=1)
    found = verdicts(engine)
    assert found["h5", "2.10-cpu", ""] == "harness-error"
    assert sorted(found.values()) == ["exact"] * 6 + ["harness-error"]
    assert engine.progress.done == engine.progress.total
    again = ScriptedBackend()
    assert set(verdicts(run(store, again, works=WORKS[:1])).values()) == {"exact"}
    assert (again.count("save"), again.count("load")) == (1, 3)


def test_a_probe_that_never_starts_is_our_own_fault_in_every_cell(store: Store) -> None:
    backend = ScriptedBackend()
    backend.unstartable = {"2.10-cpu"}
    engine = run(store, backend, works=WORKS[:1])
    found = verdicts(engine)
    assert {found[key] for key in found if "2.10-cpu" in key} == {"harness-error"}
    assert {found[key] for key in found if "2.10-cpu" not in key} == {"exact"}
    assert engine.progress.done == engine.progress.total


def test_a_harness_error_that_a_probe_reports_is_tried_again_by_the_next_run(store: Store) -> None:
    def respond(name: str, request: Mapping[str, Any]) -> list[Event]:
        if name == "2.10-cpu" and request["op"] == "save":
            return [{"event": "harness-error", "error_type": "KeyError", "error": "x", "trace": ""}, ended()]
        return answer(request)

    assert verdicts(run(store, ScriptedBackend(respond), works=WORKS[:1]))["h5", "2.10-cpu", ""] == "harness-error"
    again = ScriptedBackend()
    run(store, again, works=WORKS[:1])
    assert again.count("save") == 1


# Ends


def test_the_last_tick_comes_after_the_end_however_short_the_run_was(store: Store) -> None:
    """Otherwise what was said in the last moment is never shown."""
    for _ in range(10):
        backend = ScriptedBackend(states={"2.9-cpu": "unavailable"})
        engine = Engine(matrix(NAMES[:2], WORKS[:1]), config(), backend, store, 2)
        shown: list[tuple[int, int]] = []

        def tick(progress: Progress, shown: list[tuple[int, int]] = shown) -> None:
            shown.append((progress.done, len(progress.messages)))

        engine.run(tick)
        assert shown[-1:] == [(2, 1)]


def test_a_store_that_can_not_be_written_ends_the_run_with_its_error(store: Store) -> None:
    def respond(name: str, request: Mapping[str, Any]) -> list[Event]:
        return [
            {"event": "raised", "error_type": "OSError", "error": "No space left on device", "stage": "save"},
            ended(),
        ]

    backend = ScriptedBackend(respond)
    with pytest.raises(StoreError, match="disk is full"):
        run(store, backend)
    assert all(worker.closed or worker.killed for worker in backend.workers)


def test_an_interrupt_ends_the_run_and_the_next_one_goes_on_from_there(store: Store) -> None:
    waiting, stopped = threading.Semaphore(0), threading.Event()

    def respond(name: str, request: Mapping[str, Any]) -> list[Event]:
        if len(backend.asked) > 6:
            waiting.release()
            stopped.wait(10)  # so that the run cannot come to its end first
        return answer(request)

    backend = ScriptedBackend(respond)
    engine = Engine(matrix(NAMES, WORKS), config(), backend, store, 2)
    blocked = []

    def tick(progress: Progress) -> None:
        blocked.extend([1] if waiting.acquire(blocking=False) else [])
        if len(blocked) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.run(tick)
    assert all(worker.killed for worker in backend.workers if not worker.closed)
    stopped.set()
    deadline = time.monotonic() + 10
    while not all(worker.closed for worker in backend.workers) and time.monotonic() < deadline:
        time.sleep(0.02)
    kept = len(store.artifacts()) + len(store.cells())
    assert 6 <= kept < engine.progress.total
    again = ScriptedBackend()
    second = run(store, again)
    assert len(again.asked) == second.progress.total - kept
    assert set(verdicts(second).values()) == {"exact"}


def test_remedies_that_a_new_version_adds_are_run_alone(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from crossload.probe import attempts

    def respond(name: str, request: Mapping[str, Any]) -> list[Event]:
        if request["op"] == "save":
            return answer_save(request)
        return [event for item in request["attempts"] for event in tried(raised(item))] + [ended()]

    *fewer, last = attempts.REMEDIES
    with monkeypatch.context() as patch:
        patch.setattr(attempts, "REMEDIES", tuple(fewer))
        run(store, ScriptedBackend(respond), works=WORKS[:1])
    backend = ScriptedBackend(respond)
    run(store, backend, works=WORKS[:1])
    assert [request["attempts"] for _, request in backend.asked] == [[last]] * 9
