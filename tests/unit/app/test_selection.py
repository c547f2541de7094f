"""The selection of a folder's last run."""

import datetime
from pathlib import Path

import pytest
from rich.console import Console

from crossload.app.selection import last_selection, remember, with_last_selection
from crossload.execution.options import RunOptions, Selection

SELECTION = Selection(
    profile="full", tf=["2.10", "nightly"], hardware=["cpu"], formats=["h5"], as_of=datetime.date(2026, 5, 4)
)


def test_it_comes_back(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    remember(tmp_path, SELECTION)
    assert last_selection(tmp_path) == SELECTION
    assert SELECTION.words == "--profile full --tf 2.10,nightly --hardware cpu --format h5"


@pytest.mark.parametrize("text", [None, "", "[1]", "{}", '{"profile": "full"}', "no JSON"])
def test_a_file_that_is_missing_or_not_whole_says_nothing(tmp_path: Path, text: str | None) -> None:
    (tmp_path / "store").mkdir()
    if text is not None:
        (tmp_path / "store" / "selection.json").write_text(text)
    assert last_selection(tmp_path) is None


def test_a_folder_that_can_not_be_written_does_not_stop_a_run(tmp_path: Path) -> None:
    remember(tmp_path / "nowhere", SELECTION)
    assert last_selection(tmp_path / "nowhere") is None


def test_a_report_takes_it_over_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    console = Console(record=True, width=200)
    options = RunOptions(config=Path("matrix.toml"), out=tmp_path, backend="venv")
    assert with_last_selection(options, console) == options
    remember(tmp_path, SELECTION)
    taken = with_last_selection(options, console)
    assert taken.selection == SELECTION
    assert (taken.out, taken.backend) == (tmp_path, "venv")
    assert "As the last run: --profile full --tf 2.10,nightly" in console.export_text()
