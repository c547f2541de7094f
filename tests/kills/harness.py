"""Kills runs at random and looks what is left: the store is whole, and going on ends where an undisturbed run ends.

``nox -s kills -- 500`` runs it; the tests take a sample. Two kinds of victims: the real engine and store on scripted probes, in
which a run takes a fraction of a second and nearly all of it is writing, and the real command on a real TensorFlow. What is
killed: the engine at a random moment; the writer at one of its own SQL statements or moves of a file; a probe or one of its
children, which the run itself must get over.
"""

import collections
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crossload.execution.local import Engine
from crossload.planning.matrix import Work
from crossload.results.tables import Tables
from crossload.store import run_log
from crossload.store.database import Store
from crossload.store.integrity import check
from tests.e2e.running import REPOSITORY, command, results
from tests.kills import dying
from tests.unit.doubles import Event, ScriptedBackend, answer, config, matrix, scenario

NAMES = ("2.9-cpu", "2.10-cpu", "2.16-cpu")
WORKS = tuple(Work(scenario(name), form) for name in ("dense", "lstm") for form in ("h5", "keras"))
REAL = ("run", "--backend", "venv", "--tf", "2.16", "--scenario", "dense,conv2d", "--format", "h5,keras", "--jobs", "2")
# Seconds for a run of a few cells, on however crowded a machine.
_PATIENCE = 1800
_SOME_MOMENT = "2026-11-20T00:00:00+00:00"


class KillError(AssertionError):
    """A store did not survive."""


@dataclass
class Outcome:
    """What came of one kill: how much was finished before it, and whether the victim was killed before its end."""

    kind: str
    kept: int
    killed: bool


def _verify(out: Path) -> int:
    """How many rows a store holds; raises KillError unless it is whole."""
    if not (out / "store" / "results.sqlite").exists():
        return 0
    found = check(out / "store")
    if found.problems:
        raise KillError("; ".join(found.problems))
    return found.artifacts + found.cells


# Scripted probes


def _scripted_run(out: Path) -> tuple[int, int, str]:
    """The engine on scripted probes, and its run recorded: how much was to be done, was executed, and the table."""

    def respond(name: str, request: Mapping[str, Any]) -> list[Event]:
        time.sleep(0.002)
        return answer(request)

    whole = matrix(NAMES, WORKS)
    with closing(Store(out / "store")) as store:
        engine = Engine(whole, config(), ScriptedBackend(respond), store, 2)
        engine.run()
        tables = Tables(whole, config(), engine.states, engine.artifacts, engine.cells)
        run_log.record(store, {"started": _SOME_MOMENT, "finished": _SOME_MOMENT}, tables.rows())
        table = tables.results().drop(columns="seconds").to_csv(index=False)
        return engine.progress.total, engine.progress.executed, table


def _in_child(work: Callable[[], object]) -> int:
    """Run something in a forked process; returns its pid."""
    pid = os.fork()
    if pid:
        return pid
    try:
        work()
    except BaseException:
        traceback.print_exc()
    os._exit(0)


def _timed(work: Callable[[], object]) -> float:
    started = time.monotonic()
    os.waitpid(_in_child(work), 0)
    return time.monotonic() - started


class Scripted:
    """Victims on scripted probes."""

    kinds = ("engine", "writer")

    def __init__(self, folder: Path) -> None:
        self.total, _, self.table = _scripted_run(folder / "undisturbed")
        self._seconds = _timed(lambda: _scripted_run(folder / "timed"))
        steps = folder / "steps"

        def count() -> None:
            seen: list[int] = []
            dying.watch_writes(lambda: seen.append(1))
            _scripted_run(folder / "counted")
            steps.write_text(str(len(seen)))

        os.waitpid(_in_child(count), 0)
        self._steps = int(steps.read_text())

    def kill(self, kind: str, chance: random.Random, out: Path) -> bool:
        """Start a victim and kill it; whether it was killed before its end."""
        if kind == "engine":
            pid = _in_child(lambda: _scripted_run(out))
            time.sleep(chance.uniform(0, self._seconds))
            os.kill(pid, signal.SIGKILL)
        else:
            step, milliseconds = chance.randint(1, self._steps), chance.choice((0.0, chance.uniform(0, 3)))

            def victim() -> None:
                dying.die_at(step, milliseconds)
                _scripted_run(out)

            pid = _in_child(victim)
        return os.WIFSIGNALED(os.waitpid(pid, 0)[1])

    def go_on(self, out: Path) -> tuple[int, str]:
        """Run it to its end: how much was executed, and the table."""
        _, executed, table = _scripted_run(out)
        return executed, table


# Real TensorFlow


def _descendants(pid: int) -> list[int]:
    found = []
    for child in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            below = [int(word) for word in child.read_text().split()]
        except OSError:
            continue
        for number in below:
            found += [number, *_descendants(number)]
    return found


def _is_of_a_probe(pid: int) -> bool:
    try:
        return "/probe" in Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return False


class Real:
    """Victims that are the real command on a real TensorFlow."""

    kinds = ("engine", "writer", "worker")

    def __init__(self, folder: Path) -> None:
        self._start([*command(*REAL), "--out", str(folder / "first")]).wait()  # builds the environment
        started = time.monotonic()
        out = folder / "undisturbed"
        self._run(out)
        self._seconds = time.monotonic() - started
        self.table = self._table(out)
        self.total = _verify(out)
        # SQL statements and moves: a save and a load take about four each, a run's record some more.
        self._steps = 4 * self.total + 40

    @staticmethod
    def _start(line: list[str]) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(line, cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _run(self, out: Path) -> None:
        code = self._start([*command(*REAL), "--out", str(out)]).wait(timeout=_PATIENCE)
        if code != 0:
            raise KillError(f"going on ended with exit code {code}")

    @staticmethod
    def _table(out: Path) -> str:
        return str(results(out).drop(columns="seconds").to_csv(index=False))

    def kill(self, kind: str, chance: random.Random, out: Path) -> bool:
        """Start a victim and kill it, or a process below it."""
        if kind == "writer":
            step, milliseconds = chance.randint(1, self._steps), chance.choice((0.0, chance.uniform(0, 3)))
            line = [sys.executable, "-m", "tests.kills.dying", str(step), str(milliseconds), *REAL, "--out", str(out)]
            return self._start(line).wait(timeout=_PATIENCE) == -signal.SIGKILL
        victim = self._start([*command(*REAL), "--out", str(out)])
        time.sleep(chance.uniform(0, self._seconds))
        if kind == "engine":
            victim.kill()
            return victim.wait(timeout=60) == -signal.SIGKILL
        probes = [pid for pid in _descendants(victim.pid) if _is_of_a_probe(pid)]
        if probes:
            try:
                os.kill(chance.choice(probes), signal.SIGKILL)
            except ProcessLookupError:
                probes = []
        code = victim.wait(timeout=_PATIENCE)
        if code != 0:
            raise KillError(f"the run ended with exit code {code} when a probe was killed")
        return bool(probes)

    def go_on(self, out: Path) -> tuple[int, str]:
        """Run it to its end: how much was executed, and the table."""
        self._run(out)
        listed = subprocess.run(
            command("runs", "--json", "--out", str(out)), cwd=REPOSITORY, capture_output=True, text=True, check=True
        )
        return int(json.loads(listed.stdout)[-1]["executed"]), self._table(out)


def one_kill(victims: Scripted | Real, kind: str, seed: int, folder: Path) -> Outcome:
    """Kill once, verify, go on, compare.

    :raises KillError: the store is damaged, something was lost or done twice, or the table is another one.
    """
    out = folder / f"{kind}{seed}"
    try:
        killed = victims.kill(kind, random.Random(seed), out)
        kept = _verify(out)
        executed, table = victims.go_on(out)
        if table != victims.table:
            raise KillError("the table is not that of an undisturbed run")
        if kept + executed != victims.total or _verify(out) != victims.total:
            raise KillError(f"{kept} were kept and {executed} executed of {victims.total}")
    except Exception as error:
        raise KillError(f"{type(victims).__name__}, {kind}, seed {seed} ({out}): {error}") from error
    shutil.rmtree(out)
    return Outcome(kind, kept, killed)


def main(count: float = 500, real_share: float = 0.1) -> None:
    """Kill so many times, one in ten on a real TensorFlow, and print what came of it."""
    folder = Path(tempfile.mkdtemp(prefix="crossload-kills-"))
    tally: collections.Counter[str] = collections.Counter()
    kept: list[float] = []
    on_tensorflow = round(count * real_share)
    kinds: list[tuple[type[Scripted] | type[Real], int]] = [
        (Scripted, round(count) - on_tensorflow),
        (Real, on_tensorflow),
    ]
    for made_of, times in kinds:
        victims = made_of(folder / made_of.__name__)
        for seed in range(times):
            kind = victims.kinds[seed % len(victims.kinds)]
            made = one_kill(victims, kind, seed, folder)
            tally[f"{made_of.__name__.lower()} {kind}: " + ("killed" if made.killed else "came to its end first")] += 1
            kept.append(made.kept / victims.total)
            if seed % 25 == 24:
                print(f"{sum(tally.values())} kills, every store whole", flush=True)
    for what, number in sorted(tally.items()):
        print(f"{number:5} {what}")
    middle = sum(0 < part < 1 for part in kept)
    print(f"{len(kept)} kills; {middle} with some results kept and some not; every store whole, every table the same")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
