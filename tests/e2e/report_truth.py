"""What a page says, held against the tables beside it."""

import random
from typing import Any
from urllib.parse import parse_qsl

import pandas as pd
from playwright.sync_api import Locator, Page

from crossload.domain.verdicts import SCORED, USABLE
from crossload.domain.versions import in_order
from crossload.upgrade.graph import Loss, build_graph, follow
from crossload.upgrade.plan import WAYS, UpgradePlan, Wish, make_plan
from crossload_reports.analysis.grid import percent

_COLUMNS = {"saver": "saved_with", "loader": "loaded_with"}


def chosen(results: pd.DataFrame, query: str) -> pd.DataFrame:
    """The rows that a view of the page is about: those that count, but where controls are named."""
    asked = dict(parse_qsl(query))
    controls = set(results[results["apart"] == "control"]["scenario"])
    apart = asked.get("apart", "control" if asked.get("scenario") in controls else "")
    results = results[results["apart"] == apart]
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name == "scored":
            results = results[results["verdict"].isin(SCORED)]
        elif name == "lost":
            results = results[[value in lost.split(",") for lost in results["lost"]]]
        else:
            results = results[results[_COLUMNS.get(name, name)] == value]
    return results


def said(number: Locator) -> int:
    """A number as it stands on the page."""
    return int(number.inner_text().replace(",", "").split()[0])


def check_numbers(page: Page, results: pd.DataFrame, chance: random.Random, most: int = 3) -> int:
    """Hold numbers of the page that is open, chosen at random, against the table; returns how many."""
    counts = page.locator(".page.current [data-count]:visible").all()
    shares = page.locator(".page.current [data-share]:visible").all()
    squares = page.locator(".page.current a.square.mixed").all()
    picked = chance.sample([*counts, *shares, *squares], min(most, len(counts) + len(shares) + len(squares)))
    for number in picked:
        square = number.get_attribute("data-square")
        if query := number.get_attribute("data-count"):
            assert said(number) == len(chosen(results, query)), query
            continue
        if square:
            saver, _, loader = square.partition(">")
            rows = chosen(results, f"saver={saver.replace('+', '%2B')}&loader={loader.replace('+', '%2B')}&scored=yes")
            shown = number.locator("b").inner_text() + " %"
        else:
            rows = chosen(results, f"{number.get_attribute('data-share')}&scored=yes")
            shown = number.inner_text()
        assert shown == percent(float(rows["verdict"].isin(USABLE).mean())), square
    return len(picked)


def check_plans(page: Page, address: str, rows: list[dict[str, Any]], pairs: list[tuple[str, str]]) -> int:
    """Hold the upgrade page against the planner, for every file of every pair; returns the number of files."""
    known = in_order([name for row in rows for name in (row["saved_with"], row["loaded_with"])])
    files = 0
    for start, to in pairs:
        plan = make_plan(rows, Wish(start, to), known)
        page.goto("about:blank")
        page.goto(f"{address}#page=upgrade&from={start.replace('+', '%2B')}&to={to.replace('+', '%2B')}")
        page.wait_for_selector("#plan > *")
        expected = {way: {(one.scenario, one.format) for one in plan.entries if one.way == way} for way in WAYS}
        shown: dict[str, set[tuple[str, str]]] = {way: set() for way in WAYS}
        for details in page.locator("details.files").all():
            details.locator("summary").click()
            (way,) = (way for way in WAYS if details.locator("summary").inner_text().endswith(f" {way}"))
            for name in details.locator("li a").all_inner_texts():
                scenario, _, form = name.rpartition(", ")
                shown[way].add((scenario, form))
        assert shown == expected, (start, to)
        for way, count in plan.counts().items():
            assert said(page.locator(f"[data-way='{way}']")) == count
        check_route(page, rows, plan)
        files += len(plan.entries)
    return files


def check_route(page: Page, rows: list[dict[str, Any]], plan: UpgradePlan) -> None:
    """Follow the page's one route with the planner: it works for as many files, and costs no more than the planner's own.

    Where several ways are equally good for a file, the two may know different routes.
    """
    if plan.route is None:
        assert not page.locator("#route").count()
        return
    told = page.locator("#route").get_attribute("data-recipe") or ""
    stops = [stop.partition(" ")[::2] for stop in told.split(";") if stop]
    routes = [plan.route.recipe, tuple(stops)]
    prices = []
    for recipe in routes:
        losses = []
        for entry in plan.entries:
            graph = build_graph(row for row in rows if row["scenario"] == entry.scenario)
            path = follow(graph, (plan.wish.start, entry.format), recipe, plan.wish.to)
            if path is not None and path.loss <= plan.wish.most:
                losses.append(int(path.loss))
        prices.append(sum(losses) + (max(Loss) + 1) * (len(plan.entries) - len(losses)))
    assert said(page.locator("#route-works")) == len(losses), told
    assert prices[1] <= prices[0], told
