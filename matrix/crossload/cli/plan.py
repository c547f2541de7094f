"""Commands for planning an upgrade."""

import json
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crossload.cli.options import DEFAULT_OUT, LocalRunOption, MaxHopsOption
from crossload.domain.versions import EnvironmentId, spellings
from crossload.errors import SelectionError, nearest
from crossload.util.terminal import lines_to, open_console, words

if TYPE_CHECKING:
    from rich.table import Table

    from crossload.domain.cells import CellRow
    from crossload.shipped.answers import Known
    from crossload.upgrade.plan import UpgradePlan

KEEP = {"nothing": 3, "model": 2, "optimizer": 1}


def _known(
    out: Path | None,
    wanted: "Callable[[CellRow], bool] | None" = None,
    all_of: Collection[str] = (),
) -> "Known":
    """Shipped cells, and those of a run here; a run that was asked for must be there."""
    from crossload.shipped.answers import read_known

    return read_known(out or DEFAULT_OUT, wanted, required=out is not None, all_of=all_of)


def _environment_id(word: str, known: list[str]) -> str:
    """An environment as people write it: 2.10 stands for 2.10-cpu."""
    for candidate in spellings(word):
        if candidate in known:
            return candidate
    labels = [EnvironmentId.parse(name).label for name in known]
    raise SelectionError(f"the measurements have no {word}.{nearest(word, labels)} Known: {', '.join(known)}.")


def plan(
    start: Annotated[str, typer.Option("--from", metavar="VERSION", help="The TensorFlow you run, such as 2.10.")],
    to: Annotated[str, typer.Option("--to", metavar="VERSION", help="The one you want, such as 2.21.")],
    format: Annotated[str | None, typer.Option(metavar="LIST", help="Only files of these formats.")] = None,
    scenario: Annotated[str | None, typer.Option(metavar="GLOB", help="Only these scenarios.")] = None,
    keep: Annotated[
        str, typer.Option(metavar="WHAT", help="optimizer: only ways that keep training going; model (default).")
    ] = "model",
    inference_only: Annotated[
        bool, typer.Option(help="Ways after which a model can only be called count too.")
    ] = False,
    safe: Annotated[
        bool,
        typer.Option(
            "--safe", help="No loads with safe_mode=False, nor by a Keras that would run what the file carries."
        ),
    ] = False,
    max_hops: MaxHopsOption = 2,
    files: Annotated[bool, typer.Option("--files", help="Show every file, not only families.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    out: LocalRunOption = None,
) -> None:
    """Plan an upgrade: for every format and family a measured way, and one route for the whole fleet.

    Answers from the measurements that come with Crossload; cells of a run in --out replace them one by one.
    """
    from fnmatch import fnmatchcase

    from crossload.domain.verdicts import USABLE
    from crossload.upgrade.graph import Loss
    from crossload.upgrade.plan import Wish, make_plan
    from crossload.upgrade.safety import unsafe_loads
    from crossload.upgrade.stand_in import measured_instead, pip_today
    from crossload.upgrade.text import document, summary_lines
    from crossload.util.gc import without_collector

    if keep not in KEEP:
        raise SelectionError(f"--keep: unknown value {keep!r}.{nearest(keep, KEEP)} Known: optimizer, model, nothing.")
    with without_collector():
        # What does not load is no way to anywhere; of the files that are to be moved, it has to be said.
        cells = _known(out, lambda row: row["verdict"] in USABLE, spellings(start))
        rows, known = list(cells.rows), cells.environment_ids
        if parts := words(scenario):
            rows = [row for row in rows if any(fnmatchcase(row["scenario"], part) for part in parts)]
        ends = [measured_instead(word, cells.environments) for word in (start, to)]
        if len({spellings(end.measured)[-1] for end in ends}) == 1 and start != to and any(end.line for end in ends):
            # One environment would stand for both: what differs between them is what nobody measured.
            raise SelectionError(" ".join(end.line for end in ends if end.line))
        wish = Wish(
            _environment_id(ends[0].measured, known),
            _environment_id(ends[1].measured, known),
            Loss.TRAINING if inference_only else Loss(KEEP[keep]),
            max_hops,
        )
        unsafe = unsafe_loads(cells.scenarios, cells.environments) if safe else None
        found = make_plan(rows, wish, known, words(format) or None, cells.controls, unsafe)
    if not found.entries:
        raise SelectionError(f"no cell from {wish.start} to {wish.to} was run with this selection.")
    if as_json:
        instead = {end.asked: end.measured for end in ends if end.line}
        typer.echo(json.dumps(document(found) | {"origin": cells.origin, "answered_as": instead}, indent=1))
        return
    console = open_console()
    say = lines_to(console)
    for line in (cells.origin, *(end.line for end in ends), *summary_lines(found), pip_today(cells.environments)):
        if line:
            say(line)
    console.print(_families(found))
    if files:
        console.print(_files(found))


def _families(found: "UpgradePlan") -> "Table":
    from rich.table import Table

    from crossload.upgrade.plan import WAYS
    from crossload.upgrade.text import table_rows

    table = Table("format", "family", *WAYS, "usual way", box=None, pad_edge=False)
    for row in table_rows(found):
        table.add_row(*row)
    return table


def _files(found: "UpgradePlan") -> "Table":
    from rich.table import Table

    table = Table("scenario", "format", "way", "path", "costs", box=None, pad_edge=False)
    for entry in found.entries:
        text, costs = (entry.path.text, ", ".join(entry.path.losses)) if entry.path else ("", "")
        table.add_row(entry.scenario, entry.format, entry.way, text, costs)
    return table


def _piped() -> str:
    from crossload.explaining.message import read_bounded

    return read_bounded(sys.stdin.buffer)


def explain(
    error: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ERROR]...", help="The message; from standard input when left out or -."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
    out: LocalRunOption = None,
) -> None:
    """Say what an error message means: cause, versions where it is seen, what was verified to help, and the cells.

    A whole traceback, a notebook's output or a log can be pasted; the last error counts. One answer comes first, and what is no
    loading problem is called so. Answers from the measurements that come with Crossload; cells of a run in --out replace them
    one by one.
    """
    from crossload.diagnosis.catalogue import load_catalogue
    from crossload.explaining.answer import explain as find
    from crossload.explaining.message import parse
    from crossload.explaining.text import document, report

    given = " ".join(error or ())
    pasted = _piped() if given == "-" or not (given or sys.stdin.isatty()) else given
    message = parse(pasted)
    if not message.text:
        raise SelectionError("there is no message to explain. Pass it as an argument, or through standard input.")
    cells = _known(out, lambda row: bool(row["cause"] and row["error"]))
    found = find(message, cells.rows, load_catalogue())
    if as_json:
        typer.echo(json.dumps({"origin": cells.origin, "causes": [document(item) for item in found]}, indent=1))
        return
    said = [cells.origin, *report(found, cells.environment_ids)]
    say = lines_to(open_console())
    for line in said:
        say(line)
