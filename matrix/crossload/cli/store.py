"""Commands about the store itself: is it whole, and a copy of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crossload.cli.options import DEFAULT_OUT, OnceCommand, StoreOption
from crossload.util.terminal import lines_to, open_console

if TYPE_CHECKING:
    from crossload.store.integrity import Checked

app = typer.Typer(help="Verify the store, or copy it while it is in use.", no_args_is_help=True)


@app.command(cls=OnceCommand)
def check(out: StoreOption = DEFAULT_OUT) -> None:
    """Verify integrity, schema, references and every file's digest, changing nothing. Exit code 1 on a problem."""
    from crossload.store.integrity import check as look

    _tell(look(out / "store"), out)


@app.command(cls=OnceCommand)
def backup(
    destination: Annotated[Path, typer.Argument(metavar="DIR", help="New folder; can be given as --out later.")],
    out: StoreOption = DEFAULT_OUT,
) -> None:
    """Copy results and files to another folder, also while a run goes on, and check the copy."""
    from crossload.store.integrity import back_up

    _tell(back_up(out / "store", destination), destination)


def _tell(checked: "Checked", out: Path) -> None:
    say = lines_to(open_console())
    for problem in checked.problems:
        say(problem)
    state = f"{len(checked.problems)} problems" if checked.problems else "whole"
    unused = f"; {checked.unused:,} folders of files that no result names" if checked.unused else ""
    counts = f"{checked.artifacts:,} artifacts, {checked.cells:,} cells, {checked.runs:,} runs"
    say(f"{out}: {state}: {counts}{unused}.")
    raise typer.Exit(1 if checked.problems else 0)
