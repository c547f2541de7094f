"""The scheduled run on scripted runs: what is compared with what, what flips, what is expected, and the exit code."""

import datetime
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from crossload.app import nightly
from crossload.app.nightly_report import night_document, night_lines, night_markdown, send, write_night
from crossload.errors import ConfigError, SelectionError
from crossload.execution.options import RunOptions, Selection
from crossload.runs.expectations import Expectation, load_expectations
from crossload.store import run_log
from crossload.store.database import Store
from crossload.store.records import Cell
from tests.unit.runs.test_run_log import CELL, facts, row

KEY = "a" * 16
DAY = datetime.date(2026, 11, 20)
OTHER = ("lstm", *CELL[1:])


class Nights:
    """Runs that see what they are told, in turn."""

    def __init__(self, out: Path, *seen: list[dict[str, Any]]) -> None:
        self.options = RunOptions(config=Path("matrix.toml"), out=out, selection=Selection(as_of=DAY))
        self._left = list(seen)
        self.removed: list[str] = []

    def run(self, options: RunOptions, console: Console) -> int:
        store = Store(options.out / "store")
        run_log.record(store, facts(1), self._left.pop(0))
        store.close()
        return 0


def night(
    monkeypatch: pytest.MonkeyPatch,
    out: Path,
    *seen: list[dict[str, Any]],
    expectations: list[Expectation] | None = None,
    fail_on: tuple[str, ...] = ("regression",),
) -> tuple[int, nightly.Night | None]:
    """One scheduled run whose inner runs see these rows."""
    nights = Nights(out, *seen)
    monkeypatch.setattr(nightly, "run", nights.run)
    found = nightly.run_nightly(nights.options, expectations or [], fail_on, Console(quiet=True))
    assert nights._left == []
    return found


def good(cell: tuple[str, ...] = CELL) -> dict[str, Any]:
    return row(cell, key=KEY)


def bad(cell: tuple[str, ...] = CELL, error: str = "no such layer") -> dict[str, Any]:
    return row(cell, "fails", error, key=KEY)


def test_the_first_run_becomes_the_baseline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert night(monkeypatch, tmp_path, [good()]) == (0, None)
    store = Store(tmp_path / "store")
    assert run_log.find_run(store, "baseline").id == 1
    store.close()


def test_what_got_worse_is_run_again_and_then_called_a_regression(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    night(monkeypatch, tmp_path, [good(), good(OTHER)])
    store = Store(tmp_path / "store")
    store.put_cell(Cell(KEY + "0" * 48, "a1", "2.16-cpu", ("plain",), (), 1.0))
    store.close()
    code, found = night(monkeypatch, tmp_path, [bad(), good(OTHER)], [bad(), good(OTHER)])
    assert code == 1
    assert found is not None
    assert [(change.kind, change.cell) for change in found.changes] == [("regression", CELL)]
    assert found.headline == "1 regression; 2 cells, against run 1"
    store = Store(tmp_path / "store")
    assert store.cells() == {}  # forgotten, so that the second run measured it anew
    store.close()


def test_a_cell_that_does_otherwise_the_second_time_is_flaky_and_no_regression(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    night(monkeypatch, tmp_path, [good()])
    code, found = night(monkeypatch, tmp_path, [bad()], [good()])
    assert code == 0
    assert found is not None
    assert found.counts == {"flaky": 1}
    assert "flaky" in "\n".join(night_lines(found))


def test_an_unavailable_environment_is_no_regression(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    night(monkeypatch, tmp_path, [good()])
    gone = row(verdict="unavailable", reason="2.16-cpu: no such package", key="")
    code, found = night(monkeypatch, tmp_path, [gone])
    assert (code, found and found.counts) == (0, {"unavailable": 1})
    code, _ = night(monkeypatch, tmp_path, [gone], fail_on=("unavailable",))
    assert code == 1


def test_what_can_not_be_saved_any_more_is_a_regression(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    night(monkeypatch, tmp_path, [good()])
    broken = row((*CELL[:3], ""), "cannot-save", "boom", key="")
    code, found = night(monkeypatch, tmp_path, [broken])
    assert (code, found and found.counts) == (1, {"regression": 1, "gone": 1})


def test_an_expectation_covers_until_its_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    night(monkeypatch, tmp_path, [good()])
    expected = Expectation(cell="dense/h5/*/2.16-cpu", reason="known, reported upstream", until=DAY)
    code, found = night(monkeypatch, tmp_path, [bad()], [bad()], expectations=[expected])
    assert code == 0
    assert found is not None
    assert [change.cell for change, _ in found.expected] == [CELL]
    past = expected.model_copy(update={"until": DAY - datetime.timedelta(days=1)})
    code, found = night(monkeypatch, tmp_path, [bad()], [bad()], expectations=[past])
    assert code == 1


def test_verdicts_can_be_conditions_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    night(monkeypatch, tmp_path, [bad()])
    assert night(monkeypatch, tmp_path, [bad()], fail_on=("fails",))[0] == 1
    assert night(monkeypatch, tmp_path, [bad()], fail_on=("never",))[0] == 0
    with pytest.raises(SelectionError, match="Did you mean 'regression'"):
        nightly.check_conditions(["regresion"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[expected]]\ncell = 'a/b/c/d'\nreason = 'because'\n", "until"),
        ("[[expected]]\ncell = 'dense'\nreason = 'because'\nuntil = 2026-12-01\n", "cell"),
        ("[[expected]]\ncell = 'a/b/c/d'\nreason = 'because'\nuntil = 2026-12-01\nwhy = 1\n", "why"),
        ("[[expected", "TOML"),
    ],
)
def test_a_bad_expectation_says_what_it_lacks(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "expectations.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        load_expectations(path)


def test_what_was_found_is_written_for_people_and_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    night(monkeypatch, tmp_path, [good()])
    _, found = night(monkeypatch, tmp_path, [bad()], [bad()])
    assert found is not None
    write_night(found, tmp_path, {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")})
    assert (tmp_path / "summary.md").read_text() == (tmp_path / "changes.md").read_text() == night_markdown(found)
    assert "| regression | `dense/h5/2.10-cpu/2.16-cpu` | exact | fails |" in night_markdown(found)
    assert json.loads((tmp_path / "changes.json").read_text()) == night_document(found)


@pytest.fixture
def mailbox() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Address of a web hook, and what it received."""
    received: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"json://127.0.0.1:{server.server_port}", received
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_notification_has_the_counts_in_its_subject(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mailbox: tuple[str, list[dict[str, Any]]]
) -> None:
    night(monkeypatch, tmp_path, [good()])
    _, found = night(monkeypatch, tmp_path, [bad()], [bad()])
    assert found is not None
    send(found, [mailbox[0]])
    assert mailbox[1][0]["title"] == "Crossload: 1 regression; 1 cells, against run 1"
    assert mailbox[1][0]["type"] == "failure"
    with pytest.raises(SelectionError, match="nonsense"):
        send(found, ["nonsense://x"])


@pytest.mark.parametrize(
    ("cell", "is_covered"),
    [
        (("dense", "h5", "2.10-cpu", "2.16-cpu"), True),
        (("lstm", "h5", "2.10-cpu", "2.16-cpu"), False),
        (("dense", "h5", "2.9-cpu", "2.16-cpu"), False),
        (("dense", "h5", "2.10-cpu", "2.21-cpu"), False),
    ],
)
def test_an_expectation_covers_a_cell_that_every_part_of_it_fits(cell: tuple[str, ...], is_covered: bool) -> None:
    expected = Expectation(cell="dense/*/2.10-cpu/2.1?-cpu", reason="known for a while", until=DAY)
    assert expected.covers(cell, DAY) is is_covered
    assert not expected.covers(cell, DAY + datetime.timedelta(days=1))


def test_a_cell_that_fails_otherwise_the_second_time_is_flaky_and_no_regression(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    night(monkeypatch, tmp_path, [good()])
    code, found = night(monkeypatch, tmp_path, [bad(error="no such layer")], [bad(error="the process hung")])
    assert found is not None
    assert (code, found.counts) == (0, {"flaky": 1})
