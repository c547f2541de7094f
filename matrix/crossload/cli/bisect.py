"""``crossload bisect``."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crossload.errors import StoreError

if TYPE_CHECKING:
    from rich.console import Console


def register(app: typer.Typer, make_console: "Callable[[], Console]") -> None:
    """Add the command to the command line."""

    @app.command()
    def bisect(
        cell: Annotated[
            str,
            typer.Argument(metavar="CELL", help="A key of results.csv, or a permalink: SAVER,LOADER,FORMAT,SCENARIO."),
        ],
        out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the run.")] = Path("build"),
        config: Annotated[Path, typer.Option("--config", metavar="FILE", help="Configuration to read.")] = Path(
            "matrix.toml"
        ),
    ) -> None:
        """Find the release and the package that a cell's verdict changed in, by building environments between two.

        The cell is compared with the nearest one that behaves otherwise. Every probe is kept in the store.
        """
        from crossload.bisection.command import bisect_cell

        console = make_console()

        def say(line: str) -> None:
            console.print(line, highlight=False, markup=False, soft_wrap=True)

        say(bisect_cell(cell, out, config, _rows(out), say))


def _rows(out: Path) -> list[dict[str, Any]]:
    import pandas as pd

    try:
        table = pd.read_csv(out / "results.csv", keep_default_na=False, dtype=str)
    except (OSError, ValueError):
        raise StoreError(f"{out}: has no results yet. Run `crossload run --out {out}` first.") from None
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]
