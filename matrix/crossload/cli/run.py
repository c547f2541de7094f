"""``crossload run`` and ``crossload report``."""

from typing import Annotated

import typer

from crossload.cli.options import (
    DEFAULT_CONFIG,
    DEFAULT_OUT,
    ArtifactsOption,
    AsOfOption,
    BackendOption,
    ConfigOption,
    ExecutorOption,
    FormatOption,
    HardwareOption,
    LastHardwareOption,
    LastProfileOption,
    OutOption,
    ProfileOption,
    ScenarioOption,
    SchedulerOption,
    SiteOption,
    TfOption,
)
from crossload.util.terminal import open_console, words


def run(
    profile: ProfileOption = "quick",
    tf: TfOption = None,
    hardware: HardwareOption = "cpu",
    scenario: ScenarioOption = None,
    format: FormatOption = None,
    backend: BackendOption = "auto",
    jobs: Annotated[int, typer.Option(min=0, metavar="N", help="Workers at a time; 0 is one per core.")] = 0,
    out: OutOption = DEFAULT_OUT,
    config: ConfigOption = DEFAULT_CONFIG,
    fail_on: Annotated[
        str, typer.Option(metavar="LIST", help="Verdicts that make the exit code 1, such as differs,fails; or never.")
    ] = "never",
    as_of: AsOfOption = None,
    shard: Annotated[
        str | None, typer.Option(metavar="I/N", help="Only this part of the selection: see `crossload shards`.")
    ] = None,
    executor: ExecutorOption = "local",
    scheduler: SchedulerOption = None,
    artifacts: ArtifactsOption = None,
    site: SiteOption = None,
) -> None:
    """Save every scenario in every environment, load it in all of them, compare, and render the report.

    What is already in the store is not run again. Exit codes: 0 done; 1 done, and a --fail-on condition holds;
    2 bad usage or configuration; 3 nothing could run, or what ran cannot be
    believed.
    """
    from crossload.app.run import run as run_matrix
    from crossload.execution.options import RunOptions, Selection
    from crossload_reports.exports.step_summary import append_step_summary

    options = RunOptions(
        config=config,
        out=out,
        selection=Selection(
            profile=profile,
            tf=words(tf),
            hardware=words(hardware) or [],
            scenario=scenario,
            formats=words(format),
            as_of=as_of.date() if as_of else None,
        ),
        backend=backend,
        jobs=jobs,
        fail_on=words(fail_on) or [],
        shard=shard,
        executor=executor,
        scheduler=scheduler,
        artifacts=artifacts,
        site=site,
    )
    code = run_matrix(options, open_console())
    append_step_summary(out / "summary.md")
    raise typer.Exit(code)


def report(
    profile: LastProfileOption = None,
    tf: TfOption = None,
    hardware: LastHardwareOption = None,
    scenario: ScenarioOption = None,
    format: FormatOption = None,
    backend: BackendOption = "auto",
    out: OutOption = DEFAULT_OUT,
    config: ConfigOption = DEFAULT_CONFIG,
    site: SiteOption = None,
) -> None:
    """Judge and render again what the store holds, without running anything (new tolerances, an interrupted run).

    Without a selection, that of the last run into the folder; with one, the quick profile's and CPU where nothing else is said.
    """
    from crossload.app.report import report_only
    from crossload.app.selection import with_last_selection
    from crossload.execution.options import RunOptions, Selection

    console = open_console()
    selection = Selection(
        profile=profile or "quick",
        tf=words(tf),
        hardware=words(hardware or "cpu") or [],
        scenario=scenario,
        formats=words(format),
    )
    options = RunOptions(config=config, out=out, selection=selection, backend=backend, site=site)
    if all(option is None for option in (profile, tf, hardware, scenario, format)):
        options = with_last_selection(options, console)
    report_only(options, console)
