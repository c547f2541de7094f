"""The main job: select, run, judge, and write every form of the results."""

import signal
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

from filelock import FileLock, Timeout
from rich.console import Console

from crossload.app.report import Checks, Measured, checked_twins, judge, refuted, run_facts, sampled_cells, write_report
from crossload.app.report_stamp import Stamp, StampFile, fingerprint
from crossload.app.selection import check_fail_on, locks_of, remember, select_matrix
from crossload.config import MatrixConfig, load_config
from crossload.environments.nightly_lock import keep
from crossload.errors import NothingCouldRunError, StoreError, UntrueError
from crossload.execution.executors import Executor, open_executor
from crossload.execution.options import RunOptions
from crossload.execution.run_state import RunState
from crossload.planning.matrix import Matrix
from crossload.store import run_log
from crossload.store.database import Store
from crossload.store.twins import Contents
from crossload.util.clock import Started, now
from crossload.util.terminal import lines_to

if TYPE_CHECKING:
    from crossload.results.samples import Sampled

# As shells say that a program was interrupted.
_INTERRUPTED = 130


def _raise_interrupt(number: int, frame: Any) -> NoReturn:
    raise KeyboardInterrupt


def run(options: RunOptions, console: Console) -> int:
    """Run the matrix and write the report. Returns the exit code.

    :raises CrossloadError: bad selection or configuration, an unusable store, or nothing that could run.
    """
    started = Started()
    check_fail_on(options.fail_on)
    # One day for all of it, also past midnight.
    options = replace(options, selection=replace(options.selection, as_of=options.selection.day))
    config = load_config(options.config)
    matrix = select_matrix(options, config)
    executor = open_executor(options, config, matrix)
    try:
        say = lines_to(console)
        say(f"Backend: {executor.reason}")
        say(
            f"{len(matrix.environments)} environments, {len({work.scenario.name for work in matrix.works})} scenarios, "
            f"{len({work.format for work in matrix.works})} formats"
        )
        for environment in matrix.environments:
            if environment.note:
                say(f"{environment.id}: {environment.note}")
        return _run_in_folder(options, config, matrix, executor, console, started)
    finally:
        executor.close()


def _run_in_folder(
    options: RunOptions, config: MatrixConfig, matrix: Matrix, executor: Executor, console: Console, started: Started
) -> int:
    """Run with the folder's store, which nobody else may use meanwhile."""
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"{options.out}: cannot be written ({error.strerror}). Choose another folder with --out."
        ) from None
    store = Store(options.out / "store")
    try:
        with FileLock(options.out / "store" / "run.lock", timeout=0):
            for environment in matrix.environments:
                keep(environment, locks_of(options.out))
            if options.shard is None:
                remember(options.out, options.selection)
            stamps = StampFile(options.out)
            stamp = stamps.take()
            engine = executor.engine(matrix, config, store)
            if not _execute(engine, console):
                return _INTERRUPTED
            done = _until_checks_hold(engine, executor, console)
            if done is None:
                return _INTERRUPTED
            engine, checks = done
            facts = run_facts(config, executor.backend, executor.reason, started)
            stamp = _conclude(options, engine, facts, stamp, started, console, checks)
            stamps.put(stamp)
    except Timeout:
        raise StoreError(
            f"{options.out}: another run is using it. Wait for it, or choose another folder with --out."
        ) from None
    finally:
        store.close()
    say = lines_to(console)
    for line in stamp.lines:
        say(line)
    if not any(state.state == "ready" for state in engine.states.values()):
        raise NothingCouldRunError("nothing could run: every environment of the selection is unavailable (see above).")
    return 1 if set(options.fail_on) & set(stamp.verdicts) else 0


def _until_checks_hold(engine: RunState, executor: Executor, console: Console) -> tuple[RunState, Checks] | None:
    """Run in full what a sample does not stand for after all, and each file whose twin was loaded otherwise.

    :returns: the last engine, with the counts of all, and the checks that hold; None where it was interrupted.
    """
    say, store, config = lines_to(console), engine.store, engine.config
    in_full: list[Sampled] = []
    executed, copied = engine.progress.executed, engine.progress.copied
    while True:
        gone = refuted(samples := sampled_cells(_measured(engine)))
        # Asked first: to look for copies in the store reads every record again.
        twins = None
        if engine.has_copies:
            twins = checked_twins(_measured(engine))
        apart = twins.refuted if twins is not None else {}
        if not gone and not apart:
            break
        in_full += [item for item in samples if item.reason]
        for item in in_full:
            if item.environment in gone:
                say(item.text)
        if twins is not None and apart:
            say(twins.refutation)
            Contents(store).dissolve(apart, [key for keys in apart.values() for key in keys])
        engine = executor.engine(engine.matrix.without(gone), config, store)
        if not _execute(engine, console):
            return None
        executed, copied = executed + engine.progress.executed, copied + engine.progress.copied
    engine.progress.reused -= executed - engine.progress.executed + copied - engine.progress.copied
    engine.progress.executed, engine.progress.copied = executed, copied
    return engine, Checks([*in_full, *samples], twins)


def _measured(engine: RunState) -> Measured:
    """What a run knows of its matrix by now."""
    return Measured(engine.store, engine.matrix, engine.config, engine.states, engine.artifacts, engine.cells)


def _execute(engine: RunState, console: Console) -> bool:
    """Run what the store lacks, shown on the console. Returns whether it came to its end."""
    from crossload.app.progress import Display

    signal.signal(signal.SIGTERM, _raise_interrupt)
    try:
        with Display(console) as display:
            engine.run(display.tick)
    except KeyboardInterrupt:
        done, total = engine.progress.done, engine.progress.total
        lines_to(console)(f"Stopped. {done} of {total} cells are kept; the same command goes on from there.")
        return False
    return True


def _conclude(
    options: RunOptions,
    engine: RunState,
    facts: dict[str, Any],
    last: Stamp | None,
    started: Started,
    console: Console,
    checks: Checks,
) -> Stamp:
    """Record the run, and write its report unless the one of the last run is still right.

    :param last: the stamp of the report that lies in the folder.
    :param checks: of what was measured of less than all cells.
    """
    rendering = Started()
    progress, matrix, states = engine.progress, engine.matrix, engine.states
    facts |= {
        "executed": progress.executed,
        "reused": progress.reused,
        "copied": progress.copied,
        "seconds_by_stage": {name: round(value, 2) for name, value in progress.seconds.items()},
    }
    places = {
        "environments": [states[environment.id].describe() for environment in matrix.environments],
        "states": [states[environment.id].record() for environment in matrix.environments],
    }
    made_from = fingerprint(matrix, engine.config, states, engine.artifacts, engine.cells)
    if last is not None and last.fingerprint == made_from and not progress.executed and options.site is None:
        lines_to(console)(f"Nothing to do: the report of {last.finished} is still right.")
        facts |= {"finished": now(), "seconds": started.seconds}
        run_log.record_again(engine.store, facts | places)
        return last
    judged = judge(_measured(engine))
    if untrue := judged.tables.impossible():
        name, row = next(iter(untrue.items()))
        raise UntrueError(
            f"{', '.join(untrue)}: files that are not there load ({row.scenario} in {row.format} in {name}, for instance). "
            "Nothing that such an environment says counts, and no report was written. Choose another --out once that is mended."
        )
    judged = replace(judged, checks=checks)
    lines = write_report(judged, options.out, facts, started, rendering, options.site)
    run_log.record(engine.store, facts | places, judged.tables.rows())
    return Stamp(made_from, lines, sorted(judged.tables.verdicts()), facts["finished"])
