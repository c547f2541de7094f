"""The page of a fleet in a real browser: filters stand in the address, a phone shows it all, and axe finds nothing."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from crossload.fleet.reading import Read
from crossload.fleet.results import Load, Measured, Row, Scan
from crossload.fleet.sources import Found
from crossload.fleet.trend import Change
from crossload.inspection import Inspection
from crossload.user_models.model_file import UserModel
from crossload.user_models.seat import Given
from crossload_reports.html.fleet_page import render_fleet

pytestmark = pytest.mark.e2e


def row(name: str, verdict: str, leader: str = "") -> Row:
    path = Path(name)
    opened = UserModel(path, Inspection("hdf5", keras="2.10.0"), "h5", 1_000_000)
    there = Load(like=leader) if leader else Load("exact", "plain")
    loads = {"2.10-cpu": there, "2.16-cpu": Load(verdict, "translate" if verdict == "remedy" else "plain")}
    measured = Measured(loads, "2.10-cpu", "the file says Keras 2.10.0")
    return Row(Read(Found(name, path, "models"), opened, "", "ab" * 32, Given()), "g1", leader or name, 4, measured)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    rows = [row("ä/first.h5", "exact")]
    rows += [row(f"ä/{verdict}.h5", verdict, "ä/first.h5") for verdict in ("remedy", "fails", "differs")]
    broken = Read(Found("half.h5", Path("half.h5"), "models"), None, "half.h5: is damaged.", "", Given())
    rows.append(Row(broken, "", "", 1))
    scan = Scan(rows, ["2.10-cpu", "2.16-cpu"], "2.16-cpu", {".txt": 3}, False, {"every": False})
    page = tmp_path_factory.mktemp("fleet") / "index.html"
    return render_fleet(scan, [Change("half.h5", "worse", "loads", "unreadable")], page).as_uri()


def shown(page: Page) -> int:
    return page.locator("#models tbody tr:visible").count()


def test_filters_stand_in_the_address_and_a_model_has_a_link(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("h1")).to_contain_text("1 GIVES OTHER OUTPUTS IN SILENCE")
    assert shown(page) == 5
    page.locator(".tiles a[data-outcome=differs]").click()
    assert shown(page) == 1
    assert page.url.endswith("#outcome=differs")
    page.go_back()
    assert shown(page) == 5
    page.fill("#filter-text", "half")
    assert (shown(page), page.locator("#found").inner_text()) == (1, "1 of 5 models")
    page.goto("about:blank")
    page.goto(f"{address}#model=%C3%A4%2Fremedy.h5")
    expect(page.locator("tr[data-outcome=converts] dl")).to_be_visible()
    expect(page.locator("tr[data-outcome=converts]")).to_contain_text("not run; as ä/first.h5")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_a_phone_and_the_dark_have_all_of_it(browser: Browser, address: str, width: int, scheme: str) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
        bypass_csp=True,  # axe is put into the page
    )
    page = context.new_page()
    page.goto(address)
    for details in page.locator("details").all():
        details.evaluate("found => { found.open = true }")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert [item["id"] for item in Axe().run(page).response["violations"]] == []
    context.close()
