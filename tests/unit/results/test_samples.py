"""A sample is compared with what was measured in full; one cell that disagrees, and nothing stands for anything any more."""

from collections.abc import Mapping
from typing import Any

import pytest

from crossload.config import SampleConfig
from crossload.execution.local import Engine
from crossload.planning.matrix import Matrix, Work
from crossload.results.samples import Sampled, compare_samples
from crossload.results.tables import Tables
from crossload.store.database import Store
from tests.unit.doubles import (
    Event,
    ScriptedBackend,
    answer,
    config,
    crashed,
    ended,
    environment,
    loaded,
    raised,
    scenario,
    tried,
)

NAMES = ("2.15-cpu", "2.19-cpu", "2.20-cpu", "keras3.9-cpu")
KERAS = {"2.15-cpu": "2.15.0", "2.19-cpu": "3.11.3", "2.20-cpu": "3.11.3", "keras3.9-cpu": "3.9.2"}
TWINS = {"2.20-cpu": "2.19-cpu"}
WORKS = tuple(Work(scenario(name), form) for name in ("dense", "lstm", "conv2d") for form in ("h5", "keras"))
SETTINGS = SampleConfig(share=0.2, seed=5)


def matrix() -> Matrix:
    made = [environment(name, lock=f"# {name}\nx=={place}\nkeras=={KERAS[name]}\n") for place, name in enumerate(NAMES)]
    return Matrix(tuple(made), WORKS).sampled(TWINS, SETTINGS)


def run(store: Store, backend: ScriptedBackend, chosen: Matrix) -> Engine:
    engine = Engine(chosen, config(), backend, store, jobs=2)
    engine.run()
    return engine


def compared(engine: Engine) -> list[Sampled]:
    return compare_samples(engine.matrix, config(), engine.states, engine.artifacts, engine.cells)


def other_in(name: str, record: Mapping[str, Any]) -> ScriptedBackend:
    """A backend in which one environment loads otherwise."""

    def respond(place: str, request: Mapping[str, Any]) -> list[Event]:
        if place == name and request["op"] == "load":
            return [*tried(record), ended()]
        return answer(request)

    return ScriptedBackend(respond)


def test_only_the_sample_is_run_and_only_what_was_run_has_a_row(store: Store) -> None:
    chosen, backend = matrix(), ScriptedBackend()
    engine = run(store, backend, chosen)
    assert chosen.sample is not None
    assert backend.count("load") == len(WORKS) * 9 + len(chosen.sample.cells)
    assert backend.count("save") == len(WORKS) * 3 + len(chosen.sample.files)
    progress = engine.progress
    assert progress.total == progress.done == progress.executed == backend.count("load") + backend.count("save")
    rows = Tables(chosen, config(), engine.states, engine.artifacts, engine.cells).rows()
    named = {(row.scenario, row.format, row.saved_with, row.loaded_with) for row in rows}
    assert {cell for cell in named if "2.20-cpu" in cell} == chosen.sample.cells
    assert len(named) == backend.count("load")


def test_a_second_run_runs_nothing(store: Store) -> None:
    run(store, ScriptedBackend(), matrix())
    again = ScriptedBackend()
    engine = run(store, again, matrix())
    assert again.asked == []
    assert engine.progress.done == engine.progress.total


def test_a_sample_that_agrees_is_counted(store: Store) -> None:
    chosen = matrix()
    (found,) = compared(run(store, ScriptedBackend(), chosen))
    assert chosen.sample is not None
    assert (found.environment, found.like, found.keras, found.reason) == ("2.20-cpu", "2.19-cpu", "3.11.3", "")
    assert found.cells == len(WORKS) * 7
    assert found.compared == found.agreed == len(chosen.sample.cells)
    assert f"{found.agreed} of {found.agreed} say what they say in 2.19." in found.text
    assert found.to_dict()["share_agreed"] == 1.0


def test_one_that_disagrees_makes_it_full(store: Store) -> None:
    backend = other_in("2.20-cpu", raised())
    engine = run(store, backend, matrix())
    (found,) = compared(engine)
    assert found.agreed < found.compared
    assert "say something else than in 2.19, first " in found.reason
    assert found.to_dict()["measured"] == "in full"
    full = engine.matrix.without({"2.20-cpu"})
    engine = run(store, backend, full)
    rows = Tables(full, config(), engine.states, engine.artifacts, engine.cells).rows()
    assert len(rows) == len(WORKS) * 16
    assert compared(engine) == []


def test_noise_of_another_tensorflow_is_no_disagreement(store: Store) -> None:
    (found,) = compared(run(store, other_in("2.20-cpu", loaded(kind="within")), matrix()))
    assert found.compared == found.agreed


@pytest.mark.parametrize("record", [loaded(kind="beyond"), loaded(optimizer="lost")])
def test_other_outputs_and_a_loss_are(store: Store, record: Mapping[str, Any]) -> None:
    (found,) = compared(run(store, other_in("2.20-cpu", record), matrix()))
    assert found.reason


def test_a_process_that_dies_says_something_else_than_an_error(store: Store) -> None:
    def respond(place: str, request: Mapping[str, Any]) -> list[Event]:
        if request["op"] != "load":
            return answer(request)
        return [*tried({**(crashed() if place == "2.20-cpu" else raised()), "error_type": "X", "error": "x"}), ended()]

    (found,) = compared(run(store, ScriptedBackend(respond), matrix()))
    assert found.agreed < found.compared


def test_nothing_stands_for_it_where_the_other_one_cannot_be_had(store: Store) -> None:
    (found,) = compared(run(store, ScriptedBackend(states={"2.19-cpu": "unavailable"}), matrix()))
    assert (found.compared, found.agreed) == (0, 0)
    assert "2.19, which has the same Keras, is not there" in found.reason


def test_what_is_not_there_itself_has_no_measured_row(store: Store) -> None:
    chosen = matrix()
    engine = run(store, ScriptedBackend(states={"2.20-cpu": "unavailable"}), chosen)
    assert engine.progress.done == engine.progress.total
    (found,) = compared(engine)
    assert (found.compared, found.reason) == (0, "")
    rows = Tables(chosen, config(), engine.states, engine.artifacts, engine.cells).rows()
    assert {row["verdict"] for row in rows if "2.20-cpu" in (row["saved_with"], row["loaded_with"])} == {"unavailable"}
