"""``crossload data canaries``: loads harmless files that do what hostile ones would, and records which Keras lets them."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from crossload.backends import WorkerError, choose_backend
from crossload.config import Limits, load_config
from crossload.domain.versions import keras_of
from crossload.environments.exact_keras import lock_exact_keras, locked_with
from crossload.environments.model import Environment
from crossload.environments.nightly_lock import resolve
from crossload.environments.selection import all_environments, select
from crossload.errors import NothingCouldRunError, SelectionError
from crossload.execution.probe_requests import canary_request, ended_early, first
from crossload.execution.provisioner import Provisioner
from crossload.execution.runner import Runner
from crossload.inspection.security.advisories import KERAS, TF_KERAS
from crossload.inspection.security.canaries import EFFECTS, Flight, read_flights, write_flights
from crossload.probe.canaries.kinds import CANARY_VERSION, CANNOT_BE_MADE, DIED, KINDS
from crossload.store.database import Store
from crossload.util.clock import today
from crossload.util.terminal import Say

_LONGEST_ERROR = 160
# What Keras writes before the error that it caught.
_BEFORE = ("Exception encountered:", "built=True>:", "built=False>:")
# Megabytes that a load may take: what claims gigabytes shows itself by asking for them.
_MEMORY = 1500


def fly(
    place: Path, tf: Sequence[str], keras: Sequence[str], formats: Sequence[str], backend: str, config: Path, say: Say
) -> tuple[list[Flight], int]:
    """Load every canary in environments, and write what they did.

    What was measured there with the same lock before stays; each environment is written when it is done.

    :param tf: environments, as ``--tf`` takes them.
    :param keras: very versions of Keras 3 besides.
    :param formats: only canaries of these; of every one where it is empty.
    :return: all that is known then, and how many were loaded now.
    :raises NothingCouldRunError: none of the environments can be had.
    """
    if unknown := [name for name in formats if name not in {form for _, form in _pairs(())}]:
        raise SelectionError(f"--format: there is no canary in the format {unknown[0]!r}.")
    settings = load_config(config)
    environments = all_environments(settings)
    chosen = [resolve(item, today()) for item in (select(environments, tf) if tf else [])]
    chosen += [_exactly(version, environments) for version in keras]
    known = {(item.environment, item.canary, item.format): item for item in read_flights(place)}
    limits = settings.limits.model_copy(update={"memory_mb": _MEMORY})
    done = flown = 0
    with tempfile.TemporaryDirectory(prefix="crossload-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "store" / "staging").mkdir(parents=True)
        home, reason = choose_backend(backend, settings, config.parent, [], folder)
        confinement = home.confine([], [folder / "store" / "staging"])
        say(f"Backend: {reason}; confinement: {confinement}")
        known_places = {**environments, **{item.id: item for item in chosen}}
        with closing(Store(folder / "store")) as store, Provisioner(home, known_places, say) as places:
            for environment in dict.fromkeys(chosen):
                before = {key: item for key, item in known.items() if _holds(item, environment)}
                left = [pair for pair in _pairs(formats) if (environment.id, *pair) not in before]
                if left:
                    state = places.state(environment.id)
                    if state.state != "ready":
                        say(f"{environment.id}: unavailable: {state.reason}")
                        continue
                done += 1
                # Of an earlier lock, nothing stays.
                known = {key: item for key, item in known.items() if key[0] != environment.id} | before
                with places.runner(environment.id, store, limits) as runner:
                    for canary, form in left:
                        item = _flight(runner, store, environment, canary, form, limits)
                        known[environment.id, canary, form] = item
                write_flights(place, known.values())
                flown += len(left)
                mine = [item for item in known.values() if item.environment == environment.id]
                say(f"{environment.id}: {sum(item.does_it for item in mine)} of {len(mine)} canaries did it")
    if not done:
        raise NothingCouldRunError("nothing could run: every environment is unavailable (see above).")
    return list(known.values()), flown


def _exactly(version: str, environments: dict[str, Environment]) -> Environment:
    for known in locked_with(version, environments):
        return known
    made, reason = lock_exact_keras(version, environments)
    if made is None:
        raise SelectionError(f"--keras {version}: {reason}.")
    return made


def _pairs(formats: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name, kind in KINDS.items():
        for form in kind.forms:
            if not formats or form in formats:
                yield name, form


def _holds(item: Flight, environment: Environment) -> bool:
    """Whether a flight says what another one would say today."""
    return (item.environment, item.digest, item.version) == (environment.id, environment.digest, CANARY_VERSION)


def _flight(runner: Runner, store: Store, environment: Environment, canary: str, form: str, limits: Limits) -> Flight:
    """Make a canary in an environment, and load it there in processes of their own."""
    package = TF_KERAS if environment.variant == "tf_keras" else KERAS
    version = keras_of(environment.id, environment.pins) or ""
    unsafe = ""
    with store.lend(store.staging_folder()) as folder:
        ending, error = _step(runner, folder, canary, form, limits, "make")
        if ending == "made":
            ending, error = _step(runner, folder, canary, form, limits, "load")
            if ending not in EFFECTS and form in ("keras", "h5"):
                unsafe, _ = _step(runner, folder, canary, form, limits, "load", safe_mode=False)
        else:
            ending = CANNOT_BE_MADE
    return Flight(
        canary, form, environment.id, package, version, environment.digest, ending, unsafe, error, CANARY_VERSION
    )


def _step(
    runner: Runner, folder: Path, canary: str, form: str, limits: Limits, step: str, **arguments: bool
) -> tuple[str, str]:
    """How one step ends, and the error that it gave, in one line."""
    request = canary_request(canary, form, folder, limits, step, arguments)
    events = runner.ask(request)
    if (fault := first(events, "harness-error")) is not None:
        raise WorkerError(f"{canary} in {form}: a fault of Crossload: {fault['error_type']}: {fault['error']}")
    event = first(events, "canary")
    if event is None:
        assert ended_early(events)
        return DIED, str(events[-1]["signal"])
    error = _within(" ".join(str(event.get("error", "")).split()))
    told = f"{event['error_type']}: {error}" if "error_type" in event else error
    return str(event["ending"]), told if len(told) <= _LONGEST_ERROR else f"{told[: _LONGEST_ERROR - 1]}…"


def _within(error: str) -> str:
    """The error that another one was made of: Keras writes whole configurations before it."""
    for words in _BEFORE:
        error = error.rpartition(words)[2].strip() or error
    return error
