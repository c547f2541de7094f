"""What changes between minors of Keras 3, on the real ones: ``nox -s breaks``."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.e2e.running import crossload, results

pytestmark = pytest.mark.breaks


# A row by scenario, saver and loader.
Cells = Mapping[tuple[str, str, str], Mapping[str, Any]]


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Cells:
    """What three minors make of each other's files."""
    out = tmp_path_factory.mktemp("minors")
    scenarios = "string-lookup-vocabulary-file,tfsm-layer-inside,cloned-lambda"
    run = crossload(
        *(
            "run",
            "--tf",
            "keras3.11,keras3.12,keras3.13",
            "--scenario",
            scenarios,
            "--format",
            "keras",
            "--out",
            str(out),
        )
    )
    assert run.returncode == 0, run.stderr
    rows: list[dict[str, Any]] = results(out).to_dict("records")  # type: ignore[assignment]
    return {(row["scenario"], row["saved_with"], row["loaded_with"]): row for row in rows}


OLD, PATCHED, NEW = "keras3.11-cpu", "keras3.12-cpu", "keras3.13-cpu"


def test_a_vocabulary_by_its_path_is_refused_from_3_12_on(cells: Cells) -> None:
    name = "string-lookup-vocabulary-file"
    assert cells[name, OLD, OLD]["verdict"] == "exact"
    refused = cells[name, OLD, PATCHED]
    assert (refused["verdict"], refused["attempt"], refused["cause"]) == (
        "remedy",
        "safe_mode=False",
        "safe-mode-other",
    )
    # From then on the file holds the words themselves.
    assert cells[name, PATCHED, PATCHED]["verdict"] == "exact"


def test_a_savedmodel_that_is_called_from_inside_is_refused_from_3_12_on(cells: Cells) -> None:
    name = "tfsm-layer-inside"
    assert cells[name, OLD, OLD]["attempt"] == "plain"
    for saver in (OLD, PATCHED):
        refused = cells[name, saver, PATCHED]
        found = refused["verdict"], refused["attempt"], refused["cause"]
        assert found == ("remedy", "safe_mode=False", "safe-mode-other")


def test_a_clone_with_a_lambda_cannot_be_made_in_the_patched_line_of_3_12_and_can_in_3_13(cells: Cells) -> None:
    verdicts = {saver: row["verdict"] for (name, saver, _), row in cells.items() if name == "cloned-lambda"}
    assert verdicts[PATCHED] == "cannot-save"
    assert verdicts[OLD] != "cannot-save"
    assert verdicts[NEW] != "cannot-save"
