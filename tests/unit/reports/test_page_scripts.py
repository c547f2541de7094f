"""The modules of the page: what they read, count, filter and remember, against pandas over the same tables."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser

from crossload.domain.cells import RESULT_COLUMNS
from crossload.domain.verdicts import SEVERITY, UNSCORED
from crossload_reports import analysis
from crossload_reports.analysis.frame import tidy
from crossload_reports.html.packing import pack
from crossload_reports.html.page import render
from tests.browser import chromium
from tests.unit.reports import sample_run
from tests.unit.reports.page_scripts import Scripts, page_of

RUN = sample_run.made_up_run()
# Side by side stand those with the same kind of Keras.
SHOWN = ("2.4-cpu", "2.10-cpu", "2.15-cpu", "2.16+tf_keras-cpu", "2.16-cpu", "2.21-cpu")
NAMES = """const names = (cell) => [SCENARIOS[CELLS.scenario[cell]].name, FORMATS[CELLS.format[cell]].name,
    ENVIRONMENTS[CELLS.saver[cell]].id, ENVIRONMENTS[CELLS.loader[cell]]?.id ?? ""].join("|");"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def scripts(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Scripts:
    return Scripts(browser, page_of(tmp_path_factory.mktemp("page"), *RUN))


def names(rows: pd.DataFrame) -> list[str]:
    columns = ("scenario", "format", "saved_with", "loaded_with")
    return ["|".join(row) for row in zip(*(rows[name].astype("object") for name in columns), strict=True)]


@pytest.mark.parametrize("count", [0, 1, 7, 300])
def test_columns_of_every_type_are_read_as_they_were_packed(scripts: Scripts, count: int) -> None:
    kinds = {"u1": np.uint8, "u2": np.uint16, "u4": np.uint32}
    columns = {f"cells.{name}": (np.arange(count) * 11 % 251).astype(kind) for name, kind in kinds.items()}
    columns["kinds.last"] = np.array([2**32 - 1, 0], dtype=np.uint32)
    block = pack({"said": "\u2028 naïve </script> ≠", "none": None}, columns)
    read = """const holder = document.createElement("script");
        holder.textContent = ` ${given}\\n`;
        const { said, none, cells, kinds } = await unpack(holder);
        return [said, none, holder.textContent, ...["u1", "u2", "u4"].map((name) => [...cells[name]]), [...kinds.last]];"""

    found = scripts.run(["unpack"], read, base64.b64encode(block).decode())

    same = [(np.arange(count) * 11 % 251).tolist()] * 3
    assert found == ["\u2028 naïve </script> ≠", None, "", *same, [2**32 - 1, 0]]


@pytest.mark.parametrize(
    "state",
    [
        {},
        {
            "format": "h5",
            "verdict": "differs",
            "text": 'a & b = "ü"',
            "saver": "2.10-cpu",
            "loader": "2.16+tf_keras-cpu",
        },
        {"page": "upgrade", "from": "2.4-cpu", "to": "2.21-cpu", "keep": "optimizer"},
        {"page": "changes", "run": "3", "kind": "regression", "cell": "2.4-cpu,2.10-cpu,h5,one, with a comma"},
    ],
)
def test_an_address_says_the_whole_state_and_nothing_else(scripts: Scripts, state: dict[str, str]) -> None:
    fragment = scripts.run(["state"], "return address(given, {});", state)
    scripts.show(fragment[1:])

    said = scripts.run(["state"], "return STATE;")

    assert {key: value for key, value in said.items() if value} == state
    assert scripts.run(["state"], "return address({});") == fragment


def test_an_address_of_another_run_names_no_page_and_no_environment_that_is_not_here(scripts: Scripts) -> None:
    scripts.show("page=nothing&from=2.3-cpu&to=2.16-cpu&other=1")

    said = scripts.run(["state"], "return [STATE.page, STATE.from, STATE.to, address({}), chosenPair()];")

    assert said == ["", "", "2.16-cpu", "#to=2.16-cpu", ["2.10-cpu", "2.16-cpu"]]


def test_every_cell_has_an_address_that_leads_back_to_it(scripts: Scripts) -> None:
    back = """const lost = [];
        for (let cell = 0; cell < COUNT; cell += 7) {
            const fragment = new URLSearchParams(cellAddress(cell, {}).slice(1));
            if (cellOfState({ cell: fragment.get("cell") }) !== cell) lost.push(cell);
        }
        return [COUNT, lost, cellOfState({ cell: "2.10-cpu,2.16-cpu,h5,gone" }), cellOfState({ cell: "nonsense" })];"""

    assert scripts.run(["data", "state"], back) == [len(RUN[0]), [], -1, -1]


FILTERS: list[tuple[dict[str, str], Any]] = [
    ({}, lambda rows: rows["scenario"] != ""),
    ({"format": "h5"}, lambda rows: rows["format"] == "h5"),
    ({"format": "no-such"}, lambda rows: rows["format"] == "no-such"),
    ({"family": "custom", "format": "keras"}, lambda rows: (rows["family"] == "custom") & (rows["format"] == "keras")),
    ({"scenario": "dense"}, lambda rows: rows["scenario"] == "dense"),
    ({"attempt": "compile=False"}, lambda rows: rows["attempt"] == "compile=False"),
    ({"text": "BATCH_shape unrecognized"}, lambda rows: rows["error"].str.contains("batch_shape")),
    ({"text": "unicode"}, lambda rows: rows["scenario"] == "unicode-names"),
    ({"hardware": "gpu"}, lambda rows: rows["scenario"] == ""),
    ({"verdict": "fails"}, lambda rows: rows["scenario"] != ""),  # a share is of all verdicts
]


@pytest.mark.parametrize(("state", "chosen"), FILTERS, ids=lambda one: "&".join(one) if isinstance(one, dict) else "")
def test_filters_let_through_what_the_table_has(scripts: Scripts, state: dict[str, str], chosen: Any) -> None:
    every = "Object.fromEntries(FILTERS.map((name) => [name, given[name] ?? '']))"

    found = scripts.run(["data", "filters", "state"], f"{NAMES} return [...pool({every})].map(names);", state)

    results = RUN[0]
    assert sorted(found) == sorted(names(results[chosen(results)]))


def test_squares_are_counted_as_in_the_tables(scripts: Scripts) -> None:
    count = """const squares = tally(Uint32Array.from({ length: COUNT }, (_, cell) => cell));
        return SAVERS.flatMap((saver) => LOADERS.map((loader) => {
            const { scored, good, worst } = sums(squareOf(squares, saver, loader), { share: given });
            return [ENVIRONMENTS[saver].id, ENVIRONMENTS[loader].id, scored, good, worst];
        }));"""
    grid = analysis.squares(tidy(RUN[0], RESULT_COLUMNS))
    for share, verdicts in {
        "": ("exact", "equal", "lossy", "remedy"), "plain": ("exact", "equal", "lossy"), "whole": ("exact", "equal"),
    }.items():  # fmt: skip
        found = scripts.run(["counting", "data"], count, share)

        assert found == [
            [saver, loader, one["scored"], sum(int(one[verdict]) for verdict in verdicts), one["worst"]]
            for saver in SHOWN
            for loader in SHOWN
            for one in [grid[saver, loader]]
        ]


@pytest.mark.parametrize(
    ("fragment", "chosen"),
    [
        ("all", lambda rows: rows["scenario"] != ""),
        ("saver=2.10-cpu&loader=2.16-cpu", lambda rows: (rows["saved_with"] == "2.10-cpu") & (rows["loaded_with"] == "2.16-cpu")),
        ("saver=2.4-cpu&loader=not-saved", lambda rows: (rows["saved_with"] == "2.4-cpu") & (rows["loaded_with"] == "")),
        ("verdict=differs&loader=2.21-cpu", lambda rows: (rows["verdict"] == "differs") & (rows["loaded_with"] == "2.21-cpu")),
        ("saver=gone", lambda rows: rows["scenario"] == ""),
    ],
)  # fmt: skip
def test_the_list_has_the_cells_of_a_square_with_the_worst_first(scripts: Scripts, fragment: str, chosen: Any) -> None:
    scripts.show(fragment)
    told = f"{NAMES} return [...listed(pool(STATE))].map((cell) => [names(cell), VERDICTS[verdictOf(cell)]]);"

    found = scripts.run(["data", "filters", "list", "state"], told)

    results = RUN[0]
    assert sorted(name for name, _ in found) == sorted(names(results[chosen(results)]))
    order = [*SEVERITY, *UNSCORED]
    ranks = [order.index(verdict) for _, verdict in found]
    assert ranks == sorted(ranks)


def test_controls_are_in_the_grid_only_where_they_are_asked_for(browser: Browser, tmp_path: Path) -> None:
    rows = [
        sample_run.cell("exact", scenario="dense"),
        sample_run.cell("differs", scenario="truncated-file", apart="control"),
        sample_run.cell("fails", scenario="lambda-closure", apart="wrong-at-home"),
    ]
    known = [one | {"control": one["name"] == "truncated-file"} for one in sample_run.scenarios()]
    page = render(sample_run.table(*rows), pd.DataFrame(), sample_run.environments(), {}, tmp_path / "page.html", known)
    scripts = Scripts(browser, page.read_text(encoding="utf-8"))
    told = f"""{NAMES} const every = Object.fromEntries(FILTERS.map((name) => [name, ""]));
        return given.map((filters) => [...pool({{ ...every, ...filters }})].map((cell) => names(cell).split("|")[0]));"""

    asked = [{}, {"files": "control"}, {"files": "wrong-at-home"}, {"files": "all"}, {"scenario": "truncated-file"}]
    found = scripts.run(["data", "filters", "state"], told, asked)
    scripts.page.close()

    assert [sorted(names) for names in found] == [
        ["dense"], ["truncated-file"], ["lambda-closure"], ["dense", "lambda-closure", "truncated-file"], ["truncated-file"],
    ]  # fmt: skip


def test_the_bars_of_the_first_screen_count_every_cell_however_few_outcomes_there_are(
    browser: Browser, tmp_path: Path
) -> None:
    """Places of cells do not fit into a column that is as narrow as the few outcomes allow."""
    rows = [sample_run.cell("exact", scenario=f"a-{number:03}", loader="2.10-cpu") for number in range(290)]
    rows += [sample_run.cell("exact", scenario=f"b-{number:03}", loader="2.16-cpu") for number in range(10)]
    scripts = Scripts(browser, page_of(tmp_path, sample_run.table(*rows), pd.DataFrame()))

    scripts.run(["first"], "fillChoosers(); drawFirst();")

    assert scripts.page.locator("#journey a[data-to='2.16-cpu']").get_attribute("title") == "10 exact"
    assert scripts.page.locator("#journey a[data-to='2.10-cpu']").get_attribute("title") == "290 exact"
    scripts.page.close()


def test_columns_and_choices_are_grouped_by_the_kind_of_keras_with_both_numbers(scripts: Scripts) -> None:
    drawn = scripts.run(
        ["filters", "grid", "first", "data", "state"],
        """drawGrid(pool(STATE)); fillChoosers();
        const text = (element) => element.textContent.replaceAll("\u202f", " ");
        return {
            groups: [...document.querySelectorAll("#grid .groups th")].map((one) => [text(one), one.colSpan]),
            rows: [...document.querySelectorAll("#grid tbody tr")].map((row) => row.className || text(row.cells[0])),
            begins: [...document.querySelectorAll("#grid thead tr:last-child th")].map((one) => one.classList.contains("begins")),
            choices: [...document.querySelectorAll("#first-to optgroup")]
                .map((one) => [one.label, ...[...one.children].map(text)]),
        };""",
    )
    assert drawn["groups"] == [["Keras 2", 3], ["legacy Keras", 1], ["Keras 3", 2]]
    assert [row for row in drawn["rows"] if row == "group"] == ["group"] * 3
    assert [row for row in drawn["rows"] if row != "group"][-2:] == ["2.16 K 3.4", "2.21 K 3.9"]
    assert drawn["begins"][:7] == [False, True, False, False, True, True, False]
    assert drawn["choices"][2] == ["Keras 3", "2.16 (Keras 3.4)", "2.21 (Keras 3.9)"]


def test_the_arrows_pass_over_the_names_of_groups(scripts: Scripts) -> None:
    moved = scripts.run(
        ["filters", "grid", "state"],
        """drawGrid(pool(STATE));
        const at = document.querySelector('[data-square="2.15-cpu>2.15-cpu"]');
        at.focus();
        at.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true }));
        return document.activeElement.dataset.square;""",
    )
    assert moved == "2.16+tf_keras-cpu>2.15-cpu"
