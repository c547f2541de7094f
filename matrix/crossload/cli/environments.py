"""Commands about what there is to run: environments, their locks, and scenarios."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crossload.cli.options import DEFAULT_CONFIG, BackendOption, ConfigOption, HardwareOption, TfOption
from crossload.errors import SelectionError, nearest
from crossload.util.terminal import lines_to, open_console, words

if TYPE_CHECKING:
    from crossload.environments.model import Environment


def envs(
    tf: TfOption = None,
    hardware: HardwareOption = "cpu",
    backend: BackendOption = "auto",
    sbom: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Write a bill of materials of each into FOLDER, CycloneDX JSON, from its lock."
        ),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """List environments: versions, state (ready, missing, unavailable and why) and size."""
    from rich.table import Table

    from crossload.backends import choose_backend
    from crossload.config import load_config
    from crossload.environments.selection import all_environments, select

    settings = load_config(config)
    environments = all_environments(settings)
    chosen = select(environments, words(tf) or [], words(hardware) or []) if tf else list(environments.values())
    if sbom is not None:
        _write_bills(sbom, chosen)
        return
    place, reason = choose_backend(backend, settings, config.parent, chosen)
    console = open_console()
    lines_to(console)(f"Backend: {reason}")
    columns = ("id", "python", "tensorflow", "keras", "h5py", "numpy", "protobuf", "state", "size_mb", "reason")
    table = Table(*(column.replace("_mb", " MB") for column in columns), box=None, pad_edge=False)
    for environment in chosen:
        facts = place.state(environment).describe()
        table.add_row(*("" if facts[column] is None else str(facts[column]) for column in columns))
    console.print(table)


def _write_bills(folder: Path, chosen: "Sequence[Environment]") -> None:
    """Write a bill of materials of each; say of which there is none."""
    from crossload.environments.nightly_lock import resolve
    from crossload.environments.sbom import check_available
    from crossload.environments.sbom import sbom as bill_of
    from crossload.util.clock import today
    from crossload.util.files import write_text_atomically

    check_available()
    say, written = lines_to(open_console()), 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for environment in chosen:
            resolved = resolve(environment, today())
            if resolved.unresolved:
                say(f"{environment.id}: {resolved.unresolved}")
                continue
            write_text_atomically(folder / f"{environment.id}.cdx.json", bill_of(resolved))
            written += 1
    except OSError as error:
        raise SelectionError(f"--sbom {folder}: cannot be written ({error.strerror}).") from None
    say(f"{folder}: {written} bills of materials")


def scenarios(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """List the scenarios: name, family, versions, source question and title."""
    from rich.table import Table

    from crossload.config import load_config
    from crossload.scenario_index import index_scenarios

    folders = load_config(config).scenario_folders
    table = Table("name", "family", "versions", "case", "title", box=None, pad_edge=False)
    for item in index_scenarios(config.parent / folder for folder in folders).values():
        versions = f"{item.options['since']}-{item.options['until']}"
        table.add_row(item.name, item.family, versions, item.options["case"], item.options["title"])
    open_console().print(table)


def lock(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[ENVIRONMENT]...", help="Ids; every one by default.")
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Resolve environments as of their dates and write their locks, into the folder locks beside the configuration."""
    from crossload.config import AT_RUN, load_config
    from crossload.environments.locking import folder_to_write, write_lock
    from crossload.environments.selection import all_environments

    read = load_config(config)
    environments, folder = all_environments(read), folder_to_write(read.lock_folder)
    for name in names or list(environments):
        if name not in environments:
            raise SelectionError(f"no environment {name!r}.{nearest(name, environments)} `crossload envs` lists them.")
        settings = environments[name].config
        if settings.as_of == AT_RUN:
            typer.echo(f"{name}: is resolved when it runs")
            continue
        if environments[name].unresolved and not names:
            typer.echo(f"{name}: {environments[name].unresolved}")
            continue
        as_of = None if isinstance(settings.as_of, str) else settings.as_of
        typer.echo(write_lock(name, settings, as_of, folder / f"{name}.txt", read.lock_folder))
