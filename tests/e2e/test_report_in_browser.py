"""The rendered report in a real browser. Chromium is part of what these tests need: without it they fail."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from crossload_reports.html.page import render
from tests.unit.reports import sample_run

pytestmark = pytest.mark.e2e
CELL = "2.10-cpu,2.16-cpu,h5,adapted-normalization"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    results, attempts = sample_run.made_up_run()
    path = render(results, attempts, sample_run.environments(), sample_run.run_info(),
                  tmp_path_factory.mktemp("report") / "index.html", sample_run.scenarios(), past=PAST)  # fmt: skip
    return path.as_uri()


def past_run(number: int, *changes: Any) -> dict[str, Any]:
    counts = {kind: sum(change[0] == kind for change in changes) for kind in {change[0] for change in changes}}
    return {"id": number, "finished": f"2026-04-0{number}T08:00:00", "accepted": "2026-04-01" if number == 1 else "",
            "cells": 3352, "pins": [("2.16-cpu", "keras", "3.0.5", "4.0.0")], "changes": changes, "counts": counts}  # fmt: skip


def seen(verdict: str, error: str = "") -> dict[str, Any]:
    return {"verdict": verdict, "fidelity": None, "lost": "", "attempt": "plain", "cause": "", "error_type": "ValueError",
            "error": error, "reason": ""}  # fmt: skip


WORSE = ("adapted-normalization", "h5", "2.10-cpu", "2.16-cpu")
PAST = [
    past_run(
        2, ("regression", WORSE, seen("exact")), ("gone", ("old-scenario", "h5", "2.10-cpu", "2.16-cpu"), seen("fails"))
    ),
    past_run(1, ("error-changed", WORSE, seen("differs", "another <b>text</b>"))),
]


def square(page: Page, saver: str, loader: str) -> str:
    return page.locator(f'a.square[data-square="{saver}>{loader}"]').inner_text()


def test_the_page_opens_without_a_network(page: Page, address: str) -> None:
    page.context.set_offline(True)
    page.goto(address)

    expect(page.locator("#headline")).to_contain_text("files saved by 2.10")
    expect(page.locator("a.square[data-square]")).to_have_count(6 * 6 + 5)
    # All that it ever loads is itself.
    assert page.evaluate("performance.getEntriesByType('resource').length") == 0


def test_a_filter_changes_the_grid_and_back_undoes_it(page: Page, address: str) -> None:
    page.goto(address)
    before = page.locator("#grid").inner_text()

    page.select_option("#filter-scenario", "adapted-normalization")
    page.select_option("#filter-format", "h5")

    assert "differs" in square(page, "2.10-cpu", "2.16-cpu")
    assert "exact" in square(page, "2.10-cpu", "2.10-cpu")
    expect(page.locator("#list li")).to_have_count(36)
    page.go_back()
    page.go_back()
    expect(page.locator("#filter-scenario")).to_have_value("")
    assert page.locator("#grid").inner_text() == before
    page.go_forward()
    expect(page.locator("#filter-scenario")).to_have_value("adapted-normalization")


def test_what_was_not_run_is_never_shown_as_good(page: Page, address: str) -> None:
    page.goto(f"{address}#scenario=text-vectorization")

    unavailable = page.locator('a.square[data-square="2.15-cpu>2.10-cpu"]')
    not_applicable = page.locator('a.square[data-square="2.4-cpu>2.10-cpu"]')
    assert (unavailable.inner_text(), not_applicable.inner_text()) == ("?", "–")
    assert "unavailable" in (unavailable.get_attribute("class") or "")
    assert "nothing" in (not_applicable.get_attribute("class") or "")
    for one in (unavailable, not_applicable):
        assert not {"solo", "mixed", "counted"} & set((one.get_attribute("class") or "").split())


def test_text_and_verdict_filters_narrow_the_list(page: Page, address: str) -> None:
    page.goto(f"{address}#verdict=fails")
    whole = page.locator("#list-title small").inner_text()

    page.fill("#filter-text", "batch_shape")

    expect(page.locator("#list-title small")).not_to_have_text(whole)
    assert "batch_shape" in page.locator("#list .said").first.inner_text()
    assert page.evaluate("location.hash") == "#verdict=fails&text=batch_shape"
    page.fill("#filter-text", "no such words anywhere")
    expect(page.locator("#list .empty")).to_be_visible()


def test_a_permalink_opens_the_cell_and_closing_keeps_the_rest(page: Page, address: str) -> None:
    page.goto(f"{address}#format=h5&cell={CELL}")

    panel = page.locator("#cell")
    expect(panel).to_be_visible()
    expect(panel.locator(".cell-verdict")).to_have_text("differs")
    expect(panel.locator("#cell-title")).to_contain_text("adapted-normalization")
    expect(panel.locator(".ladder li")).to_have_count(6)
    expect(panel.locator(".r-lost .rung-name").first).to_have_text("3 outputs")
    expect(panel.locator("#cell-command")).to_have_text(
        "nox -s matrix -- --tf 2.10,2.16 --scenario adapted-normalization --format h5"
    )
    expect(panel.locator("tr.different th", has_text="keras")).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).not_to_be_visible()
    assert page.evaluate("location.hash") == "#format=h5"
    page.go_back()
    expect(panel).to_be_visible()


def test_a_permalink_to_an_unknown_cell_says_so(page: Page, address: str) -> None:
    page.goto(f"{address}#cell=2.10-cpu,2.16-cpu,h5,gone")

    expect(page.locator("#cell")).not_to_be_visible()
    expect(page.locator("#status")).to_contain_text("does not have")


def test_the_grid_is_one_tab_stop_and_arrows_and_enter_lead_to_a_cell(page: Page, address: str) -> None:
    page.goto(address)
    page.locator("a.square[tabindex='0']").focus()

    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")

    expect(page.locator("#list-title")).to_contain_text("2.10 → 2.10")
    assert page.evaluate("document.activeElement.dataset.square") == "2.10-cpu>2.10-cpu"
    page.locator("#list a").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#cell")).to_be_visible()
    first = page.locator("#cell-title").inner_text() + page.locator("#cell .route").inner_text()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#cell-place")).to_contain_text("2 of")
    assert page.locator("#cell-title").inner_text() + page.locator("#cell .route").inner_text() != first


@pytest.mark.parametrize("fragment", ["", "#verdict=fails", f"#cell={CELL}"])
def test_a_phone_never_scrolls_sideways(page: Page, address: str, fragment: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(address + fragment)

    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_hostile_text_is_shown_and_not_run(page: Page, tmp_path: Path) -> None:
    name = "<script>alert(1)</script>"
    results = sample_run.table(sample_run.cell("fails", scenario=name, error="</script><img src=x onerror=alert(2)>"))
    path = render(results, sample_run.table(), sample_run.environments(), {}, tmp_path / "index.html", [])

    page.goto(path.as_uri())
    page.locator("#list a").first.click()

    expect(page.locator("#cell-title")).to_have_text(name)
    expect(page.locator("#cell pre").first).to_have_text("</script><img src=x onerror=alert(2)>")
    expect(page.locator("#cell-command")).to_contain_text(f"--scenario '{name}'")


def test_a_cause_filters_the_grid_and_the_panel_explains_it(page: Page, tmp_path: Path) -> None:
    rows = [
        sample_run.cell("fails", cause="old-key", evidence="key: x\nsaved with Keras 2.10.0"),
        sample_run.cell("fails", scenario="other", cause="unknown"),
    ]
    cause = {"id": "old-key", "title": "An old key", "explanation": "It is old.", "remedies": ["edit-config"],
             "links": [("k#1", "https://example.org/1")]}  # fmt: skip
    path = render(sample_run.table(*rows), sample_run.table(), sample_run.environments(), {}, tmp_path / "index.html", [],
                  [cause])  # fmt: skip
    page.goto(path.as_uri())

    page.locator(".top nav a", has_text="Causes").click()
    page.locator("#cause-old-key .cause-count a").click()

    assert page.evaluate("location.hash") == "#cause=old-key"
    expect(page.locator("#filter-cause")).to_have_value("old-key")
    expect(page.locator("#list li")).to_have_count(1)
    page.locator("#list a").first.click()
    panel = page.locator("#cell")
    expect(panel.locator(".part", has_text="Cause").first).to_contain_text("An old key")
    expect(panel.locator(".evidence li")).to_have_text(["key: x", "saved with Keras 2.10.0"])
    expect(panel.locator("a", has_text="k#1")).to_have_attribute("href", "https://example.org/1")


def test_from_and_to_change_the_sentence_and_stay_on_every_page(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("#headline")).to_contain_text("saved by 2.10")
    before = page.locator("#headline").inner_text()

    page.select_option("#first-from", "2.4-cpu")
    page.select_option("#first-to", "2.16-cpu")

    expect(page.locator("#headline")).to_contain_text("saved by 2.4")
    expect(page.locator("#grid th.asked")).to_have_text(["2.16 K\u202f3.4", "2.4 K\u202f2.4"])
    assert page.evaluate("location.hash") == "#from=2.4-cpu&to=2.16-cpu"
    page.locator("a", has_text="The route").click()
    expect(page.locator("#plan-from")).to_have_value("2.4-cpu")
    expect(page.locator("svg.flow")).to_be_visible()
    for _ in range(3):
        page.go_back()
    expect(page.locator("#headline")).to_have_text(before)


def test_every_page_has_an_address_and_back_leads_to_the_one_before(page: Page, address: str) -> None:
    page.goto(address)
    names = page.locator(".top nav a").all_inner_texts()
    assert len(names) == 11

    for number, name in enumerate(names):
        page.locator(".top nav a", has_text=name).click()
        expect(page.locator(".top nav a[aria-current]")).to_have_text(name)
        expect(page.locator(".page.current")).to_have_count(1)
        opened = page.evaluate("location.href")
        heading = page.locator(".page.current :is(h1, h2)[tabindex]").first
        expect(heading).to_be_visible()
        if number:
            page.go_back()
            expect(page.locator(".top nav a[aria-current]")).to_have_text(names[number - 1])
            page.go_forward()
        other = page.context.new_page()
        other.goto(opened)
        expect(other.locator(".top nav a[aria-current]")).to_have_text(name)
        other.close()


def test_what_changed_is_shown_against_any_stored_run(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator(".card", has_text="Since run 2")).to_contain_text("1 worse")

    page.locator(".card a", has_text="1 worse").click()

    expect(page.locator("#changes-said")).to_contain_text("2 cells differ from run 2")
    expect(page.locator("#change-list li")).to_have_count(1)
    expect(page.locator("#change-list li")).to_contain_text("= exact → ≠ differs")
    page.locator("#kinds a", has_text="worse").click()
    expect(page.locator("#change-list li")).to_have_count(2)
    expect(page.locator("#change-list li").last).to_contain_text("old-scenario")
    page.select_option("#run", "1")
    expect(page.locator("#change-list li")).to_have_count(1)
    expect(page.locator("#change-list")).to_contain_text("− ValueError: another <b>text</b>")
    expect(page.locator("#pin-changes tbody tr")).to_have_count(1)
    page.locator("#change-list a").click()
    expect(page.locator("#cell .history li")).to_have_count(3)
    expect(page.locator("#cell .history li").nth(1)).to_contain_text("exact run 2")
    assert "page=changes" in page.evaluate("location.hash")


def test_the_panel_gives_the_remedy_as_code_and_the_line_that_matters(page: Page, address: str) -> None:
    page.goto(f"{address}#verdict=remedy&format=keras")
    page.locator("#list a").first.click()
    expect(page.locator("#remedy-code")).to_contain_text('load_model("model.keras", compile=False)')

    page.goto(f"{address}#verdict=fails&text=batch_shape")
    page.locator("#list a").first.click()
    expect(page.locator("#cell .error pre").first).to_have_text("Unrecognized keyword arguments: ['batch_shape']")
    page.locator("#cell .error summary").click()
    expect(page.locator("#cell .error details pre")).to_contain_text("Error when deserializing")


@pytest.mark.parametrize(("name", "value"), [("attempt", "compile=False"), ("hardware", "cpu"), ("family", "files")])
def test_more_filters_narrow_the_cells(page: Page, address: str, name: str, value: str) -> None:
    page.goto(address)
    page.select_option(f"#filter-{name}", value)

    results = sample_run.made_up_run()[0]
    expected = len(results) if name == "hardware" else int((results[name] == value).sum())
    expect(page.locator("#list-title small")).to_have_text(f"{expected:,} cells")


def test_too_old_a_browser_gets_the_plain_page_and_a_word(page: Page, address: str) -> None:
    page.add_init_script("delete window.DecompressionStream")
    with page.expect_event("pageerror"):
        page.goto(address)

    expect(page.locator("#status")).to_contain_text("needs a browser of 2023")
    expect(page.locator("#grid table.plain")).to_be_visible()
    page.heard.clear()  # type: ignore[attr-defined]
