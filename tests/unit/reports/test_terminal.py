import pandas as pd

from crossload_reports.exports.terminal import terminal_summary
from tests.unit.reports.sample_run import cell, table


def test_the_summary_ends_with_the_worst_findings_and_where_the_report_is() -> None:
    rows = [cell("exact", scenario="fine"), cell("differs"), cell("crashes"), cell("fails", error_type="ValueError")]
    results = table(*rows, cell("lossy"), cell("unavailable"))

    lines = terminal_summary(results, "build/report/index.html")

    assert lines[1] == "Scored: 1 exact, 1 lossy, 1 fails, 1 crashes, 1 differs"
    assert lines[2] == "Outside every score: 1 unavailable"
    assert lines[-5:] == [
        "Worst findings:",
        "  1. differs: h5 of 2.10 gives other outputs in 2.16 for dense",
        "  2. crashes: h5 of 2.10 crashes in 2.16 for dense",
        "  3. fails: h5 of 2.10 does not load in 2.16 for dense: ValueError",
        "Report: build/report/index.html",
    ]


def test_a_run_without_cells_says_so_in_two_lines() -> None:
    assert terminal_summary(pd.DataFrame(), "r.html") == ["No cell could be scored in this run.", "Report: r.html"]


def test_the_worst_findings_name_the_cause_where_it_is_known() -> None:
    results = table(cell("fails", error_type="ValueError", cause="old-key"))
    causes = [{"id": "old-key", "title": "An old key"}]

    assert "does not load in 2.16 for dense: An old key" in terminal_summary(results, "r.html", causes)[-2]
