"""From the events of a probe to artifacts and cells."""

import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from crossload.backends import WorkerError
from crossload.config import Tolerance
from crossload.domain.attempts import crash_message
from crossload.domain.verdicts import verdict
from crossload.errors import StoreError
from crossload.execution.runner import Runner, run_load, run_save
from crossload.execution.tasks import LoadTask, SaveTask, failed_artifact, failed_cell
from crossload.execution.worker_pool import WorkerPool
from crossload.planning.matrix import Work
from crossload.planning.remaining import attempts_to_run
from crossload.probe import attempts
from crossload.store.artifact_files import ChangedError
from crossload.store.database import Store
from crossload.store.records import Artifact, Cell
from tests.unit.doubles import (
    STORED,
    Event,
    ScriptedBackend,
    ScriptedWorker,
    answer_load,
    answer_save,
    config,
    crashed,
    ended,
    environment,
    faulty,
    in_turn,
    loaded,
    put_artifact,
    raised,
    scenario,
    tried,
)

LIMITS = config().limits
NEAR = Tolerance(atol=1e-6, rtol=1e-5)
WORK = Work(scenario(), "h5")
SAVE = SaveTask("a1", WORK, "2.10-cpu")
ARTIFACT = Artifact("a1", "dense", "h5", "2.10-cpu", "saved", STORED, "model.h5", "hdf5", 8, 0.5, {})
FIRST, SECOND, BOTH = "compile=False", "safe_mode=False", "compile=False+safe_mode=False"
FAULT = {"event": "harness-error", "error_type": "KeyError", "error": "'x'", "trace": "Traceback ..."}


@pytest.fixture(autouse=True)
def three_remedies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two remedies and their combination: what is tested here does not depend on which there are."""
    monkeypatch.setattr(attempts, "REMEDIES", (FIRST, SECOND, BOTH))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "store")
    put_artifact(opened)
    yield opened
    opened.close()


def save(store: Store, *events: Event) -> Artifact:
    made = run_save(SAVE, ScriptedWorker(in_turn(events)), store, LIMITS)
    assert store.artifacts() == {"a1": made}
    assert list((store.folder / "staging").iterdir()) == []
    return made


def load(
    store: Store,
    *answers: list[Event],
    work: Work = WORK,
    known: Cell | None = None,
    expected: Collection[str] = (),
) -> tuple[Cell, ScriptedWorker]:
    """Run a cell; every answer must be asked for."""
    left = list(answers)

    def respond(request: Mapping[str, Any]) -> list[Event]:
        return left.pop(0)

    worker = ScriptedWorker(respond)
    made = run_load(LoadTask("c1", work, ARTIFACT, "2.16-cpu", NEAR, known), worker, store, LIMITS, expected)
    assert left == []
    assert store.cells() == {"c1": made}
    return made, worker


def outcomes(cell: Cell) -> dict[str, str]:
    return {record["attempt"]: record["outcome"] for record in cell.records}


def asked(worker: ScriptedWorker) -> list[list[str]]:
    return [list(request["attempts"]) for request in worker.requests]


# Saves


def test_a_written_model_is_kept(store: Store) -> None:
    worker = ScriptedWorker(answer_save)
    made = run_save(SAVE, worker, store, LIMITS)
    assert (made.state, made.file, made.container, made.saved_with) == ("saved", "model.h5", "hdf5", "2.10-cpu")
    assert made.bytes == len(b"\x89HDF\r\n\x1a\na1")
    assert (made.seconds, store.artifacts()) == (0.5, {"a1": made})
    assert (store.artifact_folder(made) / "model.h5").read_bytes().endswith(b"a1")
    assert list((store.folder / "staging").iterdir()) == []


def test_what_a_probe_is_asked_to_save(store: Store) -> None:
    worker = ScriptedWorker(answer_save)
    run_save(SAVE, worker, store, LIMITS)
    request = worker.requests[0]
    assert (request["op"], request["id"], request["format"]) == ("save", "a1", "h5")
    assert request["scenario"] == WORK.scenario.request()
    assert request["limits"] == LIMITS.model_dump()


def test_an_exception_while_saving_is_cannot_save(store: Store) -> None:
    error = {"event": "raised", "error_type": "NotImplementedError", "error": "no get_config", "stage": "save"}
    made = save(store, {"event": "stage", "stage": "save"}, error, ended())
    assert (made.state, made.folder, made.bytes) == ("cannot-save", "", 0)
    assert (made.payload["error_type"], made.payload["stage"]) == ("NotImplementedError", "save")


@pytest.mark.parametrize(
    ("signal", "told"), [("SIGSEGV", "SIGSEGV"), ("time limit", "time limit"), (None, "ended early")]
)
def test_a_child_that_dies_while_saving_crashes(store: Store, signal: str | None, told: str) -> None:
    stages = [{"event": "stage", "stage": name} for name in ("import", "build", "fit")]
    made = save(store, *stages, ended(signal, "Fatal Python error"))
    assert made.state == "crashes"
    assert made.payload == {"stage": "fit", "signal": told, "stderr": "Fatal Python error"}


def test_a_child_that_dies_before_its_first_word_was_importing(store: Store) -> None:
    assert save(store, ended("SIGABRT")).payload["stage"] == "import"


def test_a_fault_of_ours_while_saving_is_never_a_finding(store: Store) -> None:
    made = save(store, {"event": "stage", "stage": "call"}, FAULT, ended())
    assert made.state == "harness-error"
    assert "Traceback" in made.payload["trace"]


def test_a_probe_that_dies_leaves_nothing_behind(store: Store) -> None:
    with pytest.raises(WorkerError):
        run_save(SAVE, ScriptedWorker(in_turn(WorkerError("the probe ended"))), store, LIMITS)
    assert store.artifacts() == {}
    assert list((store.folder / "staging").iterdir()) == []


@pytest.mark.parametrize("by_message", [True, False])
def test_a_save_that_fails_on_a_full_disk_is_no_finding(
    store: Store, monkeypatch: pytest.MonkeyPatch, by_message: bool
) -> None:
    error = "[Errno 28] No space left on device" if by_message else "Unable to create file"
    if not by_message:
        monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(100, 100, 0))
    events = [{"event": "raised", "error_type": "OSError", "error": error, "stage": "save"}, ended()]
    with pytest.raises(StoreError, match="disk is full"):
        run_save(SAVE, ScriptedWorker(in_turn(events)), store, LIMITS)
    assert store.artifacts() == {}


def test_a_container_whose_own_disk_is_full_is_a_limit_of_that_scenario(store: Store) -> None:
    error = "the container's own disk is full: [Errno 28] No space left on device: '/tmp/x'"
    stage = {"event": "stage", "stage": "build"}
    limited = {"event": "raised", "error_type": "disk limit", "error": error, "stage": "build"}
    made = save(store, stage, limited, ended())
    assert made.state == "crashes"
    assert made.payload == {"stage": "build", "signal": "disk limit", "stderr": error}
    cell, _ = load(
        store, [*tried({"attempt": "plain", "outcome": "crashed", "error_type": "disk limit", "error": error}), ended()]
    )
    assert cell.records[0]["error_type"] == "disk limit"


def test_a_load_that_fails_on_a_full_disk_is_no_finding(store: Store) -> None:
    failed = raised() | {"error": "[Errno 28] No space left on device: '/tmp/x'"}
    with pytest.raises(StoreError, match=r"disk is full \(.*'/tmp/x'\)"):
        load(store, [*tried(failed), ended()])
    assert store.cells() == {}


# Loads


def test_every_attempt_becomes_a_record(store: Store) -> None:
    made, worker = load(store, [*tried(raised()), *tried(loaded(FIRST)), ended(seconds=0.7)])
    assert outcomes(made) == {"plain": "raised", FIRST: "loaded"}
    assert made.requested == ("plain", *attempts.REMEDIES)
    assert (made.seconds, made.artifact_key, made.loaded_with) == (0.7, "a1", "2.16-cpu")
    assert all("event" not in record for record in made.records)
    assert asked(worker) == [["plain", FIRST, SECOND, BOTH]]


def test_what_a_probe_is_asked_to_load(store: Store) -> None:
    _, worker = load(store, [*tried(loaded()), ended()])
    request = worker.requests[0]
    assert (request["op"], request["id"], request["format"], request["file"]) == ("load", "c1", "h5", "model.h5")
    # A copy, which has gone away with the request.
    assert Path(request["directory"]).parents[1] == store.folder / "staging"
    assert list((store.folder / "staging").iterdir()) == []
    assert request["near"] == {"atol": 1e-6, "rtol": 1e-5, "spread": 100.0}


def test_a_crash_in_the_middle_is_recorded_and_the_other_attempts_go_on(store: Store) -> None:
    """All but the combinations with what crashed: they would crash too."""
    first = [*tried(raised()), {"event": "begin", "attempt": FIRST}, ended("SIGSEGV", "one\ntwo\n", 1.0)]
    made, worker = load(store, first, [*tried(loaded(SECOND)), ended(seconds=2.0)])
    assert asked(worker) == [["plain", FIRST, SECOND, BOTH], [SECOND]]
    assert outcomes(made) == {"plain": "raised", FIRST: "crashed", SECOND: "loaded"}
    assert made.requested == ("plain", *attempts.REMEDIES)
    died = made.records[1]
    assert (died["error_type"], died["seconds"], made.seconds) == ("SIGSEGV", 1.0, 3.0)
    assert died["error"].endswith("SIGSEGV\none\ntwo")


def test_every_attempt_may_crash(store: Store) -> None:
    crashes = [[{"event": "begin", "attempt": name}, ended("SIGABRT")] for name in ("plain", FIRST, SECOND)]
    made, worker = load(store, *crashes)
    assert asked(worker) == [["plain", FIRST, SECOND, BOTH], [FIRST, SECOND, BOTH], [SECOND]]
    assert outcomes(made) == {"plain": "crashed", FIRST: "crashed", SECOND: "crashed"}
    assert verdict(made.records, NEAR).verdict == "crashes"


def test_after_a_hang_the_other_attempts_get_less_time(store: Store) -> None:
    hang = [{"event": "begin", "attempt": "plain"}, ended("time limit")]
    _, worker = load(store, hang, [*tried(raised(FIRST)), *tried(raised(SECOND)), *tried(raised(BOTH)), ended()])
    assert [request["limits"]["seconds"] for request in worker.requests] == [LIMITS.seconds, LIMITS.seconds_after_hang]
    assert LIMITS.seconds_after_hang < LIMITS.seconds


def test_what_is_expected_to_hang_gets_less_time_and_no_other(store: Store) -> None:
    answers = [[*tried(raised(name)), ended()] for name in ("plain", FIRST)]
    rest = [*tried(raised(SECOND)), *tried(raised(BOTH)), ended()]
    _, worker = load(store, *answers, rest, expected={FIRST})
    assert asked(worker) == [["plain"], [FIRST], [SECOND, BOTH]]
    seconds = [request["limits"]["seconds"] for request in worker.requests]
    assert seconds == [LIMITS.seconds, LIMITS.seconds_after_hang, LIMITS.seconds]


def test_after_another_crash_they_get_all_of_it(store: Store) -> None:
    crash = [{"event": "begin", "attempt": "plain"}, ended("SIGSEGV")]
    _, worker = load(store, crash, [*tried(loaded(FIRST)), ended()])
    assert [request["limits"]["seconds"] for request in worker.requests] == [LIMITS.seconds] * 2


@pytest.mark.parametrize("signal", ["time limit", "memory limit", "exit status 3"])
def test_limits_are_crashes_too(store: Store, signal: str) -> None:
    made, _ = load(store, [{"event": "begin", "attempt": "plain"}, ended(signal)], [*tried(loaded(FIRST)), ended()])
    assert made.records[0]["error_type"] == signal
    assert verdict(made.records, NEAR).verdict == "remedy"


def test_a_child_that_ends_without_a_signal_in_the_middle_crashed(store: Store) -> None:
    made, _ = load(store, [{"event": "begin", "attempt": "plain"}, ended()], [*tried(raised(FIRST)), ended()])
    assert outcomes(made) == {"plain": "crashed", FIRST: "raised"}


def test_a_child_that_dies_before_it_begins_counts_against_the_first_attempt(store: Store) -> None:
    made, worker = load(store, [ended("SIGABRT")], [*tried(raised(FIRST)), ended()])
    assert outcomes(made) == {"plain": "crashed", FIRST: "raised"}
    assert asked(worker)[1] == [FIRST, SECOND, BOTH]


def test_a_crash_of_evidence_does_not_spoil_the_plain_attempt(store: Store) -> None:
    work = Work(scenario(custom_objects=("Scale",)), "h5")
    first = [*tried(raised("bare")), {"event": "begin", "attempt": "imported"}, ended("SIGSEGV")]
    made, worker = load(store, first, [*tried(loaded()), ended()], work=work)
    assert outcomes(made) == {"bare": "raised", "imported": "crashed", "plain": "loaded"}
    assert asked(worker)[1][0] == "plain"
    assert verdict(made.records, NEAR).verdict == "exact"


def test_after_two_hangs_only_what_loads_in_another_way_is_tried(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "REMEDIES", (FIRST, SECOND, BOTH, "rebuild+weights"))
    hangs = [[{"event": "begin", "attempt": name}, ended("time limit")] for name in ("plain", FIRST)]
    made, worker = load(store, *hangs, [*tried(loaded("rebuild+weights")), ended()])
    assert asked(worker)[-1] == ["rebuild+weights"]
    assert len(asked(worker)) == 3
    assert outcomes(made) == {"plain": "crashed", FIRST: "crashed", "rebuild+weights": "loaded"}


@pytest.mark.parametrize("good", [True, False])
def test_a_child_that_dies_after_its_last_attempt_changes_no_record(store: Store, good: bool) -> None:
    """Whatever ends the child then, the plain attempt had been measured."""
    plain = (
        tried(loaded())
        if good
        else [*tried(raised()), *(event for name in attempts.REMEDIES for event in tried(raised(name)))]
    )
    worker = ScriptedWorker(
        lambda request: [*plain, ended("SIGSEGV")] if "plain" in request["attempts"] else answer_load(request)
    )
    made = run_load(LoadTask("c1", WORK, ARTIFACT, "2.16-cpu", NEAR), worker, store, LIMITS)
    assert outcomes(made)["plain"] == ("loaded" if good else "raised")
    assert "crashed" not in outcomes(made).values()


def test_neither_does_one_that_dies_after_the_last_of_its_remedies(store: Store) -> None:
    known = Cell("c1", "a1", "2.16-cpu", ("plain",), (raised(),), 1.0)
    answer = [*(event for name in attempts.REMEDIES for event in tried(raised(name))), ended("SIGSEGV")]
    made, _ = load(store, answer, known=known)
    assert outcomes(made)["plain"] == "raised"


def test_a_child_that_always_dies_at_its_end_is_not_asked_for_ever(store: Store) -> None:
    def respond(request: Mapping[str, Any]) -> list[Event]:
        assert len(worker.requests) < 10
        if "plain" in request["attempts"]:
            return [*tried(raised()), {"event": "begin", "attempt": FIRST}, FAULT, ended()]
        return [*tried(raised(SECOND)), ended("SIGSEGV")]

    worker = ScriptedWorker(respond)
    made = run_load(LoadTask("c1", WORK, ARTIFACT, "2.16-cpu", NEAR), worker, store, LIMITS)
    assert outcomes(made) == {"plain": "raised", FIRST: "harness-error", SECOND: "raised"}


def test_a_child_that_ends_without_a_word_is_tried_again_by_the_next_run(store: Store) -> None:
    made, _ = load(store, [ended()])
    assert verdict(made.records, NEAR).verdict == "harness-error"
    assert attempts_to_run(WORK.attempts(), made, NEAR) == list(WORK.attempts())


def test_no_record_holds_the_place_of_the_artifact(store: Store) -> None:
    """The same error must read the same on every machine."""

    def respond(request: Mapping[str, Any]) -> list[Event]:
        return [*tried(raised("plain", f"cannot open '{request['directory']}/model.h5'")), ended()]

    made = run_load(LoadTask("c1", WORK, ARTIFACT, "2.16-cpu", NEAR), ScriptedWorker(respond), store, LIMITS)
    assert made.records[0]["error"] == "cannot open '<artifact>/model.h5'"


# What is stored stays what it is


def test_a_load_gets_a_copy_that_it_may_write_to(store: Store) -> None:
    def respond(request: Mapping[str, Any]) -> list[Event]:
        folder = Path(request["directory"])
        assert (folder / "model.h5").read_bytes() == b"\x89HDF\r\n\x1a\n"
        with (folder / "model.h5").open("ab") as stream:
            stream.write(b"more")
        (folder / "model.weights.h5").write_text("left behind")
        return answer_load(request)

    for _ in range(2):
        run_load(LoadTask("c1", WORK, ARTIFACT, "2.16-cpu", NEAR), ScriptedWorker(respond), store, LIMITS)
    assert sorted(path.name for path in store.artifact_folder(ARTIFACT).iterdir()) == ["model.h5", "reference.json"]
    assert (store.artifact_folder(ARTIFACT) / "model.h5").read_bytes() == b"\x89HDF\r\n\x1a\n"


@pytest.mark.parametrize("damage", ["changed", "one file gone", "all gone", "one more"])
def test_files_that_are_not_what_was_stored_are_never_loaded(store: Store, damage: str) -> None:
    folder = store.artifact_folder(ARTIFACT)
    if damage == "changed":
        (folder / "model.h5").write_bytes(b"\x89HDF\r\n\x1a\r")
    elif damage == "one file gone":
        (folder / "reference.json").unlink()
    elif damage == "all gone":
        shutil.rmtree(folder)
    else:
        (folder / "more").write_text("")
    worker = ScriptedWorker(answer_load)
    with pytest.raises(ChangedError, match="not those that were stored"):
        run_load(LoadTask("c1", WORK, ARTIFACT, "2.16-cpu", NEAR), worker, store, LIMITS)
    assert (worker.requests, store.cells()) == ([], {})
    # What a run finds missing it writes again.
    assert not folder.exists()
    put_artifact(store)
    assert load(store, [*tried(loaded()), ended()])[0].records[0]["outcome"] == "loaded"


def test_a_changed_artifact_costs_a_cell_and_no_worker(store: Store) -> None:
    (store.artifact_folder(ARTIFACT) / "model.h5").write_bytes(b"")
    backend = ScriptedBackend()
    with Runner(WorkerPool(1), backend, environment("2.16-cpu"), store, LIMITS) as runner:
        with pytest.raises(WorkerError, match="not those that were stored"):
            runner.load(LoadTask("c1", WORK, ARTIFACT, "2.16-cpu", NEAR))
        runner.save(SAVE)
    assert len(backend.workers) == 1


def test_the_same_bytes_take_the_place_of_damaged_ones(store: Store) -> None:
    (store.artifact_folder(ARTIFACT) / "model.h5").write_bytes(b"")
    put_artifact(store)
    assert (store.artifact_folder(ARTIFACT) / "model.h5").read_bytes() == b"\x89HDF\r\n\x1a\n"


@pytest.mark.parametrize("kind", ["pipe", "link", "link inside"])
def test_what_is_no_file_is_not_kept(store: Store, kind: str) -> None:
    def respond(request: Mapping[str, Any]) -> list[Event]:
        folder = Path(request["directory"])
        if kind == "pipe":
            os.mkfifo(folder / "model.h5")
        elif kind == "link":
            (folder / "model.h5").symlink_to("/etc/passwd")
        else:
            (folder / "model.h5").mkdir()
            (folder / "model.h5" / "variables").symlink_to("/dev/zero")
        return [{"event": "saved", "file": "model.h5", "seconds": 0.1}, ended()]

    made = run_save(SAVE, ScriptedWorker(respond), store, LIMITS)
    assert (made.state, made.payload["error_type"]) == ("cannot-save", "NotAFile")
    assert "model.h5" in made.payload["error"]


# Faults of our own


def test_a_fault_of_ours_in_the_plain_attempt_ends_the_cell_without_a_finding(store: Store) -> None:
    made, worker = load(store, [{"event": "begin", "attempt": "plain"}, FAULT, ended()])
    assert outcomes(made) == {"plain": "harness-error"}
    assert len(worker.requests) == 1
    assert verdict(made.records, NEAR).verdict == "harness-error"
    assert attempts_to_run(WORK.attempts(), made, NEAR) == list(WORK.attempts())


def test_a_fault_of_ours_before_the_first_attempt_is_no_finding_either(store: Store) -> None:
    made, _ = load(store, [FAULT, ended()])
    assert verdict(made.records, NEAR).verdict == "harness-error"


def test_a_fault_of_ours_that_also_kills_the_child_is_no_crash(store: Store) -> None:
    made, _ = load(store, [{"event": "begin", "attempt": "plain"}, FAULT, ended("SIGKILL")])
    assert outcomes(made) == {"plain": "harness-error"}


def test_a_fault_of_ours_in_a_remedy_leaves_the_others_and_is_tried_again(store: Store) -> None:
    first = [*tried(raised()), {"event": "begin", "attempt": FIRST}, FAULT, ended()]
    made, worker = load(store, first, [*tried(loaded(SECOND)), ended()])
    assert outcomes(made) == {"plain": "raised", FIRST: "harness-error", SECOND: "loaded"}
    assert asked(worker)[1] == [SECOND]
    assert verdict(made.records, NEAR).verdict == "remedy"
    assert attempts_to_run(WORK.attempts(), made, NEAR) == list(WORK.attempts())


def test_a_worker_that_could_not_be_had_gives_our_own_fault() -> None:
    error = WorkerError("the probe did not answer")
    cell = failed_cell(LoadTask("c1", WORK, ARTIFACT, "2.16-cpu", NEAR), error)
    found = verdict(cell.records, NEAR)
    assert (found.verdict, found.reason) == ("harness-error", "the probe did not answer")
    artifact = failed_artifact(SAVE, error)
    assert (artifact.state, artifact.payload["error"]) == ("harness-error", "the probe did not answer")


def test_a_probe_that_dies_stores_no_cell(store: Store) -> None:
    with pytest.raises(WorkerError):
        run_load(
            LoadTask("c1", WORK, ARTIFACT, "2.16-cpu", NEAR),
            ScriptedWorker(in_turn([*tried(raised()), ended("SIGSEGV")], WorkerError("gone"))),
            store,
            LIMITS,
        )
    assert store.cells() == {}


# Cells that are partly known


def test_only_what_is_missing_is_run(store: Store) -> None:
    known = Cell("c1", "a1", "2.16-cpu", ("plain", FIRST, SECOND), (raised(), raised(FIRST), crashed(SECOND)), 1.0)
    made, worker = load(store, [*tried(loaded(BOTH)), ended(seconds=0.5)], known=known)
    assert asked(worker) == [[BOTH]]
    assert outcomes(made) == {"plain": "raised", FIRST: "raised", SECOND: "crashed", BOTH: "loaded"}
    assert (made.requested, made.seconds) == (("plain", *attempts.REMEDIES), 1.5)


def test_records_are_in_the_order_of_the_attempts(store: Store) -> None:
    work = Work(scenario(custom_objects=("Scale",)), "h5")
    known = Cell("c1", "a1", "2.16-cpu", ("plain", *attempts.REMEDIES), (loaded(),), 1.0)
    answers = [[*tried(loaded("bare")), ended()], [*tried(loaded("imported")), ended()]]
    made, worker = load(store, *answers, work=work, known=known)
    assert asked(worker) == [["bare"], ["imported"]]  # bare runs where nothing was ever imported
    assert [request["share"] for request in worker.requests] == ["bare", "load dense whole-model"]
    assert list(outcomes(made)) == ["bare", "imported", "plain"]


def test_what_failed_by_our_own_fault_is_replaced(store: Store) -> None:
    known = Cell("c1", "a1", "2.16-cpu", ("plain", *attempts.REMEDIES), (faulty(), loaded(FIRST)), 1.0)
    made, worker = load(store, [*tried(loaded()), ended()], known=known)
    assert asked(worker) == [["plain", *attempts.REMEDIES]]
    assert outcomes(made) == {"plain": "loaded"}


def test_a_crash_shows_the_end_of_what_was_printed() -> None:
    text = crash_message("SIGSEGV", "\n".join(f"line {number}" for number in range(30)))
    assert "SIGSEGV" in text
    assert text.endswith("line 29")
    assert "line 17" not in text
    assert crash_message(None, "") == "the process ended early: without a signal"


def test_what_kills_from_outside_is_asked_again_once(store: Store) -> None:
    made, worker = load(store, [ended("SIGKILL")], [*tried(loaded()), ended()])
    assert outcomes(made)["plain"] == "loaded"
    assert len(worker.requests) == 2
    made, worker = load(store, [ended("SIGKILL")], [ended("SIGKILL")], [*tried(raised(FIRST)), ended()])
    assert outcomes(made)["plain"] == "crashed"


def test_a_save_that_is_asked_again_starts_with_an_empty_folder(store: Store) -> None:
    def respond(request: Mapping[str, Any]) -> list[Event]:
        if len(worker.requests) == 1:
            answer_save(request, "half written")
            (Path(request["directory"]) / "left").touch()
            return [ended("SIGKILL")]
        return answer_save(request)

    worker = ScriptedWorker(respond)
    made = run_save(SAVE, worker, store, LIMITS)
    assert sorted(path.name for path in store.artifact_folder(made).iterdir()) == ["model.h5", "reference.json"]


def test_a_disk_that_fills_while_loading_is_no_finding(store: Store) -> None:
    with pytest.raises(StoreError, match="disk is full"):
        load(store, [*tried(raised(error="[Errno 28] No space left on device")), ended()])


# Deaths after the load


def measured(record: Mapping[str, Any], pending: str) -> list[Event]:
    """The events of an attempt that loaded and was measured up to a rung."""
    return [{"event": "begin", "attempt": record["attempt"]}, {"event": "measured", "pending": pending, **record}]


def without(record: Event, *rungs: str) -> Event:
    return {**record, "rungs": {name: found for name, found in record["rungs"].items() if name not in rungs}}


def test_a_death_in_training_belongs_to_training_and_needs_no_remedy(store: Store) -> None:
    made, worker = load(store, [*measured(without(loaded(), "training"), "training"), ended("SIGSEGV", "corrupted")])
    assert asked(worker)[1:] == []
    (plain,) = made.records
    assert (plain["outcome"], plain["rungs"]["outputs"]["bit_equal"]) == ("loaded", True)
    assert (plain["rungs"]["training"]["error_type"], plain["rungs"]["training"]["died"]) == ("SIGSEGV", True)
    assert "corrupted" in plain["rungs"]["training"]["error"]
    assert "pending" not in plain


def test_a_death_in_a_step_of_use_leaves_the_other_steps(store: Store) -> None:
    record = loaded()
    record["rungs"]["use"] = {"predict": {"works": True}}
    made, _ = load(store, [*measured(record, "use:fit"), ended("time limit")])
    (plain,) = made.records
    assert plain["rungs"]["use"]["predict"] == {"works": True}
    assert plain["rungs"]["use"]["fit"]["error_type"] == "time limit"


def test_remedies_are_tried_after_a_death_in_predict(store: Store) -> None:
    made, worker = load(
        store,
        [*measured(loaded(), "use:predict"), ended("SIGSEGV")],
        [*tried(loaded("compile=False")), ended()],
    )
    assert asked(worker)[1][0] == "compile=False"
    assert outcomes(made) == {"plain": "loaded", "compile=False": "loaded"}
