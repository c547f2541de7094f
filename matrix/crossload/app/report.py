"""Judges what the store holds, and writes every form of the results."""

import datetime
import os
import platform
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from crossload import __version__
from crossload.app.report_stamp import StampFile
from crossload.app.selection import select_matrix
from crossload.backends import Backend, choose_backend
from crossload.config import MatrixConfig, load_config
from crossload.diagnosis import load_catalogue
from crossload.environments.model import Environment, EnvironmentState
from crossload.errors import StoreError
from crossload.execution.options import RunOptions
from crossload.planning.matrix import Matrix
from crossload.runs.earlier import earlier_runs
from crossload.store import run_log
from crossload.store.database import Store, open_existing
from crossload.store.inspections import inspector
from crossload.store.lazy_cells import Shelf
from crossload.util.files import write_atomically, write_text_atomically


class Started:
    """When something began: the time of day to be shown, and seconds since, which a clock that is set back does not change."""

    def __init__(self) -> None:
        self.at = _now()
        self._monotonic = time.monotonic()

    @property
    def seconds(self) -> float:
        return round(time.monotonic() - self._monotonic, 2)


def report_only(options: RunOptions, console: Console) -> None:
    """Judge and render what the store holds of a selection, running nothing.

    :raises CrossloadError: bad selection, or there is no store yet.
    """
    from crossload.results.tables import Tables

    started, rendering = Started(), time.monotonic()
    config = load_config(options.config)
    matrix = select_matrix(options, config)
    backend, reason = choose_backend(options.backend, config, options.config.parent, matrix.environments)
    store = open_existing(options.out)
    try:
        artifacts, cells = store.artifacts(), Shelf(store, store.cell_keys())
        recorded = run_log.recorded_states(store)
        states = {environment.id: _known_state(environment, backend, recorded) for environment in matrix.environments}
        facts = _facts(config, backend.name, reason, started)
        with inspector(store) as inspect:
            tables = Tables(matrix, config, states, artifacts, cells, inspect)
        past = _past(store, tables, states, rendered_again=True)
    finally:
        store.close()
    StampFile(options.out).take()
    for line in write_report(options.out, matrix, states, tables, facts, started, rendering, past, options.site):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def _past(store: Store, tables: Any, states: Any, rendered_again: bool = False) -> list[dict[str, Any]]:
    """What earlier runs saw otherwise, for the report."""
    environments = [state.describe() for state in states.values()]
    return [run.told() for run in earlier_runs(store, tables.rows(), environments, rendered_again)]


def _known_state(
    environment: Environment, backend: Backend, recorded: Mapping[tuple[str, str], Any]
) -> EnvironmentState:
    """An environment as it is here; where it is not here (any more), as it was when it was run."""
    state = backend.state(environment)
    record = recorded.get((environment.id, environment.digest))
    return state if state.state == "ready" or record is None else EnvironmentState.from_record(environment, record)


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def _facts(config: MatrixConfig, backend: str, reason: str, started: Started) -> dict[str, Any]:
    """What the report says about this run; the caller adds what was executed."""
    return {
        "started": started.at,
        "host": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "backend": backend,
        "backend_reason": reason,
        "command": " ".join(["crossload", *sys.argv[1:]]),
        "version": __version__,
        "tolerances": config.tolerances.model_dump(),
        "executed": 0,
        "reused": 0,
        "seconds_by_stage": {},
    }


def write_report(
    out: Path,
    matrix: Matrix,
    states: Any,
    tables: Any,
    facts: dict[str, Any],
    started: Started,
    rendering: float,
    past: Sequence[Mapping[str, Any]] = (),
    site: Path | None = None,
) -> list[str]:
    """Write tables and page; completes ``facts`` with the times. Returns the lines for the terminal.

    :param past: what earlier runs saw otherwise.
    :param site: a folder for a web server, written too.
    """
    from crossload.claims import decide_all
    from crossload.results.changes import changes
    from crossload_reports.exports.markdown import summary_markdown
    from crossload_reports.exports.svg import grid_svg
    from crossload_reports.exports.tables import write_tables
    from crossload_reports.exports.terminal import terminal_summary
    from crossload_reports.html.page import make_report

    results, attempts = tables.results(), tables.attempts()
    causes = [cause.told() for cause in load_catalogue().cause]
    claims = [decided.told() for decided in decide_all(tables.rows(), tables.attempt_rows())]
    environments = [states[environment.id].describe() for environment in matrix.environments]
    scenarios = {
        work.scenario.name: {
            "name": work.scenario.name,
            "family": work.scenario.family,
            "title": work.scenario.options["title"],
            "case": work.scenario.options["case"],
            "source": work.scenario.source,
        }
        for work in matrix.works
    }
    facts["finished"] = _now()
    facts["seconds"] = started.seconds
    facts["seconds_by_stage"]["report"] = round(time.monotonic() - rendering, 2)
    try:
        write_tables(results, attempts, environments, facts, out)
        since = changes(tables.rows())
        write_atomically(out / "changes.csv", lambda path: since.to_csv(path, index=False, lineterminator="\n"))
        write_text_atomically(out / "summary.md", summary_markdown(results, environments, causes, past))
        report = make_report(results, attempts, environments, facts, list(scenarios.values()), causes, claims, past)
        page = report.write_page(out / "report" / "index.html")
        write_text_atomically(out / "report" / "grid.svg", grid_svg(results, environments))
        if site is not None:
            report.write_site(site, out)
    except OSError as error:
        raise StoreError(
            f"{out}: the report could not be written ({error.strerror or error}). Results are kept; "
            "make room and run `crossload report`."
        ) from None
    return terminal_summary(results, page, causes)
