"""Commands about what environments live in: images, what this host can do, and a cell's command to run by hand."""

from typing import Annotated

import typer

from crossload.cli.options import (
    DEFAULT_CONFIG,
    DEFAULT_OUT,
    BackendOption,
    ConfigOption,
    HardwareOption,
    StoreOption,
)
from crossload.util.terminal import open_console, words


def reproduce(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Of a cell: column `key` of results.csv.")],
    backend: BackendOption = "auto",
    out: StoreOption = DEFAULT_OUT,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Print the command that runs one cell again by hand, to be pasted into a shell."""
    from crossload.app.reproduce import reproduce as reproduce_cell

    typer.echo(reproduce_cell(key, config, out, backend))


def images(
    tf: Annotated[
        str | None,
        typer.Option("--tf", metavar="LIST", help="Versions to build: 2.4,2.10, all, variants, latest:3."),
    ] = None,
    hardware: HardwareOption = "cpu",
    build: Annotated[bool, typer.Option("--build", help="Build those of --tf, or of the quick profile.")] = False,
    prune: Annotated[bool, typer.Option("--prune", help="Remove images of ours that no lock names any more.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """List Docker images with size and age; build them (--tf or --build), remove old ones (--prune).

    Exit code 3 when an image that was asked for could not be built.
    """
    from crossload.app.images import images as images_command

    code = images_command(config, words(tf), words(hardware) or [], build, prune, open_console())
    raise typer.Exit(code)


def doctor(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Say what this host can do: engine, interpreters, disk, environments, and what to install for the rest."""
    from crossload.app.doctor import doctor as doctor_command

    doctor_command(config, open_console())
