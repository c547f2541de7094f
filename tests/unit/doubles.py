"""Stand-ins for what costs seconds in real runs: environments, scenarios, probes, and measurements."""

import copy
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from crossload.backends import Backend, Worker, WorkerError
from crossload.config import EnvironmentConfig, MatrixConfig
from crossload.environments.model import Environment, EnvironmentState
from crossload.planning.matrix import Matrix, Work
from crossload.probe import protocol
from crossload.scenario_index import Scenario
from crossload.store.artifact_files import ArtifactFiles

Event = dict[str, Any]
# Of an attempt or a rung; tests leave out what does not matter to them, and put in what no probe writes.
Record = Any
Answer = Callable[[Mapping[str, Any]], list[Event]]

# What scenarios/__init__.py gives a scenario that sets nothing but its name.
OPTIONS: dict[str, Any] = {
    **{"name": "dense", "family": "core", "title": "", "case": "", "since": "2.0", "until": ""},
    **{"inputs": (("float", (8,)),), "targets": ((1,),), "loss": "mse", "precision": "float32"},
    **{"training_steps": 2, "trains_repeatably": True, "formats": (), "custom_objects": (), "hidden_modules": ()},
    **{"import_modules": (), "after_save": "", "save_with": "", "load_with": "", "checkpoint_path": "", "tags": ()},
}


def scenario(name: str = "dense", digest: str = "", **options: Any) -> Scenario:
    """A scenario that no module declares."""
    merged = {**OPTIONS, "name": name, **options}
    return Scenario(name, "scenarios.core", ("/scenarios",), merged, digest or f"digest of {name}", f"source of {name}")


def environment(
    name: str, python: str = "3.9", lock: str | None = None, like: str = "", **variables: str
) -> Environment:
    """An environment whose lock is in memory."""
    settings = {"python": python, "as_of": "2022-11-30", "requirements": ["tensorflow-cpu"], "like": like,
                "variables": variables}  # fmt: skip
    made = Environment(name, EnvironmentConfig.model_validate(settings))
    made.__dict__["lock_text"] = f"tensorflow-cpu=={made.label}.1\nh5py==3.1.0\n" if lock is None else lock
    return made


def ready(made: Environment, python: str = "3.9.19", backend: str = "venv") -> EnvironmentState:
    """The state of a built environment."""
    return EnvironmentState(made, "ready", "", 500.0, {"python": python, "tensorflow": f"{made.label}.1"}, backend)


def config(**tables: Any) -> MatrixConfig:
    """A configuration with one environment and one profile, and whatever else is given."""
    line = {"python": "3.9", "as_of": "2022-11-30", "requirements": ["tensorflow-cpu"]}
    profile = {"environments": ["2.10-cpu"], "formats": ["h5"]}
    return MatrixConfig.model_validate({"environments": {"2.10-cpu": line}, "profiles": {"quick": profile}, **tables})


def matrix(names: Iterable[str], works: Iterable[Work] | None = None) -> Matrix:
    """Environments by id × works (one of ``dense`` in h5 by default)."""
    return Matrix(tuple(environment(name) for name in names), tuple(works or [Work(scenario(), "h5")]))


# Measurements as the probe reports them.


def outputs(kind: str) -> Record:
    """Outputs that are ``exact``, ``within`` or ``beyond`` the default tolerance, a ``mismatch``, or ``raised``."""
    kinds: dict[str, Record] = {
        "exact": {"bit_equal": True, "max_abs": 0.0, "max_rel": 0.0, "max_ulp": 0, "of_scale": 0.0, "frontier": []},
        "within": {
            "bit_equal": False,
            "max_abs": 1e-7,
            "max_rel": 1e-7,
            "max_ulp": 1,
            "of_scale": 1e-7,
            "frontier": [[1e-7, 1.0, 0.0, 1.0]],
        },
        "beyond": {
            "bit_equal": False,
            "max_abs": 1e-2,
            "max_rel": 1e-2,
            "max_ulp": 99,
            "of_scale": 1e-2,
            "frontier": [[1e-2, 1.0, 0.0, 1.0]],
        },
        "mismatch": {
            "bit_equal": False,
            "max_abs": None,
            "max_rel": None,
            "max_ulp": None,
            "of_scale": None,
            "frontier": [],
        },
        "raised": {"error_type": "ValueError", "error": "bad call", "place": "base_layer.py:1"},
    }
    measured = kinds[kind]
    if kind != "raised":
        measured["mismatch"] = "array 0 has shape (8, 2) instead of (8, 1)" if kind == "mismatch" else None
    return measured


def rung(name: str, state: str) -> Record:
    """A measurement that gives a rung other than outputs this state."""
    if state == "n/a":
        return {"not_applicable": "not measured in the saver"}
    if name == "training":
        difference = 0.0 if state == "pass" else 0.5
        return {"expected": 0.25, "actual": 0.25 + difference, "difference": difference}
    return {"same": state == "pass"}


def loaded(attempt: str = "plain", kind: str = "exact", **states: str) -> Record:
    """A record of an attempt that loaded; rungs pass unless a state is given."""
    rungs = {
        name: rung(name, states.get(name, "pass")) for name in ("architecture", "weights", "optimizer", "training")
    }
    return {"attempt": attempt, "outcome": "loaded", "rungs": {**rungs, "outputs": outputs(kind)}, "seconds": 0.3}


def raised(attempt: str = "plain", error: str = "no") -> Record:
    """A record of an attempt that raised."""
    return {
        "attempt": attempt,
        "outcome": "raised",
        "error_type": "TypeError",
        "error": error,
        "stage": "load",
        "seconds": 0.1,
    }


def crashed(attempt: str = "plain") -> Record:
    """A record of an attempt whose process died."""
    return {**raised(attempt, "the process ended early: SIGSEGV"), "outcome": "crashed", "error_type": "SIGSEGV"}


def faulty(attempt: str = "plain") -> Record:
    """A record of an attempt in which the probe itself failed."""
    return {**raised(attempt, "KeyError: 'x'"), "outcome": "harness-error", "error_type": "KeyError"}


# Events as they come out of a child.


def ended(signal: str | None = None, stderr: str = "", seconds: float = 0.5) -> Event:
    """The event that closes every answer."""
    return {"event": "ended", "signal": signal, "stderr": stderr, "seconds": seconds}


def tried(record: Mapping[str, Any]) -> list[Event]:
    """The two events of an attempt that came to its end."""
    return [{"event": "begin", "attempt": record["attempt"]}, {"event": "attempt", **record}]


def answer_save(request: Mapping[str, Any], text: str | None = None) -> list[Event]:
    """Write an artifact as a probe does."""
    folder = Path(request["directory"])
    content = request["id"] if text is None else text
    (folder / "model.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + content.encode())
    (folder / "reference.json").write_text("{}", encoding="utf-8")
    return [{"event": "stage", "stage": "save"}, {"event": "saved", "file": "model.h5", "seconds": 0.1}, ended()]


# Of what :func:`put_artifact` stores.
STORED = "d2b88839645b7091890da5191fd04cfa30ba156fe39a2457c8956f913036a31f"


def put_artifact(files: ArtifactFiles) -> None:
    """Store the files of an artifact whose digest is ``STORED``."""
    staging = files.staging_folder()
    (staging / "model.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    (staging / "reference.json").write_text("{}", encoding="utf-8")
    assert files.keep_artifact(staging)[0] == STORED


def answer_load(request: Mapping[str, Any]) -> list[Event]:
    """Load well at the plain attempt, and spare the remedies as a probe does."""
    names = [name for name in request["attempts"] if name in ("bare", "imported", "plain")]
    return [event for name in names for event in tried(loaded(name))] + [ended()]


def answer(request: Mapping[str, Any]) -> list[Event]:
    """Answer any request well."""
    return answer_save(request) if request["op"] == protocol.SAVE else answer_load(request)


class ScriptedWorker(Worker):
    """A worker without a process: ``respond`` gives the events of each request, or raises WorkerError."""

    def __init__(self, respond: Answer = answer, isolation: str = "fork") -> None:
        self._respond = respond
        self.facts, self.isolation = {}, isolation
        self.requests: list[dict[str, Any]] = []
        self.closed = self.killed = False

    def ask(self, request: Mapping[str, Any]) -> list[dict[str, Any]]:
        self.requests.append(copy.deepcopy(dict(request)))
        return self._respond(request)

    def close(self) -> None:
        self.closed = True

    def kill(self) -> None:
        self.killed = True


def in_turn(*answers: Sequence[Event] | Exception) -> Answer:
    """Answers one after another; an exception in the list is raised."""
    left = list(answers)

    def respond(request: Mapping[str, Any]) -> list[Event]:
        current = left.pop(0)
        if isinstance(current, Exception):
            raise current
        return list(current)

    return respond


class ScriptedBackend(Backend):
    """A backend whose environments are ready at once, unless ``states`` or ``slow`` says otherwise.

    :param respond: ``(environment id, request)`` to events.
    :param states: state by environment id, as ``build`` returns it.
    :param slow: seconds that building an environment takes, by id.
    """

    name = "scripted"

    def __init__(
        self,
        respond: Callable[[str, Mapping[str, Any]], list[Event]] = lambda name, request: answer(request),
        states: Mapping[str, str] | None = None,
        slow: Mapping[str, float] | None = None,
    ) -> None:
        self._respond, self._states, self._slow = respond, states or {}, slow or {}
        self._lock = threading.Lock()
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.workers: list[ScriptedWorker] = []
        self.unstartable: set[str] = set()

    def state(self, environment: Environment) -> EnvironmentState:
        return EnvironmentState(environment, "missing", "not built yet")

    def build(self, environment: Environment, say: Callable[[str], None]) -> EnvironmentState:
        time.sleep(self._slow.get(environment.id, 0))
        if environment.id in self._states:
            return EnvironmentState(environment, self._states[environment.id], "no Python 3.9")
        return ready(environment)

    def start(self, environment: Environment) -> Worker:
        if environment.id in self.unstartable:
            raise WorkerError("the probe ended: no such file")

        def respond(request: Mapping[str, Any]) -> list[Event]:
            with self._lock:
                self.asked.append((environment.id, dict(request)))
            return self._respond(environment.id, request)

        worker = ScriptedWorker(respond)
        with self._lock:
            self.workers.append(worker)
        return worker

    def command_line(self, environment: Environment, request: Mapping[str, Any]) -> list[str]:
        return ["probe", environment.id]

    def count(self, op: str) -> int:
        """How often this was asked."""
        return sum(request["op"] == op for _, request in self.asked)
