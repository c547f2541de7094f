"""Commands about what environments live in: images, what this host can do, and a cell's command to run by hand."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

ConfigOption = Annotated[Path, typer.Option("--config", metavar="FILE", help="Configuration to read.")]
OutOption = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the run that holds the store.")]
DEFAULT_CONFIG, DEFAULT_OUT = Path("matrix.toml"), Path("build")


def _words(text: str | None) -> list[str] | None:
    return None if text is None else [word.strip() for word in text.split(",") if word.strip()]


def register(app: typer.Typer, make_console: "Callable[[], Console]") -> None:
    """Add the commands to the command line."""

    @app.command()
    def reproduce(
        key: Annotated[str, typer.Argument(metavar="KEY", help="Of a cell: column `key` of results.csv.")],
        backend: Annotated[str, typer.Option("--backend", metavar="NAME", help="auto, docker or venv.")] = "auto",
        out: OutOption = DEFAULT_OUT,
        config: ConfigOption = DEFAULT_CONFIG,
    ) -> None:
        """Print the command that runs one cell again by hand, to be pasted into a shell."""
        from crossload.app.reproduce import reproduce as reproduce_cell

        print(reproduce_cell(key, config, out, backend))

    @app.command()
    def images(
        tf: Annotated[
            str | None,
            typer.Option("--tf", metavar="LIST", help="Versions to build: 2.4,2.10, all, variants, latest:3."),
        ] = None,
        hardware: Annotated[str, typer.Option("--hardware", metavar="LIST", help="cpu, cuda, or both.")] = "cpu",
        build: Annotated[bool, typer.Option("--build", help="Build those of --tf, or of the quick profile.")] = False,
        prune: Annotated[
            bool, typer.Option("--prune", help="Remove images of ours that no lock names any more.")
        ] = False,
        config: ConfigOption = DEFAULT_CONFIG,
    ) -> None:
        """List Docker images with size and age; build them (--tf or --build), remove old ones (--prune).

        Exit code 3 when an image that was asked for could not be built.
        """
        from crossload.app.images import images as images_command

        raise typer.Exit(images_command(config, _words(tf), _words(hardware) or [], build, prune, make_console()))

    @app.command()
    def doctor(config: ConfigOption = DEFAULT_CONFIG) -> None:
        """Say what this host can do: engine, interpreters, disk, environments, and what to install for the rest."""
        from crossload.app.doctor import doctor as doctor_command

        doctor_command(config, make_console())
