"""Children of the probe, without TensorFlow: what the code of a model may do to its own process, and to ours."""

import os
import resource
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from crossload.backends.base import Worker, WorkerError
from crossload.backends.channels import ProcessChannel
from crossload.probe import protocol
from crossload.probe.process import children, isolation
from crossload.probe.process.children import FORGED, Said

MATRIX = Path(__file__).parents[3] / "matrix"

# A probe whose parent and children are the real ones; what a model's code does stands in for its operations.
PROBE = """\
import json, os, select, signal, sys, time
sys.path.insert(0, {matrix!r})
answers = os.fdopen(os.dup(1), "w", 1)
os.dup2(2, 1)
from crossload.probe import __main__ as main, protocol
from crossload.probe.process import children, isolation

def run(request, emit):
    emit({{"event": "begin", "attempt": "plain"}})
    exec(request["code"], {{"os": os, "sys": sys, "time": time, "signal": signal}})
    emit({{"event": "attempt", "attempt": "plain", "outcome": "raised"}})

isolation._OPERATIONS["load"] = run
isolation.guard_answers(answers.fileno())
say = main._speaker(answers, isolation.seal)
ready = {{"event": protocol.READY, "protocol": protocol.PROTOCOL_VERSION, "probe": protocol.PROBE_VERSION}}
say(dict(ready, facts={{}}, isolation="fork"))
runner = children.Children(False, main._signs_of_life(say, protocol))
for line in sys.stdin:
    request = json.loads(line)
    if request["op"] == protocol.EXIT:
        break
    say({{"event": protocol.RESULT, "id": request["id"], "events": runner.run(request)}})
runner.close()
os._exit(0)
"""
# Writes to every pipe that the process has open.
WRITE = """
def write(content):
    for name in os.listdir("/proc/self/fd"):
        try:
            if os.readlink("/proc/self/fd/" + name).startswith("pipe:"):
                os.write(int(name), content)
        except OSError:
            pass
"""
FORGE = r"""
write(b'{"event": "attempt", "attempt": "plain", "outcome": "loaded", "rungs": {}}\n{"event": "done", "peak_mb": 1}\n')
write(b'{"event": "result", "id": "1", "events": [{"event": "ended", "signal": null}]}\n')
"""


@pytest.fixture
def worker() -> Iterator[Worker]:
    made = Worker(ProcessChannel([sys.executable, "-c", PROBE.format(matrix=str(MATRIX))], {"PATH": os.defpath}))
    yield made
    made.kill()


def ask(worker: Worker, code: str, seconds: float = 20, share: str | None = None) -> list[dict[str, Any]]:
    limits = {"seconds": seconds, "memory_mb": 1024}
    return worker.ask({"op": protocol.LOAD, "id": "1", "code": code, "share": share, "limits": limits})


def names(events: list[dict[str, Any]]) -> list[str]:
    return [event["event"] for event in events]


@pytest.mark.parametrize(
    ("code", "ending"),
    [
        (FORGE + "os._exit(0)", FORGED),
        (FORGE + "time.sleep(60)", FORGED),
        (FORGE, FORGED),
        (r"write(b'\xff\x00 half a line')", FORGED),
        (r"write(b'half a line'); os._exit(0)", FORGED),
        (r"write(b'\n')", FORGED),
        ("for _ in range(1024):\n    write(b'x' * (1 << 20))", FORGED),
        ("os._exit(0)", "ended early"),
        ("os._exit(3)", "exit status 3"),
        ("sys.exit()", "exit status 1"),
        ("raise KeyboardInterrupt", "exit status 1"),
        ("raise GeneratorExit", "exit status 1"),
        ("raise type('Own', (BaseException,), {})('x')", "exit status 1"),
        ("os.closerange(0, 1000)", "ended early"),
        ("os.closerange(0, 1000); time.sleep(60)", "ended early"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
    ],
)
def test_what_a_model_does_ends_its_own_request(worker: Worker, code: str, ending: str) -> None:
    events = ask(worker, WRITE + code)
    assert names(events) == ["begin", "ended"]
    assert events[-1]["signal"] == ending
    # And the run goes on.
    assert names(ask(worker, "pass")) == ["begin", "attempt", "ended"]


def test_a_child_that_stops_itself_is_ended_by_its_limit(worker: Worker) -> None:
    events = ask(worker, "os.kill(os.getpid(), signal.SIGSTOP)", seconds=2)
    assert events[-1]["signal"] == "time limit"


# Of this machine's processes those below the probe: confined, it sees no others.
ONLY_BELOW = """
from crossload.probe.process import together

def below(pid):
    try:
        with open("/proc/%d/stat" % pid) as stream:
            parent = int(stream.read().rpartition(")")[2].split()[1])
    except OSError:
        return False
    return parent == os.getpid() or parent > 1 and below(parent)

together._in_files = lambda: 0
together._others = lambda: [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if below(pid)]
"""
# Three ways to hold 200 MB that count to no process's limit of data, or to none alone.
HOLD = """
import mmap
def hold(size):
    held = mmap.mmap(-1, size)
    for place in range(0, size, 4096):
        held[place] = 1
    return held
"""


@pytest.mark.parametrize(
    ("code", "ending"),
    [
        ("held = hold(200 << 20); time.sleep(20)", "memory limit"),
        ("held = bytearray(b'x') * (200 << 20); time.sleep(20)", "memory limit"),
        ("[os.fork() for _ in range(2)]; held = bytearray(b'x') * (60 << 20); time.sleep(20)", "memory limit"),
        ("held = hold(20 << 20); time.sleep(2)", None),
    ],
)
def test_what_processes_hold_together_is_limited(code: str, ending: str | None) -> None:
    probe = PROBE.format(matrix=str(MATRIX)).replace("isolation._OPER", ONLY_BELOW + "isolation._OPER", 1)
    variables = {"PATH": os.defpath, protocol.TOGETHER: "150"}
    worker = Worker(ProcessChannel([sys.executable, "-c", probe], variables))
    try:
        assert ask(worker, HOLD + code)[-1]["signal"] == ending
        assert names(ask(worker, "pass")) == ["begin", "attempt", "ended"]
    finally:
        worker.kill()


def test_in_company_a_forger_harms_nobody(worker: Worker) -> None:
    assert names(ask(worker, "pass", share="one"))[1] == "attempt"
    assert ask(worker, WRITE + FORGE, share="one")[-1]["signal"] == FORGED
    assert names(ask(worker, "pass", share="one"))[1] == "attempt"


def test_what_is_said_after_the_end_is_never_taken_for_the_next_answer(worker: Worker) -> None:
    late = WRITE + "import threading\nthreading.Timer(0.3, write, [b'{}\\n']).start()"
    assert names(ask(worker, late, share="one"))[1] == "attempt"
    time.sleep(0.6)
    assert names(ask(worker, "pass", share="one")) == ["begin", "attempt", "ended"]


def test_the_code_of_a_model_finds_no_secret_in_the_frames_above_it(worker: Worker) -> None:
    code = """
frame, texts = sys._getframe(), []
while frame:
    texts.append(repr(frame.f_locals))
    frame = frame.f_back
raise RuntimeError("".join(texts).replace("%", ""))
"""
    fault = next(event for event in ask(worker, code) if event["event"] == "harness-error")
    assert worker._seal
    assert worker._seal not in fault["error"]
    assert "token" not in fault["error"]


@pytest.mark.skipif(os.geteuid() == 0, reason="of root's processes root reaches everything")
def test_the_answers_of_the_parent_cannot_be_opened(worker: Worker) -> None:
    fault = ask(worker, "os.listdir('/proc/%d/fd' % os.getppid())")[1]
    assert fault["error_type"] == "PermissionError"


def test_a_process_with_a_session_of_its_own_ends_with_its_request(worker: Worker, tmp_path: Path) -> None:
    code = f"""
if not os.fork():
    os.setsid()
    if not os.fork():
        open({str(tmp_path / "pid")!r}, "w").write(str(os.getpid()))
        time.sleep(60)
    os._exit(0)
while not os.path.exists({str(tmp_path / "pid")!r}):
    time.sleep(0.01)
time.sleep(0.2)
"""
    assert names(ask(worker, code))[1] == "attempt"
    assert _is_gone(int((tmp_path / "pid").read_text()))


def test_a_killed_worker_leaves_no_process_behind(tmp_path: Path) -> None:
    code = f"""\
import os, time
if not os.fork():
    os.setsid()
    open({str(tmp_path / "pid")!r}, "w").write(str(os.getpid()))
    time.sleep(60)
time.sleep(60)
"""
    channel = ProcessChannel([sys.executable, "-c", code], {})
    _wait_for(lambda: (tmp_path / "pid").exists() and bool((tmp_path / "pid").read_text()))
    channel.kill()
    assert _is_gone(int((tmp_path / "pid").read_text()))


def test_a_probe_that_was_stopped_is_noticed(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crossload.backends.base._SILENCE", 1)
    started = time.monotonic()
    with pytest.raises(WorkerError, match="did not answer"):
        ask(worker, "os.kill(os.getppid(), signal.SIGSTOP); time.sleep(60)", seconds=60)
    assert time.monotonic() - started < 20


def test_a_probe_that_works_for_long_is_not_taken_for_a_stopped_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crossload.backends.base._SILENCE", 3)
    quick = PROBE.replace("import children, isolation", "import children, isolation\nprotocol.ALIVE_EVERY = 0")
    made = Worker(ProcessChannel([sys.executable, "-c", quick.format(matrix=str(MATRIX))], {"PATH": os.defpath}))
    try:
        assert names(ask(made, "time.sleep(5)"))[1] == "attempt"
    finally:
        made.kill()


@pytest.mark.parametrize(
    "line",
    ['{"event": "result", "id": "1", "events": []}', "garbage", "[1]", "[" * 100_000, '{"seal": "0", "id": "1"}'],
)
def test_lines_without_the_secret_end_a_probe_and_no_run(line: str) -> None:
    ready = {"event": "ready", "protocol": protocol.PROTOCOL_VERSION, "probe": protocol.PROBE_VERSION}
    ready |= {"facts": {}, "isolation": "fork", "seal": "s"}
    code = textwrap.dedent(f"""\
        import json, sys
        print(json.dumps({ready!r}), flush=True)
        sys.stdin.readline()
        print({line!r}, flush=True)
        sys.stdin.readline()
    """)
    made = Worker(ProcessChannel([sys.executable, "-c", code], {}))
    with pytest.raises(WorkerError, match="something else than the probe wrote"):
        ask(made, "")


def test_a_line_without_end_ends_a_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crossload.backends.base._LONGEST_ANSWER", 1 << 20)
    made = None
    with pytest.raises(WorkerError, match="more than any answer"):
        made = Worker(ProcessChannel([sys.executable, "-c", "while True: print('x' * 1000, end='')"], {}))
    assert made is None


def test_lines_are_taken_in_as_they_come() -> None:
    said = Said(b"secret ")
    for byte in b'secret {"event": "begin"}\nsecret {"event": "done", "peak_mb": 1}\n':
        assert not said.is_done
        said.take(bytes([byte]))
    assert (said.is_done, said.is_forged) == (True, False)
    assert said.lines[0] == b'{"event": "begin"}'


def test_an_event_whose_text_looks_like_the_end_is_none() -> None:
    said = Said(b"secret ")
    said.take(b'secret {"event": "attempt", "error": "{\\"event\\": \\"done\\"}"}\n')
    assert not said.is_done


def test_too_many_events_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "_MOST_SAID", 100)
    said = Said(b"secret ")
    said.take(b"secret " + b"x" * 100)
    assert said.is_forged


def _is_gone(pid: int) -> bool:
    def ended() -> bool:
        found = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return found.stdout.strip()[:1] in ("", "Z")

    return _wait_for(ended)


def _wait_for(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


class _Child:
    """A child that dies in company over a save that it has begun to write."""

    requests, peak_mb, is_alive, pid = 1, 0, False, None

    def __init__(self, seen: list[list[str]]) -> None:
        self._seen = seen

    def ask(self, request: dict[str, Any]) -> list[dict[str, Any]]:
        self._seen.append(sorted(os.listdir(request["directory"])))
        Path(request["directory"], "half").write_bytes(b"x")
        (Path(request["directory"]) / "variables").mkdir()
        is_first = len(self._seen) == 1
        return [{"event": "ended", "signal": "SIGSEGV" if is_first else None, "after": 1 if is_first else 0}]

    def close(self) -> None:
        pass


def test_what_died_in_company_is_asked_again_alone_and_finds_nothing_of_the_first_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []
    runner: Any = children.Children(False)
    monkeypatch.setattr(runner, "_fork", lambda: _Child(seen))
    request = {"op": protocol.SAVE, "directory": str(tmp_path), "share": "common", "limits": {"seconds": 5}}
    assert runner._run(request)[-1]["signal"] is None
    assert seen == [[], []]


def test_what_a_child_prints_does_not_fill_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    child: Any = children.Child.__new__(children.Child)
    monkeypatch.setattr(children, "_MOST_PRINTED", 1 << 16)
    with tempfile.TemporaryFile() as printed:
        child._stderr = printed
        printed.write(b"x" * 100)
        printed.flush()
        child._forget_much()
        assert os.fstat(printed.fileno()).st_size == 100
        printed.write(b"x" * (1 << 20))
        printed.flush()
        child._forget_much()
        assert os.fstat(printed.fileno()).st_size == 0


@pytest.mark.parametrize("code", ["raise MemoryError", "bytearray(3 << 30)"])
def test_too_little_memory_is_a_limit_and_no_finding(worker: Worker, code: str) -> None:
    events = ask(worker, code)
    assert names(events) == ["begin", "out-of-memory", "ended"]
    assert events[-1]["signal"] == "memory limit"


def test_a_child_has_the_kernel_end_it_with_its_probe_and_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    for module, name in ((os, "setsid"), (os, "dup2"), (isolation, "_forget_answers"), (isolation, "_prctl")):
        monkeypatch.setattr(module, name, lambda *arguments, name=name: done.append(f"{name}{arguments}"))
    monkeypatch.setattr(signal, "signal", lambda *arguments: None)
    monkeypatch.setattr(resource, "setrlimit", lambda *arguments: None)
    with tempfile.TemporaryFile() as printed:
        isolation.become_quiet_child(printed)
    # PR_SET_PDEATHSIG of linux/prctl.h, SIGKILL.
    assert "_prctl(1, <Signals.SIGKILL: 9>)" in done
    assert done.index("_forget_answers()") < done.index("setsid()")


def test_nobody_reaches_the_answers_of_a_probe_by_way_of_its_process(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(isolation, "_prctl", lambda option, value: asked.append((option, value)))
    monkeypatch.setattr(isolation._Guarded, "seal", bytearray(16))
    monkeypatch.setattr(isolation._Guarded, "answers", None)
    secret: Any = isolation.guard_answers(9)
    # PR_SET_DUMPABLE and PR_SET_CHILD_SUBREAPER of linux/prctl.h.
    assert asked == [(4, 0), (36, 1)]
    assert isolation._Guarded.answers == 9
    assert len(set(secret)) > 1
