"""Shows a run: a live display on a terminal, plain lines elsewhere."""

import time
from types import TracebackType

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.text import Text

from crossload.execution.run_state import Progress
from crossload.util.terminal import lines_to

_SECONDS_BETWEEN_LINES = 15.0


class Display:
    """A context manager whose :meth:`tick` is called a few times a second.

    :param unit: what is counted.
    """

    def __init__(self, console: Console, unit: str = "cells") -> None:
        self._unit = unit
        self._say = lines_to(console)
        self._shown = 0
        self._started = self._last_line = time.monotonic()
        self._bar = Bar(
            TextColumn(f"[bold]{unit}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left"),
            TimeRemainingColumn(), console=console,
        )  # fmt: skip
        self._task = self._bar.add_task(unit, total=None)
        self._live = Live(console=console, refresh_per_second=4, transient=True) if console.is_terminal else None

    def __enter__(self) -> "Display":
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def tick(self, progress: Progress) -> None:
        """Show messages that are new, and where the run is."""
        for message in progress.messages[self._shown :]:
            self._say(message)
            self._shown += 1
        doing = [f"building {name}" for name in list(progress.building)] + list(progress.doing.values())
        if self._live:
            self._bar.update(self._task, total=progress.total, completed=progress.done)
            self._live.update(Group(self._bar, Text("\n".join(f"  {line}" for line in doing), style="dim")))
        elif time.monotonic() - self._last_line > _SECONDS_BETWEEN_LINES:
            self._last_line = time.monotonic()
            self._say(self._line(progress, doing))

    def _line(self, progress: Progress, doing: list[str]) -> str:
        elapsed = time.monotonic() - self._started
        left = "?"
        if progress.executed:
            left = f"{elapsed / progress.executed * (progress.total - progress.done) / 60:.1f} min"
        return f"{progress.done}/{progress.total} {self._unit}, {left} left; {'; '.join(doing) or 'waiting'}"
