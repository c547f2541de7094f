"""Commands for running one matrix on several machines."""

import json
from pathlib import Path
from typing import Annotated

import typer

from crossload.cli.options import (
    DEFAULT_CONFIG,
    DEFAULT_OUT,
    ConfigOption,
    FormatOption,
    ProfileOption,
    ScenarioOption,
    TfOption,
)
from crossload.util.terminal import lines_to, open_console, words

# Names of scenarios that a line of the table shows.
_MOST_NAMES = 6


def shards(
    count: Annotated[int, typer.Argument(metavar="N", help="Number of shards, at most 256.")],
    profile: ProfileOption = "quick",
    tf: TfOption = None,
    scenario: ScenarioOption = None,
    format: FormatOption = None,
    github: Annotated[bool, typer.Option("--github", help="Print a matrix for GitHub Actions.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Cut a matrix into shards of about the same time; `crossload run --shard i/N` runs one, with the same options."""
    from rich.table import Table

    from crossload.app.selection import select_matrix
    from crossload.config import load_config
    from crossload.execution.options import RunOptions, Selection
    from crossload.execution.shards import cut

    selection = Selection(profile=profile, tf=words(tf), scenario=scenario, formats=words(format))
    options = RunOptions(config=config, out=DEFAULT_OUT, selection=selection)
    found = cut(select_matrix(options, load_config(config)), count)
    if github:
        typer.echo(json.dumps({"include": [{"shard": shard.name} for shard in found]}))
        return
    table = Table("shard", "minutes on one core", "scenarios", box=None, pad_edge=False)
    for shard in found:
        more = len(shard.scenarios) - _MOST_NAMES
        names = ", ".join(shard.scenarios[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
        table.add_row(shard.name, f"{shard.seconds / 60:.1f}", names)
    open_console().print(table)


def merge(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR...", help="Output folders of the shards.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to join them in.")] = DEFAULT_OUT,
) -> None:
    """Join the results of shards; `crossload report` with the options of the whole run then renders them."""
    from crossload.store.merge import merge as join

    artifacts, cells = join(folders, out)
    lines_to(open_console())(f"{out}: {artifacts:,} artifacts and {cells:,} cells are new.")
