"""Judges what the store holds, and writes every form of the results."""

import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from crossload import __version__
from crossload.app.report_stamp import StampFile
from crossload.app.selection import select_matrix
from crossload.backends import Backend, choose_backend
from crossload.config import MatrixConfig, load_config
from crossload.diagnosis import load_catalogue
from crossload.domain.cells import CellRow
from crossload.environments.model import Environment, EnvironmentState
from crossload.errors import StoreError
from crossload.execution.options import RunOptions
from crossload.planning.matrix import Matrix
from crossload.runs.earlier import earlier_runs
from crossload.store import run_log
from crossload.store.database import Store, open_existing
from crossload.store.inspections import inspector
from crossload.store.lazy_cells import Shelf
from crossload.store.records import Artifact, Cell
from crossload.store.twins import Contents
from crossload.util.clock import Started, now
from crossload.util.files import write_atomically, write_text_atomically
from crossload.util.terminal import lines_to

if TYPE_CHECKING:
    from crossload.results.samples import Sampled
    from crossload.results.tables import Tables
    from crossload.results.twins import TwinCheck


@dataclass(frozen=True)
class Checks:
    """What was measured of less than all cells, and how that compares with what was run to check it.

    :param samples: of environments with the same Keras as another one.
    :param twins: of files that hold the same; None where every file was loaded itself.
    """

    samples: Sequence["Sampled"] = ()
    twins: "TwinCheck | None" = None

    @property
    def lines(self) -> list[str]:
        """In words, for the terminal."""
        return [item.text for item in self.samples] + ([self.twins.text] if self.twins is not None else [])


@dataclass(frozen=True)
class Measured:
    """A matrix with what is known of it.

    :param artifacts, cells: by their keys.
    """

    store: Store
    matrix: Matrix
    config: MatrixConfig
    states: Mapping[str, EnvironmentState]
    artifacts: Mapping[str, Artifact]
    cells: Mapping[str, Cell]

    @property
    def held(self) -> tuple[Mapping[str, EnvironmentState], Mapping[str, Artifact], Mapping[str, Cell]]:
        """States of environments, artifacts and cells."""
        return self.states, self.artifacts, self.cells


@dataclass(frozen=True)
class Judged:
    """A matrix as the store holds it, judged.

    :param past: what earlier runs saw otherwise.
    """

    matrix: Matrix
    states: Mapping[str, EnvironmentState]
    tables: "Tables"
    past: Sequence[Mapping[str, Any]]
    checks: Checks = Checks()

    @property
    def environments(self) -> list[dict[str, Any]]:
        """Facts of each environment, as the report shows them; ``sample`` where only a sample of its cells was measured."""
        sampled = {item.environment: item.to_dict() for item in self.checks.samples if not item.reason}
        return [
            self.states[item.id].describe() | ({"sample": sampled[item.id]} if item.id in sampled else {})
            for item in self.matrix.environments
        ]


def report_only(options: RunOptions, console: Console) -> None:
    """Judge and render what the store holds of a selection, running nothing.

    :raises CrossloadError: bad selection, or there is no store yet.
    """
    started, rendering = Started(), Started()
    config = load_config(options.config)
    matrix = select_matrix(options, config)
    backend, reason = choose_backend(options.backend, config, options.config.parent, matrix.environments)
    store = open_existing(options.out)
    try:
        recorded = run_log.recorded_states(store)
        states = {environment.id: _known_state(environment, backend, recorded) for environment in matrix.environments}
        measured = Measured(store, matrix, config, states, store.artifacts(), Shelf(store, store.cell_keys()))
        in_full: list[Sampled] = []
        while gone := refuted(samples := sampled_cells(measured)):
            in_full += [item for item in samples if item.reason]
            measured = replace(measured, matrix=measured.matrix.without(gone))
        judged = judge(measured, rendered_again=True)
        twins = checked_twins(measured)
        judged = replace(judged, checks=Checks([*in_full, *samples], twins))
    finally:
        store.close()
    facts = run_facts(config, backend.name, reason, started)
    StampFile(options.out).take()
    say = lines_to(console)
    for line in write_report(judged, options.out, facts, started, rendering, options.site):
        say(line)


def sampled_cells(measured: Measured) -> list["Sampled"]:
    """How what was sampled of a matrix compares with what was measured in full; nothing where nothing was sampled."""
    if measured.matrix.sample is None:
        return []
    from crossload.results.samples import compare_samples

    with inspector(measured.store) as inspect:
        return compare_samples(measured.matrix, measured.config, *measured.held, inspect)


def checked_twins(measured: Measured) -> "TwinCheck | None":
    """What was measured on twins of files, and whether that holds; None where every file was loaded itself."""
    store, known = measured.store, measured.store.known_cells()
    if not any(cell.is_copy for cell in known.values()):
        return None
    from crossload.results.tables import Tables
    from crossload.results.twins import compare_twins

    with inspector(store) as inspect:

        def rows_of(part: Matrix) -> Sequence[CellRow]:
            return Tables(part, measured.config, *measured.held, inspect).rows()

        return compare_twins(measured.matrix, *measured.held, known, Contents(store).classes, rows_of)


def refuted(samples: Sequence["Sampled"]) -> set[str]:
    """The environments that have to be measured in full, by id."""
    return {item.environment for item in samples if item.reason}


def judge(measured: Measured, rendered_again: bool = False) -> Judged:
    """Judge artifacts and cells of a matrix, and compare them with what earlier runs saw.

    :param rendered_again: they belong to the last recorded run, which then is no earlier one.
    """
    from crossload.results.tables import Tables

    with inspector(measured.store) as inspect:
        tables = Tables(measured.matrix, measured.config, *measured.held, inspect)
    environments = [state.describe() for state in measured.states.values()]
    past = [run.to_dict() for run in earlier_runs(measured.store, tables.rows(), environments, rendered_again)]
    return Judged(measured.matrix, measured.states, tables, past)


def _known_state(
    environment: Environment, backend: Backend, recorded: Mapping[tuple[str, str], Any]
) -> EnvironmentState:
    """An environment as it is here; where it is not here (any more), as it was when it was run."""
    state = backend.state(environment)
    record = recorded.get((environment.id, environment.digest))
    return state if state.state == "ready" or record is None else EnvironmentState.from_record(environment, record)


def run_facts(config: MatrixConfig, backend: str, reason: str, started: Started) -> dict[str, Any]:
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
    judged: Judged, out: Path, facts: dict[str, Any], started: Started, rendering: Started, site: Path | None = None
) -> list[str]:
    """Write tables and page; completes ``facts`` with the times. Returns the lines for the terminal.

    :param started: when the run began; ``rendering``: when judging did.
    :param site: a folder for a web server, written too.
    :raises StoreError: it could not be written.
    """
    from crossload.claims import decide_all
    from crossload.results.changes import changes
    from crossload_reports.exports.markdown import summary_markdown
    from crossload_reports.exports.svg import grid_svg
    from crossload_reports.exports.tables import write_tables
    from crossload_reports.exports.terminal import terminal_summary
    from crossload_reports.html.page import make_report

    tables, environments, past = judged.tables, judged.environments, judged.past
    results, attempts = tables.results(), tables.attempts()
    causes = [cause.to_dict() for cause in load_catalogue().cause]
    claims = [decided.to_dict() for decided in decide_all(tables.rows(), tables.attempt_rows())]
    checks = judged.checks
    facts["samples"] = [item.to_dict() for item in checks.samples]
    facts["twins"] = checks.twins.to_dict() if checks.twins is not None else {}
    facts["finished"] = now()
    facts["seconds"] = started.seconds
    facts["seconds_by_stage"]["report"] = rendering.seconds
    try:
        write_tables(results, attempts, environments, facts, out)
        since = changes(tables.rows())
        write_atomically(out / "changes.csv", lambda path: since.to_csv(path, index=False, lineterminator="\n"))
        _write_samples(checks.samples, out / "samples.csv")
        write_text_atomically(out / "summary.md", summary_markdown(results, environments, causes, past))
        report = make_report(results, attempts, environments, facts, _scenarios(judged.matrix), causes, claims, past)
        page = report.write_page(out / "report" / "index.html")
        write_text_atomically(out / "report" / "grid.svg", grid_svg(results, environments))
        if site is not None:
            from crossload.app.data.lookup import write_lookup

            report.write_site(site, out)
            write_lookup(site, out)
    except OSError as error:
        raise StoreError(
            f"{out}: the report could not be written ({error.strerror or error}). Results are kept; "
            "make room and run `crossload report`."
        ) from None
    return [*checks.lines, *terminal_summary(results, page, causes)]


def _write_samples(samples: Sequence["Sampled"], path: Path) -> None:
    """Write how samples compare; where nothing was sampled there is no such file."""
    if not samples:
        path.unlink(missing_ok=True)
        return
    import pandas as pd

    from crossload.results.samples import COLUMNS

    table = pd.DataFrame([item.to_dict() for item in samples])[list(COLUMNS)]
    write_atomically(path, lambda made: table.to_csv(made, index=False, lineterminator="\n"))


def _scenarios(matrix: Matrix) -> list[dict[str, Any]]:
    """What the page says of each scenario."""
    scenarios = {work.scenario.name: work.scenario for work in matrix.works}
    return [
        {
            "name": scenario.name,
            "family": scenario.family,
            "title": scenario.options["title"],
            "case": scenario.options["case"],
            "source": scenario.source,
            "control": scenario.control,
        }
        for scenario in scenarios.values()
    ]
