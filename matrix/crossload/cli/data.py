"""Commands for the measurements that come with the package."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crossload.cli.options import DEFAULT_CONFIG, BackendOption, ConfigOption, OnceCommand, ShippedOption
from crossload.errors import NothingCouldRunError, SelectionError
from crossload.util.terminal import lines_to, open_console, words

if TYPE_CHECKING:
    from crossload.shipped.file_format import Measurements

app = typer.Typer(help="The measurements that come with Crossload.", no_args_is_help=True)


@app.command(cls=OnceCommand)
def build(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder of a run: its tables and its store.")],
    add: Annotated[
        bool, typer.Option("--add", help="Keep the shipped cells that the run does not hold: another environment, say.")
    ] = False,
    to: ShippedOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Replace the shipped measurements by those of a run, or add the run's to them."""
    from crossload.config import load_config
    from crossload.resources import MEASURED
    from crossload.shipped.building import build as build_from
    from crossload.shipped.file_format import read
    from crossload.shipped.joining import add as add_to

    place = _destination(to, MEASURED)
    built = build_from(out, load_config(config), config.parent)
    _ship(add_to(read(place if place.is_file() else MEASURED), built) if add else built, place)


@app.command(cls=OnceCommand)
def constructs(
    outs: Annotated[
        list[Path], typer.Argument(metavar="OUT...", help="Folders of runs; later ones go before earlier.")
    ],
    to: ShippedOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Replace the shipped cells that `check` predicts from by those of runs, with what their files are made of."""
    from crossload.config import load_config
    from crossload.resources import CONSTRUCTS_MEASURED
    from crossload.shipped.construct_data import build_constructs

    place = _destination(to, CONSTRUCTS_MEASURED)
    _ship(build_constructs(outs, load_config(config), config.parent), place)


def _destination(to: Path | None, shipped: Path) -> Path:
    """Where measurements are written, asked before they are built; raises SelectionError where nothing may be."""
    from crossload.resources import IS_CHECKOUT

    if to is None and not IS_CHECKOUT:
        raise SelectionError(
            "the shipped measurements are part of the installed Crossload, which nothing writes into. "
            "Name a file with --to FILE."
        )
    return to or shipped


def _ship(measurements: "Measurements", place: Path) -> None:
    from crossload.shipped.file_format import write

    if not len(measurements):
        raise SelectionError("there are no cells to ship.")
    path = write(measurements, place)
    lines_to(open_console())(
        f"{path}: {len(measurements):,} cells of {len(measurements.environments)} environments, "
        f"measured {measurements.dates}, {path.stat().st_size / 1e6:.2f} MB"
    )


@app.command(cls=OnceCommand)
def canaries(
    tf: Annotated[
        str | None, typer.Option("--tf", metavar="LIST", help="Versions, as everywhere: 2.10,keras3,today.")
    ] = None,
    keras: Annotated[
        str | None, typer.Option(metavar="LIST", help="Very versions of Keras 3 besides: 3.9.0,3.11.2.")
    ] = None,
    format: Annotated[str | None, typer.Option(metavar="LIST", help="Only canaries of these formats.")] = None,
    to: ShippedOption = None,
    backend: BackendOption = "auto",
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Load harmless files that do what hostile ones would, and record which Keras lets them: what `check` says of a file's risks.

    What was measured with the same lock stays as it is; nothing of it is run again. Without --tf and --keras: what is known, as a
    table in Markdown, and where advisories say something else.
    """
    from crossload.execution.canaries import fly
    from crossload.inspection.security.canaries import HEADINGS, Flights, read_flights, table
    from crossload.inspection.security.standing import CONTRADICTIONS, contradictions
    from crossload.resources import CANARIES

    asked, versions = words(tf) or [], words(keras) or []
    if not asked and not versions:
        flights = read_flights(to or CANARIES)
        tables = ((HEADINGS, table(flights)), (CONTRADICTIONS, contradictions(Flights(flights))))
        for number, (headings, rows) in enumerate(tables):
            lines = (headings, ["---"] * len(headings), *rows)
            typer.echo("\n" * number + "\n".join(f"| {' | '.join(row)} |" for row in lines))
        return
    say = lines_to(open_console())
    place = _destination(to, CANARIES)
    if not place.parent.is_dir():
        raise SelectionError(f"--to {place}: there is no such folder.")
    known, flown = fly(place, asked, versions, words(format) or [], backend, config, say)
    say(
        f"{place}: {len(known):,} flights in {len({item.environment for item in known})} environments, {flown:,} of them now"
    )


@app.command(cls=OnceCommand)
def site(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder for a web server; what is there stays.")],
    out: Annotated[
        Path | None, typer.Option(metavar="OUT", help="Folder of a run whose cells stand in the place of shipped ones.")
    ] = None,
) -> None:
    """Write a page for each construct and error, with a search, and the same as JSON: DIR/lookup.html, DIR/api/v1/index.json."""
    from crossload.app.data.lookup import write_lookup

    page, constructs, errors, pairs = write_lookup(folder, out)
    lines_to(open_console())(f"{page}: {constructs:,} constructs, {errors:,} errors, {pairs:,} pairs of versions")


@app.command(cls=OnceCommand)
def package(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder that receives the wheel.")],
) -> None:
    """Build the wheel `crossload-data` of the shipped measurements: for programs, with types, needing nothing but Python."""
    from crossload.app.data.lookup import build_data_package

    wheel = build_data_package(folder)
    lines_to(open_console())(f"{wheel}: {wheel.stat().st_size / 1e6:.2f} MB")


@app.command(cls=OnceCommand)
def changes(
    before: Annotated[
        Path, typer.Argument(metavar="BEFORE", help="Measurements of before, as `data build --to` writes.")
    ],
    after: Annotated[
        Path | None, typer.Argument(metavar="AFTER", help="Those of later; without it, the shipped ones.")
    ] = None,
) -> None:
    """Write in Markdown which verdicts differ between two releases of the measurements. Exit code 1 where one is worse."""
    from crossload.resources import MEASURED
    from crossload.runs.compare import REGRESSION
    from crossload.shipped.changelog import changelog, verdict_changes
    from crossload.shipped.file_format import read

    old, new = read(before), read(after or MEASURED)
    found = verdict_changes(old, new)
    typer.echo("\n".join(changelog(old, new, found)))
    if any(change.kind == REGRESSION for change in found):
        raise typer.Exit(1)


@app.command(cls=OnceCommand)
def show() -> None:
    """Say what the shipped measurements hold."""
    from crossload.resources import MEASURED
    from crossload.shipped.file_format import read

    measured = read(MEASURED)
    say = lines_to(open_console())
    say(f"{len(measured):,} cells measured {measured.dates} with Crossload {measured.facts['version']}")
    for added in measured.facts.get("added", ()):
        say(f"added {added['date']} with Crossload {added['version']}: {added['command']}")
    say(f"{len(measured.scenarios)} scenarios, formats {', '.join(measured.formats)}")
    say(f"tolerances {measured.facts['tolerances']}")
    for item in measured.environments:
        say(f"{item['id']}: TensorFlow {item['tensorflow']}, Keras {item['keras']}, lock {item['digest'][:16]}")


@app.command(cls=OnceCommand)
def check(
    cells: Annotated[int, typer.Option(min=1, metavar="N", help="How many cells to run again.")] = 200,
    seed: Annotated[int | None, typer.Option(metavar="N", help="Of the random choice; another one each time.")] = None,
    tf: Annotated[str | None, typer.Option("--tf", metavar="LIST", help="Only cells between these versions.")] = None,
    backend: BackendOption = "auto",
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Run a random sample of the shipped cells again, and say whether they hold here. Exit code 1 when some do not."""
    from crossload.app.data.check import check_shipped
    from crossload.domain.cells import CellName

    say = lines_to(open_console())
    found = check_shipped(cells, seed, words(tf), backend, config, say)
    compared = [item for item in found if item.here]
    wrong = [item for item in compared if not item.holds]
    for item in wrong:
        here = ", ".join(str(value) for value in item.here.values() if value not in ("", None))
        there = ", ".join(str(item.row[name]) for name in item.here if item.row[name] not in ("", None))
        say(f"differs: {CellName.of(item.row)}: shipped {there}; here {here}")
    for item in found:
        if item.reason:
            say(f"not run: {CellName.of(item.row)}: {item.reason}")
    if not compared:
        raise NothingCouldRunError("none of these cells could be run here (see above).")
    verdict = "the shipped measurements hold here" if not wrong else "the shipped measurements do not all hold here"
    say(f"{len(compared) - len(wrong)} of {len(compared)} cells agree: {verdict}.")
    raise typer.Exit(1 if wrong else 0)
