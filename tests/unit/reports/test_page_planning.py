"""The planner of the page gives what the one in Python gave: the vectors of `tests/unit/upgrade`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from playwright.sync_api import Browser

from crossload.domain.standing import apart
from crossload.probe.formats import RUNGS
from tests.browser import chromium
from tests.unit.reports.page_scripts import Scripts, page_of
from tests.unit.upgrade import plan_vectors

# A page for each set takes its time: Python is held against all of them, the page against every fifth, the real run among them.
SETS = plan_vectors.read()[::5]

# The plan as `plan_vectors.planned` tells it, of the environments by their ids.
PLANNED = """
const id = (place) => ENVIRONMENTS[place].id;
const stops = (recipe) => recipe.map(([environment, format]) => `${id(environment)} ${FORMATS[format].name}`);
const told = (path) => (!path ? [] : path.hops > 1 ? [path.loss, path.hops]
    : [path.loss, path.hops, path.losses, stops(path.recipe)]);
return given.map(([start, to, most]) => {
    const plan = planUpgrade(environmentOf.get(start), environmentOf.get(to), most);
    const { route, latest, expensive, wrongAtHome } = plan;
    return {
        start, to, most,
        entries: plan.entries.map((entry) =>
            [SCENARIOS[entry.scenario].name, FORMATS[entry.format].name, entry.way, ...told(entry.path)]),
        route: route && [stops(route.recipe), route.works, route.losses],
        apart: wrongAtHome, latest: latest === null ? "" : id(latest),
        expensive: expensive && [id(expensive.before), id(expensive.after), expensive.lost],
    };
});
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    rungs = [{f"rung_{rung}": "lost" if rung in row["lost"].split(",") else "pass" for rung in RUNGS} for row in rows]
    at_home = {
        (row["scenario"], row["format"], row["saved_with"]): row["verdict"]
        for row in rows
        if row["saved_with"] == row["loaded_with"]
    }
    standing = [apart(False, at_home.get((row["scenario"], row["format"], row["saved_with"]), "")) for row in rows]
    return pd.DataFrame([row | states for row, states in zip(rows, rungs, strict=True)]).assign(apart=standing)


@pytest.mark.parametrize("one", SETS, ids=[one["name"] for one in SETS])
def test_the_page_plans_what_python_plans(browser: Browser, tmp_path: Path, one: dict[str, Any]) -> None:
    scripts = Scripts(browser, page_of(tmp_path, frame(one["rows"]), pd.DataFrame(), tuple(one["environments"])))
    asked = [[plan["start"], plan["to"], plan["most"]] for plan in one["plans"]]

    found = scripts.run(["data", "planning"], PLANNED, asked)
    scripts.page.close()

    for plan in found:
        plan["entries"].sort(key=lambda entry: entry[:2])
        if any(entry[4:5] == [2] for entry in plan["entries"]):
            plan["route"] = plan_vectors.OPEN
        elif plan["route"]:
            plan["route"][2].sort()
    assert found == one["plans"]
