"""``crossload check``: reads a user's file, predicts, and measures it in the versions asked for."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from crossload.app.model_bench import ModelOptions, open_bench
from crossload.config import load_config
from crossload.environments.exact_keras import lock_exact_keras
from crossload.environments.nightly_lock import resolve
from crossload.environments.selection import all_environments, select
from crossload.shipped.answers import known_environments
from crossload.shipped.construct_data import read_constructs
from crossload.upgrade.stand_in import pip_today
from crossload.user_models.check import Check, measure
from crossload.user_models.expectations import Expectations
from crossload.user_models.model_file import ModelError, open_model
from crossload.user_models.sarif import sarif
from crossload.user_models.saver import find_saver
from crossload.user_models.security import risk_lines
from crossload.user_models.text import expected, model_rows, prediction_lines
from crossload.util.clock import today
from crossload.util.files import write_text_atomically
from crossload.util.terminal import Say


def check_model(
    options: ModelOptions,
    tf: Sequence[str] | None,
    static: bool,
    local_run: Path | None,
    page: Path | None,
    say: Say,
    sarif_file: Path | None = None,
) -> tuple[Check, Path | None]:
    """What is known of a file.

    :param tf: the versions that load it; None for those of the quick profile.
    :param static: only read it and predict; nothing is run.
    :param local_run: folder of a run: what was measured there counts as measured; None where there is none.
    :param page: where the report page goes; None for no page.
    :param say: receives what the file is and what is to be expected of it, and then a line for every step.
    :param sarif_file: where what the file carries is written as SARIF; None for nowhere.
    :return: what was found, and the page; None where nothing was measured, or no page was asked for.
    :raises CrossloadError: the file or what was given with it cannot be used, or no environment can be had.
    """
    opened = open_model(options.model)
    settings = load_config(options.conditions.config)
    environments = all_environments(settings)
    loaders = select(environments, tf or settings.profiles["quick"].environments)
    if not static:
        loaders = [resolve(item, today()) for item in loaders]
    environments |= {item.id: item for item in loaders}
    writer = find_saver(opened, environments, options.given.saved_with, None if static else lock_exact_keras)
    expectations = Expectations(read_constructs(), environments, loaders)
    found = Check(
        model=opened,
        saver=writer.environment.id,
        why=writer.why,
        exact=writer.exact,
        predicted_as=expectations.like(writer.environment),
        predictions=expectations.of(opened, writer.environment),
        origin=expectations.origin,
        target=max(loaders, key=lambda item: item.sort_key).id,
    )
    for name, value in model_rows(opened):
        say(f"{name}: {value}")
    for line in risk_lines(opened, loaders):
        say(line)
    if sarif_file is not None:
        _write_sarif(sarif_file, sarif(opened, loaders))
        say(f"SARIF: {sarif_file}")
    stands_in = "" if writer.exact else ": it stands in for what wrote the file"
    say(f"reference: {writer.environment.id}, {writer.why}{stands_in}")
    for line in prediction_lines(found):
        say(line)
    for name, text in expected(found).items():
        say(f"  {name}: {text}")
    if line := pip_today(known_environments(local_run)):
        say(line)
    if static:
        return found, None
    if opened.needs_code and not options.given.build:
        raise ModelError(
            f"{options.model}: {opened.weights_alone} Pass --build factory.py:function, which builds the model, or --static."
        )
    known_here = {**environments, writer.environment.id: writer.environment}
    with open_bench(options, opened, settings, known_here, say) as bench:
        found = replace(found, **measure(bench, writer, loaders, say))
    if page is None:
        return found, None

    from crossload_reports.html.check_page import render_check

    return found, render_check(found, settings.tolerances.model_dump(), page)


def _write_sarif(path: Path, document: Mapping[str, Any]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text_atomically(path, json.dumps(document, indent=1))
    except OSError as error:
        raise ModelError(f"--sarif {path}: cannot be written ({error.strerror}).") from None
