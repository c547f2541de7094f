"""Lines as they are, and lists as people write them."""

import io

import pytest
from rich.console import Console
from rich.table import Table

from crossload.util.terminal import escaped, lines_to, open_console, words


@pytest.mark.parametrize(
    ("text", "items"),
    [(None, None), ("", []), (" , ", []), ("2.10", ["2.10"]), ("2.4, 2.10 ,", ["2.4", "2.10"])],
)
def test_a_list_is_split_at_commas_and_blanks_do_not_count(text: str | None, items: list[str] | None) -> None:
    assert words(text) == items


def test_a_pipe_is_no_window(capsys: pytest.CaptureFixture[str]) -> None:
    line = "x" * 150 + " [bold]" + "y" * 150
    lines_to(open_console())(line)
    assert capsys.readouterr().out == line + "\n"


def test_lines_are_neither_markup_nor_coloured_on_a_terminal() -> None:
    stream = io.StringIO()
    lines_to(Console(file=stream, force_terminal=True, width=40))("[red]2.10-cpu[/red] in 3 s " + "x" * 60)
    assert stream.getvalue() == "[red]2.10-cpu[/red] in 3 s " + "x" * 60 + "\n"


def test_nothing_that_is_said_moves_the_cursor_or_turns_the_writing(capsys: pytest.CaptureFixture[str]) -> None:
    lines_to(open_console())("a\x1b[31m\u202eb\r\x07\ud800\nsecond: ü 模型")
    assert capsys.readouterr().out == "a\\x1b[31m\\u202eb\\r\\x07\\ud800\nsecond: ü 模型\n"
    assert escaped("\n\0") == "\\n\\x00"


def test_names_in_a_table_are_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table(show_header=False, box=None)
    table.add_row("[/red] [bold]x :smile:")
    open_console().print(table)
    assert "[/red] [bold]x :smile:" in capsys.readouterr().out
