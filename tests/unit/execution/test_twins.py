"""Files that hold the same are loaded once; what was taken from a twin says so, is checked, and goes when a check fails."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from crossload.config import SampleConfig
from crossload.domain.cells import CellRow
from crossload.execution.local import Engine
from crossload.planning.matrix import Matrix, Work
from crossload.planning.twins import is_drawn
from crossload.results.tables import Tables
from crossload.results.twins import TwinCheck, compare_twins
from crossload.store.database import Store
from crossload.store.twins import Contents
from tests.unit.doubles import (
    Event,
    ScriptedBackend,
    answer,
    answer_save,
    config,
    ended,
    faulty,
    matrix,
    raised,
    scenario,
    tried,
)

NAMES = ("2.9-cpu", "2.10-cpu", "2.16-cpu", "2.17-cpu")
# Those of 2.16 and 2.17 hold the same.
CONTENTS = {"2.9-cpu": "a", "2.10-cpu": "b", "2.16-cpu": "c", "2.17-cpu": "c"}
WORKS = tuple(Work(scenario(name), form) for name in ("dense", "lstm", "conv2d") for form in ("h5", "keras"))
NOTHING = SampleConfig(share=1e-9)
FILES = len(WORKS)


def backend(
    other: Mapping[str, Sequence[Event]] | None = None, contents: Mapping[str, str] = CONTENTS
) -> ScriptedBackend:
    """Savers write what CONTENTS says; ``other`` answers the loads of an environment."""

    def respond(place: str, request: Mapping[str, Any]) -> list[Event]:
        if request["op"] == "save":
            return answer_save(request, contents[place])
        return list((other or {}).get(place) or answer(request))

    return ScriptedBackend(respond)


def run(
    store: Store, place: ScriptedBackend, sample: SampleConfig = NOTHING, names: Sequence[str] = NAMES, jobs: int = 2
) -> Engine:
    engine = Engine(matrix(names, WORKS), config(sample=sample), place, store, jobs)
    engine.run()
    assert engine.progress.done == engine.progress.total
    return engine


def rows(engine: Engine) -> dict[tuple[str, str], Counter[str]]:
    """By saver and loader, how many cells name which twin."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for row in Tables(engine.matrix, config(), engine.states, engine.artifacts, engine.cells).rows():
        found.setdefault((row["saved_with"], row["loaded_with"]), Counter())[row["twin"]] += 1
    return found


def check(engine: Engine, store: Store) -> TwinCheck:
    known = store.known_cells()
    parts = (engine.matrix, engine.states, engine.artifacts, engine.cells, known, Contents(store).classes)

    def rows_of(chosen: Matrix) -> Sequence[CellRow]:
        return Tables(chosen, config(), *parts[1:4]).rows()

    return compare_twins(*parts, rows_of)


def test_one_of_two_files_that_hold_the_same_is_loaded_and_each_at_home(store: Store) -> None:
    place = backend()
    engine = run(store, place)
    # Of 2.16 and 2.17 together: each at home, and in 2.9 and 2.10 one of both.
    assert place.count("load") == FILES * (4 + 4 + 2 * 2 + 2)
    assert engine.progress.copied == FILES * 2
    found = rows(engine)
    assert len(found) == 16
    assert all(sum(counts.values()) == FILES for counts in found.values())
    for loader in ("2.9-cpu", "2.10-cpu"):
        one, other = found["2.16-cpu", loader], found["2.17-cpu", loader]
        assert one["2.17-cpu"] + other["2.16-cpu"] == one[""] + other[""] == FILES
    # Across, both were run, for a load at home is a check of the twin's.
    made = check(engine, store)
    assert (made.files, made.classes, made.copied) == (FILES * 4, FILES * 3, FILES * 2)
    assert made.measured == place.count("load")
    assert made.compared == made.agreed > 0
    assert made.factor == pytest.approx(16 / 14)


def test_going_on_and_reading_again_run_nothing(store: Store) -> None:
    run(store, backend())
    again = backend()
    engine = run(store, again)
    assert again.count("load") == again.count("save") == 0
    assert engine.progress.copied == 0
    assert engine.has_copies
    assert sum(counts["2.16-cpu"] + counts["2.17-cpu"] for counts in rows(engine).values()) == FILES * 2


def test_a_writer_that_comes_later_takes_what_the_store_holds(store: Store) -> None:
    run(store, backend(), names=NAMES[:3])
    later = backend()
    engine = run(store, later)
    # Its loads at home, and everybody's loads in it.
    assert later.count("load") == FILES * 4
    assert engine.progress.copied == FILES * 3
    assert rows(engine)["2.17-cpu", "2.16-cpu"] == Counter({"2.16-cpu": FILES})


def test_cells_that_are_drawn_are_run_all_the_same(store: Store) -> None:
    place = backend()
    engine = run(store, place, SampleConfig(share=1.0))
    assert place.count("load") == FILES * 16
    assert engine.progress.copied == 0
    made = check(engine, store)
    assert made.compared == made.agreed == FILES * 4


def test_the_draw_is_of_the_share_asked_for_and_the_same_each_time() -> None:
    cells = [("dense", "h5", f"2.{one}-cpu", f"2.{other}-cpu") for one in range(60) for other in range(60)]
    drawn = [cell for cell in cells if is_drawn(cell, SampleConfig(share=0.02, seed=3))]
    assert 0.012 < len(drawn) / len(cells) < 0.028
    assert drawn == [cell for cell in cells if is_drawn(cell, SampleConfig(share=0.02, seed=3))]
    assert drawn != [cell for cell in cells if is_drawn(cell, SampleConfig(share=0.02, seed=4))]


def test_one_load_that_differs_from_its_twins_and_the_class_is_run(store: Store) -> None:
    contents = {"2.9-cpu": "a", "2.16-cpu": "c", "2.17-cpu": "c", "2.18-cpu": "c"}
    cells = [("dense", "h5", saver, "2.9-cpu") for saver in contents if saver != "2.9-cpu"]
    seed = next(
        seed
        for seed in range(999)
        if [is_drawn(cell, SampleConfig(share=0.02, seed=seed)) for cell in cells].count(True) == 1
    )
    sample = SampleConfig(share=0.02, seed=seed)
    seen: list[str] = []

    def respond(name: str, request: Mapping[str, Any]) -> list[Event]:
        if request["op"] == "save":
            return answer_save(request, contents[name])
        if name == "2.9-cpu" and (Path(request["directory"]) / "model.h5").read_bytes().endswith(b"c"):
            # As if this loader looked at the version after all: of two files that hold the same one fails.
            seen.append(name)
            if len(seen) == 1:
                return [*tried(raised()), ended()]
        return answer(request)

    first = Engine(matrix(contents, WORKS[:1]), config(sample=sample), ScriptedBackend(respond), store, 1)
    first.run()
    made = check(first, store)
    assert made.compared - made.agreed == 1
    assert len(made.disagreeing) == len(made.refuted) == 1
    copies = [key for keys in made.refuted.values() for key in keys]
    assert len(copies) == made.copied == first.progress.copied > 0
    assert "run themselves" in made.refutation
    Contents(store).dissolve(made.refuted, copies)
    again = backend(contents=contents)
    engine = Engine(first.matrix, config(sample=sample), again, store, 1)
    engine.run()
    assert again.count("load") == len(copies)
    assert {twin for counts in rows(engine).values() for twin in counts} == {""}
    assert not check(engine, store).copied
    assert not engine.has_copies


def test_where_a_fault_of_ours_ends_a_load_a_twin_runs_in_its_place(store: Store) -> None:
    place = backend({"2.9-cpu": [*tried(faulty()), ended()]})
    engine = run(store, place, jobs=1)
    found = rows(engine)
    assert found["2.16-cpu", "2.9-cpu"] == found["2.17-cpu", "2.9-cpu"] == Counter({"": FILES})
    mended = backend()
    engine = run(store, mended)
    assert mended.count("load") == FILES * 3
    assert rows(engine)["2.16-cpu", "2.9-cpu"]["2.17-cpu"] + rows(engine)["2.17-cpu", "2.9-cpu"]["2.16-cpu"] == FILES


def test_other_code_of_a_scenario_makes_no_twin(store: Store) -> None:
    run(store, backend(), names=NAMES[:3])
    changed = tuple(
        Work(scenario(work.scenario.name, digest=f"other {work.scenario.name}"), work.format) for work in WORKS
    )
    place = backend()
    engine = Engine(matrix(NAMES, changed), config(sample=NOTHING), place, store, 2)
    engine.run()
    assert place.count("load") == FILES * 14
