"""What a run shows where there is no terminal."""

import io
import time

import pytest
from rich.console import Console

from crossload.app.progress import Display
from crossload.execution.run_state import Progress


class Clock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(time, "monotonic", made.monotonic)
    return made


def plain() -> tuple[Console, io.StringIO]:
    stream = io.StringIO()
    return Console(file=stream, width=200), stream


def test_each_message_is_shown_once_and_as_it_is(clock: Clock) -> None:
    console, stream = plain()
    progress = Progress()
    with Display(console) as shown:
        progress.messages.append("2.10-cpu: unavailable: [no] Python 3.9")
        shown.tick(progress)
        shown.tick(progress)
        progress.messages.append("second")
        shown.tick(progress)
    assert stream.getvalue() == "2.10-cpu: unavailable: [no] Python 3.9\nsecond\n"


def test_a_line_now_and_then_says_where_the_run_is(clock: Clock) -> None:
    console, stream = plain()
    progress = Progress(total=40, done=20, reused=10, executed=10)
    progress.building["2.16-cpu"] = clock.now
    progress.doing[1] = "2.10-cpu: saving dense h5"
    with Display(console) as shown:
        shown.tick(progress)
        clock.now += 10
        shown.tick(progress)
        assert stream.getvalue() == ""
        clock.now += 50
        shown.tick(progress)
        shown.tick(progress)
    assert stream.getvalue() == "20/40 cells, 2.0 min left; building 2.16-cpu; 2.10-cpu: saving dense h5\n"


def test_before_the_first_cell_nobody_knows_how_long_it_takes(clock: Clock) -> None:
    console, stream = plain()
    with Display(console) as shown:
        clock.now += 60
        shown.tick(Progress(total=40))
    assert stream.getvalue() == "0/40 cells, ? left; waiting\n"


def test_plain_lines_hold_no_control_codes_and_are_not_cut(clock: Clock) -> None:
    stream = io.StringIO()
    progress = Progress(total=4)
    progress.doing = {slot: f"2.10-cpu: loading scenario-number-{slot} savedmodel" for slot in range(8)}
    with Display(Console(file=stream, width=80)) as shown:
        clock.now += 60
        shown.tick(progress)
    assert "\x1b" not in stream.getvalue()
    assert stream.getvalue().count("\n") == 1
    assert "scenario-number-7" in stream.getvalue()


def test_a_terminal_shows_messages_too_and_is_left_clean(clock: Clock) -> None:
    stream = io.StringIO()
    progress = Progress(total=4, messages=["2.10-cpu: built in 3 s, 900 MB"])
    with Display(Console(file=stream, width=120, force_terminal=True)) as shown:
        shown.tick(progress)
        shown.tick(progress)
    assert stream.getvalue().count("2.10-cpu: built in 3 s, 900 MB") == 1
    assert stream.getvalue().rindex("\x1b[?25h") > stream.getvalue().rindex("\x1b[?25l")
