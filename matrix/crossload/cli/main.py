"""The command line. Heavy imports happen inside the commands, so that ``--help`` is instant."""

import errno
import io
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
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
from crossload.cli.options import OnceCommand
from crossload.errors import CrossloadError
from crossload.util.terminal import escaped

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


# What the machine says no to, wherever it does: a message, not a traceback.
_SURROUNDINGS = frozenset(
    {errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.ELOOP, errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EIO}
    | {errno.EPIPE, errno.ENOTDIR}
)


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
    app.command(name, cls=OnceCommand)(command)
app.add_typer(data.app, name="data")
app.add_typer(store.app, name="store")


def main() -> None:
    """Entry point: errors a user can cause are one or two lines on stderr, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A name that a terminal has no letters for is written out.
            stream.reconfigure(errors="backslashreplace")
    try:
        try:
            app()
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except CrossloadError as error:
        _complain(str(error))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        _complain("stopped.")
        sys.exit(130)
    except OSError as error:
        gone = error.errno == errno.ENOENT and error.filename is None
        if error.errno not in _SURROUNDINGS and not gone:
            raise
        _let_go_of_stdout()
        if error.errno != errno.EPIPE:
            place = f"{error.filename}: " if error.filename is not None else ""
            why = "this folder is gone: change to one that is there" if gone else error.strerror
            _complain(f"{place}{why}.")
        sys.exit(2)


def _complain(text: str) -> None:
    with suppress(OSError, AttributeError):  # nobody may be listening
        print("crossload: " + "\n".join(escaped(line) for line in text.split("\n")), file=sys.stderr)


def _let_go_of_stdout() -> None:
    """Lose what stdout could not take, so that the interpreter does not try again when it ends."""
    with suppress(OSError, AttributeError, ValueError), open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


if __name__ == "__main__":
    main()
