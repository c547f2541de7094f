"""Arguments and options that several commands take, each declared once."""

import datetime
from collections import Counter
from itertools import takewhile
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperOption

DEFAULT_CONFIG = Path("matrix.toml")
DEFAULT_OUT = Path("build")


class OnceCommand(TyperCommand):
    """A command that refuses an option of one value that is given twice: the first would be lost without a word."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        given = Counter(word.partition("=")[0] for word in takewhile(lambda word: word != "--", args))
        for option in self.params:
            if not isinstance(option, TyperOption) or option.multiple or option.is_flag or option.count:
                continue
            if sum(given[name] for name in option.opts if name.startswith("--")) > 1:
                name, listed = option.opts[0], option.metavar in ("LIST", "GLOB")
                ctx.fail(f"{name} is given twice." + (f" Separate several with commas: {name} A,B." if listed else ""))
        return super().parse_args(ctx, args)


def _in_use(context: typer.Context, value: Path) -> Path:
    """The configuration to read: one that is named has to be there, but none has to be named."""
    from crossload.config import config_in_use

    source = context.get_parameter_source("config")
    named = source is None or source.name != "DEFAULT"
    return value if named else config_in_use()


ConfigOption = Annotated[
    Path,
    typer.Option(
        "--config",
        metavar="FILE",
        callback=_in_use,
        help="Configuration to read; where there is no matrix.toml, the one that comes with Crossload.",
    ),
]
BackendOption = Annotated[str, typer.Option("--backend", metavar="NAME", help="auto, docker or venv.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]

# Folders of a run

OutOption = Annotated[
    Path, typer.Option("--out", metavar="DIR", help="Folder for the store, the tables and the report.")
]
StoreOption = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the run that holds the store.")]
LocalRunOption = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="DIR", help="Folder of a run whose cells replace the shipped ones; build by default."
    ),
]
SiteOption = Annotated[
    Path | None,
    typer.Option("--site", metavar="DIR", help="Also write a folder for a web server, with the data beside the page."),
]

# What is selected

ProfileOption = Annotated[str, typer.Option("--profile", metavar="NAME", help="quick or full, from the configuration.")]
# Where nothing is given, the last run's; the default is not shown.
LastProfileOption = Annotated[
    str | None,
    typer.Option("--profile", metavar="NAME", help="quick or full, from the configuration.", show_default=False),
]
TfOption = Annotated[
    str | None,
    typer.Option(
        "--tf", metavar="LIST", help="Versions: 2.4,2.10,2.16+tf_keras or keras3.7, all, keras3, variants, latest:3."
    ),
]
HardwareOption = Annotated[str, typer.Option("--hardware", metavar="LIST", help="cpu, cuda, or both.")]
LastHardwareOption = Annotated[
    str | None, typer.Option("--hardware", metavar="LIST", help="cpu, cuda, or both.", show_default=False)
]
ScenarioOption = Annotated[
    str | None, typer.Option("--scenario", metavar="GLOB", help="Scenarios by name: 'q1-*' or dense,lstm.")
]
FormatOption = Annotated[
    str | None, typer.Option("--format", metavar="LIST", help="Formats: h5,savedmodel,keras,weights and others.")
]
AsOfOption = Annotated[
    datetime.datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], metavar="DATE", help="Day whose nightlies to use; today by default."),
]

# Where it runs

ExecutorOption = Annotated[
    str,
    typer.Option("--executor", metavar="NAME", help="local, or dask (several machines, or workers of its own)."),
]
SchedulerOption = Annotated[
    str | None, typer.Option("--scheduler", metavar="ADDRESS", help="Dask scheduler, such as tcp://host:8786.")
]
ArtifactsOption = Annotated[
    str | None,
    typer.Option("--artifacts", metavar="URL", help="Where Dask workers exchange artifacts: file://..., s3://..."),
]

# A user's own file

SourcesArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE...",
        help="A model; or many: folders, patterns, @FILE for a list, URLs (s3://, gs://, hf://, zip://, models:/, runs:/).",
    ),
]
FleetSettingsOption = Annotated[
    Path | None,
    typer.Option(
        "--settings", metavar="FILE", help="Many models: what goes with which; fleet.toml where there is one."
    ),
]
MemoryOption = Annotated[
    int | None,
    typer.Option(
        "--memory",
        min=256,
        metavar="MB",
        help="Memory that it may take, all at a time; by default what is free, and what each file needs.",
    ),
]
JobsOption = Annotated[
    int, typer.Option("--jobs", min=0, metavar="N", help="Many models: so many at a time; 0 is one per core.")
]
MostOption = Annotated[
    float,
    typer.Option("--most-gb", min=0, max=1_000_000, metavar="GB", help="Many models: what URLs may hold together."),
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
TrustOption = Annotated[
    bool, typer.Option("--trust", help="Load a file that carries code even where nothing confines it.")
]
AllowReadOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--allow-read",
        metavar="PATH",
        help="A file or folder that the model names and may read, besides what lies next to it. Repeat it for several.",
    ),
]
SavedWithOption = Annotated[
    str | None, typer.Option("--saved-with", metavar="VERSION", help="What wrote it; read from the file by default.")
]

# A way through other environments

MaxHopsOption = Annotated[
    int, typer.Option("--max-hops", min=0, metavar="N", help="Environments that may lie between.")
]
ShippedOption = Annotated[
    Path | None,
    typer.Option("--to", metavar="FILE", help="Instead of the package's own file. Needed outside a checkout."),
]
