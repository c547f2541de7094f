"""Sentences, the Markdown summary, the SVG of the grid, remedies as code, and the folder for a web server."""

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest

from crossload.domain.cells import RESULT_COLUMNS
from crossload.probe import attempts as ways
from crossload.probe.formats import FORMATS
from crossload_reports import analysis
from crossload_reports.analysis.answers import answers, usual_pair
from crossload_reports.analysis.frame import tidy
from crossload_reports.exports import markdown
from crossload_reports.exports.markdown import MOST_CHARACTERS, summary_markdown
from crossload_reports.exports.step_summary import append_step_summary
from crossload_reports.exports.svg import grid_svg
from crossload_reports.html.page import make_report
from crossload_reports.html.remedy_code import remedy_code
from tests.unit.reports.sample_run import cell, environments, made_up_run, run_info, scenarios, table

HOSTILE = "<script>|`*@all\n# x"
PAST = {"id": 3, "finished": "2026-04-01T08:00:00", "accepted": "", "cells": 9, "pins": [], "changes": [],
        "counts": {"regression": 2, "new": 1}}  # fmt: skip


def told(results: pd.DataFrame, names: list[str], start: str, to: str) -> str:
    results = tidy(results, RESULT_COLUMNS)
    return answers(results, analysis.squares(results), names)[start, to].sentence


def test_the_sentence_names_the_step_at_which_files_stop_loading() -> None:
    names = ["2.10-cpu", "2.15-cpu", "2.16-cpu", "2.21-cpu"]
    rows = [cell("exact", scenario=name, loader=loader) for name in "abcd" for loader in names[:2]]
    rows += [cell("remedy", scenario=name, loader=loader) for name in "ab" for loader in names[2:]]
    rows += [cell("differs", scenario="c", loader=loader) for loader in names[2:]]
    rows += [cell("fails", scenario="d", loader=loader) for loader in names[2:]]

    assert told(table(*rows), names, "2.10-cpu", "2.21-cpu") == (
        "Careful: of 4 files saved by 2.10, 1 loads in 2.21 without a word and computes something else; 2 load after a "
        "measured step; 1 does not load. The break is 2.16: in 2.15, all 4 still load as they are."
    )
    assert (
        told(table(*rows), names, "2.10-cpu", "2.15-cpu") == "Yes: all 4 files saved by 2.10 load in 2.15 as they are."
    )
    assert told(table(*rows), names, "2.15-cpu", "2.21-cpu") == "Nothing was measured from 2.15 to 2.21."


def test_the_answer_counts_scenarios_that_come_across_in_some_format() -> None:
    rows = [cell("fails", scenario="a"), cell("remedy", scenario="a", format_="keras"), cell("fails", scenario="b"),
            cell("unavailable", scenario="c")]  # fmt: skip
    results = tidy(table(*rows), RESULT_COLUMNS)

    more = answers(results, analysis.squares(results), ["2.10-cpu", "2.16-cpu"])["2.10-cpu", "2.16-cpu"].more

    assert "3 files of 2 scenarios" in more
    assert "1 of 2 scenarios give the right outputs" in more


def test_the_answer_says_what_was_measured_elsewhere_but_not_there() -> None:
    names = ["2.10-cpu", "2.15-cpu", "2.16-cpu"]
    rows = [cell("exact", scenario=name, loader="2.15-cpu") for name in "abc"]
    rows += [cell("fails", scenario="a", loader="2.16-cpu"), cell("unavailable", scenario="b", loader="2.16-cpu")]
    results = tidy(table(*rows), RESULT_COLUMNS)

    said = answers(results, analysis.squares(results), names)

    assert (
        "2 more files of 2.10 were not measured in 2.16: nothing is claimed about them."
        in said[names[0], names[2]].more
    )
    assert "not measured" not in said[names[0], names[1]].more


def test_the_first_pair_leads_to_the_newest_version_that_was_measured() -> None:
    results = tidy(made_up_run()[0], RESULT_COLUMNS)

    names = ["2.4-cpu", "2.10-cpu", "2.15-cpu", "2.16-cpu", "2.16+tf_keras-cpu", "2.21-cpu", "nightly-cpu"]
    assert usual_pair(analysis.squares(results), names) == ("2.10-cpu", "2.21-cpu")
    assert usual_pair({}, []) == ("", "")


def test_the_first_pair_leads_to_what_pip_gives_today_where_that_was_measured() -> None:
    squares = {
        (start, to): {"scored": 1}
        for start in ("2.4-cpu", "2.10-cpu", "2.15-cpu", "2.16-cpu", "today-cpu")
        for to in ("2.16-cpu", "today-cpu", "today+jax-cpu")
    }
    names = ["2.4-cpu", "2.10-cpu", "2.15-cpu", "2.16-cpu", "today-cpu", "today+jax-cpu"]
    assert usual_pair(squares, names) == ("2.10-cpu", "today-cpu")


def test_the_summary_fits_a_comment_and_nothing_in_it_is_markup() -> None:
    rows = [cell("differs", scenario=HOSTILE), cell("fails", scenario="b", error="x" * 9000, error_type="<E>")]

    text = summary_markdown(table(*rows), environments(), (), [PAST])

    assert "\\<script\\>\\|\\`\\*\\@all \\# x" in text
    assert "2 worse, 1 new" in text
    assert re.search(r"^\| \*\*2\.10\*\* \|.* 0 % ≠ differs", text, re.MULTILINE)
    assert len(summary_markdown(*made_up_run()[:1], environments())) < MOST_CHARACTERS


def test_the_summary_is_appended_where_a_ci_system_asks_for_it(tmp_path: Path) -> None:
    summary, step = tmp_path / "summary.md", tmp_path / "step.md"
    summary.write_text("said\n", encoding="utf-8")
    step.write_text("before\n", encoding="utf-8")

    append_step_summary(summary, {"GITHUB_STEP_SUMMARY": str(step)})
    append_step_summary(summary, {})

    assert step.read_text(encoding="utf-8") == "before\nsaid\n"


def test_the_svg_has_every_square_with_its_share_and_sign() -> None:
    drawn = grid_svg(made_up_run()[0], environments())

    root = ElementTree.fromstring(drawn)
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    squares = analysis.squares(tidy(made_up_run()[0], RESULT_COLUMNS))
    shares = [analysis.percent(square["share"]) for square in squares.values() if square["scored"]]
    assert sorted(text for text in texts if text and text.endswith(" %")) == sorted(shares)
    assert texts.count("?") == 11  # one environment could not be had: its row and its column


@pytest.mark.parametrize("form", FORMATS)
def test_every_remedy_is_code_that_python_can_read(form: str) -> None:
    for attempt in ways.remedies_for(form):
        code = remedy_code(attempt, form)
        compile(code, attempt, "exec")
        for name, value in ways.arguments(attempt).items():
            if ways.gives(attempt, form) == ways.gives("plain", form):
                assert f"{name}={value}" in code
    assert remedy_code("plain", form) == ""


def test_the_folder_form_has_its_data_beside_it_and_keeps_no_old_data(tmp_path: Path) -> None:
    results, attempts = made_up_run(("2.10-cpu", "2.16-cpu"), ("h5",))
    more: dict[str, Any] = {"environments": environments(), "run": run_info(), "scenarios": scenarios()}
    (tmp_path / "results.csv").write_text("a\n", encoding="utf-8")
    site = tmp_path / "site"

    make_report(results, attempts, **more).write_site(site, tmp_path)
    first = {path.name for path in site.iterdir()}
    page = make_report(results.head(9), attempts, **more).write_site(site, tmp_path)
    second = {path.name for path in site.iterdir()}

    assert len(first) == len(second) == 5
    (data,) = second - first
    text = page.read_text(encoding="utf-8")
    assert f'data-file="{data}"' in text
    assert '<a href="results.csv">' in text
    assert "connect-src 'self'" in text
    assert len(text) < 120_000


def test_a_summary_that_is_too_long_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    results, _ = made_up_run(("2.10-cpu", "2.16-cpu"), ("h5", "keras"))
    whole = summary_markdown(results, environments())
    assert len(whole) > 300
    monkeypatch.setattr(markdown, "MOST_CHARACTERS", 300)
    cut = summary_markdown(results, environments())
    assert len(cut) <= 300
    assert cut.endswith("(cut short)\n")
    assert whole.startswith(cut.removesuffix("\n\n(cut short)\n"))
