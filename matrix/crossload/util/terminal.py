"""The terminal: what lines are printed on, and how lists are written on a command line."""

from collections.abc import Callable

from rich.console import Console

# Receives a line for everything that takes long or matters.
Say = Callable[[str], None]


def open_console(stderr: bool = False) -> Console:
    """A console for stdout, or for stderr. A pipe or a log is not a window: lines must not be cut at 80 columns there.

    Nothing that is printed is markup or the name of an emoji: names in it come from files.
    """
    console = Console(stderr=stderr, markup=False, emoji=False)
    return (
        console if console.is_terminal else Console(width=200, soft_wrap=True, stderr=stderr, markup=False, emoji=False)
    )


def escaped(text: str) -> str:
    """A text as a terminal, a log or a page may show it: escapes, control characters, those that turn the direction of writing
    and half characters are written out.
    """
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def lines_to(console: Console) -> Say:
    """Prints lines: nothing in them is markup, none is broken, and nothing in them moves the cursor."""

    def say(line: str) -> None:
        shown = "\n".join(escaped(part) for part in line.split("\n"))
        console.print(shown, highlight=False, markup=False, soft_wrap=True)

    return say


def words(text: str | None) -> list[str] | None:
    """The items of a list such as ``2.4, 2.10``; None where none was given."""
    return None if text is None else [word.strip() for word in text.split(",") if word.strip()]
