"""What a probe may not do, and whose answers count: each bound by itself."""

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from docker.errors import DockerException

from crossload.backends import base
from crossload.backends.base import Worker, WorkerError
from crossload.backends.channels import Channel
from crossload.backends.confinement import Visible, confined
from crossload.backends.docker import containers, worker
from crossload.backends.docker.containers import Containers, confinement, docker_run, run_as
from crossload.backends.docker.worker import take_out
from crossload.config import DockerConfig, Limits
from crossload.errors import CrossloadError
from crossload.inspection.carried import FOREIGN_MODULE, LAMBDA, VOCABULARY_PATH, Carried
from crossload.probe import protocol
from crossload.user_models.model_file import ModelError
from crossload.user_models.seat import Seat
from crossload.user_models.security import runs_code

# Containers


def test_a_container_has_no_network_no_capabilities_and_writes_nowhere() -> None:
    made = confinement(DockerConfig(processes=99), Limits(memory_mb=1000), engine_cpus=2)
    assert made["network_mode"] == "none"
    assert made["read_only"] is True
    assert made["cap_drop"] == ["ALL"]
    assert made["security_opt"] == ["no-new-privileges"]
    assert made["pids_limit"] == 99
    assert made["mem_limit"] == made["memswap_limit"]
    assert made["user"] == run_as()
    assert "nosuid" in made["tmpfs"]["/tmp"]


@pytest.mark.parametrize(("mine", "inside"), [(0, f"{containers.NOBODY}:{containers.NOBODY}"), (1000, "1000:1000")])
def test_nobody_is_root_in_a_container(monkeypatch: pytest.MonkeyPatch, mine: int, inside: str) -> None:
    monkeypatch.setattr(os, "getuid", lambda: mine)
    monkeypatch.setattr(os, "getgid", lambda: mine)
    assert run_as() == inside


def test_what_a_container_is_given_to_read_it_cannot_write_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "__init__.py").write_text("", encoding="utf-8")
    asked: dict[str, Any] = {}

    def create(*arguments: Any, **options: Any) -> None:
        asked.update(options)
        raise DockerException("no")

    client = SimpleNamespace(
        info=lambda: {"NCPU": 2},
        containers=SimpleNamespace(create=create, list=lambda **options: []),
        version=lambda: {},
    )
    monkeypatch.setattr(containers, "is_podman", lambda client: False)
    made = Containers(client, DockerConfig(), Limits(), [tmp_path / "scenarios"], tmp_path / "exchange")
    with pytest.raises(CrossloadError):
        made.start(SimpleNamespace(id="sha256:1"), {})
    places = {mount["Target"]: mount["ReadOnly"] for mount in asked["mounts"]}
    assert [place for place, is_read_only in places.items() if not is_read_only] == [worker.OUTPUT]
    assert len(places) == 4
    assert asked["network_mode"] == "none"


def test_a_container_that_is_run_by_hand_is_confined_as_well(tmp_path: Path) -> None:
    request = {"op": protocol.LOAD, "directory": str(tmp_path), "scenario": {"roots": []}}
    words = docker_run("image", {}, False, [], request)
    command = " ".join(words)
    for word in ("--network none", "--read-only", "--cap-drop ALL", "no-new-privileges", f"--user {run_as()}"):
        assert word in command
    volumes = [words[place + 1] for place, word in enumerate(words) if word == "--volume"]
    assert len(volumes) == 2
    assert all(volume.endswith(":ro") for volume in volumes)


# On this machine


@pytest.mark.parametrize("user", [0, 1000])
def test_every_bound_of_a_confined_probe_is_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, user: int) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(os, "chown", lambda *names, **options: None)
    command, _ = confined(["python"], {}, Visible((tmp_path / "read",), (tmp_path / "write",)), 100, 50)
    options = {word.partition("=")[0] for word in command}
    assert {"--data", "--fsize", "--core", "--nofile", "--nproc", "--new-session", "--unshare-ipc"} <= options
    at = command.index("--cap-drop")
    assert command[at + 1] == "ALL"
    if user == 0:
        assert {"--reuid", "--regid", "--clear-groups", "--no-new-privs", "--inh-caps", "--bounding-set"} <= options
        assert "--bounding-set=-all" in command
        assert "--reuid=0" not in command


# Whose files are loaded where nothing confines them


def _opened(*carries: Carried) -> Any:
    return SimpleNamespace(found=SimpleNamespace(carries=carries))


@pytest.mark.parametrize(
    ("carries", "runs"),
    [
        ((), False),
        ((Carried(VOCABULARY_PATH, "a"),), False),
        ((Carried(LAMBDA, "a"),), True),
        ((Carried(FOREIGN_MODULE),), True),
    ],
)
def test_code_of_a_file_runs_unconfined_only_where_that_was_asked_for(carries: tuple[Carried, ...], runs: bool) -> None:
    assert runs_code(_opened(*carries)) is runs

    def sit(confined_by: str, trust: bool) -> None:
        nothing: Any = None
        Seat(nothing, nothing, nothing, nothing, confined_by, trust).bench(_opened(*carries), None, Path("model.h5"))

    sit("bubblewrap: no network", trust=False)
    sit("none: there is no bubblewrap here", trust=True)
    if runs:
        with pytest.raises(ModelError, match="--trust"):
            sit("none: there is no bubblewrap here", trust=False)
    else:
        sit("none: there is no bubblewrap here", trust=False)


# Whose answers count


class _Told(Channel):
    """Streams of a probe that says what it was told to, each line when it is read."""

    def __init__(self, *lines: Any) -> None:
        self._lines = [
            line if isinstance(line, bytes) or line is None else json.dumps(line).encode() + b"\n" for line in lines
        ]
        self.killed = False
        self.waits: list[float] = []

    def write(self, data: bytes) -> None:
        pass

    def read(self, seconds: float) -> bytes | None:
        self.waits.append(seconds)
        return self._lines.pop(0)

    def last_words(self) -> str:
        return ""

    def finish(self, data: bytes, seconds: float) -> None:
        pass

    def kill(self) -> None:
        self.killed = True


READY: dict[str, Any] = {
    **{"event": "ready", "protocol": protocol.PROTOCOL_VERSION, "probe": protocol.PROBE_VERSION, "seal": "secret"},
    **{"facts": {}, "isolation": "fork"},
}
ANSWER = {"event": "result", "id": "1", "events": [], "seal": "secret"}
REQUEST = {"op": "load", "id": "1", "limits": {"seconds": 5}}


def test_the_answer_to_what_was_asked_counts() -> None:
    assert Worker(_Told(READY, ANSWER)).ask(REQUEST) == []


@pytest.mark.parametrize(
    "changes", [{"probe": protocol.PROBE_VERSION - 1}, {"protocol": protocol.PROTOCOL_VERSION + 1}]
)
def test_a_probe_of_another_version_measures_something_else(changes: dict[str, Any]) -> None:
    channel = _Told({**READY, **changes})
    with pytest.raises(WorkerError):
        Worker(channel)
    assert channel.killed


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({**ANSWER, "id": "2"}, "answered '2' when asked '1'"),
        ({**ANSWER, "seal": "guess"}, "an answer of its own"),
        ({key: value for key, value in ANSWER.items() if key != "seal"}, "an answer of its own"),
        ([ANSWER], "an answer of its own"),
        (b"loaded\n", "what is not JSON"),
    ],
)
def test_an_answer_to_something_else_or_of_somebody_else_does_not(answer: Any, said: str) -> None:
    with pytest.raises(WorkerError, match=said):
        Worker(_Told(READY, answer)).ask(REQUEST)


def test_an_answer_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "_LONGEST_ANSWER", 1000)
    with pytest.raises(WorkerError, match="more than any answer takes"):
        Worker(_Told(READY, *[b"a" * 400] * 9)).ask(REQUEST)


def test_a_probe_that_gives_no_sign_of_life_is_not_waited_for() -> None:
    channel = _Told(READY, {"event": protocol.ALIVE, "seal": "secret"}, None)
    with pytest.raises(WorkerError, match="did not answer within 60 s"):
        Worker(channel).ask({**REQUEST, "limits": {"seconds": 3600}})
    assert max(channel.waits[1:]) <= 60


# What leaves a container


def test_what_must_not_leave_a_container_was_not_saved(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "model.h5").symlink_to("/etc/passwd")
    assert take_out(tmp_path / "out", tmp_path) == "model.h5"
    for claimed in ("saved", "referenced"):
        events: list[dict[str, Any]] = [{"event": "stage"}, {"event": claimed}, {"event": "ended", "seconds": 1.0}]
        assert [event["event"] for event in worker._refusal(events, "model.h5")] == ["stage", "raised", "ended"]
