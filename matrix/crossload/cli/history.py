"""Commands about recorded runs: what changed between two, since when a cell behaves as it does, and which run is the baseline."""

import json
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from crossload.cli.options import DEFAULT_OUT, JsonOption, StoreOption
from crossload.errors import SelectionError, nearest
from crossload.util.clock import now
from crossload.util.terminal import lines_to, open_console

if TYPE_CHECKING:
    from crossload.store.database import Store

RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="A run's number, last, previous or baseline.")]


def runs(out: StoreOption = DEFAULT_OUT, as_json: JsonOption = False) -> None:
    """List the recorded runs."""
    from rich.table import Table

    from crossload.store import run_log
    from crossload.store.database import open_existing

    with closing(open_existing(out)) as store:
        found = run_log.runs(store)
    if as_json:
        names = ("id", "started", "finished", "accepted", "cells")
        listed = [
            {name: getattr(run, name) for name in names}
            | {"executed": run.payload.get("executed"), "copied": run.payload.get("copied", 0)}
            for run in found
        ]
        typer.echo(json.dumps(listed, indent=1))
        return
    table = Table("run", "finished", "cells", "executed", "minutes", "baseline", box=None, pad_edge=False)
    for run in found:
        minutes = f"{run.payload.get('seconds', 0) / 60:.1f}"
        executed = str(run.payload.get("executed", ""))
        table.add_row(str(run.id), run.finished, str(run.cells), executed, minutes, "yes" if run.accepted else "")
    open_console().print(table)


def diff(
    before: RunArgument = "previous",
    after: RunArgument = "last",
    out: StoreOption = DEFAULT_OUT,
    as_json: JsonOption = False,
) -> None:
    """Show what differs between two runs: regressions, fixed, changed, changed errors, new and vanished cells."""
    from crossload.runs import compare
    from crossload.runs.text import change_lines, describe_change
    from crossload.store import run_log
    from crossload.store.database import open_existing

    with closing(open_existing(out)) as store:
        old, new = run_log.find_run(store, before), run_log.find_run(store, after)
        changes = compare.compare(run_log.observations(store, old.id), run_log.observations(store, new.id))
    if as_json:
        typer.echo(json.dumps([describe_change(change) for change in changes], indent=1))
        return
    say = lines_to(open_console())
    say(f"run {old.id} ({old.finished}) → run {new.id} ({new.finished})")
    for line in change_lines(changes):
        say(line)


def history(
    cell: Annotated[
        str,
        typer.Argument(
            metavar="CELL", help="scenario/format/saved_with/loaded_with, as in results.csv, or a permalink."
        ),
    ],
    out: StoreOption = DEFAULT_OUT,
) -> None:
    """Show since when a cell behaves as it does, and which pins changed then."""
    from crossload.domain.cells import CellName
    from crossload.runs.text import history_lines
    from crossload.store import run_log
    from crossload.store.database import open_existing

    try:
        parts = CellName.parse(cell).axes
    except ValueError:
        raise SelectionError(f"{cell!r} is not a cell. Write scenario/format/saved_with/loaded_with.") from None
    with closing(open_existing(out)) as store:
        seen = run_log.history(store, parts)
        if not seen:
            _no_such_cell(store, cell)
    say = lines_to(open_console())
    for line in history_lines(seen, parts):
        say(line)


def accept(
    run: RunArgument = "last",
    out: StoreOption = DEFAULT_OUT,
    models: Annotated[
        bool, typer.Option("--models", help="The last scan of `nightly --models`, not a run of the matrix.")
    ] = False,
) -> None:
    """Make a run the baseline that later ones are compared with."""
    if models:
        from crossload.app.fleet.nightly import accept_models

        for name in accept_models(out / "models"):
            lines_to(open_console())(f"The last scan in {name} is the baseline.")
        return
    from crossload.store import run_log
    from crossload.store.database import open_existing

    with closing(open_existing(out)) as store:
        found = run_log.find_run(store, run)
        run_log.accept(store, found.id, now("microseconds"))
    lines_to(open_console())(f"Run {found.id} of {found.finished} is the baseline.")


def gc(
    keep: Annotated[int, typer.Option(min=1, metavar="N", help="Runs to keep besides the baseline.")] = 30,
    out: StoreOption = DEFAULT_OUT,
) -> None:
    """Forget old runs. Measurements and saved files that the next run can use again stay."""
    from crossload.store import run_log
    from crossload.store.database import open_existing

    with closing(open_existing(out)) as store:
        gone = run_log.forget(store, keep)
    lines_to(open_console())(f"{len(gone)} runs forgotten.")


def _no_such_cell(store: "Store", cell: str) -> None:
    from crossload.store import run_log

    known = ["/".join(row) for row in run_log.cells(store)]
    raise SelectionError(f"no run has the cell {cell!r}.{nearest(cell, known)}")
