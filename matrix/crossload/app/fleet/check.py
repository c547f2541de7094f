"""``crossload check`` for many models: finds them, reads them, measures them group by group, and writes the table."""

import datetime
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from rich.console import Console

from crossload import __version__
from crossload.app.fleet.seats import WriterFinder, seats_for
from crossload.app.progress import Display
from crossload.config import MatrixConfig, load_config
from crossload.domain.verdicts import SCORED, UNSCORED
from crossload.environments.model import Environment
from crossload.environments.nightly_lock import resolve
from crossload.environments.selection import all_environments, select
from crossload.errors import SelectionError, StoreError, nearest
from crossload.execution.memory import free_memory_mb
from crossload.fleet.crew import Crew, largest_of
from crossload.fleet.downloads import Downloads
from crossload.fleet.journal import Journal
from crossload.fleet.measuring import Measuring, Wanted
from crossload.fleet.reading import Read, groups_of, read_all
from crossload.fleet.results import OUTCOMES, Measured, Row, Scan, first_step, sentence
from crossload.fleet.settings import read_settings
from crossload.fleet.sources import find
from crossload.fleet.trend import WORSE, changes, trend_line
from crossload.inspection.bounds import json_value
from crossload.shipped.construct_data import read_constructs
from crossload.store.artifact_files import digest_folder
from crossload.user_models.digests import sha256_of
from crossload.user_models.expectations import Expectations
from crossload.user_models.saver import find_saver
from crossload.user_models.seat import Conditions, Given
from crossload.user_models.security import carried_rows, loader_risks
from crossload.user_models.user_code import prepare_code
from crossload.util.clock import Started, today
from crossload.util.files import read_plain
from crossload.util.terminal import Say, lines_to

_INTERRUPTED = 130
# Bytes of the last scan's document that are read.
_LARGEST_SCAN = 1 << 30


@dataclass(frozen=True)
class FleetOptions:
    """What a fleet is asked for.

    :param sources: files, folders, patterns, ``@FILE`` for a list, URLs.
    :param tf: where models are loaded; None for the environments of the quick profile. The newest of them is the target.
    :param conditions: its ``memory_mb`` is what all together may take; None for what is free here.
    :param common: what goes with models of which ``settings`` says nothing else.
    :param settings: a ``fleet.toml``; None for that of the current folder, where there is one.
    :param static: only read; run nothing.
    :param every: measure every model in full, everywhere.
    :param jobs: as many are measured at once; 0 for one a processor.
    :param most_gb: that URLs may hold together.
    :param fail_on: outcomes, verdicts or ``worse`` that make the exit code 1.
    :param day: whose pins floating environments get; None for today's.
    :param again: names of models that are measured anew, whatever is known of them.
    """

    sources: Sequence[str]
    conditions: Conditions
    out: Path
    tf: Sequence[str] | None = None
    common: Given = field(default_factory=Given)
    settings: Path | None = None
    static: bool = False
    every: bool = False
    jobs: int = 0
    most_gb: float = 64.0
    fail_on: Sequence[str] = ()
    day: datetime.date | None = None
    again: frozenset[str] = frozenset()


def check_fleet(options: FleetOptions, console: Console, quiet: bool = False) -> tuple[int, Scan | None]:
    """Check many models, and write ``index.html``, ``fleet.json`` and the other tables into a folder.

    :param quiet: say nothing.
    :return: the exit code, and what was found; None where it was stopped.
    :raises CrossloadError: a source cannot be followed, or something given cannot be used.
    """
    check_fail_on(options.fail_on)
    say: Say = (lambda line: None) if quiet else lines_to(console)
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        lock = FileLock(options.out / "fleet.lock", timeout=0)
        with lock:
            return _check(options, console, say)
    except Timeout:
        raise StoreError(f"{options.out}: another scan is using it. Wait for it, or choose another --out.") from None
    except OSError as error:
        raise StoreError(f"{options.out}: cannot be written ({error.strerror}). Choose another --out.") from None


def check_fail_on(words: Sequence[str]) -> None:
    """Raise SelectionError unless every word is an outcome, a verdict, ``worse`` or ``never``."""
    known = (*OUTCOMES, WORSE, *(name for name in (*SCORED, *UNSCORED) if name not in OUTCOMES), "never")
    for word in words:
        if word not in known:
            raise SelectionError(f"--fail-on: unknown value {word!r}.{nearest(word, known)} Known: {', '.join(known)}.")


def _check(options: FleetOptions, console: Console, say: Say) -> tuple[int, Scan | None]:
    started = Started()
    settings = load_config(options.conditions.config)
    environments = all_environments(settings)
    loaders = select(environments, options.tf or settings.profiles["quick"].environments)
    if not options.static:
        loaders = [resolve(item, options.day or today()) for item in loaders]
    environments |= {item.id: item for item in loaders}
    models = read_settings(options.settings, options.common)
    jobs = options.jobs or os.cpu_count() or 1
    with tempfile.TemporaryDirectory(prefix="crossload-") as laid_out:
        downloads = Downloads(Path(laid_out), largest=int(options.most_gb * 1e9))
        finds = find(options.sources, downloads.fetch)
        say(f"{len(finds.found):,} files and folders that may be models, {finds.others.total():,} that are none")
        read = read_all(finds, models, jobs, _counting(say))
        if not read:
            raise SelectionError(f"{', '.join(options.sources)}: no saved model was found there.")
        groups = groups_of(read)
        facts: dict[str, Any] = {"version": __version__, "started": started.at, "read_seconds": started.seconds}
        say(f"{len(read):,} models in {len(groups):,} groups that are made alike, read in {started.seconds} s")
        target = max(loaders, key=lambda item: item.sort_key)
        measured: Mapping[str, Measured] = {}
        if not options.static:
            measuring = _measuring(options, settings, environments, loaders, target, jobs, largest_of(read))
            try:
                with Display(console, "models") as display:
                    measured = measuring.run(groups, display.tick)
            except KeyboardInterrupt:
                progress = measuring.progress
                say(
                    f"Stopped. {progress.done} of {progress.total} models are kept; the same command goes on from there."
                )
                return _INTERRUPTED, None
            finally:
                measuring.journal.close()
            facts |= {"executed": measuring.progress.executed, "reused": measuring.progress.reused}
            facts["loads"] = measuring.loads
        expectations = Expectations(read_constructs(), environments, loaders)
        rows = _rows(read, groups, measured, environments, loaders, expectations)
        facts |= {"seconds": started.seconds, "jobs": jobs, "every": options.every}
        facts["predicted_from"] = expectations.origin
        names = [item.id for item in loaders]
        scan = Scan(rows, names, target.id, dict(finds.others.most_common()), options.static, facts)
        return _conclude(options, scan, say), scan


def _conclude(options: FleetOptions, scan: Scan, say: Say) -> int:
    """Write the tables, say what came out, and return the exit code."""
    from crossload_reports.exports.annotations import annotations
    from crossload_reports.exports.fleet import write_exports
    from crossload_reports.exports.step_summary import append_step_summary
    from crossload_reports.html.fleet_page import render_fleet

    last = read_scan(options.out / "fleet.json")
    found = changes(last, scan)
    page = render_fleet(scan, found, options.out / "index.html")
    write_exports(scan, found, options.out)
    append_step_summary(options.out / "fleet.md")
    for line in (*annotations(scan), sentence(scan), trend_line(found), first_step(scan), f"Table: {page}"):
        if line:
            say(line)
    verdicts = {load.verdict for row in scan.rows for load in row.measured.loads.values()}
    outcomes = {name for name, count in scan.counts.items() if count}
    kinds = {change.kind for change in found}
    return 1 if set(options.fail_on) & (verdicts | outcomes | kinds) else 0


def read_scan(path: Path) -> Mapping[str, Any] | None:
    """A scan as it was written; None where there is none that can be read, or one of another shape."""
    try:
        found = json_value(read_plain(path, _LARGEST_SCAN))
    except (OSError, ValueError):
        return None
    if not isinstance(found, dict) or found.get("schema") != "fleet-1":
        return None
    models = found.get("models")
    rows = models if isinstance(models, list) else [None]
    return found if all(isinstance(row, dict) and {"name", "outcome"} <= row.keys() for row in rows) else None


def _counting(say: Say) -> Callable[[int, int], None]:
    """Says every thousand files how far the reading is."""

    def tick(done: int, total: int) -> None:
        if done % 1000 == 0 and done < total:
            say(f"{done:,} of {total:,} read")

    return tick


def _measuring(
    options: FleetOptions,
    settings: MatrixConfig,
    environments: Mapping[str, Environment],
    loaders: Sequence[Environment],
    target: Environment,
    jobs: int,
    largest: int,
) -> Measuring:
    known = dict(environments)
    writers = WriterFinder(known)
    seats = seats_for(options.conditions, settings, known, largest, min(len(loaders) + 1, 3))
    wanted = Wanted(loaders, target, options.every, cache(_digest_of_code), options.again)
    crew = Crew(seats, jobs, options.conditions.memory_mb or free_memory_mb())
    return Measuring(wanted, crew, writers.find, Journal(options.out / "journal.jsonl"))


def _digest_of_code(given: Given) -> str:
    """SHA-256 over the code and the inputs that go with a model; what cannot be read is said when it is used."""
    inputs = ""
    if given.inputs is not None:
        try:
            inputs = sha256_of(given.inputs)
        except OSError:
            inputs = "unreadable"
    if not given.custom_objects and not given.build:
        return inputs
    from crossload.errors import CrossloadError

    with tempfile.TemporaryDirectory(prefix="crossload-") as name:
        try:
            return digest_folder(prepare_code(Path(name), given.custom_objects, given.build).package)[0] + inputs
        except CrossloadError:
            return "unreadable"


def _rows(
    read: Sequence[Read],
    groups: Sequence[Sequence[Read]],
    measured: Mapping[str, Measured],
    environments: Mapping[str, Environment],
    loaders: Sequence[Environment],
    expectations: Expectations,
) -> list[Row]:
    """A row a model, in the order of the sources."""
    of_group = {item.found.name: (number, group) for number, group in enumerate(groups, 1) for item in group}
    expected = {group[0].group: _expected(group[0], environments, expectations) for group in groups}
    rows = []
    for item in read:
        if item.opened is None:
            rows.append(Row(item, "", "", 1))
            continue
        number, group = of_group[item.found.name]
        rows.append(
            Row(
                read=item,
                group=f"g{number}",
                leader=group[0].found.name,
                size=len(group),
                measured=measured.get(item.found.name, Measured()),
                expected=expected[item.group],
                carries=carried_rows(item.opened.found.carries),
                open_to={risk.environment: risk.advisories for risk in loader_risks(item.opened, loaders)},
            )
        )
    return rows


def _expected(item: Read, environments: Mapping[str, Environment], expectations: Expectations) -> dict[str, str]:
    """What its least compatible construct shows in each environment that is asked for."""
    assert item.opened is not None
    from crossload.errors import CrossloadError

    try:
        writer = find_saver(item.opened, environments, item.given.saved_with)
    except CrossloadError:
        return {}
    return {said.environment: said.verdict for said in expectations.of(item.opened, writer.environment)}
