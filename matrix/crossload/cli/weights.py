"""The command about weights that no loader finds any more."""

import json
from pathlib import Path
from typing import Annotated

import typer

from crossload.cli.options import (
    DEFAULT_CONFIG,
    BackendOption,
    BuildOption,
    ConfigOption,
    CustomOption,
    InputsOption,
    JsonOption,
    MemoryOption,
    SavedWithOption,
    TrustOption,
)
from crossload.util.terminal import lines_to, open_console


def weights(
    model: Annotated[Path, typer.Argument(metavar="FILE", help="An h5, .keras, weights, SavedModel or checkpoint.")],
    build: BuildOption = None,
    to: Annotated[str, typer.Option("--to", metavar="VERSION", help="Where the model is built and filled.")] = "today",
    mapping: Annotated[
        Path | None,
        typer.Option("--mapping", metavar="FILE", help="Apply this mapping in the place of a proposed one."),
    ] = None,
    propose: Annotated[
        Path | None, typer.Option("--propose", metavar="FILE", help="Write the mapping there, to be corrected.")
    ] = None,
    values: Annotated[
        Path | None,
        typer.Option("--values", metavar="FILE", help="A second file with the same values under nearer names."),
    ] = None,
    inputs: InputsOption = None,
    expected: Annotated[
        Path | None,
        typer.Option(
            "--expected",
            metavar="FILE.npz",
            help="What the model gives for --inputs; asked where it was written by default.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="The filled model: .weights.h5, .keras or .h5; never overwritten."),
    ] = None,
    custom_objects: CustomOption = None,
    saved_with: SavedWithOption = None,
    as_json: JsonOption = False,
    backend: BackendOption = "auto",
    trust: TrustOption = False,
    memory: MemoryOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Fill a model that --build makes with the arrays of a file, whose names or order are others, and prove it by outputs.

    Shows names and shapes of both sides, which array each weight gets, and why: the same values, the same name, the only one
    of its shape, or the order. --propose writes that for correcting, --mapping applies what was corrected. Only a model that
    gives the right outputs is written. Exit code 1 where that is not proven.
    """
    from rich.table import Table

    from crossload.app.model_bench import ModelOptions
    from crossload.app.weights import Filling, fill_model
    from crossload.user_models.seat import Conditions, Given

    given, conditions = Given(custom_objects, build, inputs, saved_with), Conditions(config, backend, trust, memory)
    options = ModelOptions(model, conditions, given)
    filling = Filling(to=to, mapping=mapping, propose=propose, values=values, expected=expected, out=out)
    console = open_console()
    say = (lambda line: None) if as_json else lines_to(console)
    found = fill_model(options, filling, say)
    if as_json:
        document = {"weights": list(found.rows), "unused": list(found.unused), "is_right": found.is_right,
                    "answer": found.answer()}  # fmt: skip
        typer.echo(json.dumps(document, indent=1))
    else:
        table = Table("weight of the model", "shape", "array of the file", "shape", "because", box=None, pad_edge=False)
        for row in found.rows:
            because = ", ".join(part for part in (row["change"], row["because"]) if part)
            stored = _shape(row["file_shape"]) if row["file"] else ""
            table.add_row(row["model"], _shape(row["shape"]), row["file"] or "?", stored, because)
        for item in found.unused:
            table.add_row("", "", item["name"], _shape(item["shape"]), "no weight gets it")
        console.print(table)
        say(found.answer())
        if propose is not None:
            say(f"Mapping: {propose}")
        if out is not None:
            say(f"{out}: written, with its proof beside it")
    raise typer.Exit(0 if found.is_right else 1)


def _shape(sizes: list[int]) -> str:
    return "×".join(str(size) for size in sizes) or "scalar"
