"""``crossload convert`` for many models, and ``verify``: a folder that mirrors the sources, and vouches for every file."""

import contextlib
import json
import os
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from crossload.app.check import check_model
from crossload.app.convert import Converted, Ground, Target, check_code, prepare, routes_for, walk_and_write
from crossload.app.fleet.seats import WriterFinder, seats_for
from crossload.app.model_bench import ModelOptions
from crossload.domain.verdicts import LOADS
from crossload.errors import CrossloadError, SelectionError, StoreError
from crossload.execution.memory import free_memory_mb
from crossload.execution.run_state import Progress
from crossload.fleet.crew import Crew, Job, largest_of
from crossload.fleet.downloads import Downloads
from crossload.fleet.reading import Read, groups_of, read_all
from crossload.fleet.settings import read_settings
from crossload.fleet.sources import find
from crossload.fleet.statements import (
    GOOD,
    Verified,
    is_up_to_date,
    read_proof,
    statement_path,
    verify,
    write_statement,
)
from crossload.user_models.bench import read_inputs
from crossload.user_models.candidate_routes import Candidate
from crossload.user_models.convert import Example, check_destination, proof_path
from crossload.user_models.model_file import NoWayError
from crossload.user_models.saver import Writer
from crossload.user_models.seat import Conditions, Given, Seat
from crossload.util.files import write_text_atomically
from crossload.util.terminal import Say

CONVERTED, UP_TO_DATE, FAILED = "converted", "up to date", "failed"
_SUFFIXES = {"keras": ".keras", "h5": ".h5", "savedmodel": ""}


@dataclass(frozen=True)
class Done:
    """One model of a fleet.

    :param state: ``converted``, ``up to date`` or ``failed``.
    :param out: where the converted file lies, below the folder; empty where there is none.
    """

    name: str
    state: str
    out: str = ""
    why: str = ""


@dataclass(frozen=True)
class Many:
    """Models to be converted, and what goes with them; see :class:`crossload.app.fleet.check.FleetOptions`."""

    sources: Sequence[str]
    conditions: Conditions
    common: Given
    settings: Path | None = None
    most_gb: float = 64.0
    jobs: int = 0


def convert_fleet(
    options: Many,
    target: Target,
    local_run: Path | None,
    say: Say,
    tick: Callable[[Progress], None] = lambda told: None,
) -> list[Done]:
    """Convert every model into a folder that mirrors the sources. Nothing is overwritten; what is up to date is left as it is.

    Of models that are made alike one walks every route; the others walk what was proven for it, and every route where that fails
    for them. Each is proven itself. Where no route was proven for it, the others walk the likeliest.

    :param target: with the folder as ``out``.
    :param say: receives a line for every model.
    :param tick: called a few times a second.
    :return: what became of each; ``manifest.json`` in the folder says the same.
    :raises CrossloadError: a source cannot be followed, or something given cannot be used.
    :raises KeyboardInterrupt: somebody stopped it; what was converted stays.
    """
    if target.format not in _SUFFIXES:
        raise SelectionError(
            f"--format {target.format}: is not a format of whole models. Known: {', '.join(_SUFFIXES)}."
        )
    ground = prepare(options.conditions.config, target, local_run)
    folder = target.out
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{folder}: is no folder that can be written ({error.strerror}).") from None
    with tempfile.TemporaryDirectory(prefix="crossload-") as laid_out:
        finds = find(options.sources, Downloads(Path(laid_out), largest=int(options.most_gb * 1e9)).fetch)
        read = read_all(finds, read_settings(options.settings, options.common), os.cpu_count())
        if not read:
            raise SelectionError(f"{', '.join(options.sources)}: no saved model was found there.")
        return _Conversion(options, target, ground, read, say).run(tick)


class _Conversion:
    """Models on their way into one folder."""

    def __init__(self, options: Many, target: Target, ground: Ground, read: Sequence[Read], say: Say) -> None:
        self._target, self._ground, self._read, self._say = target, ground, read, say
        self._trust = options.conditions.trust
        known = dict(ground.environments)
        self._writers = WriterFinder(known)
        seats = seats_for(options.conditions, ground.settings, known, largest_of(read), 3)
        memory = options.conditions.memory_mb or free_memory_mb()
        self._crew = Crew(seats, options.jobs or os.cpu_count() or 1, memory)
        places = destinations([item.found.name for item in read], _SUFFIXES[target.format])
        self._places = {item.found.name: target.out / place for item, place in zip(read, places, strict=True)}
        self._done: dict[str, Done] = {}
        self._proven: dict[str, Example | None] = {}
        self._stuck: set[str] = set()
        self._lock = threading.Lock()

    def run(self, tick: Callable[[Progress], None]) -> list[Done]:
        """Convert them all: one of each group first, as with what is measured."""
        self._crew.progress.total = len(self._read)
        groups = groups_of(self._read)
        for item in self._read:
            if item.opened is None:
                self._finish(item, Done(item.found.name, FAILED, why=item.problem))
        try:
            self._crew.run([job for group in groups for job in self._job(group[0])], tick)
            self._crew.run([job for group in groups for item in group[1:] for job in self._job(item, group[0])], tick)
        finally:
            self._write_manifest()
        return self._in_order()

    def _in_order(self) -> list[Done]:
        return [self._done[item.found.name] for item in self._read if item.found.name in self._done]

    def _finish(self, item: Read, done: Done) -> None:
        with self._lock:
            self._done[item.found.name] = done
            self._crew.progress.done = len(self._done)
            number = len(self._done)
        said = f": {done.why}" if done.why else ""
        self._say(f"{number} of {len(self._read)}: {done.name}: {done.state}{said}")

    def _write_manifest(self) -> None:
        models = [vars(item) for item in self._in_order()]
        told = {"to": self._target.to, "format": self._target.format, "models": models}
        write_text_atomically(self._target.out / "manifest.json", json.dumps(told, indent=1) + "\n")

    def _job(self, item: Read, leader: Read | None = None) -> list[Job]:
        """What is to be done to a model; nothing where it is up to date, or cannot be begun."""
        name, out = item.found.name, self._places[item.found.name]
        try:
            if is_up_to_date(out, item.digest, self._ground.to.digest):
                proof = read_proof(out)
                if proof is not None and not statement_path(out).exists():
                    write_statement(out, proof)  # what was stopped between the two
                if proof is not None and leader is None:
                    self._proven[item.group] = Example.of(name, proof["route"], proof["lost"])
                self._finish(item, Done(name, UP_TO_DATE, str(out)))
                return []
            writer = self._writers.find(item)
        except (CrossloadError, OSError) as error:
            self._finish(item, Done(name, FAILED, why=item.found.named(str(error))))
            return []

        def refuse(error: CrossloadError) -> None:
            self._finish(item, Done(name, FAILED, why=item.found.named(str(error))))

        order = (writer.environment.sort_key, name)
        return [Job(item, order, lambda seat: self._do(item, leader, writer, seat), refuse)]

    def _do(self, item: Read, leader: Read | None, writer: Writer, seat: Seat) -> None:
        """Convert one model; whatever it raises is its own."""
        name, out = item.found.name, self._places[item.found.name]
        try:
            made = self._convert(item, leader, writer, seat, replace(self._target, out=out))
            write_statement(out, made.proof)
            done = Done(name, CONVERTED, str(out))
            if leader is None:
                self._proven[item.group] = Example.of(name, made.walk.steps, made.walk.lost)
        except StoreError:
            raise
        except NoWayError as error:
            why = item.found.named(str(error))
            if leader is None:
                self._stuck.add(item.group)
            elif item.group in self._stuck:
                why += f" Only the likeliest was walked: none was found for {leader.found.name}, which is made alike."
            done = Done(name, FAILED, why=why)
        except (CrossloadError, OSError) as error:
            done = Done(name, FAILED, why=item.found.named(str(error)))
        except Exception as error:  # our own fault: said, and the others go on
            done = Done(name, FAILED, why=f"a fault of Crossload: {type(error).__name__}: {error}")
        if not self._crew.stopped:
            self._crew.progress.executed += 1
            self._finish(item, done)

    def _convert(self, item: Read, leader: Read | None, writer: Writer, seat: Seat, target: Target) -> Converted:
        opened, given = item.opened, item.given
        assert opened is not None
        if not target.out.exists() and read_proof(target.out) is not None:
            proof_path(target.out).unlink()  # of a conversion that was killed before its file was there
        target.out.parent.mkdir(parents=True, exist_ok=True)
        check_destination(target.out, target.format)
        check_code(opened, item.found.path, given)
        bench = seat.bench(opened, read_inputs(given.inputs) if given.inputs is not None else None, item.found.path)

        def walk(routes: Sequence[Candidate] | Example) -> Converted:
            return walk_and_write(bench, writer, routes, target, self._ground, self._trust, lambda line: None)

        example = self._proven.get(item.group) if leader is not None else None
        if example is not None:
            with contextlib.suppress(NoWayError):
                return walk(example)
        routes = routes_for(opened, writer, target, self._ground, self._trust)
        return walk(routes[:1] if leader is not None and item.group in self._stuck else routes)


def destinations(names: Sequence[str], suffix: str) -> list[PurePosixPath]:
    """Where converted models go, below a folder: as the sources have them. Of two that would be one, both keep their suffixes."""

    def below(name: str) -> PurePosixPath:
        # A name may begin with its source, or be a whole path: nothing may lead out of the folder.
        parts = [
            part.replace(":", "_")
            for part in PurePosixPath(name.replace("\\", "/")).parts
            if part not in ("/", "..", ".")
        ]
        return PurePosixPath(*parts)

    plain = [below(name) for name in names]
    shorter = [
        place.with_name((place.stem if place.suffix in (".h5", ".hdf5", ".keras") else place.name) + suffix)
        for place in plain
    ]
    counts = Counter(shorter)
    longer = [
        place if counts[place] == 1 else whole.with_name(whole.name + (suffix or "-saved"))
        for place, whole in zip(shorter, plain, strict=True)
    ]
    seen: Counter[PurePosixPath] = Counter()
    unique = []
    for place in longer:
        unique.append(place.with_name(f"{place.stem}-{seen[place] + 1}{place.suffix}") if seen[place] else place)
        seen[place] += 1
    return unique


def verify_folder(folder: Path, reload: bool, custom_objects: str | None, conditions: Conditions) -> list[Verified]:
    """Hold converted files against what vouches for them.

    :param reload: also load each in the environment that it was made for.
    :param custom_objects: what goes with them there.
    :raises SelectionError: there is no such folder, or nothing in it.
    """
    if not folder.is_dir():
        raise SelectionError(f"{folder}: there is no such folder.")
    found = verify(folder)
    if not found:
        raise SelectionError(f"{folder}: holds neither converted files nor statements.")
    return [_reloaded(item, custom_objects, conditions) if reload else item for item in found]


def _reloaded(item: Verified, custom_objects: str | None, conditions: Conditions) -> Verified:
    if item.state != GOOD:
        return item
    version = item.to
    options = ModelOptions(item.path, conditions, Given(custom_objects, saved_with=version))
    try:
        found, _ = check_model(options, [version], False, None, None, lambda line: None)
    except CrossloadError as error:
        return replace(item, state="does not load", why=str(error))
    verdict = found.verdicts.get(version, "")
    return (
        item
        if verdict in LOADS
        else replace(item, state="does not load", why=f"{version}: {verdict or 'not measured'}")
    )
