"""``python -m tests.mutants [--first] [--out FILE] [AREA or part of a file's name or of a text ...]``

Injects one fault after the other into a copy of this tree, and runs the unit tests there until one fails. The tests that touch
the fault come first; where they pass, all others follow, unless ``--first`` says that these are enough.

What is known is written into ``--out`` after each fault, and a run that was stopped goes on there: for the same fault in the
same tree nothing is run again.

The exit code is 1 where a fault does not fit the tree any more, where more than one in twenty is not noticed, where one that is
not noticed has no reason, and where one that has a reason is noticed.
"""

import argparse
import hashlib
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.mutants.faults import AREAS, Fault, problems, read_faults

ROOT = Path(__file__).parents[2]
# The share of faults that has to be noticed.
_WANTED = 0.95
# Seconds for the tests that touch a fault, and for all of them: what hangs is noticed, too.
_SECONDS, _SECONDS_OF_ALL = 180.0, 1800.0
# What nearly every test imports: read once, before the copies of this process begin. Nothing of Crossload is among it, and
# nothing whose assertions pytest rewrites.
_BEFOREHAND = ("numpy", "pandas", "pydantic", "h5py", "rich.console", "jinja2", "packaging.version", "docker", "typer")
# Of pytest: what runs, and what fails to be collected.
_NOTICED = (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR)


@dataclass(frozen=True)
class Outcome:
    """What became of one fault.

    :param by: the test that failed, ``hangs`` or the like; empty where nothing noticed.
    """

    fault: Fault
    by: str
    seconds: float

    @property
    def is_right(self) -> bool:
        """Whether it is noticed, or is known not to be."""
        return bool(self.by) != bool(self.fault.survives)


class Tree:
    """A copy of this tree, whose tests run in copies of this process."""

    def __init__(self, folder: Path) -> None:
        self.root, self._log, self._scratch = folder / "tree", folder / "log.txt", folder / "scratch"
        digest = hashlib.sha256()
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        for name in subprocess.run(listed, cwd=ROOT, capture_output=True, check=True).stdout.split(b"\0"):
            source = ROOT / os.fsdecode(name)
            if name and source.is_file():
                (self.root / os.fsdecode(name)).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, self.root / os.fsdecode(name))
            digest.update(name + b"\0" + (self.root / os.fsdecode(name)).read_bytes() if source.is_file() else name)
        self.digest = digest.hexdigest()
        # Bytecode is told apart by whole seconds of this.
        self._age = int(time.time()) - 10**8

    def run(self, tests: Sequence[str], seconds: float) -> str:
        """The first test that fails, or why they did not come to their end; empty where all pass.

        :raises RuntimeError: no test ran.
        """
        pid = os.fork()
        if not pid:
            self._become_pytest([f"tests/unit/{name}" for name in tests])
        deadline = time.monotonic() + seconds
        while not (ended := os.waitpid(pid, os.WNOHANG))[0] and time.monotonic() < deadline:
            time.sleep(0.05)
        # Whatever it started goes with it.
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        shutil.rmtree(self._scratch, ignore_errors=True)
        if not ended[0]:
            os.waitpid(pid, 0)
            return f"hangs: not done after {seconds} s"
        if os.WIFSIGNALED(ended[1]):
            return f"dies of {signal.Signals(os.WTERMSIG(ended[1])).name}"
        code = os.WEXITSTATUS(ended[1])
        said = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        if code == pytest.ExitCode.OK:
            return ""
        if code not in _NOTICED:
            raise RuntimeError("\n".join(["no test ran:", *said[-20:]]))
        first = next((line for line in said if line.startswith(("FAILED ", "ERROR "))), "")
        return first.partition(" - ")[0].partition(" ")[2].removeprefix("tests/unit/") or f"pytest ended with {code}"

    def said(self) -> str:
        """What the tests printed last."""
        return "\n".join(self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-40:])

    def _become_pytest(self, tests: Sequence[str]) -> None:
        os.setsid()
        os.chdir(self.root)
        self._scratch.mkdir(exist_ok=True)
        places = [str(self.root / "matrix"), str(self.root / "reports"), str(self.root)]
        sys.path[:] = places + [place for place in sys.path if Path(place or ".").resolve() != ROOT]
        # Those of the copy, with whatever is wrong in it.
        for name in [
            name for name in sys.modules if name.partition(".")[0] in ("tests", "crossload", "crossload_reports")
        ]:
            del sys.modules[name]
        os.environ |= {"PYTHONPATH": os.pathsep.join(places), "TMPDIR": str(self._scratch)}
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        sys.dont_write_bytecode = False
        tempfile.tempdir = None
        log = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 1)
        os.dup2(log, 2)
        code = 99
        try:
            scratch = f"--basetemp={self._scratch / 'pytest'}"
            code = pytest.main(["-x", "-q", "--no-header", "--tb=line", "-p", "no:cacheprovider", scratch, *tests])
            used = Path(importlib.import_module("crossload").__file__ or "")
            assert used.is_relative_to(self.root), used
        except BaseException:
            traceback.print_exc()
            code = 99
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def with_fault(self, fault: Fault, everything: bool) -> Outcome:
        """Inject a fault, see who notices it, and take it out again."""
        path = self.root / fault.file
        content, status = path.read_bytes(), path.stat()
        started = time.monotonic()
        try:
            fault.inject(self.root)
            self._age += 2
            os.utime(path, (self._age, self._age))
            by = self.run(fault.tests, _SECONDS)
            if not by and everything:
                by = self.run([""], _SECONDS_OF_ALL)
        finally:
            path.write_bytes(content)
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        return Outcome(fault, by, time.monotonic() - started)


def _wanted(faults: Sequence[Fault], words: Sequence[str]) -> list[Fault]:
    if not words:
        return list(faults)
    return [
        fault
        for fault in faults
        if any(word == fault.area or (word not in AREAS and word in fault.file + fault.text) for word in words)
    ]


class Known:
    """What runs of the same tree found, a line of JSON for each fault.

    :param path: None where nothing is kept.
    """

    def __init__(self, path: Path | None, tree: str, everything: bool) -> None:
        self._path, self._state = path, f"{tree} {'all' if everything else 'first'}"
        self._by: dict[str, dict[str, Any]] = {}
        if path is not None and path.is_file():
            for line in path.read_text(encoding="utf-8").splitlines():
                said = json.loads(line)
                self._by[said["key"]] = said

    def outcome(self, fault: Fault) -> Outcome | None:
        """What became of a fault; None where that is not known."""
        said = self._by.get(self._key(fault))
        return Outcome(fault, said["by"], said["seconds"]) if said else None

    def note(self, outcome: Outcome) -> None:
        """Keep what became of one."""
        if self._path is not None:
            said = {"key": self._key(outcome.fault), "by": outcome.by, "seconds": round(outcome.seconds, 1)}
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(said | {"breaks": outcome.fault.breaks}) + "\n")

    def _key(self, fault: Fault) -> str:
        told = [self._state, fault.file, fault.text, fault.by, fault.breaks, *fault.tests]
        return hashlib.sha256("\0".join(told).encode()).hexdigest()


def _told(outcomes: Sequence[Outcome]) -> str:
    lines = ["| area | injected | noticed |", "|---|---|---|"]
    for area in AREAS:
        own = [item for item in outcomes if item.fault.area == area]
        if own:
            lines.append(f"| {area} | {len(own)} | {sum(bool(item.by) for item in own)} |")
    noticed = sum(bool(item.by) for item in outcomes)
    return "\n".join([*lines, f"| all | {len(outcomes)} | {noticed} ({noticed / max(len(outcomes), 1):.1%}) |"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Inject every fault asked for; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--first", action="store_true", help="only the tests that touch a fault")
    parser.add_argument("--out", type=Path, help="where a run that was stopped goes on")
    parser.add_argument("words", nargs="*")
    asked = parser.parse_args(arguments)
    faults = read_faults()
    if unfit := problems(faults, ROOT):
        print("\n".join(["Faults that do not fit the program any more:", *unfit]))
        return 1
    faults = _wanted(faults, asked.words)
    for name in _BEFOREHAND:
        importlib.import_module(name)
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="crossload-mutants-") as folder:
        tree = Tree(Path(folder))
        known = Known(asked.out, tree.digest, not asked.first)
        touched = sorted({name for fault in faults if known.outcome(fault) is None for name in fault.tests})
        if touched and (failed := tree.run(touched, _SECONDS_OF_ALL)):
            print(f"The tests fail without any fault: {failed}\n{tree.said()}")
            return 1
        for number, fault in enumerate(faults, start=1):
            outcome = known.outcome(fault)
            if outcome is None:
                outcome = tree.with_fault(fault, everything=not asked.first)
                known.note(outcome)
            outcomes.append(outcome)
            said = f"noticed by {outcome.by}" if outcome.by else f"SURVIVES {fault.survives and f'({fault.survives})'}"
            sign = "" if outcome.is_right else "  <-- "
            print(
                f"{number:3}/{len(faults)} {fault.area}: {fault.breaks}: {said}, {outcome.seconds:.1f} s{sign}",
                flush=True,
            )
    print(_told(outcomes))
    noticed = sum(bool(item.by) for item in outcomes)
    wrong = [item for item in outcomes if not item.is_right]
    for item in wrong:
        why = "is noticed, and its entry says that it cannot be" if item.by else "is not noticed by any test"
        print(f"{item.fault.file}: {item.fault.breaks}: {why}")
    return 1 if wrong or noticed < _WANTED * len(outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
