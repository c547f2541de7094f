"""Lines as they are, and lists as people write them."""

import io

import pytest
from rich.console import Console

from crossload.util.terminal import lines_to, open_console, words


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
