"""The terminal: what lines are printed on, and how lists are written on a command line."""

from collections.abc import Callable

from rich.console import Console

# Receives a line for everything that takes long or matters.
Say = Callable[[str], None]


def open_console() -> Console:
    """A console for stdout. A pipe or a log is not a window: lines must not be cut at 80 columns there."""
    console = Console()
    return console if console.is_terminal else Console(width=200, soft_wrap=True)


def lines_to(console: Console) -> Say:
    """Prints lines as they are: nothing in them is markup, and none is broken."""

    def say(line: str) -> None:
        console.print(line, highlight=False, markup=False, soft_wrap=True)

    return say


def words(text: str | None) -> list[str] | None:
    """The items of a list such as ``2.4, 2.10``; None where none was given."""
    return None if text is None else [word.strip() for word in text.split(",") if word.strip()]
