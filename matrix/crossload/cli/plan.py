"""Commands for planning an upgrade."""

import json
import sys
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crossload.domain.versions import EnvironmentId, spellings
from crossload.errors import SelectionError, nearest

if TYPE_CHECKING:
    from rich.console import Console

    from crossload.inspection import Inspection
    from crossload.shipped.answers import Known

# Possible causes of a message that are told.
_MOST_CAUSES = 3

KEEP = {"nothing": 3, "model": 2, "optimizer": 1}


LocalRunOption = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="DIR", help="Folder of a run whose cells replace the shipped ones; build by default."
    ),
]


def _known(
    out: Path | None,
    wanted: "Callable[[Mapping[str, Any]], bool] | None" = None,
    all_of: Collection[str] = (),
) -> "Known":
    """Shipped cells, and those of a run here; a run that was asked for must be there."""
    from crossload.shipped.answers import read_known

    return read_known(out or Path("build"), wanted, required=out is not None, all_of=all_of)


def _environment_id(word: str, known: list[str]) -> str:
    """An environment as people write it: 2.10 stands for 2.10-cpu."""
    for candidate in spellings(word):
        if candidate in known:
            return candidate
    labels = [EnvironmentId.parse(name).label for name in known]
    raise SelectionError(f"the measurements have no {word}.{nearest(word, labels)} Known: {', '.join(known)}.")


def _inspected_rows(found: "Inspection") -> list[tuple[str, str]]:
    """What an inspection found, in words; what it did not find is left out."""
    rows = [
        ("container", found.container + (f" (named {found.suffix})" if found.suffix else "")),
        ("written by", ", ".join(part for part in (found.keras and f"Keras {found.keras}", found.tensorflow) if part)),
        ("layers", ", ".join(dict.fromkeys(found.classes))),
        ("custom", ", ".join(dict.fromkeys(found.custom))),
        ("registered", ", ".join(dict.fromkeys(found.registered))),
        ("Lambda layers with bytecode", str(found.lambdas or "")),
        ("compiled with", ", ".join(found.compiled)),
        ("weights layout", found.weights_layout),
        ("damage", found.damage),
    ]
    return [(name, value) for name, value in rows if value]


def register(app: typer.Typer, make_console: "Callable[[], Console]") -> None:
    """Add the commands to the command line."""

    @app.command()
    def inspect(
        model: Annotated[Path, typer.Argument(metavar="MODEL", help="An h5, .keras, weights or SavedModel.")],
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    ) -> None:
        """Say what a saved model is, without TensorFlow and without running anything from it."""
        from dataclasses import asdict

        from rich.table import Table

        from crossload.inspection.bounds import printable
        from crossload.inspection.guarded import inspect_untrusted
        from crossload.user_models.security import carried_rows

        found = inspect_untrusted(model)
        if found.container == "missing":
            raise SelectionError(f"{printable(str(model))}: there is no such file or folder.")
        if found.container == "special":
            raise SelectionError(f"{printable(str(model))}: is {found.damage}, not a file.")
        if as_json:
            typer.echo(json.dumps(asdict(found) | {"config_keys": sorted(found.config_keys)}, indent=1))
            return
        table = Table(show_header=False, box=None, pad_edge=False)
        for name, value in [*_inspected_rows(found), *(("carries", row) for row in carried_rows(found.carries))]:
            table.add_row(name, value)
        make_console().print(table)

    @app.command()
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
        max_hops: Annotated[int, typer.Option(min=0, metavar="N", help="Environments that may lie between.")] = 2,
        files: Annotated[bool, typer.Option("--files", help="Show every file, not only families.")] = False,
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
        out: LocalRunOption = None,
    ) -> None:
        """Plan an upgrade: for every format and family a measured way, and one route for the whole fleet.

        Answers from the measurements that come with Crossload; cells of a run in --out replace them one by one.
        """
        from fnmatch import fnmatchcase

        from rich.table import Table

        from crossload.upgrade.graph import USABLE, Loss
        from crossload.upgrade.plan import WAYS, Wish, make_plan
        from crossload.upgrade.text import document, summary_lines, table_rows
        from crossload.util.gc import without_collector

        if keep not in KEEP:
            raise SelectionError(
                f"--keep: unknown value {keep!r}.{nearest(keep, KEEP)} Known: optimizer, model, nothing."
            )
        formats = [word.strip() for word in format.split(",")] if format else None
        with without_collector():
            # What does not load is no way to anywhere; of the files that are to be moved, it has to be said.
            cells = _known(out, lambda row: row["verdict"] in USABLE, spellings(start))
            rows, known = list(cells.rows), cells.environment_ids
            if scenario:
                rows = [row for row in rows if any(fnmatchcase(row["scenario"], part) for part in scenario.split(","))]
            wish = Wish(
                _environment_id(start, known),
                _environment_id(to, known),
                Loss.TRAINING if inference_only else Loss(KEEP[keep]),
                max_hops,
            )
            found = make_plan(rows, wish, known, formats)
        if not found.entries:
            raise SelectionError(f"no cell from {wish.start} to {wish.to} was run with this selection.")
        if as_json:
            typer.echo(json.dumps(document(found) | {"origin": cells.origin}, indent=1))
            return
        console = make_console()
        console.print(cells.origin, highlight=False, markup=False, soft_wrap=True)
        for line in summary_lines(found):
            console.print(line, highlight=False, markup=False, soft_wrap=True)
        table = Table("format", "family", *WAYS, "usual way", box=None, pad_edge=False)
        for row in table_rows(found):
            table.add_row(*row)
        console.print(table)
        if files:
            each = Table("scenario", "format", "way", "path", "costs", box=None, pad_edge=False)
            for entry in found.entries:
                path = entry.path
                each.add_row(
                    entry.scenario,
                    entry.format,
                    entry.way,
                    path.text if path else "",
                    ", ".join(path.losses) if path else "",
                )
            console.print(each)

    @app.command()
    def explain(
        error: Annotated[
            list[str] | None,
            typer.Argument(metavar="[ERROR]...", help="The message; from standard input when left out."),
        ] = None,
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
        out: LocalRunOption = None,
    ) -> None:
        """Say what an error message means: cause, versions where it is seen, what was verified to help, and the cells.

        Answers from the measurements that come with Crossload; cells of a run in --out replace them one by one.
        """
        from crossload.diagnosis.catalogue import load_catalogue
        from crossload.explaining.answer import explain as find
        from crossload.explaining.message import parse
        from crossload.explaining.text import document, lines

        pasted = " ".join(error) if error else "" if sys.stdin.isatty() else sys.stdin.read()
        message = parse(pasted)
        if not message.text:
            raise SelectionError("there is no message to explain. Pass it as an argument, or through standard input.")
        cells = _known(out, lambda row: bool(row["cause"] and row["error"]))
        found = find(message, cells.rows, load_catalogue())
        if as_json:
            typer.echo(json.dumps({"origin": cells.origin, "causes": [document(item) for item in found]}, indent=1))
            return
        console = make_console()
        said = [cells.origin]
        for item in found[:_MOST_CAUSES]:
            said += lines(item, cells.environment_ids)
        if not found:
            said.append(
                "No measured cell shows this message, and no known cause fits it. `crossload check MODEL` measures."
            )
        for line in said:
            console.print(line, highlight=False, markup=False, soft_wrap=True)
