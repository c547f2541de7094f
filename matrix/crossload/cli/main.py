"""The command line. Heavy imports happen inside the commands, so that ``--help`` is instant."""

import datetime
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from crossload import __version__
from crossload.cli import bisect, data, docker, history, models, plan, shards, store
from crossload.errors import CrossloadError, SelectionError

app = typer.Typer(
    name="crossload",
    help="Which saved Keras models load in which TensorFlow, and how faithfully: measured, never guessed.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

ConfigOption = Annotated[Path, typer.Option("--config", metavar="FILE", help="Configuration to read.")]
OutOption = Annotated[
    Path, typer.Option("--out", metavar="DIR", help="Folder for the store, the tables and the report.")
]
TfOption = Annotated[
    str | None,
    typer.Option(
        "--tf", metavar="LIST", help="TensorFlow versions: 2.4,2.10 or 2.16+tf_keras, all, variants, latest:3."
    ),
]
HardwareOption = Annotated[str, typer.Option("--hardware", metavar="LIST", help="cpu, cuda, or both.")]
ScenarioOption = Annotated[
    str | None, typer.Option("--scenario", metavar="GLOB", help="Scenarios by name: 'q1-*' or dense,lstm.")
]
FormatOption = Annotated[
    str | None, typer.Option("--format", metavar="LIST", help="Formats: h5,savedmodel,keras,weights and others.")
]
BackendOption = Annotated[str, typer.Option("--backend", metavar="NAME", help="auto, docker or venv.")]

SiteOption = Annotated[
    Path | None,
    typer.Option("--site", metavar="DIR", help="Also write a folder for a web server, with the data beside the page."),
]

DEFAULT_CONFIG = Path("matrix.toml")
DEFAULT_OUT = Path("build")


def _console() -> Console:
    # A pipe or a log is not a window: lines must not be cut at 80 columns there.
    console = Console()
    return console if console.is_terminal else Console(width=200, soft_wrap=True)


def _words(text: str | None) -> list[str] | None:
    return None if text is None else [word.strip() for word in text.split(",") if word.strip()]


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"crossload {__version__}")
        raise typer.Exit()


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


@app.command()
def run(
    profile: Annotated[str, typer.Option(metavar="NAME", help="quick or full, from the configuration.")] = "quick",
    tf: TfOption = None,
    hardware: HardwareOption = "cpu",
    scenario: ScenarioOption = None,
    format: FormatOption = None,
    backend: BackendOption = "auto",
    jobs: Annotated[int, typer.Option(min=0, metavar="N", help="Workers at a time; 0 is one per core.")] = 0,
    out: OutOption = DEFAULT_OUT,
    config: ConfigOption = DEFAULT_CONFIG,
    fail_on: Annotated[
        str, typer.Option(metavar="LIST", help="Verdicts that make the exit code 1, such as differs,fails; or never.")
    ] = "never",
    as_of: Annotated[
        datetime.datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="Day whose nightlies to use; today by default."),
    ] = None,
    shard: Annotated[
        str | None, typer.Option(metavar="I/N", help="Only this part of the selection: see `crossload shards`.")
    ] = None,
    executor: Annotated[
        str, typer.Option(metavar="NAME", help="local, or dask (several machines, or workers of its own).")
    ] = "local",
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Dask scheduler, such as tcp://host:8786.")
    ] = None,
    artifacts: Annotated[
        str | None, typer.Option(metavar="URL", help="Where Dask workers exchange artifacts: file://..., s3://...")
    ] = None,
    site: SiteOption = None,
) -> None:
    """Save every scenario in every environment, load it in all of them, compare, and render the report.

    What is already in the store is not run again. Exit codes: 0 done; 1 done, and a --fail-on condition holds;
    2 bad usage or configuration; 3 nothing could run.
    """
    from crossload.app.run import run as run_matrix
    from crossload.execution.options import RunOptions
    from crossload_reports.exports.markdown import append_step_summary

    options = RunOptions(
        *(config, out, profile, _words(tf), _words(hardware) or [], scenario, _words(format), backend, jobs),
        _words(fail_on) or [],
        as_of.date() if as_of else None,
        shard,
        executor,
        scheduler,
        artifacts,
        site,
    )
    code = run_matrix(options, _console())
    append_step_summary(out / "summary.md")
    raise typer.Exit(code)


@app.command()
def envs(
    tf: TfOption = None,
    hardware: HardwareOption = "cpu",
    backend: BackendOption = "auto",
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """List environments: versions, state (ready, missing, unavailable and why) and size."""
    from crossload.backends import choose_backend
    from crossload.config import load_config
    from crossload.environments.selection import all_environments, select

    settings = load_config(config)
    environments = all_environments(settings)
    chosen = select(environments, _words(tf) or [], _words(hardware) or []) if tf else list(environments.values())
    place, reason = choose_backend(backend, settings, config.parent, chosen)
    console = _console()
    console.print(f"Backend: {reason}", highlight=False, soft_wrap=True)
    columns = ("id", "python", "tensorflow", "keras", "h5py", "numpy", "protobuf", "state", "size_mb", "reason")
    table = Table(*(column.replace("_mb", " MB") for column in columns), box=None, pad_edge=False)
    for environment in chosen:
        facts = place.state(environment).describe()
        table.add_row(*("" if facts[column] is None else str(facts[column]) for column in columns))
    console.print(table)


@app.command()
def scenarios(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """List the scenarios: name, family, versions, source question and title."""
    from crossload.config import load_config
    from crossload.scenario_index import index_scenarios

    folders = load_config(config).scenario_folders
    table = Table("name", "family", "versions", "case", "title", box=None, pad_edge=False)
    for item in index_scenarios(config.parent / folder for folder in folders).values():
        versions = f"{item.options['since']}-{item.options['until']}"
        table.add_row(item.name, item.family, versions, item.options["case"], item.options["title"])
    _console().print(table)


@app.command()
def lock(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[ENVIRONMENT]...", help="Ids; every one by default.")
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Resolve environments as of their dates and write matrix/crossload/environments/locks/."""
    from crossload.config import load_config
    from crossload.environments.locking import write_lock
    from crossload.environments.selection import all_environments
    from crossload.errors import nearest

    environments = all_environments(load_config(config))
    for name in names or list(environments):
        if name not in environments:
            raise SelectionError(f"no environment {name!r}.{nearest(name, environments)} `crossload envs` lists them.")
        settings = environments[name].config
        if isinstance(settings.as_of, str):
            typer.echo(f"{name}: is resolved when it runs")
            continue
        typer.echo(write_lock(name, settings, settings.as_of))


@app.command()
def report(
    profile: Annotated[
        str | None, typer.Option(metavar="NAME", help="quick or full, from the configuration.", show_default=False)
    ] = None,
    tf: TfOption = None,
    hardware: Annotated[
        str | None, typer.Option(metavar="LIST", help="cpu, cuda, or both.", show_default=False)
    ] = None,
    scenario: ScenarioOption = None,
    format: FormatOption = None,
    backend: BackendOption = "auto",
    out: OutOption = DEFAULT_OUT,
    config: ConfigOption = DEFAULT_CONFIG,
    site: SiteOption = None,
) -> None:
    """Judge and render again what the store holds, without running anything (new tolerances, an interrupted run).

    Without a selection, that of the last run into the folder; with one, the quick profile's and CPU where nothing else is said.
    """
    from crossload.app.report import report_only
    from crossload.app.selection import with_last_selection
    from crossload.execution.options import RunOptions

    console = _console()
    selected = (profile or "quick", _words(tf), _words(hardware or "cpu") or [], scenario, _words(format))
    options = RunOptions(config, out, *selected, backend, site=site)
    if all(option is None for option in (profile, tf, hardware, scenario, format)):
        options = with_last_selection(options, console)
    report_only(options, console)


shards.register(app, _console)
history.register(app, _console)
bisect.register(app, _console)
history.register_nightly(app, _console)
plan.register(app, _console)
data.register(app, _console)
models.register(app, _console)
docker.register(app, _console)
store.register(app, _console)


def main() -> None:
    """Entry point: errors a user can cause are one or two lines on stderr, never a traceback."""
    try:
        app()
    except CrossloadError as error:
        print(f"crossload: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("crossload: stopped.", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
