import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pandas as pd
import pytest

from crossload.domain.cells import ATTEMPT_COLUMNS, RESULT_COLUMNS
from crossload.util.files import write_atomically
from crossload_reports.analysis.frame import tidy
from crossload_reports.exports import fleet, tables
from crossload_reports.exports.tables import write_tables
from tests.unit.reports import sample_run

NAMES = [
    "attempts.csv",
    "results.csv",
    "results.json",
    "results.junit.xml",
    "results.parquet",
    "results.schema.json",
]


def test_every_table_gives_back_what_was_written(tmp_path: Path) -> None:
    results, attempts = sample_run.made_up_run(("2.10-cpu", "2.16-cpu"), ("h5", "keras"))

    paths = write_tables(results, attempts, sample_run.environments(), sample_run.run_info(), tmp_path / "out")

    assert sorted(paths) == NAMES
    assert {path.name for path in (tmp_path / "out").iterdir()} == set(paths)
    expected = tidy(results, RESULT_COLUMNS)
    pd.testing.assert_frame_equal(tidy(pd.read_parquet(paths["results.parquet"]), RESULT_COLUMNS), expected)
    # "n/a" is a word of ours and no missing value.
    read = pd.read_csv(paths["results.csv"], keep_default_na=False, na_values={"fidelity": "", "max_abs_diff": "",
                       "max_rel_diff": "", "max_ulp_diff": "", "artifact_bytes": "", "seconds": ""})  # fmt: skip
    pd.testing.assert_frame_equal(tidy(read, RESULT_COLUMNS), expected)
    read = pd.read_csv(paths["attempts.csv"], keep_default_na=False, na_values={"fidelity": "", "max_abs_diff": "",
                       "max_rel_diff": "", "max_ulp_diff": "", "seconds": ""})  # fmt: skip
    pd.testing.assert_frame_equal(tidy(read, ATTEMPT_COLUMNS), tidy(attempts, ATTEMPT_COLUMNS))
    document = json.loads(paths["results.json"].read_text("utf-8"))
    assert document["schema"] == 1
    assert document["run"]["command"] == "crossload run --profile quick"
    assert [environment["id"] for environment in document["environments"]] == list(sample_run.VERSIONS)
    assert len(document["results"]) == len(expected)
    assert list(document["results"][0]) == list(RESULT_COLUMNS)


def test_json_has_null_for_what_is_missing_and_keeps_infinity(tmp_path: Path) -> None:
    results = sample_run.table(
        sample_run.cell("fails", max_abs_diff=float("nan"), fidelity=None),
        sample_run.cell("differs", max_abs_diff=float("inf"), fidelity=2),
    )

    paths = write_tables(results, pd.DataFrame(), [], {}, tmp_path)

    first, second = json.loads(paths["results.json"].read_text("utf-8"))["results"]
    assert (first["max_abs_diff"], first["fidelity"]) == (None, None)
    assert (second["max_abs_diff"], second["fidelity"]) == ("inf", 2)


def test_an_empty_run_still_writes_every_column(tmp_path: Path) -> None:
    paths = write_tables(pd.DataFrame(), pd.DataFrame(), [], {}, tmp_path)

    assert paths["results.csv"].read_text("utf-8").strip() == ",".join(RESULT_COLUMNS)
    assert paths["attempts.csv"].read_text("utf-8").strip() == ",".join(ATTEMPT_COLUMNS)
    assert list(pd.read_parquet(paths["results.parquet"]).columns) == list(RESULT_COLUMNS)


def test_undecodable_names_do_not_stop_the_export(tmp_path: Path) -> None:
    # pandas 3 puts such text into a frame only as objects.
    results = pd.DataFrame([sample_run.cell("fails", error="no file \udcff.h5")], dtype="object")

    paths = write_tables(results, pd.DataFrame(), [], {}, tmp_path)

    assert "no file \\udcff.h5" in paths["results.csv"].read_text("utf-8")


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    target = tmp_path / "results.csv"
    target.write_text("before")

    def half(path: Path) -> None:
        path.write_text("ha")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_atomically(target, half)

    assert target.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["results.csv"]


def test_json_is_valid_by_the_schema_beside_it(tmp_path: Path) -> None:
    rows = [sample_run.cell("differs", max_abs_diff=float("inf")), sample_run.cell("unavailable", fidelity=None)]
    results = pd.concat([sample_run.made_up_run(("2.10-cpu", "2.16-cpu"), ("h5",))[0], sample_run.table(*rows)])

    paths = write_tables(results, pd.DataFrame(), sample_run.environments(), sample_run.run_info(), tmp_path)

    schema = json.loads(paths["results.schema.json"].read_text("utf-8"))
    document = json.loads(paths["results.json"].read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document, schema, cls=jsonschema.Draft202012Validator)
    assert set(document["results"][0]) == set(schema["properties"]["results"]["items"]["required"])
    document["results"][0]["verdict"] = "fine"
    with pytest.raises(jsonschema.ValidationError, match="fine"):
        jsonschema.validate(document, schema, cls=jsonschema.Draft202012Validator)


def test_junit_counts_what_fails_and_what_was_skipped(tmp_path: Path) -> None:
    hostile = "bad \x00 ]]> <b>&amp; \ud800"
    results = pd.DataFrame([
        sample_run.cell("exact"), sample_run.cell("remedy", scenario="a", attempt="compile=False", cost="optimizer state lost"),
        sample_run.cell("differs", scenario="b"), sample_run.cell("fails", scenario="<c>", error=hostile, error_type="E"),
        sample_run.cell("unavailable", scenario="d", reason="no Python"), sample_run.cell("harness-error", scenario="e"),
        sample_run.cell("cannot-save", scenario="f", error="no"),
    ], dtype="object")  # fmt: skip

    paths = write_tables(results, pd.DataFrame(), [], {}, tmp_path)

    root = ElementTree.parse(paths["results.junit.xml"]).getroot()
    counts = {name: root.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "7", "failures": "2", "errors": "1", "skipped": "2"}
    assert [suite.get("name") for suite in root] == ["2.10 to 2.16", "2.10 to not saved"]
    cases = {str(case.get("name")): case for case in root.iter("testcase")}
    failure = cases["<c> [h5]"].find("failure")
    assert failure is not None
    assert "]]> <b>&amp;" in str(failure.text)
    assert "attempt: compile=False" in str(cases["a [h5]"].findtext("system-out"))
    assert not list(cases["dense [h5]"])


def test_csv_is_what_pandas_writes(tmp_path: Path) -> None:
    words = ["plain", 'says "no", twice', "two\nlines", "a\r\nb", "", " spaces ", "ünïcode", None]
    numbers = [0.1, 1e-8, float("inf"), None, 3.0, 2.5e300, -0.0, 1e22]
    results = pd.DataFrame(
        {
            "scenario": words,
            "saved_with": "2.10-cpu",
            "loaded_with": "2.16-cpu",
            "verdict": "exact",
            "error": words,
            "seconds": numbers,
            "artifact_bytes": [1, None, 2**40, 0, 5, 6, 7, 8],
            "own, extra": words,
        }
    )
    paths = write_tables(results, results[["error"]], [], {}, tmp_path)
    expected = tmp_path / "expected.csv"
    tidy(results, RESULT_COLUMNS).to_csv(expected, index=False, lineterminator="\n", encoding="utf-8")
    assert paths["results.csv"].read_bytes() == expected.read_bytes()


def test_what_was_not_run_or_failed_for_a_fault_of_ours_does_not_pass_in_junit(tmp_path: Path) -> None:
    results = pd.DataFrame([
        sample_run.cell("unavailable", scenario="a", reason="no Python"),
        sample_run.cell("cannot-save", scenario="b", error="no"),
        sample_run.cell("harness-error", scenario="c"), sample_run.cell("differs", scenario="d"),
        sample_run.cell("crashes", scenario="e"), sample_run.cell("lossy", scenario="f", lost="optimizer"),
    ], dtype="object")  # fmt: skip
    paths = write_tables(results, pd.DataFrame(), [], {}, tmp_path)
    root = ElementTree.parse(paths["results.junit.xml"]).getroot()
    found = {str(case.get("name"))[0]: [item.tag for item in case] for case in root.iter("testcase")}
    assert found == {
        **{"a": ["skipped"], "b": ["skipped"], "c": ["error"]},
        **{"d": ["failure"], "e": ["failure"], "f": ["system-out"]},
    }


def test_a_table_that_could_not_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = sample_run.table(sample_run.cell("exact"))
    before = write_tables(results, pd.DataFrame(), [], {}, tmp_path)["results.json"].read_bytes()

    def stop_halfway(document: object, path: Path) -> None:
        path.write_text('{"schema": 1, "run"', encoding="utf-8")
        raise OSError("no space left on device")

    monkeypatch.setattr(tables, "_write_json", stop_halfway)
    with pytest.raises(OSError, match="no space"):
        write_tables(results, pd.DataFrame(), [], {}, tmp_path)
    assert (tmp_path / "results.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_spreadsheet_takes_no_name_of_a_file_for_a_formula(name: str) -> None:
    assert fleet._safe(name).startswith("'")
    assert fleet._safe(f"a{name}") == fleet._plain(f"a{name}")


def test_sarif_says_what_a_model_carries_however_it_loads() -> None:
    row: Any = SimpleNamespace(
        read=SimpleNamespace(found=SimpleNamespace(path=Path("a.h5"))),
        **{"name": "a.h5", "carries": ("Python bytecode",), "reason": lambda target: ""},
        outcome=lambda target: "as it is",
    )
    (found,) = fleet._results(row, "2.21-cpu")
    assert (found["ruleId"], found["level"]) == ("carries", "warning")
    assert found["message"]["text"] == "a.h5 carries: Python bytecode"
