"""``crossload nightly``: the scheduled run."""

from pathlib import Path
from typing import Annotated

import typer

from crossload.cli.options import (
    DEFAULT_CONFIG,
    DEFAULT_OUT,
    ArtifactsOption,
    AsOfOption,
    BackendOption,
    ConfigOption,
    CustomOption,
    ExecutorOption,
    FleetSettingsOption,
    ScenarioOption,
    SchedulerOption,
    StoreOption,
    TrustOption,
)
from crossload.util.terminal import lines_to, open_console, words

# What another day can change, beside the profile's own environments.
_DAILY = ("today-cpu", "nightly-cpu")
_EXPECTATIONS = Path("expectations.toml")


def nightly(
    profile: Annotated[str, typer.Option(metavar="NAME", help="Its environments, and the nightly one.")] = "quick",
    tf: Annotated[
        str | None, typer.Option("--tf", metavar="LIST", help="Other environments than the profile's and nightly.")
    ] = None,
    scenario: ScenarioOption = None,
    backend: BackendOption = "auto",
    fail_on: Annotated[
        str,
        typer.Option(metavar="LIST", help="regression, verdicts such as differs,fails,unavailable, or never."),
    ] = "regression",
    expectations: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Known changes: expectations.toml if it is there.")
    ] = None,
    notify: Annotated[
        list[str] | None, typer.Option(metavar="URL", help="Send a summary there, as apprise writes addresses.")
    ] = None,
    models: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SOURCE", help="Load these models instead, in what pip gives today and in the newest nightly."
        ),
    ] = None,
    custom_objects: CustomOption = None,
    settings_file: FleetSettingsOption = None,
    trust: TrustOption = False,
    as_of: AsOfOption = None,
    executor: ExecutorOption = "local",
    scheduler: SchedulerOption = None,
    artifacts: ArtifactsOption = None,
    out: StoreOption = DEFAULT_OUT,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Run the matrix with the newest nightly, compare with the accepted run, and run again what got worse.

    The first run becomes the baseline; `crossload accept` moves it. An environment that cannot be built is
    unavailable, never a regression.

    With --models, your own models are loaded in what changes from day to day, and only where something did.
    """
    if models:
        from crossload.app.fleet.check import FleetOptions
        from crossload.app.fleet.nightly import run_model_nights
        from crossload.user_models.seat import Conditions, Given

        asked = FleetOptions(
            sources=models,
            conditions=Conditions(config, backend, trust),
            out=out / "models",
            common=Given(custom_objects),
            settings=settings_file,
            fail_on=words(fail_on) or [],
            day=as_of.date() if as_of else None,
        )
        raise typer.Exit(run_model_nights(asked, words(tf) or list(_DAILY), notify or [], open_console())[0])
    from crossload.app.nightly import run_nightly
    from crossload.app.nightly_report import night_lines, send, write_night
    from crossload.app.selection import find_profile
    from crossload.config import load_config
    from crossload.execution.options import RunOptions, Selection
    from crossload.runs.expectations import load_expectations

    settings = load_config(config)
    own = find_profile(settings, profile).environments
    path = expectations or (_EXPECTATIONS if _EXPECTATIONS.is_file() else None)
    options = RunOptions(
        config=config,
        out=out,
        selection=Selection(
            profile=profile,
            tf=words(tf) or [*dict.fromkeys([*own, *(name for name in _DAILY if name in settings.environments)])],
            scenario=scenario,
            as_of=as_of.date() if as_of else None,
        ),
        backend=backend,
        executor=executor,
        scheduler=scheduler,
        artifacts=artifacts,
    )
    console = open_console()
    code, night = run_nightly(options, load_expectations(path) if path else [], words(fail_on) or [], console)
    if night is not None:
        write_night(night, out)
        say = lines_to(console)
        for line in night_lines(night):
            say(line)
        if notify:
            send(night, notify)
    raise typer.Exit(code)
