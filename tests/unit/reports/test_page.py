import base64
import hashlib
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crossload.domain import damage
from crossload_reports.html.packing import pack, unpack
from crossload_reports.html.page import render
from tests.unit.reports.sample_run import cell, environments, made_up_run, run_info, scenarios, table

HOSTILE_NAME = "<script>alert(1)</script>"
HOSTILE_ERROR = 'bad </script><img src=x onerror=alert(2)> <!-- <b onclick="x">\u2028'


def page_of(results: pd.DataFrame, tmp_path: Path, attempts: pd.DataFrame | None = None, **more: Any) -> str:
    told = {"environments": environments(), "run": run_info(), "scenarios": [], **more}
    path = render(results, pd.DataFrame() if attempts is None else attempts, told["environments"], told["run"],
                  tmp_path / "deep" / "index.html", told["scenarios"])  # fmt: skip
    return path.read_text("utf-8")


def data_of(page: str) -> dict[str, Any]:
    (text,) = re.findall(r'<script type="text/plain" id="data">(.*?)</script>', page, re.DOTALL)
    head, columns = unpack(base64.b64decode(text))
    for name, column in columns.items():
        group, _, own = name.partition(".")
        head.setdefault(group, {})[own] = column.tolist()
    return head


def test_hostile_names_and_errors_stay_text(tmp_path: Path) -> None:
    results = table(
        cell("fails", scenario=HOSTILE_NAME, error=HOSTILE_ERROR, error_type="<i>", family="<u>", cause="<s>"),
        cell("lossy", scenario=HOSTILE_NAME, loader="2.10-cpu", error=HOSTILE_ERROR, error_type="<i>"),
    )
    told = [{"name": HOSTILE_NAME, "family": "<u>", "title": "<h1>", "case": "<p>", "source": "</script><script>x"}]
    hostile_run = {**run_info(), "command": "crossload run --scenario '</code><script>'", "host": "<b>host"}

    page = page_of(results, tmp_path, scenarios=told, run=hostile_run)

    # The two scripts that the template has, and no more.
    assert len(re.findall(r"<script", page)) == 2
    assert len(re.findall(r"</script", page)) == 2
    for markup in ("<!--", "<img", "<i>TypeError", "<u>", "<s>", "<b>host", "<b onclick"):
        assert markup not in page
    data = data_of(page)
    assert HOSTILE_ERROR in data["strings"]
    assert data["scenarios"][0]["name"] == HOSTILE_NAME


def test_packed_columns_come_back_and_hold_no_markup() -> None:
    columns: dict[str, Any] = {"a.b": np.array([1, 2, 300], dtype=np.uint16), "a.c": np.array([], dtype=np.uint8)}

    block = pack({"name": HOSTILE_ERROR}, columns)
    head, found = unpack(block)

    assert head == {"name": HOSTILE_ERROR}
    assert {name: column.tolist() for name, column in found.items()} == {"a.b": [1, 2, 300], "a.c": []}
    assert block == pack({"name": HOSTILE_ERROR}, columns)


def test_only_the_page_s_own_script_may_run_and_nothing_is_fetched(tmp_path: Path) -> None:
    page = page_of(made_up_run(("2.10-cpu", "2.16-cpu"), ("h5",))[0], tmp_path)

    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', page)
    assert "default-src 'none'" in policy
    assert f"script-src 'sha256-{digest}'" in policy
    assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)", page) == []
    assert re.findall(r"(?:@import|url\(|<link(?! rel=\"icon\" href=\"data:,\"))", page) == []


def test_every_cell_and_attempt_can_be_read_back(tmp_path: Path) -> None:
    results, attempts = made_up_run(("2.10-cpu", "2.15-cpu", "2.16-cpu"), ("h5", "keras"))

    data = data_of(page_of(results, tmp_path, attempts, scenarios=scenarios()))

    cells, outcomes, text = data["cells"], data["outcomes"], data["strings"]
    names = [environment["id"] for environment in data["environments"]]
    read = [
        (data["scenarios"][scenario]["name"], data["formats"][format_]["name"], names[saver],
         names[loader] if loader < len(names) else "",
         text[outcomes["verdict"][outcome]], text[outcomes["error"][outcome]])
        for scenario, format_, saver, loader, outcome in zip(
            cells["scenario"], cells["format"], cells["saver"], cells["loader"], cells["outcome"], strict=True)
    ]  # fmt: skip
    kept = ["scenario", "format", "saved_with", "loaded_with", "verdict", "error"]
    assert sorted(read) == sorted(results[kept].itertuples(index=False, name=None))
    assert sum(cells["tries"]) == len(data["trials"]["kind"]) == len(attempts)
    assert len(text) == len(set(text))
    places = list(zip(*(cells[name] for name in ("scenario", "format", "saver", "loader")), strict=True))
    assert places == sorted(places)
    tried = Counter(tuple(row) for row in attempts[kept[:4]].itertuples(index=False, name=None))
    assert [tried[cell[:4]] for cell in read] == cells["tries"]


def test_ten_thousand_cells_stay_under_half_a_megabyte(tmp_path: Path) -> None:
    versions = tuple(f"2.{minor}-cpu" for minor in (3, 4, 6, 8, 10, 12, 14, 16, 18, 21))
    results, attempts = made_up_run(versions, ("h5", "keras", "savedmodel", "export"))

    page = page_of(results, tmp_path, attempts, environments=environments(versions), scenarios=scenarios())

    assert len(results) > 9_000
    assert len(page.encode()) < 500_000


def test_without_its_script_the_page_still_has_the_headline_and_the_grid(tmp_path: Path) -> None:
    rows = [cell("differs"), cell("exact", loader="2.10-cpu"), cell("unavailable", saver="2.15-cpu")]
    page = page_of(table(*rows), tmp_path)

    assert "1 loads without a word and computes something else" in page
    assert "h5 of 2.10 gives other outputs in 2.16 for dense" in page
    assert '0 % <span class="badge v-differs"' in page
    assert "no Python 3.11: asked uv" in page


CAUSE = {"id": "old-key", "title": "An old <key>", "explanation": "It is old.", "remedies": ["edit-config"],
         "links": [("k#1", "https://example.org/1")]}  # fmt: skip
CLAIM = {"id": "q9-a", "question": "Q9 · Why?", "sentence": "It <always> `loads`.", "verdict": "mixed",
         "numbers": "True in 1 of 9 cells.", "decided": 9, "cells": [
             {"saved_with": "2.10-cpu", "loaded_with": "2.16-cpu", "format": "h5", "scenario": "dense"}]}  # fmt: skip


def test_causes_and_claims_are_told_with_their_cells(tmp_path: Path) -> None:
    results = table(cell("fails", cause="old-key", evidence="key: x"), cell("fails", scenario="b", cause="unknown"))
    path = render(results, pd.DataFrame(), environments(), run_info(), tmp_path / "index.html", [], [CAUSE], [CLAIM])
    page = path.read_text("utf-8")

    assert "An old &lt;key&gt;" in page
    assert 'href="#cause=old-key"' in page
    assert '<a href="https://example.org/1" rel="noreferrer">k#1</a>' in page
    assert "1 cell match" in page
    assert "It &lt;always&gt; <code>loads</code>." in page
    assert 'href="#cell=2.10-cpu%2C2.16-cpu%2Ch5%2Cdense">dense, h5, 2.10 → 2.16</a>' in page
    assert "and 8 more" in page
    told = data_of(page)["words"]["causes"]
    assert set(told) == {"old-key", "unknown"}
    assert told["old-key"]["explanation"] == "It is old."


def test_silent_damage_comes_before_everything_that_says_so_itself(tmp_path: Path) -> None:
    rows = [cell("lossy", lost="optimizer"), cell("fails", scenario="b"), cell("differs", scenario="c")]
    page = page_of(table(*rows), tmp_path)

    places = [
        page.index(f'id="{name}"') for name in ("alarm-title", "findings", "silent", "causes", "round-trips", "claims")
    ]
    assert places == sorted(places)
    assert page.index("differs: other outputs") < page.index("lossy: right outputs")


def test_what_damage_comes_to_is_a_table_beside_the_run(tmp_path: Path) -> None:
    section = page_of(table(cell("exact")), tmp_path).partition('id="damaged-files"')[2].partition("</section>")[0]
    lines = [re.sub(r"<[^>]+>|\s+", " ", line).split() for line in section.split("<tr")[2:]]
    made = damage.rows(damage.shipped())

    assert len(lines) == len(made)
    assert f"{len(damage.shipped())} loads" in section
    weights = next(row for row in made if (row.format, row.damage) == ("h5", "a byte of the weights"))
    assert weights.silent > 0
    assert f"<strong>{100 * weights.silent:.0f} %</strong>" in section


def test_an_empty_run_and_a_run_that_tells_nothing_still_give_a_page(tmp_path: Path) -> None:
    page = page_of(pd.DataFrame(), tmp_path, environments=[], run={})

    assert "No cell could be scored in this run." in page


def test_environments_and_scenarios_that_nobody_described_are_shown_all_the_same(tmp_path: Path) -> None:
    data = data_of(page_of(table(cell("exact", saver="9.9-cpu", scenario="new")), tmp_path, environments=[]))

    assert [environment["id"] for environment in data["environments"]] == ["2.16-cpu", "9.9-cpu"]
    assert data["scenarios"][0]["family"] == "layers"
