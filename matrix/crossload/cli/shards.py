"""Commands for running one matrix on several machines."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console


def register(app: typer.Typer, make_console: "Callable[[], Console]") -> None:
    """Add the commands to the command line."""

    @app.command()
    def shards(
        count: Annotated[int, typer.Argument(metavar="N", help="Number of shards, at most 256.")],
        profile: Annotated[str, typer.Option(metavar="NAME", help="quick or full, from the configuration.")] = "quick",
        tf: Annotated[str | None, typer.Option("--tf", metavar="LIST", help="TensorFlow versions, as for run.")] = None,
        scenario: Annotated[str | None, typer.Option(metavar="GLOB", help="Scenarios by name.")] = None,
        format: Annotated[str | None, typer.Option(metavar="LIST", help="Formats, as for run.")] = None,
        github: Annotated[bool, typer.Option("--github", help="Print a matrix for GitHub Actions.")] = False,
        config: Annotated[Path, typer.Option(metavar="FILE", help="Configuration to read.")] = Path("matrix.toml"),
    ) -> None:
        """Cut a matrix into shards of about the same time; `crossload run --shard i/N` runs one, with the same options."""
        from rich.table import Table

        from crossload.app.selection import select_matrix
        from crossload.config import load_config
        from crossload.execution.options import RunOptions
        from crossload.execution.shards import cut

        options = RunOptions(
            config=config,
            out=Path("build"),
            profile=profile,
            tf=tf.split(",") if tf else None,
            scenario=scenario,
            formats=format.split(",") if format else None,
        )
        found = cut(select_matrix(options, load_config(config)), count)
        if github:
            typer.echo(json.dumps({"include": [{"shard": shard.name} for shard in found]}))
            return
        table = Table("shard", "minutes on one core", "scenarios", box=None, pad_edge=False)
        for shard in found:
            names = ", ".join(shard.scenarios[:6]) + (
                f" and {len(shard.scenarios) - 6} more" if len(shard.scenarios) > 6 else ""
            )
            table.add_row(shard.name, f"{shard.seconds / 60:.1f}", names)
        make_console().print(table)

    @app.command()
    def merge(
        folders: Annotated[list[Path], typer.Argument(metavar="DIR...", help="Output folders of the shards.")],
        out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to join them in.")] = Path("build"),
    ) -> None:
        """Join the results of shards; `crossload report` with the options of the whole run then renders them."""
        from crossload.store.merge import merge as join

        artifacts, cells = join(folders, out)
        make_console().print(f"{out}: {artifacts:,} artifacts and {cells:,} cells are new.", highlight=False)
