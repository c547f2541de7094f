"""What is remembered of one cell answers for another only where nothing that matters differs."""

from collections.abc import Callable
from typing import Any

from crossload.diagnosis import load_catalogue
from crossload.diagnosis.matching import Matcher
from crossload.environments.model import Environment, EnvironmentState
from crossload.inspection import Inspection
from crossload.planning.keys import artifact_key, cell_key
from crossload.planning.matrix import Matrix, Work
from crossload.results.tables import Tables
from crossload.store.records import Artifact, Cell
from tests.unit.doubles import config, environment, loaded, raised, ready, scenario

KERAS_3 = "Unrecognized keyword arguments: ['batch_shape']"


def keras(name: str, version: str) -> Environment:
    return environment(name, lock=f"tensorflow-cpu=={name.partition('-')[0]}.0\nkeras=={version}\nh5py==3.1.0\n")


def rows(
    environments: list[Environment],
    works: list[Work],
    record: Callable[[Work, str], Any],
    inspect: Callable[[Artifact], Inspection] | None = None,
) -> dict[tuple[str, str], Any]:
    """Rows by scenario and loader, of files that the first environment wrote."""
    states: dict[str, EnvironmentState] = {item.id: ready(item) for item in environments}
    saver = environments[0].id
    artifacts, cells = {}, {}
    for work in works:
        key = artifact_key(work, states[saver])
        artifacts[key] = Artifact(
            key, work.scenario.name, work.format, saver, "saved", "ab" * 32, "model.h5", "hdf5", 2048, 0.5, {}
        )
        for item in environments:
            number = cell_key(key, states[item.id])
            cells[number] = Cell(number, key, item.id, work.attempts(), (record(work, item.id),), 1.0)
    matrix = Matrix(tuple(environments), tuple(works))
    found = Tables(matrix, config(), states, artifacts, cells, inspect).rows()
    return {(row.scenario, row.loaded_with): row for row in found if row.saved_with == saver}


def test_the_same_measurement_is_judged_by_each_tolerance() -> None:
    works = [Work(scenario("whole"), "h5"), Work(scenario("half", precision="mixed_float16"), "h5")]
    found = rows([environment("2.10-cpu")], works, lambda work, loader: loaded("plain", "beyond"))
    assert [row["verdict"] for row in found.values()] == ["differs", "equal"]
    found = rows([environment("2.10-cpu")], works[::-1], lambda work, loader: loaded("plain", "beyond"))
    assert [row["verdict"] for row in found.values()] == ["equal", "differs"]


def test_the_same_error_has_each_environments_cause() -> None:
    there = [keras("2.16-cpu", "3.4.1"), keras("2.15-cpu", "2.15.0"), keras("2.18-cpu", "3.6.0")]

    def says(work: Work, loader: str) -> Any:
        return loaded() if loader == "2.16-cpu" else raised(error=KERAS_3)

    found = rows(there, [Work(scenario(), "h5")], says)
    assert found["dense", "2.15-cpu"]["cause"] == "config-key-keras-3"
    assert found["dense", "2.18-cpu"]["cause"] != "config-key-keras-3"


def test_the_same_error_has_the_cause_of_what_was_passed() -> None:
    works = [
        Work(scenario("passed", custom_objects=("Scale",)), "h5"),
        Work(scenario("nothing"), "h5"),
        Work(scenario("misnamed", custom_objects=(("Other", "Scale"),)), "h5"),
    ]
    record = {**raised(error="Unknown layer: Scale"), "error_type": "ValueError"}

    def read(artifact: Artifact) -> Inspection:
        return Inspection("hdf5", suffix=".h5", custom=("Scale",))

    for order in (works, works[::-1]):
        found = rows([environment("2.10-cpu")], order, lambda work, loader: record, read)
        causes = {name: row["cause"] for (name, _), row in found.items()}
        assert causes == {
            "nothing": "custom-object-missing",
            "misnamed": "custom-object-misnamed",
            "passed": "registered-name-lost",
        }


def test_the_same_error_has_the_cause_that_each_file_shows() -> None:
    works = [Work(scenario("lambda"), "keras"), Work(scenario("none"), "keras")]
    record = {
        **raised(error="pass `safe_mode=False` or call enable_unsafe_deserialization"),
        "error_type": "ValueError",
    }

    def read(artifact: Artifact) -> Inspection:
        return Inspection("zip", suffix=".keras", lambdas=int(artifact.scenario == "lambda"))

    for order in (works, works[::-1]):
        found = rows([environment("2.16-cpu")], order, lambda work, loader: record, read)
        causes = {name: row["cause"] for (name, _), row in found.items()}
        assert causes["lambda"] == "lambda-safe-mode"
        assert causes["none"] != "lambda-safe-mode"


def test_one_matcher_says_of_many_cells_what_a_fresh_one_says_of_each() -> None:
    from tests.unit.diagnosis.test_causes import CELLS, case_of

    changes: list[dict[str, Any]] = [{}, *({"round_trip": found} for found in ("", "exact", "differs", "fails"))]
    changes += [{"same_environment": True}, {"stage": "call"}, {"format": "savedmodel"}, {"verdict": "fails"}]
    shared, catalogue = Matcher(load_catalogue()), load_catalogue()
    for number, cell in enumerate(CELLS):
        for change in changes if cell["verdict"] == "differs" or number % 4 == 0 else changes[:1]:
            told = {**cell, **change}
            assert shared.diagnose(case_of(told)) == Matcher(catalogue).diagnose(case_of(told)), told
