from typing import Any

import pandas as pd

from crossload.domain.cells import RESULT_COLUMNS
from crossload_reports.analysis.causes import ranked, titles
from crossload_reports.analysis.frame import tidy
from tests.unit.reports.sample_run import cell, table

CAUSES: list[dict[str, Any]] = [
    {"id": "old-key", "title": "An old key", "explanation": "It is old.", "remedies": ["edit-config"],
     "links": [("k#1", "https://example.org/1")]},
    {"id": "no-file", "title": "No file", "explanation": "It is gone.", "remedies": [], "links": []},
]  # fmt: skip


def tidied(*rows: dict[str, object]) -> pd.DataFrame:
    return tidy(table(*rows), RESULT_COLUMNS)


def test_causes_are_ranked_by_the_loads_that_they_break() -> None:
    results = tidied(
        *(cell("cannot-save", scenario=f"s{n}", cause="no-file") for n in range(3)),
        *(cell("fails", scenario=f"f{n}", cause="old-key") for n in range(2)),
        cell("fails", cause="unknown"), cell("exact"),
    )  # fmt: skip

    found = ranked(results, CAUSES)

    assert [(row.id, row.cells) for row in found] == [("old-key", 2), ("unknown", 1), ("no-file", 3)]
    assert found[1].title == "No known cause"


def test_a_cause_tells_where_it_began_and_what_works_most_often() -> None:
    remedy = {"cause": "old-key", "attempt": "compile=False"}
    results = tidied(
        cell("remedy", loader="2.21-cpu", scenario="a", **remedy), cell("remedy", loader="2.16-cpu", scenario="a", **remedy),
        cell("remedy", loader="2.21-cpu", scenario="b", cause="old-key", attempt="safe_mode=False"),
        cell("fails", loader="2.16-cpu", scenario="b", cause="old-key", attempt=""),
        cell("lossy", loader="2.9-cpu", scenario="c", cause="old-key"),
    )  # fmt: skip

    (row,) = ranked(results, CAUSES)

    assert row.first == "2.9-cpu"
    assert row.example == {"saved_with": "2.10-cpu", "loaded_with": "2.9-cpu", "format": "h5", "scenario": "c"}
    # Of four plain loads that raise, two are repaired by it; what loads by itself needs no remedy.
    assert row.repaired == ("compile=False", 2, 4)
    assert list(row.verdicts.items()) == [("fails", 1), ("remedy", 3), ("lossy", 1)]
    assert (row.scenarios, row.loaders) == (3, ["2.9", "2.16", "2.21"])


def test_a_cause_that_nothing_repairs_says_so() -> None:
    (row,) = ranked(tidied(cell("fails", cause="no-file", attempt="")), CAUSES)

    assert (row.repaired, row.tried) == (None, 1)
    (unsaved,) = ranked(tidied(cell("cannot-save", cause="no-file")), CAUSES)
    assert unsaved.tried == 0


def test_what_nobody_described_keeps_its_name() -> None:
    (row,) = ranked(tidied(cell("fails", cause="of-a-newer-crossload")), CAUSES)

    assert row.title == "of-a-newer-crossload"
    assert titles(CAUSES) == {"old-key": "An old key", "no-file": "No file"}
