from pathlib import Path
from typing import Any

import pytest

from crossload.runs.earlier import MOST_RUNS, earlier_runs
from crossload.store import run_log
from crossload.store.database import Store

FACTS = {"started": "2026-04-02T08:00:00", "finished": "2026-04-02T09:00:00"}


def row(verdict: str, scenario: str = "dense", **more: Any) -> dict[str, Any]:
    return {"scenario": scenario, "format": "h5", "saved_with": "2.10-cpu", "loaded_with": "2.16-cpu", "verdict": verdict,
            "fidelity": None, "lost": "", "attempt": "plain", "cause": "", "error_type": "", "error": "", "reason": "",
            "key": "k", **more}  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Any:
    made = Store(tmp_path / "store")
    yield made
    made.close()


def environment(version: str) -> dict[str, Any]:
    return {"id": "2.16-cpu", "python": "3.11.9", "pins": {"keras": version, "h5py": "3.11"}}


def test_every_stored_run_is_told_with_what_differs_from_it(store: Store) -> None:
    run_log.record(
        store, FACTS | {"environments": [environment("3.0")]}, [row("fails", error="old"), row("exact", "b")]
    )
    run_log.record(store, FACTS | {"environments": [environment("3.4")]}, [row("exact"), row("exact", "gone")])
    now = [row("fails", error="new"), row("exact", "b")]

    last, first = earlier_runs(store, now, [environment("3.4")])

    assert (last.id, first.id) == (2, 1)
    assert last.counts == {"regression": 1, "new": 1, "gone": 1}
    assert first.counts == {"error-changed": 1}
    ((kind, cell, before),) = first.changes
    assert (kind, cell) == ("error-changed", ("dense", "h5", "2.10-cpu", "2.16-cpu"))
    assert before is not None
    assert before["error"] == "old"
    assert (first.pins, last.pins) == ([("2.16-cpu", "keras", "3.0", "3.4")], [])


def test_a_report_that_is_rendered_again_is_not_compared_with_itself(store: Store) -> None:
    run_log.record(store, FACTS, [row("fails")])
    run_log.record(store, FACTS, [row("exact")])

    assert [run.id for run in earlier_runs(store, [row("exact")], [])] == [2, 1]
    assert [run.id for run in earlier_runs(store, [row("exact")], [], rendered_again=True)] == [1]
    # Judged with other tolerances, the last run is one to compare with.
    assert [run.id for run in earlier_runs(store, [row("equal")], [], rendered_again=True)] == [2, 1]


def test_the_baseline_is_always_among_them(store: Store) -> None:
    for _ in range(MOST_RUNS + 3):
        run_log.record(store, FACTS, [row("exact")])
    run_log.accept(store, 1, "2026-04-03")

    found = earlier_runs(store, [row("exact")], [])

    assert len(found) == MOST_RUNS + 1
    assert (found[-1].id, found[-1].accepted) == (1, "2026-04-03")


def test_a_first_run_has_nothing_before_it(store: Store) -> None:
    assert earlier_runs(store, [row("exact")], []) == []
