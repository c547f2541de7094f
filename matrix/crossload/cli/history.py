"""Commands about recorded runs: what changed between two, since when a cell behaves as it does, and which run is the baseline."""

import datetime
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crossload.errors import SelectionError, StoreError, nearest

if TYPE_CHECKING:
    from rich.console import Console

    from crossload.store.database import Store

OutOption = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the run that holds the store.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="A run's number, last, previous or baseline.")]

_MOST_LINES = 200


@contextmanager
def _store(out: Path) -> "Iterator[Store]":
    from crossload.store.database import Store

    if not (out / "store" / "results.sqlite").exists():
        raise StoreError(f"{out}: nothing has been run here yet. Run `crossload run --out {out}` first.")
    store = Store(out / "store")
    try:
        yield store
    finally:
        store.close()


def register(app: typer.Typer, make_console: "Callable[[], Console]") -> None:
    """Add the commands to the command line."""

    @app.command()
    def runs(out: OutOption = Path("build"), as_json: JsonOption = False) -> None:
        """List the recorded runs."""

        from rich.table import Table

        from crossload.store import run_log

        with _store(out) as store:
            found = run_log.runs(store)
        if as_json:
            names = ("id", "started", "finished", "accepted", "cells")
            listed = [
                {name: getattr(run, name) for name in names} | {"executed": run.payload.get("executed")}
                for run in found
            ]
            typer.echo(json.dumps(listed, indent=1))
            return
        table = Table("run", "finished", "cells", "executed", "minutes", "baseline", box=None, pad_edge=False)
        for run in found:
            minutes = f"{run.payload.get('seconds', 0) / 60:.1f}"
            executed = str(run.payload.get("executed", ""))
            table.add_row(str(run.id), run.finished, str(run.cells), executed, minutes, "yes" if run.accepted else "")
        make_console().print(table)

    @app.command()
    def diff(
        before: RunArgument = "previous",
        after: RunArgument = "last",
        out: OutOption = Path("build"),
        as_json: JsonOption = False,
    ) -> None:
        """Show what differs between two runs: regressions, fixed, changed, changed errors, new and vanished cells."""

        from crossload.runs import compare
        from crossload.runs.text import change_lines, describe_change
        from crossload.store import run_log

        with _store(out) as store:
            sides = [run_log.find_run(store, word) for word in (before, after)]
            changes = compare.compare(*(run_log.observations(store, run.id) for run in sides))
        if as_json:
            typer.echo(json.dumps([describe_change(change) for change in changes], indent=1))
            return
        console = make_console()
        console.print(
            f"run {sides[0].id} ({sides[0].finished}) → run {sides[1].id} ({sides[1].finished})", highlight=False
        )
        for line in change_lines(changes):
            console.print(line, highlight=False, markup=False, soft_wrap=True)

    @app.command(name="history")
    def show_history(
        cell: Annotated[
            str, typer.Argument(metavar="CELL", help="scenario/format/saved_with/loaded_with, as in results.csv.")
        ],
        out: OutOption = Path("build"),
    ) -> None:
        """Show since when a cell behaves as it does, and which pins changed then."""

        from crossload.runs.text import history_lines
        from crossload.store import run_log

        parts = tuple(cell.split("/"))
        if len(parts) != len(run_log.CELL):
            raise SelectionError(f"{cell!r} is not a cell. Write scenario/format/saved_with/loaded_with.")
        with _store(out) as store:
            seen = run_log.history(store, parts)
            if not seen:
                _no_such_cell(store, cell)
        for line in history_lines(seen, parts):
            make_console().print(line, highlight=False, markup=False, soft_wrap=True)

    @app.command()
    def accept(run: RunArgument = "last", out: OutOption = Path("build")) -> None:
        """Make a run the baseline that later ones are compared with."""

        from crossload.store import run_log

        with _store(out) as store:
            found = run_log.find_run(store, run)
            run_log.accept(store, found.id, datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds"))
        make_console().print(f"Run {found.id} of {found.finished} is the baseline.", highlight=False)

    @app.command()
    def gc(
        keep: Annotated[int, typer.Option(min=1, metavar="N", help="Runs to keep besides the baseline.")] = 30,
        out: OutOption = Path("build"),
    ) -> None:
        """Forget old runs. Measurements and saved files that the next run can use again stay."""

        from crossload.store import run_log

        with _store(out) as store:
            gone = run_log.forget(store, keep)
        make_console().print(f"{len(gone)} runs forgotten.", highlight=False)


def register_nightly(app: typer.Typer, make_console: "Callable[[], Console]") -> None:
    """Add the scheduled run to the command line."""

    @app.command()
    def nightly(
        profile: Annotated[str, typer.Option(metavar="NAME", help="Its environments, and the nightly one.")] = "quick",
        tf: Annotated[
            str | None, typer.Option("--tf", metavar="LIST", help="Other environments than the profile's and nightly.")
        ] = None,
        scenario: Annotated[str | None, typer.Option(metavar="GLOB", help="Scenarios by name.")] = None,
        backend: Annotated[str, typer.Option(metavar="NAME", help="auto, docker or venv.")] = "auto",
        fail_on: Annotated[
            str,
            typer.Option(metavar="LIST", help="regression, verdicts such as differs,fails,unavailable, or never."),
        ] = "regression",
        expectations: Annotated[
            Path | None, typer.Option(metavar="FILE", help="Known changes: expectations.toml if it is there.")
        ] = None,
        notify: Annotated[
            list[str] | None, typer.Option(metavar="URL", help="Send a summary there, as apprise writes addresses.")
        ] = None,
        as_of: Annotated[
            datetime.datetime | None,
            typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="Day whose nightlies to use; today by default."),
        ] = None,
        executor: Annotated[str, typer.Option(metavar="NAME", help="local or dask, as for run.")] = "local",
        scheduler: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Dask scheduler, as for run.")] = None,
        artifacts: Annotated[str | None, typer.Option(metavar="URL", help="Exchange of artifacts, as for run.")] = None,
        out: OutOption = Path("build"),
        config: Annotated[Path, typer.Option(metavar="FILE", help="Configuration to read.")] = Path("matrix.toml"),
    ) -> None:
        """Run the matrix with the newest nightly, compare with the accepted run, and run again what got worse.

        The first run becomes the baseline; `crossload accept` moves it. An environment that cannot be built is
        unavailable, never a regression.
        """
        from crossload.app.nightly import run_nightly
        from crossload.app.nightly_report import night_lines, send, write_night
        from crossload.config import load_config
        from crossload.execution.options import RunOptions
        from crossload.runs.expectations import load_expectations

        profiles = load_config(config).profiles
        if profile not in profiles:
            raise SelectionError(
                f"unknown profile {profile!r}.{nearest(profile, profiles)} Known: {', '.join(profiles)}."
            )
        words = tf.split(",") if tf else [*profiles[profile].environments, "nightly-cpu"]
        known = Path("expectations.toml")
        path = expectations or (known if known.is_file() else None)
        options = RunOptions(
            config=config,
            out=out,
            profile=profile,
            tf=words,
            scenario=scenario,
            backend=backend,
            as_of=as_of.date() if as_of else None,
            executor=executor,
            scheduler=scheduler,
            artifacts=artifacts,
        )
        console = make_console()
        conditions = [word.strip() for word in fail_on.split(",") if word.strip()]
        code, night = run_nightly(options, load_expectations(path) if path else [], conditions, console)
        if night is not None:
            write_night(night, out)
            for line in night_lines(night):
                console.print(line, highlight=False, markup=False, soft_wrap=True)
            if notify:
                send(night, notify)
        raise typer.Exit(code)


def _no_such_cell(store: "Store", cell: str) -> None:

    from crossload.store import run_log

    known = ["/".join(row) for row in store.read(f"SELECT DISTINCT {', '.join(run_log.CELL)} FROM observations")]
    raise SelectionError(f"no run has the cell {cell!r}.{nearest(cell, known)}")
