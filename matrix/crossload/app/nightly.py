"""The scheduled run: run the matrix, compare with the accepted run, and tell regressions from cells that flip."""

from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from rich.console import Console

from crossload.app.run import run
from crossload.app.selection import check_fail_on
from crossload.execution.options import RunOptions
from crossload.runs import compare
from crossload.runs.compare import REGRESSION, Change
from crossload.runs.expectations import Expectation, covering
from crossload.store import run_log
from crossload.store.database import Store
from crossload.store.run_log import Run
from crossload.util.clock import now
from crossload.util.terminal import lines_to

FLAKY = "flaky"


@dataclass(frozen=True)
class Night:
    """What a scheduled run found, against the accepted one.

    :param changes: everything that differs and is not expected, regressions first.
    :param flaky: cells that got worse and did otherwise when they were run again.
    :param expected: changes that an expectation covers today, with it.
    """

    baseline: Run
    current: Run
    changes: Sequence[Change]
    flaky: Sequence[Change]
    expected: Sequence[tuple[Change, Expectation]]

    @property
    def counts(self) -> dict[str, int]:
        """Number of changes of each kind."""
        found = Counter(change.kind for change in self.changes)
        return dict(found) | ({FLAKY: len(self.flaky)} if self.flaky else {})

    @property
    def headline(self) -> str:
        """One line: the subject of a notification."""
        said = ", ".join(f"{count:,} {kind}" for kind, count in self.counts.items()) or "nothing changed"
        return f"{said}; {self.current.cells:,} cells, against run {self.baseline.id}"


def check_conditions(words: Sequence[str]) -> None:
    """Raise SelectionError unless every word is ``regression`` or a condition of any run."""
    check_fail_on(words, (REGRESSION,))


def run_nightly(
    options: RunOptions, expectations: Sequence[Expectation], conditions: Sequence[str], console: Console
) -> tuple[int, Night | None]:
    """Run, compare, and run again what got worse.

    :param conditions: what makes the exit code 1: ``regression``, a verdict, or ``never``.
    :return: the exit code, and what was found; None in the first run, which becomes the baseline.
    """
    check_conditions(conditions)
    today = options.selection.day
    run(options, console)
    with closing(Store(options.out / "store")) as store:
        current = run_log.find_run(store, "last")
        if not any(item.accepted for item in run_log.runs(store)):
            run_log.accept(store, current.id, now("microseconds"))
            lines_to(console)(f"First run: run {current.id} is the baseline from now on.")
            return _exit_code(store, current, [], conditions), None
        baseline = run_log.find_run(store, "baseline")
        first = run_log.observations(store, current.id)
        suspects = [
            change.after.key
            for change in compare.compare(run_log.observations(store, baseline.id), first)
            if change.kind == REGRESSION and change.after and change.after.key
        ]
        if suspects:
            store.remove_cells(suspects)
    if suspects:
        lines_to(console)(f"Running {len(suspects)} cells again that got worse: do they agree with themselves?")
        run(options, console)
    with closing(Store(options.out / "store")) as store:
        current = run_log.find_run(store, "last")
        second = run_log.observations(store, current.id)
        changes = compare.compare(run_log.observations(store, baseline.id), second)
        flaky = [
            Change(FLAKY, first[cell], second.get(cell))
            for cell in first
            if first[cell].key in set(suspects) and not _agree(first[cell], second.get(cell))
        ]
        unstable = {change.cell for change in flaky}
        known = [(change, covering(expectations, change.cell, today)) for change in changes]
        night = Night(
            baseline,
            current,
            [change for change, expected in known if expected is None and change.cell not in unstable],
            flaky,
            [(change, expected) for change, expected in known if expected is not None],
        )
        return _exit_code(store, current, night.changes, conditions), night


def _agree(first: run_log.Observation, second: run_log.Observation | None) -> bool:
    return second is not None and first.same_as(second)


def _exit_code(store: Store, current: Run, changes: Sequence[Change], conditions: Sequence[str]) -> int:
    if REGRESSION in conditions and any(change.kind == REGRESSION for change in changes):
        return 1
    verdicts = {found.verdict for found in run_log.observations(store, current.id).values()}
    return 1 if verdicts & set(conditions) else 0
