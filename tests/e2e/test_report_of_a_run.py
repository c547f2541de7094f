"""The report of a real run, of its second one: read by a machine for accessibility, by keyboard, on a phone, in print."""

import json
import random
import re
from itertools import product
from pathlib import Path

import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from crossload_reports.html.words import PAGES
from tests.e2e.report_truth import check_numbers, check_plans
from tests.e2e.running import config_with, crossload, results

pytestmark = pytest.mark.e2e
# A softmax computes something else in the last digits, which the second run is strict about.
SCENARIOS = "dense,lstm,q3-1-plain,q3-4-other-behaviour,q1-1-*"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two runs of the same cells, the second one judged more strictly."""
    folder = tmp_path_factory.mktemp("run")
    tolerance = ("float32 = { atol = 1e-6, rtol = 1e-5 }", "float32 = { atol = 1e-9, rtol = 1e-9 }")
    strict = config_with(folder, tolerance)
    out = folder / "build"
    arguments = ("--tf", "2.10,2.16", "--scenario", SCENARIOS, "--backend", "venv", "--out", str(out))
    for more in ((), ("--config", str(strict), "--site", str(folder / "site"))):
        finished = crossload("run", *arguments, *more)
        assert finished.returncode == 0, finished.stderr
    return out


@pytest.fixture(scope="module")
def address(out: Path) -> str:
    return (out / "report" / "index.html").as_uri()


@pytest.fixture(scope="module")
def table(out: Path) -> pd.DataFrame:
    return results(out)


def views(table: pd.DataFrame) -> list[str]:
    """Every page, and the panel of the worst cell and of a repaired one."""
    panels = []
    for verdict in ("differs", "remedy"):
        cell = table[table["verdict"] == verdict].iloc[0]
        panels.append(f"#cell={cell.saved_with},{cell.loaded_with},{cell.format},{cell.scenario}")
    return [*(f"#page={name}" for name in PAGES), *panels]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(page: Page, address: str, table: pd.DataFrame, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    axe = Axe()
    for view in views(table):
        page.goto("about:blank")
        page.goto(address + view)
        page.wait_for_selector("html.scripted")
        found = axe.run(page)
        assert found.violations_count == 0, f"{view}: {found.generate_report()}"


def test_three_numbers_of_every_page_agree_with_the_table(page: Page, address: str, table: pd.DataFrame) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    checked = {}
    for name in PAGES:
        page.goto("about:blank")
        page.goto(f"{address}#page={name}")
        page.wait_for_selector("html.scripted")
        checked[name] = check_numbers(page, table, chance)
    assert {name for name, count in checked.items() if count >= 3} >= {"grid", "silent", "scenarios"}, checked
    assert checked["causes"] >= 2


def test_the_changes_between_the_two_runs_are_those_of_the_command(page: Page, address: str, out: Path) -> None:
    changes = json.loads(crossload("diff", "1", "2", "--out", str(out), "--json").stdout)
    assert changes

    page.goto(f"{address}#page=changes")

    for kind in {change["change"] for change in changes}:
        count = sum(change["change"] == kind for change in changes)
        expect(page.locator(f"[data-changes='{kind}']")).to_have_text(str(count))
    expect(page.locator("#change-list li")).to_have_count(len(changes))
    cell = changes[0]
    panel = f"{cell['saved_with']},{cell['loaded_with']},{cell['format']},{cell['scenario']}"
    page.goto(f"{address}#page=changes&cell={panel}")
    seen = [(cell[when]["verdict"], cell[when]["error"].split("\n")[0]) for when in ("after", "before")]
    # What agrees in verdict and error is one point of the history.
    expect(page.locator("#cell .history li b")).to_have_text([verdict for verdict, _ in dict.fromkeys(seen)])


def test_the_upgrade_page_says_what_the_planner_says(page: Page, address: str, out: Path) -> None:
    rows = json.loads((out / "results.json").read_text("utf-8"))["results"]
    environments = ["2.10-cpu", "2.16-cpu"]

    assert check_plans(page, address, rows, list(product(environments, environments))) > 20


def test_everything_can_be_reached_by_keyboard(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_selector("html.scripted a.square")
    seen: list[str] = []
    for _ in range(40):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.id || document.activeElement.className"))
        if "square" in seen[-1].split():
            break
    assert {"first-from", "first-to", "filter-share", "filter-format", "filter-text"} <= set(seen)
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    expect(page.locator("#list-title")).to_contain_text("2.10 → 2.10")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.className") == "item":
            break
    page.keyboard.press("Enter")
    expect(page.locator("#cell")).to_be_visible()
    assert page.evaluate("document.getElementById('cell').contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(page.locator("#cell")).not_to_be_visible()
    assert page.evaluate("document.activeElement.className") == "item"


def test_a_phone_shows_every_page_without_scrolling_sideways(page: Page, address: str, table: pd.DataFrame) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for view in views(table):
        page.goto("about:blank")
        page.goto(address + view)
        page.wait_for_selector("html.scripted")
        assert page.evaluate("document.documentElement.scrollWidth") == 390, view


def test_dark_is_dark_and_print_is_light_and_fits_a4(page: Page, address: str) -> None:
    page.goto(address)
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    dark = page.evaluate(background)
    assert sum(map(int, re.findall(r"\d+", dark)[:3])) < 150 < sum(map(int, re.findall(r"\d+", light)[:3]))
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(background) == "rgb(255, 255, 255)"
    page.set_viewport_size({"width": 703, "height": 1000})  # A4 less its margins, at 96 dots an inch
    assert page.evaluate("document.documentElement.scrollWidth") <= 703
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    expect(page.locator("#filters")).not_to_be_visible()


def test_the_folder_form_shows_the_same_over_http(page: Page, out: Path, table: pd.DataFrame) -> None:
    site = out.parent / "site"
    page.route(
        "http://site.example/**", lambda route: route.fulfill(path=str(site / route.request.url.rpartition("/")[2]))
    )

    page.goto("http://site.example/index.html")

    expect(page.locator("a.square").first).to_be_visible()
    expect(page.locator("#list-title small")).to_have_text(f"{(table['apart'] == '').sum():,} cells")
    asked = {url.rpartition("/")[2].split("-")[0] for url in page.heard}  # type: ignore[attr-defined]
    assert asked == {"index.html", "crossload.css", "crossload.js", "data"}
    page.heard.clear()  # type: ignore[attr-defined]
    page.goto("http://site.example/index.html#page=about")
    for name in ("results.csv", "results.json", "results.junit.xml", "summary.md"):
        assert (site / name).read_bytes() == (out / name).read_bytes()
        expect(page.locator(f".page.current a[href='{name}']")).to_be_visible()
    page.heard.clear()  # type: ignore[attr-defined]
