"""The changelog of verdicts: what is worse comes first, and a cell that says the same is not in it."""

from pathlib import Path

from typer.testing import CliRunner

from crossload.cli.main import app
from crossload.shipped.changelog import changelog, verdict_changes
from crossload.shipped.file_format import Measurements, pack, write
from tests.unit.shipped.test_file_format import FACTS, environment, row, scenarios

LATER = {"date": "2026-03-04"}


def measured(later: bool, **verdicts: str) -> Measurements:
    rows = [row(name, "h5", "2.4-cpu", "2.10-cpu", verdict=verdict) for name, verdict in verdicts.items()]
    facts = FACTS | LATER if later else FACTS
    return pack(rows, facts, [environment("2.4-cpu"), environment("2.10-cpu")], scenarios(*verdicts))


BEFORE = measured(False, dense="exact", lstm="fails", conv="exact", gone="exact", same="remedy")
AFTER = measured(True, dense="fails", lstm="remedy", conv="equal", new="exact", same="remedy")


def test_what_differs_is_said_by_kind_pair_and_format() -> None:
    found = verdict_changes(BEFORE, AFTER)
    assert [(change.kind, change.cell[0]) for change in found] == [
        ("regression", "dense"), ("changed", "conv"), ("fixed", "lstm"), ("new", "new"), ("gone", "gone"),
    ]  # fmt: skip
    lines = list(changelog(BEFORE, AFTER, found))
    assert lines[0] == "# Verdicts from 2026-01-02 to 2026-03-04"
    assert lines.index("## Worse: 1") < lines.index("## Better: 1") < lines.index("## Gone: 1")
    assert "- 2.4 → 2.10, h5: exact → fails: dense" in lines
    assert any(line.startswith("- 2.4 → 2.10, h5: fails → remedy") and line.endswith(": lstm") for line in lines)
    assert not any("same" in line for line in lines)


def test_the_command_ends_with_1_where_something_is_worse(tmp_path: Path) -> None:
    old, new = write(BEFORE, tmp_path / "old.xz"), write(AFTER, tmp_path / "new.xz")
    done = CliRunner().invoke(app, ["data", "changes", str(old), str(new)])
    assert done.exit_code == 1
    assert "## Worse: 1" in done.output
    done = CliRunner().invoke(app, ["data", "changes", str(new), str(new)])
    assert done.exit_code == 0
    assert "##" not in done.output
