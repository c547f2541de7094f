"""Commands about a user's own model file."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crossload.cli.options import (
    DEFAULT_CONFIG,
    DEFAULT_OUT,
    AllowReadOption,
    BackendOption,
    BuildOption,
    ConfigOption,
    CustomOption,
    FleetSettingsOption,
    InputsOption,
    JobsOption,
    JsonOption,
    MaxHopsOption,
    MemoryOption,
    MostOption,
    SavedWithOption,
    SourcesArgument,
    TrustOption,
)
from crossload.errors import SelectionError
from crossload.util.terminal import lines_to, open_console, words

if TYPE_CHECKING:
    from crossload.inspection import Inspection

_ALLOW_READ_ONE = "--allow-read: is for one model; of many, each may read what lies beside it."


def inspect(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="An h5, .keras, weights or SavedModel.")],
    as_json: JsonOption = False,
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
        listed = {"config_keys": sorted(found.config_keys), "constructs": sorted(found.constructs)}
        typer.echo(json.dumps(asdict(found) | listed, indent=1))
        return
    table = Table(show_header=False, box=None, pad_edge=False)
    for name, value in [*_inspected_rows(found), *(("carries", row) for row in carried_rows(found.carries))]:
        table.add_row(name, value)
    open_console().print(table)


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


def check(
    sources: SourcesArgument,
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
    sarif: Annotated[
        Path | None,
        typer.Option(
            "--sarif", metavar="FILE", help="Write what it carries, and loaders open to that, as SARIF 2.1.0."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Folder for the page; build/check, or build/fleet for many models."),
    ] = None,
    backend: BackendOption = "auto",
    trust: TrustOption = False,
    allow_read: AllowReadOption = None,
    settings: FleetSettingsOption = None,
    every: Annotated[
        bool, typer.Option("--every", help="Many models: measure each in full everywhere, not one of those made alike.")
    ] = False,
    jobs: JobsOption = 0,
    memory: MemoryOption = None,
    most_gb: MostOption = 64.0,
    fail_on: Annotated[
        str,
        typer.Option(
            metavar="LIST",
            help="What makes the exit code 1: no-way, differs or a verdict; worse, of many models; or never.",
        ),
    ] = "never",
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Say what a model file is and what is to be expected of it; then load it in every version asked for.

    The first part runs nothing of the file. The second loads it confined: in a container, or by bubblewrap; a file that carries
    code is not loaded where neither is there, unless --trust says so.

    Folders, patterns, lists (@FILE), URLs and several of them are many models: one table says what each comes to in the newest
    version asked for. What was stopped goes on where it was.
    """

    from crossload.fleet.sources import is_single
    from crossload.user_models.seat import Conditions, Given

    given = Given(custom_objects, build, inputs, saved_with)
    conditions = Conditions(config, backend, trust, memory)
    if not is_single(sources):
        if sarif is not None:
            raise SelectionError("--sarif: is for one model.")
        if allow_read:
            raise SelectionError(_ALLOW_READ_ONE)
        from crossload.app.fleet.check import FleetOptions, check_fleet

        asked = FleetOptions(
            sources=sources,
            conditions=conditions,
            out=out or Path("build/fleet"),
            tf=words(tf),
            common=given,
            settings=settings,
            static=static,
            every=every,
            jobs=jobs,
            most_gb=most_gb,
            fail_on=words(fail_on) or [],
        )
        console = open_console(stderr=as_json)
        code, scan = check_fleet(asked, console, quiet=as_json)
        if as_json and scan is not None:
            typer.echo(json.dumps(scan.to_dict(), indent=1, default=str))
        raise typer.Exit(code)
    from rich.table import Table

    from crossload.app.check import check_model
    from crossload.app.fleet.check import check_fail_on
    from crossload.app.model_bench import ModelOptions
    from crossload.fleet.results import outcome_of
    from crossload.user_models.text import document, measured_row, summary, table_columns

    check_fail_on(words(fail_on) or [])
    out = out or Path("build/check")
    options = ModelOptions(Path(sources[0]), conditions, given, tuple(allow_read or ()))
    console = open_console()
    say = (lambda line: None) if as_json else lines_to(console)
    found, page = check_model(options, words(tf), static, DEFAULT_OUT, out / "index.html", say, sarif_file=sarif)
    if as_json:
        typer.echo(json.dumps(document(found), indent=1, default=str))
    elif page is not None:
        table = Table(*table_columns(), box=None, pad_edge=False)
        for row in found.rows:
            table.add_row(*measured_row(row))
        console.print(table)
        say(summary(found))
        say(f"Report: {page}")
    if not static:
        outcome = outcome_of(found.model, found.verdicts.get(found.target, ""), given)
        raise typer.Exit(1 if {outcome, *found.verdicts.values()} & set(words(fail_on) or ()) else 0)


def convert(
    sources: SourcesArgument,
    to: Annotated[str, typer.Option("--to", metavar="VERSION", help="The version that must load the result plainly.")],
    out: Annotated[
        Path,
        typer.Option("--out", metavar="FILE", help="The new file, or a folder for many; never overwritten."),
    ],
    format: Annotated[str, typer.Option("--format", metavar="NAME", help="keras, h5 or savedmodel.")] = "keras",
    custom_objects: CustomOption = None,
    build: BuildOption = None,
    inputs: InputsOption = None,
    saved_with: SavedWithOption = None,
    keep: Annotated[
        str, typer.Option(metavar="WHAT", help="optimizer: its state must come through; model (default).")
    ] = "model",
    max_hops: MaxHopsOption = 2,
    route: Annotated[
        str | None,
        typer.Option(metavar="STOPS", help="Walk only this one: 2.15:h5 or 2.12:keras,2.15:h5, or direct."),
    ] = None,
    safe: Annotated[
        bool,
        typer.Option("--safe", help="No way through a Keras that would run or read what the file carries."),
    ] = False,
    backend: BackendOption = "auto",
    trust: TrustOption = False,
    allow_read: AllowReadOption = None,
    settings: FleetSettingsOption = None,
    jobs: JobsOption = 0,
    memory: MemoryOption = None,
    most_gb: MostOption = 64.0,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Bring a model into a file that another version loads plainly, and prove it: outputs, weights, optimizer.

    Writes FILE and FILE.json (route, pins, digests, differences, losses). A file that fails its proof is not written.

    Folders, patterns, lists (@FILE), URLs and several of them are many models: --out is a folder that mirrors them, with an
    in-toto statement beside each file. What is up to date is left as it is. Exit code 1 where one of them was not converted.
    """
    from crossload.app.convert import Target, convert_model
    from crossload.app.model_bench import ModelOptions
    from crossload.fleet.sources import is_single
    from crossload.user_models.seat import Conditions, Given

    given = Given(custom_objects, build, inputs, saved_with)
    conditions = Conditions(config, backend, trust, memory)
    target = Target(to=to, out=out, format=format, keep=keep, max_hops=max_hops, route=route, safe=safe)
    if not is_single(sources):
        if allow_read:
            raise SelectionError(_ALLOW_READ_ONE)
        from collections import Counter

        from crossload.app.fleet.convert import FAILED, Many, convert_fleet
        from crossload.app.progress import Display

        many = Many(sources, conditions, given, settings, most_gb, jobs)
        console = open_console()
        say = lines_to(console)
        with Display(console, "models") as display:
            made = convert_fleet(many, target, DEFAULT_OUT, say, display.tick)
        counts = Counter(item.state for item in made)
        say(f"{', '.join(f'{count} {state}' for state, count in counts.items())}. Manifest: {out / 'manifest.json'}")
        raise typer.Exit(1 if counts[FAILED] else 0)
    from crossload.user_models.convert import proof_path

    options = ModelOptions(Path(sources[0]), conditions, given, tuple(allow_read or ()))
    say = lines_to(open_console())
    done = convert_model(options, target, DEFAULT_OUT, say)
    assert done.walk.proof is not None
    proof = done.walk.proof
    kept = "the outputs are bit by bit the same" if proof.bit_equal else f"outputs: {proof.difference}"
    say(f"{out}: proven: {done.to} loads it plainly, {kept}; {proof.losses}.")
    if proof.note:
        say(f"  {proof.note}")
    digest = str(done.proof["output"]["sha256"])[:16]
    say(f"{proof_path(out)}: route, pins, digests and differences (SHA-256 {digest}…)")


def verify(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that `convert SOURCE... --out DIR` wrote.")],
    reload: Annotated[
        bool, typer.Option("--reload", help="Also load each file in the version that it was made for.")
    ] = False,
    custom_objects: CustomOption = None,
    backend: BackendOption = "auto",
    trust: TrustOption = False,
    as_json: JsonOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Hold converted files against the statements beside them, without TensorFlow; with --reload, load them too.

    Exit code 1 where a file is not what was proven, is missing, or has nothing that vouches for it.
    """
    from crossload.app.fleet.convert import verify_folder
    from crossload.fleet.statements import GOOD
    from crossload.user_models.seat import Conditions

    found = verify_folder(folder, reload, custom_objects, Conditions(config, backend, trust))
    bad = [item for item in found if item.state != GOOD]
    if as_json:
        rows = [{"path": str(item.path), "state": item.state, "why": item.why, "to": item.to} for item in found]
        typer.echo(json.dumps(rows, indent=1))
    else:
        say = lines_to(open_console())
        for item in bad:
            say(f"{item.path}: {item.state}: {item.why}")
        say(f"{len(found) - len(bad)} of {len(found)} files are what was proven{' and load' if reload else ''}.")
    raise typer.Exit(1 if bad else 0)
