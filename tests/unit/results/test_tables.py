"""The tables: which rows there are, and what is in them."""

from typing import Any

import pandas as pd
import pytest

from crossload.config import MatrixConfig
from crossload.domain.attempts import save_report
from crossload.domain.cells import ATTEMPT_COLUMNS, RESULT_COLUMNS
from crossload.domain.verdicts import SCORED, UNSCORED
from crossload.environments.model import EnvironmentState
from crossload.planning.keys import artifact_key, cell_key
from crossload.planning.matrix import Matrix, Work
from crossload.results.tables import Tables
from crossload.store.records import Artifact, Cell
from tests.unit.doubles import config, crashed, environment, faulty, loaded, raised, ready, scenario

DENSE = Work(scenario("dense"), "h5")
RUNG_COLUMNS = ["rung_architecture", "rung_weights", "rung_outputs", "rung_optimizer", "rung_training", "rung_use"]


class Run:
    """What a run knows at its end, made by hand."""

    def __init__(self, *names: str, works: tuple[Work, ...] = (DENSE,)) -> None:
        self.matrix = Matrix(tuple(environment(name) for name in names), works)
        self.states = {item.id: ready(item) for item in self.matrix.environments}
        self.artifacts: dict[str, Artifact] = {}
        self.cells: dict[str, Cell] = {}

    def unavailable(self, name: str) -> None:
        self.states[name] = EnvironmentState(self.states[name].environment, "unavailable", "no Python 3.9")

    def save(self, name: str, work: Work = DENSE, state: str = "saved", **payload: Any) -> Artifact:
        key = artifact_key(work, self.states[name])
        there = state == "saved"
        files = ("ab" * 32, "model.h5", "hdf5", 2048) if there else ("", "", "", 0)
        made = Artifact(key, work.scenario.name, work.format, name, state, *files, 0.75, save_report(payload))
        self.artifacts[key] = made
        return made

    def load(self, saver: str, loader: str, *records: Any, work: Work = DENSE) -> Cell:
        artifact = self.save(saver, work)
        key = cell_key(artifact.key, self.states[loader])
        self.cells[key] = Cell(key, artifact.key, loader, work.attempts(), records, 1.25)
        return self.cells[key]

    def tables(self, settings: MatrixConfig | None = None) -> Tables:
        return Tables(self.matrix, settings or config(), self.states, self.artifacts, self.cells)

    def results(self) -> pd.DataFrame:
        return self.tables().results()

    def only(self) -> dict[str, Any]:
        """The single row there is."""
        rows = self.results().to_dict("records")
        assert len(rows) == 1
        return {str(key): value for key, value in rows[0].items()}


def test_a_cell_is_one_row() -> None:
    run = Run("2.10-cpu")
    cell = run.load("2.10-cpu", "2.10-cpu", loaded("plain", "within"))
    row = run.only()
    assert tuple(run.results().columns) == RESULT_COLUMNS
    assert (row["scenario"], row["family"], row["format"]) == ("dense", "core", "h5")
    assert (row["saved_with"], row["loaded_with"]) == ("2.10-cpu", "2.10-cpu")
    assert (row["verdict"], row["fidelity"], row["attempt"]) == ("equal", 5, "plain")
    assert (row["max_abs_diff"], row["max_rel_diff"], row["max_ulp_diff"]) == (1e-7, 1e-7, 1.0)
    assert [row[name] for name in RUNG_COLUMNS] == ["pass"] * 5 + ["n/a"]
    assert (row["container"], row["artifact_bytes"], row["seconds"]) == ("hdf5", 2048, 1.25)
    assert (row["lost"], row["error"], row["error_type"], row["stage"], row["reason"], row["cause"]) == ("",) * 6
    assert cell.key.startswith(row["key"])
    assert row["key"]


def test_who_loads_a_file_that_is_not_there_is_not_believed() -> None:
    gone = Work(scenario("gone", after_save="remove"), "h5")
    by_itself = Work(scenario("by-itself", after_save="remove", load_with="load"), "h5")
    run = Run("2.10-cpu", "2.15-cpu", "2.16-cpu", works=(gone, by_itself, DENSE))
    run.load("2.10-cpu", "2.10-cpu", raised("plain", "no such file"), work=gone)
    run.load("2.10-cpu", "2.15-cpu", loaded("plain", "beyond"), work=gone)
    run.load("2.10-cpu", "2.16-cpu", loaded(), work=gone)
    # Whoever loads in a way of their own may do without the file, and other files are there.
    run.load("2.10-cpu", "2.10-cpu", loaded(), work=by_itself)
    run.load("2.10-cpu", "2.10-cpu", loaded(), work=DENSE)
    found = run.tables().impossible()
    assert [(name, row.scenario) for name, row in found.items()] == [("2.15-cpu", "gone"), ("2.16-cpu", "gone")]


def test_columns_are_those_that_others_build_on() -> None:
    assert set(RESULT_COLUMNS) >= {
        "scenario",
        "family",
        "format",
        "saved_with",
        "loaded_with",
        "verdict",
        "fidelity",
        "attempt",
        "cause",
        *(
            "max_abs_diff",
            "max_rel_diff",
            "max_ulp_diff",
            "max_scaled_diff",
            "lost",
            "error_type",
            "error",
            "stage",
            "container",
        ),
        "artifact_bytes",
        "seconds",
        "reason",
        "key",
        "cost",
        "route",
        "route_cost",
        *RUNG_COLUMNS,
    }
    assert set(ATTEMPT_COLUMNS) == {
        "scenario",
        "format",
        "saved_with",
        "loaded_with",
        "attempt",
        "outcome",
        "fidelity",
        *RUNG_COLUMNS,
        "max_abs_diff",
        "max_rel_diff",
        "max_ulp_diff",
        "max_scaled_diff",
        "error_type",
        "error",
        "stage",
        "seconds",
        "note",
    }


@pytest.mark.parametrize("states", [{}, {"2.10-cpu": "ready"}])
def test_tables_have_their_types_even_when_they_are_empty(states: dict[str, str]) -> None:
    run = Run(*states)
    if states:
        run.load("2.10-cpu", "2.10-cpu", raised())
    results, attempts = run.results(), run.tables().attempts()
    assert len(results) == len(attempts) == len(states)
    for table in (results, attempts):
        assert str(table["fidelity"].dtype) == "Int64"
        for name in ("max_abs_diff", "max_rel_diff", "max_ulp_diff", "max_scaled_diff", "seconds"):
            assert str(table[name].dtype) == "Float64"
    assert str(results["artifact_bytes"].dtype) == "Int64"


def test_lost_rungs_are_named_lowest_first() -> None:
    run = Run("2.10-cpu")
    run.load("2.10-cpu", "2.10-cpu", loaded("plain", "exact", training="lost", weights="lost", optimizer="n/a"))
    row = run.only()
    assert (row["verdict"], row["lost"], row["fidelity"]) == ("lossy", "weights,training", 1)
    assert [row[name] for name in RUNG_COLUMNS] == ["pass", "lost", "pass", "n/a", "lost", "n/a"]


def test_a_remedy_is_named_beside_what_plain_loading_said() -> None:
    run = Run("2.10-cpu")
    run.load("2.10-cpu", "2.10-cpu", raised("plain", "Unknown loss"), loaded("compile=False", optimizer="lost"))
    row = run.only()
    assert (row["verdict"], row["attempt"], row["fidelity"], row["lost"]) == ("remedy", "compile=False", 3, "optimizer")
    assert (row["error_type"], row["error"], row["stage"]) == ("TypeError", "Unknown loss", "load")


@pytest.mark.parametrize(("record", "expected"), [(raised("plain", "no"), "fails"), (crashed(), "crashes")])
def test_what_does_not_load_rests_on_no_attempt(record: dict[str, Any], expected: str) -> None:
    run = Run("2.10-cpu")
    run.load("2.10-cpu", "2.10-cpu", record)
    row = run.only()
    assert (row["verdict"], row["attempt"], row["error"]) == (expected, "", record["error"])
    assert [row[name] for name in RUNG_COLUMNS] == [""] * 6
    assert all(pd.isna(row[name]) for name in ("fidelity", "max_abs_diff", "max_rel_diff", "max_ulp_diff"))


def test_other_outputs_shout_and_name_the_repair() -> None:
    run = Run("2.10-cpu")
    run.load("2.10-cpu", "2.10-cpu", loaded("plain", "mismatch"), loaded("safe_mode=False"))
    row = run.only()
    assert (row["verdict"], row["reason"], row["attempt"]) == ("differs", "repaired by safe_mode=False", "plain")
    assert "shape" in row["error"]


def test_another_tolerance_is_another_table_over_the_same_cells() -> None:
    run = Run("2.10-cpu")
    run.load("2.10-cpu", "2.10-cpu", loaded("plain", "beyond"))
    wide = config(tolerances={"float32": {"atol": 0.1, "rtol": 0.0}})
    assert run.only()["verdict"] == "differs"
    assert list(run.tables(wide).results()["verdict"]) == ["equal"]


def test_a_fault_of_ours_is_a_row_outside_every_score() -> None:
    run = Run("2.10-cpu")
    run.load("2.10-cpu", "2.10-cpu", faulty())
    row = run.only()
    assert row["verdict"] == "harness-error"
    assert row["verdict"] in UNSCORED
    assert row["reason"] == "KeyError: 'x'"


# Savers


def test_what_can_not_be_saved_is_one_row() -> None:
    run = Run("2.9-cpu", "2.10-cpu", "2.16-cpu")
    for name in ("2.9-cpu", "2.10-cpu"):
        run.save(name, state="cannot-save", stage="fit", error_type="ValueError", error="no shape")
    run.save("2.16-cpu")
    rows = run.results().to_dict("records")
    assert [(row["saved_with"], row["loaded_with"]) for row in rows] == [("2.9-cpu", ""), ("2.10-cpu", "")]
    for row in rows:
        assert (row["verdict"], row["stage"], row["error_type"], row["error"]) == (
            "cannot-save",
            "fit",
            "ValueError",
            "no shape",
        )
        assert (row["seconds"], row["attempt"], row["container"]) == (0.75, "", "")
        assert pd.isna(row["fidelity"])
        assert pd.isna(row["artifact_bytes"])


def test_a_saver_that_crashes_is_one_scored_row() -> None:
    run = Run("2.9-cpu", "2.10-cpu")
    run.save("2.10-cpu", state="crashes", stage="save", signal="SIGSEGV", stderr="Fatal Python error\n")
    row = run.only()
    assert (row["verdict"], row["loaded_with"], row["stage"], row["error_type"]) == ("crashes", "", "save", "SIGSEGV")
    assert row["verdict"] in SCORED
    assert "Fatal Python error" in row["error"]


@pytest.mark.parametrize(
    ("payload", "reason"), [({"error": "gone"}, "gone"), ({"error": "x", "trace": "Traceback"}, "Traceback")]
)
def test_a_fault_of_ours_in_a_saver_is_one_row(payload: dict[str, str], reason: str) -> None:
    run = Run("2.9-cpu", "2.10-cpu")
    run.save("2.10-cpu", DENSE, "harness-error", **payload)
    row = run.only()
    assert (row["verdict"], row["loaded_with"], row["reason"]) == ("harness-error", "", reason)


# Environments and versions


def test_an_unavailable_environment_has_a_row_for_each_of_its_pairs() -> None:
    run = Run("2.9-cpu", "2.10-cpu", "2.16-cpu")
    run.unavailable("2.10-cpu")
    for saver in ("2.9-cpu", "2.16-cpu"):
        for loader in ("2.9-cpu", "2.16-cpu"):
            run.load(saver, loader, loaded())
    rows = run.results().to_dict("records")
    found = {(row["saved_with"], row["loaded_with"]): (row["verdict"], row["reason"]) for row in rows}
    assert len(found) == len(rows) == 9
    for pair, (verdict, reason) in found.items():
        if "2.10-cpu" in pair:
            assert (verdict, reason) == ("unavailable", "2.10-cpu: no Python 3.9")
        else:
            assert (verdict, reason) == ("exact", "")


def test_nothing_is_said_of_cells_that_were_not_reached() -> None:
    run = Run("2.9-cpu", "2.10-cpu")
    run.load("2.9-cpu", "2.10-cpu", loaded())
    rows = run.results()
    assert list(zip(rows["saved_with"], rows["loaded_with"], strict=True)) == [("2.9-cpu", "2.10-cpu")]


def test_versions_that_a_scenario_does_not_declare_are_not_applicable() -> None:
    recent = Work(scenario("dense", since="2.10"), "h5")
    run = Run("2.9-cpu", "2.10-cpu", works=(recent,))
    run.load("2.10-cpu", "2.10-cpu", loaded(), work=recent)
    rows = run.results().to_dict("records")
    found = {(row["saved_with"], row["loaded_with"]): row["verdict"] for row in rows}
    assert found == {
        ("2.9-cpu", ""): "not-applicable",
        ("2.10-cpu", "2.9-cpu"): "not-applicable",
        ("2.10-cpu", "2.10-cpu"): "exact",
    }
    reasons = [row["reason"] for row in rows if row["verdict"] == "not-applicable"]
    assert reasons == ["2.9-cpu: the scenario exists since TensorFlow 2.10"] * 2


def test_results_of_another_lock_are_not_shown() -> None:
    run = Run("2.10-cpu")
    run.load("2.10-cpu", "2.10-cpu", loaded())
    run.states["2.10-cpu"] = ready(environment("2.10-cpu", lock="tensorflow-cpu==2.10.0\n"))
    assert run.results().empty


def test_every_work_has_its_own_rows() -> None:
    works = (DENSE, Work(scenario("dense"), "keras"), Work(scenario("lstm"), "h5"))
    run = Run("2.10-cpu", works=works)
    for work in works:
        run.load("2.10-cpu", "2.10-cpu", loaded(), work=work)
    rows = run.results()
    assert list(zip(rows["scenario"], rows["format"], strict=True)) == [
        ("dense", "h5"),
        ("dense", "keras"),
        ("lstm", "h5"),
    ]
    assert rows["key"].nunique() == 3


# Attempts


def test_every_attempt_is_a_row_evidence_too() -> None:
    work = Work(scenario("dense", custom_objects=("Scale",)), "h5")
    run = Run("2.10-cpu", works=(work,))
    records = [raised("bare", "Unknown layer"), loaded("imported"), raised("plain", "no"), crashed("compile=False")]
    run.load("2.10-cpu", "2.10-cpu", *records, loaded("safe_mode=False", "within", weights="lost"), work=work)
    rows = run.tables().attempts().to_dict("records")
    assert [(row["attempt"], row["outcome"]) for row in rows] == [
        ("bare", "raised"),
        ("imported", "loaded"),
        ("plain", "raised"),
        ("compile=False", "crashed"),
        ("safe_mode=False", "loaded"),
    ]
    assert [row["error"] for row in rows[:3]] == ["Unknown layer", "", "no"]
    assert (rows[4]["fidelity"], rows[4]["rung_weights"], rows[4]["max_ulp_diff"]) == (1, "lost", 1.0)
    assert pd.isna(rows[0]["fidelity"])
    assert [row["seconds"] for row in rows] == [0.1, 0.3, 0.1, 0.1, 0.3]
    assert {(row["scenario"], row["format"], row["saved_with"], row["loaded_with"]) for row in rows} == {
        ("dense", "h5", "2.10-cpu", "2.10-cpu")
    }


def test_attempts_are_those_of_every_cell() -> None:
    run = Run("2.9-cpu", "2.10-cpu")
    run.load("2.9-cpu", "2.9-cpu", loaded())
    run.load("2.9-cpu", "2.10-cpu", raised(), loaded("compile=False"))
    run.save("2.10-cpu", state="cannot-save", stage="fit")
    assert list(run.tables().attempts()["loaded_with"]) == ["2.9-cpu", "2.10-cpu", "2.10-cpu"]


def test_what_does_not_count_says_why_in_every_row_of_its_file() -> None:
    control = Work(scenario("swapped", control=True), "h5")
    broken = Work(scenario("broken"), "h5")
    run = Run("2.9-cpu", "2.10-cpu", works=(DENSE, control, broken))
    for loader in ("2.9-cpu", "2.10-cpu"):
        run.load("2.9-cpu", loader, loaded())
        run.load("2.9-cpu", loader, loaded("plain", "beyond"), work=control)
        run.load("2.9-cpu", loader, raised() if loader == "2.9-cpu" else loaded(), work=broken)
    run.save("2.10-cpu", control, state="cannot-save", stage="fit")
    tables = run.tables()

    found = {(row["scenario"], row["saved_with"], row["loaded_with"]): row["apart"] for row in tables.rows()}

    assert {key: why for key, why in found.items() if why} == {
        ("swapped", "2.9-cpu", "2.9-cpu"): "control",
        ("swapped", "2.9-cpu", "2.10-cpu"): "control",
        ("swapped", "2.10-cpu", ""): "control",
        ("broken", "2.9-cpu", "2.9-cpu"): "wrong-at-home",
        ("broken", "2.9-cpu", "2.10-cpu"): "wrong-at-home",
    }
    # What a run fails on is no control, which is meant to fail.
    assert tables.verdicts() == {"exact", "fails"}


def test_rows_that_were_measured_alike_have_each_its_own_cause() -> None:
    run = Run("2.15-cpu", "2.16-cpu")
    for name, keras in (("2.15-cpu", "2.15.0"), ("2.16-cpu", "3.4.1")):
        run.states[name].facts = {**run.states[name].facts, "keras": keras}
    run.load("2.16-cpu", "2.15-cpu", raised(error="Unrecognized keyword arguments: ['batch_shape']"))
    run.load("2.16-cpu", "2.16-cpu", raised(error="Unrecognized keyword arguments: ['batch_shape']"))
    causes = run.results().set_index("loaded_with")["cause"]
    assert causes["2.15-cpu"] == "config-key-keras-3"
    assert causes["2.16-cpu"] != "config-key-keras-3"


def test_an_environment_that_is_not_built_has_a_row_that_says_so() -> None:
    run = Run("2.10-cpu", "2.15-cpu")
    run.load("2.10-cpu", "2.10-cpu", loaded())
    run.states["2.15-cpu"] = EnvironmentState(run.states["2.15-cpu"].environment, "missing", "not built yet")
    rows = run.results().set_index(["saved_with", "loaded_with"])
    assert rows.loc[("2.10-cpu", "2.15-cpu"), "verdict"] == "unavailable"
    assert rows.loc[("2.10-cpu", "2.15-cpu"), "reason"] == "2.15-cpu: not built yet"


def test_evidence_claims_outputs_only() -> None:
    run = Run("2.10-cpu")
    run.load("2.10-cpu", "2.10-cpu", loaded("bare"), loaded("plain"))
    attempts = run.tables().attempts().set_index("attempt")
    assert list(attempts.loc["bare", RUNG_COLUMNS]) == ["", "", "pass", "", "", ""]
    assert list(attempts["fidelity"].isna()) == [True, False]
    assert list(attempts.loc["plain", RUNG_COLUMNS]) == ["pass"] * 5 + ["n/a"]


@pytest.mark.parametrize(("at_home", "standing"), [("beyond", "wrong-at-home"), ("exact", "")])
def test_whether_a_file_is_right_at_home_is_said_by_the_load_there(at_home: str, standing: str) -> None:
    names = ("2.9-cpu", "2.10-cpu", "2.15-cpu", "2.16-cpu")
    elsewhere = "exact" if at_home == "beyond" else "beyond"
    for saver in names:
        run = Run(*names)
        for loader in names:
            run.load(saver, loader, loaded("plain", at_home if loader == saver else elsewhere))
        rows = run.results()
        assert set(rows[rows["saved_with"] == saver]["apart"]) == {standing}


def test_a_remedy_says_what_it_costs_and_plain_loading_costs_nothing() -> None:
    run = Run("2.10-cpu", "2.15-cpu")
    lossy = loaded("compile=False", optimizer="lost", training="lost")
    run.load("2.10-cpu", "2.15-cpu", raised(), lossy)
    run.load("2.10-cpu", "2.10-cpu", loaded(optimizer="lost"))
    rows = run.results().set_index(["saved_with", "loaded_with"])
    assert rows.loc[("2.10-cpu", "2.15-cpu"), "cost"] == "optimizer state lost"
    assert rows.loc[("2.10-cpu", "2.10-cpu"), "cost"] == ""
