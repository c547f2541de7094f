"""Commands about a user's own model file."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crossload.errors import SelectionError, nearest

if TYPE_CHECKING:
    from rich.console import Console

    from crossload.user_models.bench import Bench

ConfigOption = Annotated[Path, typer.Option("--config", metavar="FILE", help="Configuration to read.")]
BackendOption = Annotated[str, typer.Option("--backend", metavar="NAME", help="auto, docker or venv.")]
ModelArgument = Annotated[
    Path, typer.Argument(metavar="MODEL", help="An h5, .keras, SavedModel folder, weights file or checkpoint prefix.")
]
CustomOption = Annotated[
    str | None,
    typer.Option("--custom-objects", metavar="MODULE_OR_FILE", help="Defines its custom classes and functions."),
]
BuildOption = Annotated[
    str | None, typer.Option("--build", metavar="FILE:FUNCTION", help="Builds the model, for files of weights alone.")
]
InputsOption = Annotated[
    Path | None, typer.Option("--inputs", metavar="FILE.npz", help="What to call it with; made up by default.")
]
SavedWithOption = Annotated[
    str | None, typer.Option("--saved-with", metavar="VERSION", help="What wrote it; read from the file by default.")
]


def register(app: typer.Typer, make_console: "Callable[[], Console]") -> None:
    """Add the commands to the command line."""

    def sayer() -> Callable[[str], None]:
        console = make_console()

        def say(line: str) -> None:
            console.print(line, highlight=False, markup=False, soft_wrap=True)

        return say

    @app.command()
    def check(
        model: ModelArgument,
        tf: Annotated[
            str | None,
            typer.Option("--tf", metavar="LIST", help="Where to load it; those of the quick profile by default."),
        ] = None,
        custom_objects: CustomOption = None,
        build: BuildOption = None,
        inputs: InputsOption = None,
        saved_with: SavedWithOption = None,
        static: Annotated[bool, typer.Option("--static", help="Only read it and predict; run nothing.")] = False,
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON at the end instead of tables.")] = False,
        out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the report page.")] = Path(
            "build/check"
        ),
        backend: BackendOption = "auto",
        config: ConfigOption = Path("matrix.toml"),
    ) -> None:
        """Say what a model file is and what is to be expected of it; then load it in every version asked for.

        The first part runs nothing of the file. The second runs it in the sandbox of the chosen backend.
        """
        from rich.table import Table

        from crossload.config import load_config
        from crossload.environments.selection import all_environments, select
        from crossload.shipped.answers import read_known
        from crossload.user_models.check import Check, measure
        from crossload.user_models.model_file import ModelError, open_model
        from crossload.user_models.prediction import predict, similar_scenarios
        from crossload.user_models.saver import find_saver
        from crossload.user_models.text import (
            document,
            expected,
            measured_row,
            model_rows,
            prediction_lines,
            summary,
            table_columns,
        )

        say = (lambda line: None) if as_json else sayer()
        opened = open_model(model)
        settings = load_config(config)
        environments = all_environments(settings)
        loaders = select(environments, tf.split(",") if tf else settings.profiles["quick"].environments)
        saver, why = find_saver(opened, environments, saved_with)
        known = read_known(Path("build"))
        alike = [name for name, _ in similar_scenarios(opened, known, saver.id)]
        found = Check(opened, saver.id, why, predict(known, saver.id, opened.format, alike), alike, known.origin)
        for name, value in model_rows(opened):
            say(f"{name}: {value}")
        say(f"reference: {saver.id}, {why}")
        for line in (known.origin, *prediction_lines(found)):
            say(line)
        for name, text in expected(found).items():
            say(f"  {name}: {text}")
        if not static:
            if opened.needs_code and not build:
                raise ModelError(
                    f"{model}: holds weights alone. Pass --build factory.py:function, which builds the model, or --static."
                )
            with _bench(opened, custom_objects, build, inputs, settings, environments, backend, config, say) as bench:
                measured = measure(bench, saver, loaders, say)
            found = Check(*(getattr(found, name) for name in ("model", "saver", "why", "predictions", "alike", "origin")),
                          **measured)  # fmt: skip
        if as_json:
            typer.echo(json.dumps(document(found), indent=1, default=str))
        elif not static:
            table = Table(*table_columns(), box=None, pad_edge=False)
            for row in found.rows:
                table.add_row(*measured_row(row))
            make_console().print(table)
            say(summary(found))
        if not static:
            from crossload_reports.html.check_page import render_check

            page = render_check(found, settings.tolerances.model_dump(), out / "index.html")
            say(f"Report: {page}")

    @app.command()
    def convert(
        model: ModelArgument,
        to: Annotated[
            str, typer.Option("--to", metavar="VERSION", help="The version that must load the result plainly.")
        ],
        out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The new file; never overwritten.")],
        format: Annotated[str, typer.Option("--format", metavar="NAME", help="keras, h5 or savedmodel.")] = "keras",
        custom_objects: CustomOption = None,
        build: BuildOption = None,
        inputs: InputsOption = None,
        saved_with: SavedWithOption = None,
        keep: Annotated[
            str, typer.Option(metavar="WHAT", help="optimizer: its state must come through; model (default).")
        ] = "model",
        max_hops: Annotated[int, typer.Option(min=0, metavar="N", help="Environments that may lie between.")] = 2,
        route: Annotated[
            str | None,
            typer.Option(metavar="STOPS", help="Walk only this one: 2.15:h5 or 2.12:keras,2.15:h5, or direct."),
        ] = None,
        backend: BackendOption = "auto",
        config: ConfigOption = Path("matrix.toml"),
    ) -> None:
        """Bring a model into a file that another version loads plainly, and prove it: outputs, weights, optimizer.

        Writes FILE and FILE.json (route, pins, digests, differences, losses). A file that fails its proof is not written.
        """
        from crossload.config import load_config
        from crossload.environments.selection import all_environments
        from crossload.shipped.answers import read_known
        from crossload.upgrade.graph import Loss
        from crossload.user_models.candidate_routes import candidates, given_route
        from crossload.user_models.convert import Converter, check_destination, proof_path, write
        from crossload.user_models.model_file import ModelError, open_model
        from crossload.user_models.prediction import similar_scenarios
        from crossload.user_models.saver import environment_named, find_saver

        if keep not in ("optimizer", "model"):
            raise SelectionError(f"--keep: unknown value {keep!r}.{nearest(keep, ('optimizer', 'model'))} "
                                 "Known: optimizer, model.")  # fmt: skip
        say = sayer()
        opened = open_model(model)
        check_destination(out, format)
        settings = load_config(config)
        environments = all_environments(settings)
        target = environment_named(to, environments)
        saver, why = find_saver(opened, environments, saved_with)
        if opened.needs_code and not build:
            raise ModelError(f"{model}: holds weights alone. Pass --build factory.py:function, which builds the model.")
        say(f"{model}: {opened.format}, written by {saver.id} ({why})")
        known = read_known(Path("build"))
        say(known.origin)
        alike = [name for name, _ in similar_scenarios(opened, known, saver.id)]
        most = Loss.WORK if keep == "optimizer" else Loss.STATE
        hops = [item.id for item in environments.values() if item.hardware == "cpu" and not item.is_floating]
        given = given_route(route, environments) if route else None
        routes = (
            [given] if given else candidates(known, alike, (saver.id, opened.format), target.id, hops, max_hops, most)
        )
        with _bench(opened, custom_objects, build, inputs, settings, environments, backend, config, say) as bench:
            bench.places.announce([saver.id, target.id])
            walk = Converter(bench, saver, target, format, keep == "optimizer", say).convert(routes)
            proof = write(walk, bench, out, saver, target)
        assert walk.proof is not None
        kept = f"outputs differ by at most {walk.proof.max_abs_diff:g}"
        lost = f"; lost: {', '.join(walk.lost)}" if walk.lost else "; nothing is lost"
        say(f"{out}: proven: {target.id} loads it plainly, {kept}{lost}.")
        say(f"{proof_path(out)}: route, pins, digests and differences (SHA-256 {str(proof['output']['sha256'])[:16]}…)")


class _bench:  # noqa: N801 - used like a function in `with`
    """A bench with everything thrown away at its end."""

    def __init__(self, opened: Any, custom: str | None, build: str | None, inputs: Path | None, settings: Any,
                 environments: Any, backend: str, config: Path, say: Callable[[str], None]) -> None:  # fmt: skip
        self._arguments = (opened, custom, build, inputs, settings, environments, backend, config, say)

    def __enter__(self) -> "Bench":
        from crossload.backends import choose_backend
        from crossload.execution.provisioner import Provisioner
        from crossload.store.database import Store
        from crossload.user_models.bench import Bench, Inputs, read_inputs
        from crossload.user_models.user_code import prepare_code

        opened, custom, build, inputs, settings, environments, backend, config, say = self._arguments
        arrays = read_inputs(inputs) if inputs is not None else None
        self._folder = tempfile.TemporaryDirectory(prefix="crossload-", ignore_cleanup_errors=True)
        try:
            folder = Path(self._folder.name)
            code = prepare_code(folder / "package", custom, build)
            # Containers see the folders of scenarios, and the user's code is one here.
            visible = settings.model_copy(update={"scenario_folders": [str(code.package.resolve())]})
            place, reason = choose_backend(backend, visible, config.parent, [], folder)
            say(f"Backend: {reason}")
            (folder / "store").mkdir()
            store = Store(folder / "store")
        except BaseException:
            self._folder.cleanup()
            raise
        self._store = store
        self._places = Provisioner(place, environments, say)
        return Bench(Inputs(opened, code, arrays), settings, self._places, store)

    def __exit__(self, *error: Any) -> None:
        self._places.__exit__(*error)
        self._store.close()
        self._folder.cleanup()
