"""The main job: select, run, judge, and write every form of the results."""

import datetime
import os
import platform
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

from filelock import FileLock, Timeout
from rich.console import Console

from matrix import __version__, history
from matrix.atomic import write_atomically, write_text_atomically
from matrix.backends import Backend, choose_backend
from matrix.config import MatrixConfig, load_config
from matrix.diagnosis import load_catalogue
from matrix.environments import Environment, EnvironmentState, all_environments
from matrix.environments import select as select_environments
from matrix.errors import NothingCouldRunError, SelectionError, StoreError, nearest
from matrix.executors import Executor, open_executor
from matrix.floating import resolve
from matrix.freshness import Stamp, StampFile, fingerprint
from matrix.kept_inspections import inspector
from matrix.last_selection import Selection, last_selection, remember
from matrix.outcomes import SCORED, UNSCORED
from matrix.past import earlier_runs
from matrix.planning import Matrix, expand_formats, make_works
from matrix.scenario_index import index_scenarios
from matrix.scenario_index import select as select_scenarios
from matrix.shards import select_shard
from matrix.shelf import Shelf
from matrix.store import Store


@dataclass(frozen=True)
class RunOptions:
    """What ``crossload run`` was asked for; None means the profile's own.

    :param as_of: the day whose pins nightly environments get; None for today's.
    :param shard: ``i/N`` for a part of the selection.
    :param scheduler: address of the Dask scheduler whose workers execute; None for workers of our own.
    :param artifacts: folder or fsspec URL over which they exchange artifacts; None for Dask itself.
    :param site: a folder for a web server, written besides the one-file report.
    """

    config: Path
    out: Path
    profile: str = "quick"
    tf: Sequence[str] | None = None
    hardware: Sequence[str] = ("cpu",)
    scenario: str | None = None
    formats: Sequence[str] | None = None
    backend: str = "auto"
    jobs: int = 0
    fail_on: Sequence[str] = ()
    as_of: datetime.date | None = None
    shard: str | None = None
    executor: str = "local"
    scheduler: str | None = None
    artifacts: str | None = None
    site: Path | None = None


class Started:
    """When something began: the time of day to be shown, and seconds since, which a clock that is set back does not change."""

    def __init__(self) -> None:
        self.at = _now()
        self._monotonic = time.monotonic()

    @property
    def seconds(self) -> float:
        return round(time.monotonic() - self._monotonic, 2)


def select_matrix(options: RunOptions, config: MatrixConfig) -> Matrix:
    """Resolve every selection of a run.

    :raises SelectionError: an unknown name, or nothing left.
    """
    if options.profile not in config.profiles:
        raise SelectionError(
            f"unknown profile {options.profile!r}.{nearest(options.profile, config.profiles)} "
            f"Known: {', '.join(config.profiles)}."
        )
    profile = config.profiles[options.profile]
    environments = all_environments(config)
    chosen = select_environments(
        environments, options.tf if options.tf is not None else profile.environments, options.hardware
    )
    scenarios = index_scenarios(options.config.parent / folder for folder in config.scenario_folders)
    picked = select_scenarios(scenarios, options.scenario) if options.scenario is not None else list(scenarios.values())
    formats = expand_formats(options.formats) if options.formats is not None else None
    works = make_works(profile, picked, formats, named=options.scenario is not None)
    day = _day_of(options)
    chosen = [resolve(environment, day) for environment in chosen]
    for environment in chosen:
        _ = environment.digest  # a missing lock is said before anything is built
    matrix = Matrix(tuple(chosen), works)
    return select_shard(matrix, options.shard) if options.shard is not None else matrix


def _day_of(options: RunOptions) -> datetime.date:
    return options.as_of or datetime.datetime.now(datetime.UTC).date()


def check_fail_on(words: Sequence[str], further: Sequence[str] = ()) -> None:
    """Raise SelectionError unless every word is a verdict, ``never``, or one of the ``further`` conditions."""
    known = [*further, *SCORED, *UNSCORED, "never"]
    for word in words:
        if word not in known:
            raise SelectionError(
                f"--fail-on: unknown condition {word!r}.{nearest(word, known)} Known: {', '.join(known)}."
            )


def _raise_interrupt(number: int, frame: Any) -> NoReturn:
    raise KeyboardInterrupt


def run(options: RunOptions, console: Console) -> int:
    """Run the matrix and write the report. Returns the exit code.

    :raises CrossloadError: bad selection or configuration, an unusable store, or nothing that could run.
    """
    started = Started()
    check_fail_on(options.fail_on)
    options = replace(options, as_of=_day_of(options))  # one day for all of it, also past midnight
    config = load_config(options.config)
    matrix = select_matrix(options, config)
    executor = open_executor(options, config, matrix)
    try:
        return _run_with(executor, options, config, matrix, console, started)
    finally:
        executor.close()


def _run_with(
    executor: Executor, options: RunOptions, config: MatrixConfig, matrix: Matrix, console: Console, started: Started
) -> int:
    console.print(f"Backend: {executor.reason}", highlight=False, soft_wrap=True)
    console.print(
        f"{len(matrix.environments)} environments, {len({work.scenario.name for work in matrix.works})} scenarios, "
        f"{len({work.format for work in matrix.works})} formats",
        highlight=False,
    )
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"{options.out}: can not be written ({error.strerror}). Choose another folder with --out."
        ) from None
    store = Store(options.out / "store")
    lock = FileLock(options.out / "store" / "run.lock", timeout=0)
    try:
        with lock:
            if options.shard is None:
                asked = (options.profile, options.tf, options.hardware, options.scenario, options.formats)
                remember(options.out, Selection(*asked, as_of=_day_of(options)))
            return _run_locked(options, config, matrix, executor, store, console, started)
    except Timeout:
        raise StoreError(
            f"{options.out}: another run is using it. Wait for it, or choose another folder with --out."
        ) from None
    finally:
        store.close()


def with_last_selection(options: RunOptions, console: Console) -> RunOptions:
    """The options with the selection of the folder's last run, where that is known; it is said."""
    last = last_selection(options.out)
    if last is None:
        return options
    console.print(f"As the last run: {last.words}", highlight=False, markup=False, soft_wrap=True)
    return replace(options, **last._asdict())


def report_only(options: RunOptions, console: Console) -> None:
    """Judge and render what the store holds of a selection, running nothing.

    :raises CrossloadError: bad selection, or there is no store yet.
    """
    from matrix.results import Tables

    started, rendering = Started(), time.monotonic()
    config = load_config(options.config)
    matrix = select_matrix(options, config)
    backend, reason = choose_backend(options.backend, config, options.config.parent, matrix.environments)
    if not (options.out / "store" / "results.sqlite").exists():
        raise StoreError(
            f"{options.out}: nothing has been run here yet. Run `crossload run --out {options.out}` first."
        )
    store = Store(options.out / "store")
    try:
        artifacts, cells = store.artifacts(), Shelf(store, store.cell_keys())
        recorded = history.recorded_states(store)
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


def _run_locked(
    options: RunOptions,
    config: MatrixConfig,
    matrix: Matrix,
    executor: Executor,
    store: Store,
    console: Console,
    started: Started,
) -> int:
    from matrix.display import Display

    stamps = StampFile(options.out)
    stamp = stamps.take()
    engine = executor.engine(matrix, config, store)
    signal.signal(signal.SIGTERM, _raise_interrupt)
    try:
        with Display(console) as display:
            engine.run(display.tick)
    except KeyboardInterrupt:
        console.print(
            f"Stopped. {engine.progress.done} of {engine.progress.total} cells are kept; the same command goes on from there.",
            highlight=False,
        )
        return 130
    ready = [state for state in engine.states.values() if state.state == "ready"]
    rendering = time.monotonic()
    facts = _facts(config, executor.backend, executor.reason, started) | {
        "executed": engine.progress.executed,
        "reused": engine.progress.reused,
        "seconds_by_stage": {name: round(value, 2) for name, value in engine.progress.seconds.items()},
    }
    environments = [engine.states[environment.id].describe() for environment in matrix.environments]
    recorded = [engine.states[environment.id].record() for environment in matrix.environments]
    made_from = fingerprint(matrix, config, engine.states, engine.artifacts, engine.cells)
    if stamp is not None and stamp.fingerprint == made_from and not engine.progress.executed and options.site is None:
        console.print(f"Nothing to do: the report of {stamp.finished} is still right.", highlight=False)
        facts["finished"], facts["seconds"] = _now(), started.seconds
        history.record_again(store, facts | {"environments": environments, "states": recorded})
    else:
        from matrix.results import Tables

        with inspector(store) as inspect:
            tables = Tables(matrix, config, engine.states, engine.artifacts, engine.cells, inspect)
        past = _past(store, tables, engine.states)
        lines = write_report(
            *(options.out, matrix, engine.states, tables, facts, started, rendering), past, options.site
        )
        history.record(store, facts | {"environments": environments, "states": recorded}, tables.rows())
        stamp = Stamp(made_from, lines, sorted(tables.verdicts()), facts["finished"])
    stamps.put(stamp)
    for line in stamp.lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    if not ready:
        raise NothingCouldRunError("nothing could run: every environment of the selection is unavailable (see above).")
    return 1 if set(options.fail_on) & set(stamp.verdicts) else 0


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
    from matrix.changes import changes
    from matrix.claims import decide_all
    from reports.exports import write_tables
    from reports.markdown import summary_markdown
    from reports.page import make_report
    from reports.summary import terminal_summary
    from reports.svg import grid_svg

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
