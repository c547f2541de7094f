"""A matrix is cut alike everywhere, nothing is lost or run twice, and what belongs together is joined."""

from contextlib import closing
from pathlib import Path

import pytest

from crossload.errors import SelectionError, StoreError
from crossload.execution.local import Engine
from crossload.execution.shards import cut, expected_seconds, select_shard
from crossload.planning.matrix import Matrix, Work
from crossload.results.tables import Tables
from crossload.scenario_index import index_scenarios
from crossload.store import run_log
from crossload.store.database import Store
from crossload.store.merge import merge
from tests.unit.doubles import ScriptedBackend, config, environment, matrix, ready, scenario

NAMES = ("2.10-cpu", "2.16-cpu")
WORKS = tuple(
    Work(scenario(name), form) for name in ("dense", "lstm", "gru", "lambda") for form in ("h5", "savedmodel")
)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_every_work_is_in_exactly_one_shard(count: int) -> None:
    whole = matrix(NAMES, WORKS)
    parts = [select_shard(whole, f"{number}/{count}") for number in range(1, count + 1)]
    found = [work for part in parts for work in part.works]
    assert sorted(map(id, found)) == sorted(map(id, WORKS))
    assert all(part.environments == whole.environments for part in parts)


def test_shards_take_about_the_same_time() -> None:
    scenarios = index_scenarios()
    whole = Matrix(
        tuple(environment(name) for name in NAMES),
        tuple(Work(found, form) for found in scenarios.values() for form in ("h5", "savedmodel", "keras")),
    )
    seconds = [shard.seconds for shard in cut(whole, 4)]
    assert sum(seconds) == pytest.approx(sum(expected_seconds(whole, work) for work in whole.works))
    assert max(seconds) < 1.1 * min(seconds)


@pytest.mark.parametrize("word", ["0/4", "5/4", "1-4", "1/0", "one"])
def test_a_shard_that_there_is_not_is_an_error(word: str) -> None:
    with pytest.raises(SelectionError, match="i/N"):
        select_shard(matrix(NAMES, WORKS), word)


def test_more_shards_than_scenarios_are_said() -> None:
    with pytest.raises(SelectionError, match="4 shards are enough"):
        select_shard(matrix(NAMES, WORKS), "7/9")
    with pytest.raises(SelectionError, match="256"):
        cut(matrix(NAMES, WORKS), 257)


def run(out: Path, part: Matrix, digest: str = "") -> None:
    """Run a part of the matrix as a machine of its own would."""
    with closing(Store(out / "store")) as store:
        engine = Engine(part, config(), ScriptedBackend(), store, jobs=2)
        engine.run()
        states = [ready(item).record() | ({"digest": digest} if digest else {}) for item in part.environments]
        moment = f"2026-11-20T00:00:00 {out.name}"
        run_log.record(store, {"started": moment, "finished": moment, "states": states}, [])


def test_joined_shards_hold_what_one_machine_would_have_measured(tmp_path: Path) -> None:
    whole = matrix(NAMES, WORKS)
    for number in (1, 2):
        run(tmp_path / f"shard{number}", select_shard(whole, f"{number}/2"))
    run(tmp_path / "whole", whole)
    assert merge([tmp_path / "shard1", tmp_path / "shard2"], tmp_path / "joined") == (16, 32)
    assert merge([tmp_path / "shard1", tmp_path / "shard2"], tmp_path / "joined") == (0, 0)
    tables = []
    for name in ("whole", "joined"):
        with closing(Store(tmp_path / name / "store")) as store:
            states = {item.id: ready(item) for item in whole.environments}
            rows = Tables(whole, config(), states, store.artifacts(), store.cells()).results()
            tables.append(rows.drop(columns="seconds"))
            assert len(run_log.runs(store)) == (1 if name == "whole" else 2)
            assert set(run_log.recorded_states(store)) == {(item.id, item.digest) for item in whole.environments}
    assert tables[0].equals(tables[1])


def test_other_pins_under_the_same_name_do_not_belong_together(tmp_path: Path) -> None:
    whole = matrix(NAMES, WORKS[:2])
    run(tmp_path / "one", whole)
    run(tmp_path / "other", whole, digest="other pins")
    with pytest.raises(StoreError, match=r"2\.10-cpu has other pins"):
        merge([tmp_path / "one", tmp_path / "other"], tmp_path / "joined")
    with pytest.raises(StoreError, match="holds no results"):
        merge([tmp_path / "nothing"], tmp_path / "joined")


def test_a_fault_of_ours_gives_way_to_a_measurement(tmp_path: Path) -> None:
    whole = matrix(NAMES, WORKS[:1])
    run(tmp_path / "good", whole)
    run(tmp_path / "faulty", whole)
    with closing(Store(tmp_path / "faulty" / "store")) as store, store.transaction() as connection:
        connection.execute("""UPDATE cells SET records = '[{"attempt": "plain", "outcome": "harness-error"}]'""")
    assert merge([tmp_path / "faulty", tmp_path / "good"], tmp_path / "joined") == (2, 4)
    with closing(Store(tmp_path / "joined" / "store")) as store:
        assert {record["outcome"] for cell in store.cells().values() for record in cell.records} == {"loaded"}


def test_so_does_a_save_that_a_fault_of_ours_ended(tmp_path: Path) -> None:
    whole = matrix(NAMES, WORKS[:1])
    run(tmp_path / "good", whole)
    run(tmp_path / "faulty", whole)
    with closing(Store(tmp_path / "faulty" / "store")) as store, store.transaction() as connection:
        connection.execute("DELETE FROM cells")
        connection.execute("UPDATE artifacts SET state = 'harness-error', folder = ''")
    merge([tmp_path / "faulty", tmp_path / "good"], tmp_path / "joined")
    with closing(Store(tmp_path / "joined" / "store")) as store:
        assert {artifact.state for artifact in store.artifacts().values()} == {"saved"}
        assert len(store.cells()) == 4


def test_what_was_measured_here_stays_whatever_others_measured(tmp_path: Path) -> None:
    whole = matrix(NAMES, WORKS[:1])
    for name, seconds in (("own", 1.0), ("foreign", 2.0)):
        run(tmp_path / name, whole)
        with closing(Store(tmp_path / name / "store")) as store, store.transaction() as connection:
            connection.execute("UPDATE cells SET seconds = ?", (seconds,))
            connection.execute("UPDATE artifacts SET seconds = ?", (seconds,))
    assert merge([tmp_path / "foreign"], tmp_path / "own") == (0, 0)
    with closing(Store(tmp_path / "own" / "store")) as store:
        assert {cell.seconds for cell in store.cells().values()} == {1.0}
        assert {artifact.seconds for artifact in store.artifacts().values()} == {1.0}
