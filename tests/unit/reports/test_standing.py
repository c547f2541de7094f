"""Controls and files that are not right at home: on no square, in no finding, no sentence, no plan and no failure of CI."""

from pathlib import Path
from xml.etree import ElementTree

import pandas as pd

from crossload.domain.cells import RESULT_COLUMNS
from crossload_reports import analysis
from crossload_reports.analysis.answers import answers
from crossload_reports.analysis.frame import tidy
from crossload_reports.analysis.standing import counted, put_apart
from crossload_reports.exports.markdown import summary_markdown
from crossload_reports.exports.tables import write_tables
from crossload_reports.exports.terminal import terminal_summary
from tests.unit.reports.sample_run import cell, table

HOME = {"saver": "2.10-cpu", "loader": "2.10-cpu"}
ROWS = [
    cell("exact", scenario="sound", **HOME),
    cell("remedy", scenario="sound", attempt="compile=False"),
    *(cell("differs", scenario="swapped", apart="control", **pair) for pair in (HOME, {})),
    cell("cannot-save", scenario="as-written", apart="control"),
    cell("crashes", scenario="broken", apart="wrong-at-home", **HOME),
    cell("fails", scenario="broken", apart="wrong-at-home"),
]


def results() -> pd.DataFrame:
    return tidy(table(*ROWS), RESULT_COLUMNS)


def test_only_what_counts_is_in_squares_findings_and_sentences() -> None:
    rows = counted(results())

    assert analysis.squares(rows)["2.10-cpu", "2.16-cpu"]["worst"] == "remedy"
    assert analysis.totals(rows).share == 1
    assert [finding.verdict for finding in analysis.worst_findings(rows)] == ["remedy"]
    assert analysis.unsaved(rows) == {}
    names = ["2.10-cpu", "2.16-cpu"]
    assert answers(rows, analysis.squares(rows), names)["2.10-cpu", "2.16-cpu"].sentence == (
        "Yes, with work: of the one file saved by 2.10, 1 loads in 2.16 after a measured step. "
        "In 2.10, 1 still loads as it is."
    )


def test_what_is_apart_is_told_with_what_came_of_it() -> None:
    apart = put_apart(results())

    assert apart.controls == {"as-written": {"cannot-save": 1}, "swapped": {"differs": 2}}
    assert apart.wrong_at_home == [("broken", "h5", "2.10-cpu", "crashes")]
    assert apart.text == "3 cells of 2 controls, which are meant to fail or to differ; 1 file not right where written"


def test_tables_for_terminals_pull_requests_and_ci_say_the_same(tmp_path: Path) -> None:
    lines = terminal_summary(table(*ROWS), "r.html")
    assert lines[0] == "100 % of 2 loads between 2 environments give the right outputs; none is silently wrong."
    assert any(line.startswith("Apart: 3 cells of 2 controls") for line in lines)
    assert not any("swapped" in line for line in lines)
    assert "swapped" not in summary_markdown(table(*ROWS))

    path = write_tables(table(*ROWS), pd.DataFrame(), [], {}, tmp_path)["results.junit.xml"]

    root = ElementTree.parse(path).getroot()
    # A file that is not right at home is a failure of that version; a control is none.
    assert (root.get("tests"), root.get("failures")) == ("4", "2")


def test_a_run_of_controls_alone_claims_nothing() -> None:
    rows = counted(tidy(table(ROWS[2]), RESULT_COLUMNS))

    assert analysis.headline(rows) == "No cell could be scored in this run."
