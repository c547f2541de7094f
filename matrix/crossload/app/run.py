"""The main job: select, run, judge, and write every form of the results."""

import signal
import time
from dataclasses import replace
from typing import Any, NoReturn

from filelock import FileLock, Timeout
from rich.console import Console

from crossload.app.report import Started, _facts, _now, _past, write_report
from crossload.app.report_stamp import Stamp, StampFile, fingerprint
from crossload.app.selection import _day_of, check_fail_on, remember, select_matrix
from crossload.config import MatrixConfig, load_config
from crossload.errors import NothingCouldRunError, StoreError
from crossload.execution.executors import Executor, open_executor
from crossload.execution.options import RunOptions, Selection
from crossload.planning.matrix import Matrix
from crossload.store import run_log
from crossload.store.database import Store
from crossload.store.inspections import inspector


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
            f"{options.out}: cannot be written ({error.strerror}). Choose another folder with --out."
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


def _run_locked(
    options: RunOptions,
    config: MatrixConfig,
    matrix: Matrix,
    executor: Executor,
    store: Store,
    console: Console,
    started: Started,
) -> int:
    from crossload.app.progress import Display

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
        run_log.record_again(store, facts | {"environments": environments, "states": recorded})
    else:
        from crossload.results.tables import Tables

        with inspector(store) as inspect:
            tables = Tables(matrix, config, engine.states, engine.artifacts, engine.cells, inspect)
        past = _past(store, tables, engine.states)
        lines = write_report(
            *(options.out, matrix, engine.states, tables, facts, started, rendering), past, options.site
        )
        run_log.record(store, facts | {"environments": environments, "states": recorded}, tables.rows())
        stamp = Stamp(made_from, lines, sorted(tables.verdicts()), facts["finished"])
    stamps.put(stamp)
    for line in stamp.lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    if not ready:
        raise NothingCouldRunError("nothing could run: every environment of the selection is unavailable (see above).")
    return 1 if set(options.fail_on) & set(stamp.verdicts) else 0
