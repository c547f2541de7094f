"""Commands about the store itself: is it whole, and a copy of it."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from crossload.store.integrity import Checked

OutOption = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the run that holds the store.")]


def register(app: typer.Typer, make_console: "Callable[[], Console]") -> None:
    """Add the commands to the command line."""
    store = typer.Typer(help="Verify the store, or copy it while it is in use.", no_args_is_help=True)
    app.add_typer(store, name="store")

    def tell(checked: "Checked", out: Path) -> None:
        console = make_console()
        for problem in checked.problems:
            console.print(problem, highlight=False, markup=False, soft_wrap=True)
        state = f"{len(checked.problems)} problems" if checked.problems else "whole"
        unused = f"; {checked.unused:,} folders of files that no result names" if checked.unused else ""
        console.print(
            f"{out}: {state}: {checked.artifacts:,} artifacts, {checked.cells:,} cells, {checked.runs:,} runs{unused}.",
            highlight=False,
            soft_wrap=True,
        )
        raise typer.Exit(1 if checked.problems else 0)

    @store.command()
    def check(out: OutOption = Path("build")) -> None:
        """Verify integrity, schema, references and every file's digest, changing nothing. Exit code 1 on a problem."""
        from crossload.store.integrity import check as look

        tell(look(out / "store"), out)

    @store.command()
    def backup(
        destination: Annotated[Path, typer.Argument(metavar="DIR", help="New folder; can be given as --out later.")],
        out: OutOption = Path("build"),
    ) -> None:
        """Copy results and files to another folder, also while a run goes on, and check the copy."""
        from crossload.store.integrity import back_up

        tell(back_up(out / "store", destination), destination)
