"""``crossload convert``: finds routes for a user's file, walks them, and writes the file that was proven."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crossload.app.model_bench import ModelOptions, open_bench
from crossload.config import MatrixConfig, load_config
from crossload.domain.versions import KERAS_3_MAJOR
from crossload.environments.exact_keras import lock_exact_keras
from crossload.environments.model import Environment
from crossload.environments.nightly_lock import resolve
from crossload.environments.selection import all_environments
from crossload.errors import SelectionError, nearest
from crossload.shipped.answers import Known, read_known
from crossload.upgrade.graph import Loss
from crossload.user_models.bench import Bench
from crossload.user_models.candidate_routes import Candidate, candidates, given_route, similar_scenarios
from crossload.user_models.convert import Converter, Example, Walk, check_destination, write
from crossload.user_models.model_file import ModelError, NoWayError, UserModel, open_model
from crossload.user_models.saver import Writer, environment_named, find_saver, keras_of, measured_like
from crossload.user_models.seat import Given
from crossload.user_models.security import risk_lines, stops_that_let
from crossload.util.clock import today
from crossload.util.terminal import Say

KEEP = ("optimizer", "model")


@dataclass(frozen=True)
class Target:
    """What a file is to become.

    :param to: the version that must load it plainly.
    :param keep: one of :data:`KEEP`; ``optimizer`` means that its state must come through.
    :param max_hops: environments that may lie between.
    :param safe: no way through an environment that lets what the file carries; they only come last otherwise.
    :param route: the stops of the only route to walk, such as ``2.12:keras,2.15:h5``; None for every one there is.
    """

    to: str
    out: Path
    format: str = "keras"
    keep: str = "model"
    max_hops: int = 2
    route: str | None = None
    safe: bool = False


@dataclass(frozen=True)
class Converted:
    """What was written.

    :param to: the environment that loads it plainly.
    """

    walk: Walk
    proof: Mapping[str, Any]
    to: str


@dataclass(frozen=True)
class Ground:
    """What conversions to one target have in common.

    :param to: the environment that is to load the results.
    :param known: measured cells that routes are found from.
    """

    settings: MatrixConfig
    environments: Mapping[str, Environment]
    to: Environment
    known: Known


def prepare(config: Path, target: Target, local_run: Path | None) -> Ground:
    """Look up what every conversion to a target needs.

    :param local_run: folder of a run whose cells replace the shipped ones; None where there is none.
    :raises CrossloadError: there is no such environment, or the configuration cannot be used.
    """
    if target.keep not in KEEP:
        raise SelectionError(
            f"--keep: unknown value {target.keep!r}.{nearest(target.keep, KEEP)} Known: {', '.join(KEEP)}."
        )
    settings = load_config(config)
    environments = all_environments(settings)
    to = resolve(environment_named(target.to, environments), today())
    return Ground(settings, {**environments, to.id: to}, to, read_known(local_run))


def traces(trust: bool, opened: UserModel, saver: Environment, to: Environment) -> bool:
    """Whether functions of Lambda layers are to be run: only Keras 2 can make operations of them, only Keras 3 needs it."""
    old, new = keras_of(saver), keras_of(to)
    crosses = old is not None and new is not None and old.major < KERAS_3_MAJOR <= new.major
    return trust and "Lambda" in opened.found.classes and crosses


def convert_model(options: ModelOptions, target: Target, local_run: Path | None, say: Say) -> Converted:
    """Write a file that another version loads plainly, with its proof beside it.

    :param local_run: folder of a run whose cells replace the shipped ones; None where there is none.
    :param say: receives a line for every step.
    :raises CrossloadError: something given cannot be used, or no route ends in a proven file.
    """
    opened = open_model(options.model)
    check_destination(target.out, target.format)
    ground = prepare(options.conditions.config, target, local_run)
    writer = find_saver(opened, ground.environments, options.given.saved_with, lock_exact_keras)
    check_code(opened, options.model, options.given)
    whose = "written by" if writer.exact else "read in the place of its writer by"
    say(f"{options.model}: {opened.format}, {whose} {writer.environment.id} ({writer.why})")
    for line in risk_lines(opened, [ground.to]):
        say(line)
    say(ground.known.origin)
    routes = routes_for(opened, writer, target, ground, options.conditions.trust, say)
    environments = {**ground.environments, writer.environment.id: writer.environment}
    with open_bench(options, opened, ground.settings, environments, say) as bench:
        return walk_and_write(bench, writer, routes, target, ground, options.conditions.trust, say)


def check_code(opened: UserModel, shown: Path, given: Given) -> None:
    """Refuse weights without what builds the model.

    :raises ModelError: it is not given.
    """
    if opened.needs_code and not given.build:
        raise ModelError(f"{shown}: {opened.weights_alone} Pass --build factory.py:function, which builds the model.")


def routes_for(
    opened: UserModel, writer: Writer, target: Target, ground: Ground, trust: bool, say: Say = lambda line: None
) -> list[Candidate]:
    """Routes that are worth walking, in the order in which they are walked: those through a loader that lets what the file
    carries come last, or not at all.

    :param trust: whether functions of the file may be run where it was written, so that the target meets operations instead.
    :param say: receives a line for each such loader.
    :raises NoWayError: only safe ones are wanted, and there is none.
    """
    saver, to = writer.environment, ground.to
    environments = {**ground.environments, saver.id: saver}
    if target.route:
        asked = [given_route(target.route, environments)]
        return _safe_ones(asked, opened, saver, to, environments, trust, say) if target.safe else asked
    like_saver = measured_like(saver, environments, ground.known.in_full)
    alike = [name for name, _ in similar_scenarios(opened, ground.known, like_saver)]
    most = Loss.WORK if target.keep == "optimizer" else Loss.STATE
    hops = [item.id for item in environments.values() if item.hardware == "cpu" and not item.is_floating]
    found = candidates(ground.known, alike, (saver.id, opened.format), to.id, hops, target.max_hops, most)
    if target.safe:
        return _safe_ones(found, opened, saver, to, environments, trust, say)
    return _safe_first(found, opened, saver, environments, say)


def _safe_first(
    found: Sequence[Candidate], opened: UserModel, saver: Environment, environments: Mapping[str, Environment], say: Say
) -> list[Candidate]:
    """Routes in their order, but those last that go through a loader that lets what the file carries."""
    safe, unsafe = _parted(found, opened, saver, environments, None, "tried last", say)
    return [*safe, *unsafe]


def _safe_ones(
    found: Sequence[Candidate],
    opened: UserModel,
    saver: Environment,
    to: Environment,
    environments: Mapping[str, Environment],
    trust: bool,
    say: Say,
) -> list[Candidate]:
    """Routes on which no loader lets what the file carries, the target itself among them.

    :raises NoWayError: there is none.
    """
    # Where its functions are made operations, the target meets none of them.
    last = None if traces(trust, opened, saver, to) else to
    safe, unsafe = _parted(found, opened, saver, environments, last, "left out", say)
    if unsafe and not safe:
        raise NoWayError(
            f"{opened.path}: every way to {to.id} goes through a Keras that would run or read what the file carries. "
            "Nothing was written. Another target may refuse it: `crossload check` says which."
        )
    return safe


def _parted(
    found: Sequence[Candidate],
    opened: UserModel,
    saver: Environment,
    environments: Mapping[str, Environment],
    last: Environment | None,
    becomes: str,
    say: Say,
) -> tuple[list[Candidate], list[Candidate]]:
    """Routes without a loader that lets what the file carries, and those with one.

    The saver is none of them: the file is loaded there in any case, for the reference.

    :param last: the loader at the end of each route, where it counts.
    """
    letting: dict[str, str] = {}
    safe: list[Candidate] = []
    unsafe: list[Candidate] = []
    end = ((last.id, opened.format),) if last is not None else ()
    for item in found:
        stops = stops_that_let(opened, (*item.recipe, *end), environments)
        stops.pop(saver.id, None)
        letting |= stops
        (unsafe if stops else safe).append(item)
    for name, text in letting.items():
        legacy = ", though it is the one of legacy Keras" if environments[name].name.is_legacy_keras else ""
        say(f"The way through {name} is not safe{legacy}: {text}. It is {becomes}.")
    return safe, unsafe


def walk_and_write(
    bench: Bench,
    writer: Writer,
    routes: Sequence[Candidate] | Example,
    target: Target,
    ground: Ground,
    trust: bool,
    say: Say,
) -> Converted:
    """Walk routes with a model on the bench, and write what is proven.

    :param routes: in their order; or what was proven for a model that is made alike: what loses more than that does not count.
    :raises CrossloadError: no route ends in a proven file.
    """
    saver, to = writer.environment, ground.to
    bench.places.add(saver)
    bench.places.announce([saver.id, to.id])
    keeps, trace = target.keep == "optimizer", traces(trust, bench.given.model, saver, to)
    # What is written where nothing else can read it has only the target to be held against.
    others = {item.id: item for item in (*writer.others, to) if item.id != saver.id}
    converter = Converter(bench, writer, to, target.format, keeps, say, trace)
    walk = converter.convert(routes, list(others.values()))
    return Converted(walk, write(walk, bench, target.out, converter.saver, to), to.id)
