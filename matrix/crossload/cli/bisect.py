"""``crossload bisect``."""

from pathlib import Path
from typing import Annotated

import typer

from crossload.cli.options import DEFAULT_CONFIG, DEFAULT_OUT, ConfigOption
from crossload.util.terminal import lines_to, open_console


def bisect(
    cell: Annotated[
        str,
        typer.Argument(metavar="CELL", help="A key of results.csv, or a permalink: SAVER,LOADER,FORMAT,SCENARIO."),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the run.")] = DEFAULT_OUT,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Find the release and the package that a cell's verdict changed in, by building environments between two.

    The cell is compared with the nearest one that behaves otherwise. Every probe is kept in the store.
    """
    from crossload.bisection.command import bisect_cell

    say = lines_to(open_console())
    say(bisect_cell(cell, out, config, say))
