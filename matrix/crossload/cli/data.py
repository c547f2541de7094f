"""Commands for the measurements that come with the package."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crossload.errors import NothingCouldRunError, SelectionError

if TYPE_CHECKING:
    from rich.console import Console

ConfigOption = Annotated[Path, typer.Option("--config", metavar="FILE", help="Configuration to read.")]


def register(app: typer.Typer, make_console: "Callable[[], Console]") -> None:
    """Add ``crossload data`` to the command line."""
    data = typer.Typer(help="The measurements that come with Crossload.", no_args_is_help=True)
    app.add_typer(data, name="data")

    @data.command()
    def build(
        out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder of a run: its tables and its store.")],
        to: Annotated[
            Path | None, typer.Option("--to", metavar="FILE", help="Instead of the package's own file.")
        ] = None,
        config: ConfigOption = Path("matrix.toml"),
    ) -> None:
        """Replace the shipped measurements by those of a run."""
        from crossload.config import load_config
        from crossload.resources import MEASURED
        from crossload.shipped.building import build as build_from
        from crossload.shipped.file_format import write

        measurements = build_from(out, load_config(config), config.parent)
        if not len(measurements):
            raise SelectionError(f"{out}: this run has no cells to ship.")
        path = write(measurements, to or MEASURED)
        make_console().print(
            f"{path}: {len(measurements):,} cells of {len(measurements.environments)} environments, "
            f"measured {measurements.date}, {path.stat().st_size / 1e6:.2f} MB",
            highlight=False,
        )

    @data.command()
    def show() -> None:
        """Say what the shipped measurements hold."""
        from crossload.resources import MEASURED
        from crossload.shipped.file_format import read

        measured = read(MEASURED)
        console = make_console()
        lines = [
            f"{len(measured):,} cells measured {measured.date} with Crossload {measured.facts['version']}",
            f"{len(measured.scenarios)} scenarios, formats {', '.join(measured.formats)}",
            f"tolerances {measured.facts['tolerances']}",
            *(f"{item['id']}: TensorFlow {item['tensorflow']}, Keras {item['keras']}, lock {item['digest'][:16]}"
              for item in measured.environments),
        ]  # fmt: skip
        for line in lines:
            console.print(line, highlight=False, markup=False)

    @data.command()
    def check(
        cells: Annotated[int, typer.Option(min=1, metavar="N", help="How many cells to run again.")] = 200,
        seed: Annotated[
            int | None, typer.Option(metavar="N", help="Of the random choice; another one each time.")
        ] = None,
        tf: Annotated[
            str | None, typer.Option("--tf", metavar="LIST", help="Only cells between these versions.")
        ] = None,
        backend: Annotated[str, typer.Option("--backend", metavar="NAME", help="auto, docker or venv.")] = "auto",
        config: ConfigOption = Path("matrix.toml"),
    ) -> None:
        """Run a random sample of the shipped cells again, and say whether they hold here. Exit code 1 when some do not."""
        import random

        from crossload.backends import choose_backend
        from crossload.config import load_config
        from crossload.domain.cells import cell_name
        from crossload.environments.selection import all_environments, select
        from crossload.execution.provisioner import Provisioner
        from crossload.resources import MEASURED
        from crossload.scenario_index import index_scenarios
        from crossload.shipped.checking import Checker, sample
        from crossload.shipped.file_format import read
        from crossload.store.database import Store

        settings = load_config(config)
        console = make_console()

        def say(line: str) -> None:
            console.print(line, highlight=False, markup=False, soft_wrap=True)

        measured = read(MEASURED)
        environments = all_environments(settings)
        if tf is not None:
            environments = {item.id: item for item in select(environments, tf.split(","))}
        scenarios = index_scenarios(config.parent / name for name in settings.scenario_folders)
        seed = random.randrange(10**6) if seed is None else seed
        rows, left_out = sample(measured, cells, seed, environments, scenarios)
        if not rows:
            raise SelectionError("no shipped cell can be compared here: other pins, or other versions asked for.")
        used = {row[side] for row in rows for side in ("saved_with", "loaded_with")}
        place, reason = choose_backend(backend, settings, config.parent, [environments[name] for name in sorted(used)])
        say(f"Backend: {reason}")
        say(f"{len(rows)} cells of the shipped measurements of {measured.date}, seed {seed}. {left_out}".rstrip())
        with tempfile.TemporaryDirectory(prefix="crossload-") as folder:
            store = Store(Path(folder))
            try:
                with Provisioner(place, environments, say) as places:
                    places.announce(sorted(used))
                    found = Checker(settings, places, store, scenarios, say).run(rows)
            finally:
                store.close()
        compared = [item for item in found if item.here]
        wrong = [item for item in compared if not item.holds]
        for item in wrong:
            here = ", ".join(str(value) for value in item.here.values() if value not in ("", None))
            there = ", ".join(str(item.row[name]) for name in item.here if item.row[name] not in ("", None))
            say(f"differs: {cell_name(item.row)}: shipped {there}; here {here}")
        for item in found:
            if item.reason:
                say(f"not run: {cell_name(item.row)}: {item.reason}")
        if not compared:
            raise NothingCouldRunError("none of these cells could be run here (see above).")
        verdict = "the shipped measurements hold here" if not wrong else "the shipped measurements do not all hold here"
        say(f"{len(compared) - len(wrong)} of {len(compared)} cells agree: {verdict}.")
        raise typer.Exit(1 if wrong else 0)
