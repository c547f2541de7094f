"""What passes between a container and this machine: frames, artifacts, and who a leftover belongs to."""

import json
import os
import shutil
import socket
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from crossload.backends import WorkerError
from crossload.backends.base import Worker
from crossload.backends.channels import Channel
from crossload.backends.docker.containers import code_mounts, confinement
from crossload.backends.docker.engine import is_orphan, is_remote, owner
from crossload.backends.docker.worker import ContainerChannel, ContainerWorker, pass_in, take_out
from crossload.config import DockerConfig, Limits
from crossload.probe import protocol
from crossload.util.import_roots import import_root
from tests.unit.doubles import scenario


def frame(stream: int, content: bytes) -> bytes:
    return struct.pack(">BxxxL", stream, len(content)) + content


class FakeContainer:
    """A container whose streams are the other end of a socket pair."""

    id = "1"
    attrs: Mapping[str, Any] = {"State": {"Running": True}}

    def __init__(self) -> None:
        self.mine, self.theirs = socket.socketpair()
        self.api, self.removed = self, 0

    def attach_socket(self, name: str, params: Mapping[str, int]) -> socket.socket:
        return self.theirs

    def start(self) -> None: ...

    def reload(self) -> None: ...

    def remove(self, force: bool, v: bool) -> None:
        self.removed += 1


def test_frames_are_put_together_and_stderr_is_kept_aside() -> None:
    container = FakeContainer()
    channel = ContainerChannel(container, container)
    whole = frame(2, b"a warning") + frame(1, b'{"a":') + frame(1, b"1}\n")
    container.mine.sendall(whole[:5])
    assert channel.read(0.05) is None
    container.mine.sendall(whole[5:])
    data = b""
    while not data.endswith(b"\n"):
        data += channel.read(1) or b"?"
    assert data == b'{"a":1}\n'
    assert channel.last_words() == "a warning"
    container.mine.close()
    assert channel.read(1) == b""
    channel.kill()
    channel.kill()
    assert container.removed == 1


def test_an_artifact_is_linked_in_and_readable(tmp_path: Path) -> None:
    artifact = tmp_path / "artifact"
    (artifact / "model").mkdir(parents=True, mode=0o700)
    (artifact / "model" / "saved_model.pb").write_bytes(b"x")
    pass_in(artifact, tmp_path / "in")
    assert (tmp_path / "in/model/saved_model.pb").stat().st_ino == (artifact / "model/saved_model.pb").stat().st_ino
    assert (tmp_path / "in/model").stat().st_mode & 0o777 == 0o755


@pytest.mark.skipif(os.getuid() != 0, reason="only root's containers run as somebody else")
def test_what_nobody_could_read_is_copied(tmp_path: Path) -> None:
    artifact = tmp_path / "artifact"
    artifact.mkdir()
    (artifact / "model.h5").write_bytes(b"x")
    (artifact / "model.h5").chmod(0o600)
    pass_in(artifact, tmp_path / "in")
    assert (tmp_path / "in/model.h5").stat().st_mode & 0o777 == 0o644
    assert (artifact / "model.h5").stat().st_mode & 0o777 == 0o600


def test_files_leave_and_links_do_not(tmp_path: Path) -> None:
    written, kept = tmp_path / "written", tmp_path / "kept"
    (written / "model").mkdir(parents=True)
    (written / "model" / "a").write_text("a")
    kept.mkdir()
    assert take_out(written, kept) == ""
    assert (kept / "model" / "a").read_text() == "a"
    written.mkdir(exist_ok=True)
    (written / "stolen").symlink_to("/etc/passwd")
    assert take_out(written, kept) == "stolen"
    assert not (kept / "stolen").exists()


class Echo(Channel):
    """Answers what a probe would, with the folder it was told in the text."""

    def __init__(self, says: str = "no file {}/model.h5") -> None:
        self.says, self.killed = says, False
        ready = {
            "protocol": protocol.PROTOCOL_VERSION,
            "probe": protocol.PROBE_VERSION,
            "facts": {},
            "isolation": "fork",
        }
        self._answer = json.dumps(ready).encode() + b"\n"
        self.requests: list[dict[str, Any]] = []

    def write(self, data: bytes) -> None:
        request = json.loads(data)
        self.requests.append(request)
        event = {"event": "attempt", "outcome": "raised", "error": self.says.format(request.get("directory"))}
        self._answer = json.dumps({"id": request["id"], "events": [event]}).encode() + b"\n"

    def read(self, seconds: float) -> bytes:
        return self._answer

    def last_words(self) -> str:
        return ""

    def finish(self, data: bytes, seconds: float) -> None: ...

    def kill(self) -> None:
        self.killed = True


def asker(tmp_path: Path, channel: Echo) -> Callable[[str], dict[str, Any]]:
    """Asks a container that answers with ``channel`` to load something; gives the event."""
    for name in ("input", "output"):
        (tmp_path / "exchange" / name).mkdir(parents=True)
    (tmp_path / "artifact").mkdir()
    worker = ContainerWorker(channel, tmp_path / "exchange", {"/scenarios": "/crossload/code/0"})

    def ask(key: str) -> dict[str, Any]:
        request = {"op": protocol.LOAD, "id": key, "directory": str(tmp_path / "artifact"), "limits": {"seconds": 1}}
        return worker.ask({**request, "scenario": scenario().request()})[0]

    return ask


@pytest.mark.parametrize(
    ("says", "room", "is_its_own"),
    [
        ("[Errno 28] No space left on device: '/tmp/x'", 0, True),
        ("[Errno 28] No space left on device: '/dev/shm/x'", 10**9, True),
        ("/crossload/output/0/model.h5; No space left on device", 10**9, False),
        ("filename = '{}/model.h5', errno = 28, error message = 'No space left on device'", 10**9, True),
        ("[Errno 28] No space left on device", 10**9, True),
        ("[Errno 28] No space left on device", 10**6, False),
        ("Unable to open file", 10**9, False),
    ],
)
def test_whose_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, room: int, is_its_own: bool
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**10, 0, room))
    event = asker(tmp_path, Echo(says))("1")
    assert event["outcome"] == ("crashed" if is_its_own else "raised")
    assert (event.get("error_type") == "disk limit") == is_its_own
    assert ("[docker] temporary_mb" in event["error"]) == is_its_own


def test_what_others_left_is_held_against_nobody(tmp_path: Path) -> None:
    """A disk that is full of others' files gives an answer about nobody: the engine asks again in a new container."""
    channel = Echo()
    ask = asker(tmp_path, channel)
    ask("1")
    channel.says = "No space left on device: '/tmp/x'"
    with pytest.raises(WorkerError, match="perhaps of what earlier requests left"):
        ask("2")
    assert channel.killed


def test_who_fills_a_fresh_container_is_told_and_the_next_gets_another(tmp_path: Path) -> None:
    channel = Echo("No space left on device: '/tmp/x'")
    ask = asker(tmp_path, channel)
    assert ask("1")["error_type"] == "disk limit"
    channel.says = "something else"
    assert ask("1")["outcome"] == "raised", "what is left of the same cell may be asked"
    with pytest.raises(WorkerError, match="an earlier request filled"):
        ask("2")
    assert channel.killed


def test_paths_are_translated_on_the_way_in_and_out(tmp_path: Path) -> None:
    for name in ("input", "output"):
        (tmp_path / "exchange" / name).mkdir(parents=True)
    (tmp_path / "artifact").mkdir()
    channel = Echo()
    worker: Worker = ContainerWorker(channel, tmp_path / "exchange", {"/scenarios": "/crossload/code/0"})
    request = {
        **{"op": protocol.LOAD, "id": "1", "directory": str(tmp_path / "artifact"), "limits": {"seconds": 1}},
        "scenario": scenario().request(),
    }
    events = worker.ask(request)
    assert channel.requests[0]["directory"] == "/crossload/input/0"
    assert channel.requests[0]["scenario"]["roots"] == ["/crossload/code/0"]
    assert events[0]["error"] == f"no file {tmp_path}/artifact/model.h5"
    assert list((tmp_path / "exchange" / "input").iterdir()) == []
    with pytest.raises(WorkerError, match="name the scenario's folder"):
        worker.ask({**request, "scenario": {**scenario().request(), "roots": ["/elsewhere"]}})
    worker.close()
    assert not (tmp_path / "exchange").exists()


def test_only_the_packages_themselves_are_mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSLOAD_CACHE", str(tmp_path / "cache"))
    for name in ("a", "b", "other/c"):
        (tmp_path / name).mkdir(parents=True)
    roots, mounts = code_mounts([tmp_path / "a", tmp_path / "b", tmp_path / "other" / "c", tmp_path / "a"])
    assert roots == {
        **{str(import_root(tmp_path / name)): f"/crossload/code/{number}" for number, name in enumerate("ab")},
        str(tmp_path / "other"): "/crossload/code/2",
    }
    assert [(mount["Source"], mount["Target"]) for mount in mounts] == [
        (str(tmp_path / "a"), "/crossload/code/0/a"),
        (str(tmp_path / "b"), "/crossload/code/1/b"),
        (str(tmp_path / "other" / "c"), "/crossload/code/2/c"),
    ]
    assert all(mount["ReadOnly"] for mount in mounts)


def test_limits_follow_the_configuration() -> None:
    made = confinement(DockerConfig(cpus=8, processes=99), Limits(memory_mb=1000), engine_cpus=2)
    assert (made["nano_cpus"], made["pids_limit"]) == (2_000_000_000, 99)
    assert made["mem_limit"] == made["memswap_limit"] == "5096m"
    assert confinement(DockerConfig(memory_mb=77), Limits(), 2)["mem_limit"] == "77m"


def test_an_owner_that_is_alive_is_no_orphan() -> None:
    mine = owner()
    place = mine.rsplit(":", 2)[0]
    assert not is_orphan(mine)
    assert is_orphan(f"{place}:{os.getpid()}:1")
    assert is_orphan(f"{place}:999999999:1")
    boot = place.split(":")[0]
    assert not is_orphan(f"{boot}:1:{os.getpid()}:1"), "another process namespace may share the engine"
    assert is_orphan("another-boot:1:1:1")


@pytest.mark.parametrize(
    ("host", "remote"),
    [
        ("", False),
        ("unix:///run/docker.sock", False),
        ("tcp://localhost:2375", False),
        ("tcp://127.0.0.1:2375", False),
        ("tcp://engine.example:2376", True),
        ("ssh://me@engine.example", True),
    ],
)
def test_engines_on_other_machines_are_known(monkeypatch: pytest.MonkeyPatch, host: str, remote: bool) -> None:
    monkeypatch.setenv("DOCKER_HOST", host)
    assert is_remote() == remote
