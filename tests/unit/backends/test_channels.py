"""A probe as a child process: what goes in, what comes out, and its last words."""

import sys

import pytest

from crossload.backends.base import Worker, WorkerError
from crossload.backends.channels import ProcessChannel
from crossload.probe import protocol

ECHO = "import sys; print('on stderr', file=sys.stderr); [print(line, end='', flush=True) for line in sys.stdin]"
READY = {
    **{"event": "ready", "protocol": protocol.PROTOCOL_VERSION, "probe": protocol.PROBE_VERSION},
    **{"facts": {"python": "3"}, "isolation": "fork"},
}
PROBE = f"""\
import json, sys
print(json.dumps({READY!r}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    if request["op"] == "exit":
        break
    if request["op"] == "die":
        sys.exit("no memory")
    answer = dict(event="result", id=request["id"], events=[dict(event="ended", signal=None)])
    print(json.dumps(answer), flush=True)
"""


def channel(code: str) -> ProcessChannel:
    return ProcessChannel([sys.executable, "-c", code], {})


def test_lines_go_through_and_last_words_are_kept() -> None:
    opened = channel(ECHO)
    opened.write(b"a line\n")
    assert opened.read(10) == b"a line\n"
    assert opened.read(0.01) is None
    opened.finish(b"", 10)
    assert opened.last_words() == "on stderr"


def test_what_does_not_end_in_time_is_killed() -> None:
    opened = channel("import time; time.sleep(60)")
    opened.finish(b"", 0.1)
    opened.kill()


def test_a_worker_asks_and_closes() -> None:
    worker = Worker(channel(PROBE))
    assert worker.facts == {"python": "3"}
    events = worker.ask({"op": "load", "id": "1", "attempts": [], "limits": {"seconds": 5}})
    assert events == [{"event": "ended", "signal": None}]
    worker.close()


def test_a_worker_that_ends_says_its_last_words() -> None:
    worker = Worker(channel(PROBE))
    with pytest.raises(WorkerError, match="no memory"):
        worker.ask({"op": "die", "id": "1", "attempts": [], "limits": {"seconds": 5}})
    worker.kill()


def test_another_protocol_is_refused() -> None:
    with pytest.raises(WorkerError):
        Worker(channel("import json; print(json.dumps({'event': 'ready', 'protocol': -1, 'probe': 0}))"))
