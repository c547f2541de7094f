"""The command line. Heavy imports happen inside the commands, so that ``--help`` is instant."""

import sys
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

from crossload import __version__
from crossload.cli import (
    bisect,
    data,
    docker,
    environments,
    history,
    models,
    nightly,
    plan,
    run,
    shards,
    store,
    weights,
)
from crossload.errors import CrossloadError

app = typer.Typer(
    name="crossload",
    help="Which saved Keras models load in which TensorFlow, and how faithfully: measured, never guessed.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

# Every command, in the order in which the help lists them.
COMMANDS: Mapping[str, Callable[..., Any]] = {
    "run": run.run,
    "envs": environments.envs,
    "scenarios": environments.scenarios,
    "lock": environments.lock,
    "report": run.report,
    "shards": shards.shards,
    "merge": shards.merge,
    "runs": history.runs,
    "diff": history.diff,
    "history": history.history,
    "accept": history.accept,
    "gc": history.gc,
    "bisect": bisect.bisect,
    "nightly": nightly.nightly,
    "inspect": models.inspect,
    "plan": plan.plan,
    "explain": plan.explain,
    "check": models.check,
    "convert": models.convert,
    "verify": models.verify,
    "weights": weights.weights,
    "reproduce": docker.reproduce,
    "images": docker.images,
    "doctor": docker.doctor,
}


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


for name, command in COMMANDS.items():
    app.command(name)(command)
app.add_typer(data.app, name="data")
app.add_typer(store.app, name="store")


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
