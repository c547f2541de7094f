"""Constructs, errors and pairs: what the pages and the JSON say is what was measured, nothing is linked that is not there."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from jsonschema import Draft202012Validator
from playwright.sync_api import Browser

from crossload.app.data.lookup import write_lookup
from crossload.domain.verdicts import SCORED, severity
from crossload.resources import MEASURED
from crossload.shipped.construct_data import read_constructs
from crossload.shipped.file_format import read
from tests.browser import chromium


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    write_lookup(folder)
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def test_every_file_is_as_the_schema_says_and_the_index_names_it(site: Path) -> None:
    base = site / "api" / "v1"
    validator = Draft202012Validator(json.loads((base / "schema.json").read_text(encoding="utf-8")))
    Draft202012Validator.check_schema(validator.schema)
    there = {path.relative_to(base).as_posix() for path in base.rglob("*.json")} - {"schema.json"}
    for name in there:
        assert list(validator.iter_errors(json.loads((base / name).read_text(encoding="utf-8")))) == []
    index = json.loads((base / "index.json").read_text(encoding="utf-8"))
    named = {unquote(item["file"]) for kind in ("constructs", "errors", "pairs") for item in index[kind]}
    assert named == there - {"index.json"}
    assert {item["name"] for item in index["constructs"]} >= {
        "Dense",
        "LSTM",
        "Bidirectional",
        "SlicingOpLambda",
        "loss:mse",
    }
    # Classes that only scenarios have are no part of Keras.
    assert not {item["name"] for item in index["constructs"]} & {"Gate", "Doubling", "compiled", "__tuple__"}
    names = [item["slug"].lower() for item in index["constructs"]]
    assert len(set(names)) == len(names)


def test_a_construct_is_as_good_as_the_best_file_with_it(site: Path) -> None:
    entry = json.loads((site / "api/v1/constructs/Dense.json").read_text(encoding="utf-8"))
    found = {(strip["saved_with"], strip["format"]): strip["cells"] for strip in entry["strips"]}
    evidence = read_constructs().evidence("2.10-cpu", "h5")
    cells = {cell["loaded_with"]: cell["verdict"] for cell in found["2.10-cpu", "h5"]}
    for reader, rows in evidence.cells.items():
        best = min(
            (severity(row["verdict"]) for name, row in rows.items() if "Dense" in evidence.marks[name]), default=None
        )
        if best is not None and reader in cells:
            assert severity(cells[reader]) == best
    assert len(cells) >= 3


def test_pairs_and_errors_count_what_was_measured(site: Path) -> None:
    rows = [row for row in read(MEASURED).rows() if row["loaded_with"]]
    pair = json.loads((site / "api/v1/pairs/2.10-cpu/2.16-cpu.json").read_text(encoding="utf-8"))
    mine = [row for row in rows if (row["saved_with"], row["loaded_with"]) == ("2.10-cpu", "2.16-cpu")]
    counted = Counter(row["verdict"] for row in mine if row["verdict"] in SCORED and not row.get("apart"))
    assert sum((Counter(verdicts) for verdicts in pair["formats"].values()), Counter()) == counted
    cause, count = Counter(row["cause"] for row in rows if row["cause"] and row["cause"] != "unknown").most_common(1)[0]
    error = json.loads((site / f"api/v1/errors/{cause}.json").read_text(encoding="utf-8"))
    assert error["cells"] == sum(item["cells"] for item in error["pairs"]) == count
    assert not any("\x1b" in text for text in error["messages"])


def test_no_page_leads_nowhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        for target in re.findall(r'href="([^"#]+)', page.read_text(encoding="utf-8")):
            if not target.startswith(("https:", "data:")):
                assert (page.parent / target).is_file(), f"{page}: {target}"


@pytest.mark.parametrize(
    ("text", "kind", "page"), [("bidir", "construct", "Bidirectional"), ("batch_shape", "error", "batch_shape")]
)
def test_the_search_finds_names_and_words_of_errors(
    site: Path, browser: Browser, text: str, kind: str, page: str
) -> None:
    tab = browser.new_page(viewport={"width": 390, "height": 800})
    heard: list[str] = []
    tab.on("console", lambda message: heard.append(message.text))
    tab.on("pageerror", lambda error: heard.append(str(error)))
    tab.goto((site / "lookup.html").as_uri())
    tab.fill("#search", text)
    shown = tab.locator(f"[data-kind={kind}] li:visible")
    assert 0 < shown.count() < 60
    assert all(text in item.lower() for item in shown.evaluate_all("all => all.map(one => one.outerHTML)"))
    address = tab.url
    assert f"text={text}" in address
    again = browser.new_page()
    again.goto(address)
    assert again.locator(f"[data-kind={kind}] li:visible").count() == shown.count()
    tab.fill("#search", "no such thing at all")
    assert tab.locator("[data-list] li:visible").count() == 0
    assert tab.text_content("#found") == "0 found"
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    assert heard == []
    tab.close()
    again.close()
