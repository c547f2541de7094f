"""``python -m tests.fuzz [READER ...] [--minutes 10] [--out build/fuzz]``: a coverage-guided fuzzer makes up what readers get.

The reader that has had the least time has the next turn, in a process of its own. What led further into the code is kept in
``OUT/corpus``, from which the next run goes on. An input that ends the process is kept in ``OUT/findings``, unless it only takes
too long or too much memory and the guarded reader says so. ``OUT/log.jsonl`` has a line for each turn; the table at the end adds
them up for the sources of the readers as they are now. The exit code is 1 where there is a finding.
"""

import argparse
import hashlib
import importlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from crossload.inspection.guarded import GuardedReader
from tests.fuzz.targets import Places, path_of, seeds, targets

ROOT = Path(__file__).parents[2]
READERS = ("keras", "hdf5", "graph", "metadata", "checkpoint", "configuration", "other", "statement", "explain")
# What the target of a reader runs: figures of one state of it are not added to those of another.
_INSPECTION = ("matrix/crossload/inspection", "matrix/crossload/util/files.py")
_SOURCES: dict[str, tuple[str, ...]] = {
    "other": ("matrix/crossload/user_models/other_files.py", *_INSPECTION),
    "statement": ("matrix/crossload/fleet/statements.py",),
    "explain": ("matrix/crossload/explaining", "matrix/crossload/diagnosis"),
}
# Seconds of a turn, and of one input, beyond which a reader is said to hang.
_TURN, _SECONDS = 300, 5
_MEGABYTES = 1024
_LONGEST_INPUT = 1 << 16
_EXECUTED = re.compile(r"stat::number_of_executed_units:\s*(\d+)")
_PROGRESS = re.compile(r"^#(\d+)\t", re.MULTILINE)


def digest_of_sources(reader: str) -> str:
    """SHA-256 of everything of ours that the target of a reader runs."""
    digest = hashlib.sha256()
    for name in (*_SOURCES.get(reader, _INSPECTION), "tests/fuzz/targets.py"):
        place = ROOT / name
        files = [place] if place.is_file() else [path for path in sorted(place.rglob("*")) if path.is_file()]
        for path in files:
            if path.suffix != ".pyc" and path.name != "guarded.py":
                digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def executed(said: str) -> int:
    """Inputs that a turn of the fuzzer tried, by what it printed."""
    counts = [int(number) for number in (*_EXECUTED.findall(said), *_PROGRESS.findall(said))]
    return max(counts, default=0)


def _fuzz(reader: str, options: Sequence[str]) -> None:
    """Become the fuzzer of one reader; does not come back."""
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["crossload.inspection", "crossload.explaining", "zipfile"]):
        for name in [name for name in sys.modules if name.startswith(("crossload.", "tests.fuzz.targets"))]:
            del sys.modules[name]
        sys.modules.pop("zipfile", None)
        made = importlib.import_module("tests.fuzz.targets")
        for name in ("archive", "hdf5", "savedmodel", "checkpoint", "carried"):
            importlib.import_module(f"crossload.inspection.{name}")
    shared = "/dev/shm" if os.path.isdir("/dev/shm") else None
    folder = Path(tempfile.mkdtemp(prefix="crossload-fuzz-", dir=shared))
    target = made.targets(made.Places(folder))[reader]
    atheris.Setup(["fuzz", *options], target)
    atheris.Fuzz()


def _is_bounded(reader: str, content: bytes) -> bool:
    """Whether an input that ended the fuzzer's process is one that the guarded reader answers as it should."""
    with tempfile.TemporaryDirectory() as name, GuardedReader() as guarded:
        places = Places(Path(name))
        path = path_of(reader, places)
        if path is None:
            return False
        with suppress(Exception):
            targets(places)[reader](b"")
        written = {"graph": path / "saved_model.pb", "metadata": path / "keras_metadata.pb"}.get(reader, path)
        if reader == "checkpoint":
            written = path.with_name(path.name + ".index")
        written.write_bytes(content)
        found = guarded.inspect(path)
    return "reading it" in found.damage


def turn(reader: str, seconds: int, out: Path) -> dict[str, Any]:
    """Let the fuzzer work on one reader for some seconds; returns what came of it."""
    corpus, findings = out / "corpus" / reader, out / "findings" / reader
    for folder in (corpus, findings):
        folder.mkdir(parents=True, exist_ok=True)
    if not any(corpus.iterdir()):
        for content in seeds(reader):
            (corpus / hashlib.sha1(content, usedforsecurity=False).hexdigest()).write_bytes(content)
    known = {path.name for path in findings.iterdir()}
    options = [f"-max_total_time={seconds}", f"-timeout={_SECONDS}", f"-rss_limit_mb={_MEGABYTES}", "-print_final_stats=1",
               f"-max_len={_LONGEST_INPUT}", f"-artifact_prefix={findings}/", "-verbosity=1", str(corpus)]  # fmt: skip
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.fuzz", "--as", reader, "--", *options],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    stopped = False
    try:
        said = process.communicate(timeout=seconds + 240)[1].decode("utf-8", "replace")
    except subprocess.TimeoutExpired:
        # Its own clock begins when all is imported, which takes its time on a busy machine.
        os.killpg(process.pid, signal.SIGKILL)
        stopped = True
        said = process.communicate()[1].decode("utf-8", "replace")
    except KeyboardInterrupt:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    made = [path for path in sorted(findings.iterdir()) if path.name not in known]
    bounded = [path for path in made if not path.name.startswith("crash-") and _is_bounded(reader, path.read_bytes())]
    # The library that reads HDF5 may die of a file. Its process is there for that; a traceback of ours is something else.
    bounded += [
        path
        for path in made
        if path.name.startswith("crash-") and "Traceback" not in said and _is_bounded(reader, path.read_bytes())
    ]
    for path in bounded:
        path.unlink()
    for path in made:
        if path.exists():
            path.with_name(path.name + ".log").write_text(said[-20_000:], encoding="utf-8")
    return {
        "reader": reader,
        "sources": digest_of_sources(reader),
        "seconds": round(time.monotonic() - started, 1),
        "inputs": executed(said),
        "bounded": len(bounded),
        "findings": [path.name for path in made if path.exists()],
        "corpus": sum(1 for _ in corpus.iterdir()),
        # It ends with 0 when its time is up; any other end is an input's, and that is kept.
        "failed": ""
        if stopped or made or (process.returncode == 0 and executed(said))
        else f"{process.returncode}: {said[-1500:]}",
    }


def table(turns: Sequence[dict[str, Any]]) -> str:
    """Turns added up, in Markdown: minutes, inputs, what was bounded, findings and the corpus, by reader."""
    rows = ["| reader | minutes | inputs | ended by a limit | findings | corpus |", "|---|--:|--:|--:|--:|--:|"]
    names = [name for name in READERS if any(one["reader"] == name for one in turns)]
    for name in [*names, "all"]:
        own = [one for one in turns if name in (one["reader"], "all")]
        last = {one["reader"]: one["corpus"] for one in own}
        rows.append(
            f"| {name} | {sum(one['seconds'] for one in own) / 60:.1f} | {sum(one['inputs'] for one in own):,} "
            f"| {sum(one['bounded'] for one in own)} | {sum(len(one['findings']) for one in own)} | {sum(last.values()):,} |"
        )
    return "\n".join(rows)


def read_log(path: Path) -> list[dict[str, Any]]:
    """The turns of a log whose readers were the ones of now."""
    if not path.is_file():
        return []
    told = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    now = {reader: digest_of_sources(reader) for reader in READERS}
    return [one for one in told if one["sources"] == now[one["reader"]]]


def next_reader(readers: Sequence[str], turns: Sequence[dict[str, Any]]) -> str:
    """The one that has had the least time: a turn that an input ended is made up for."""
    spent = {reader: sum(one["seconds"] for one in turns if one["reader"] == reader) for reader in readers}
    return min(readers, key=lambda reader: spent[reader])


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz what is asked for; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("readers", nargs="*")
    parser.add_argument("--minutes", type=float, default=10.0, help="of all readers together")
    parser.add_argument("--out", type=Path, default=Path("build") / "fuzz")
    parser.add_argument("--as", dest="become", choices=READERS, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.become:
        _fuzz(asked.become, asked.readers)
    if unknown := [name for name in asked.readers if name not in READERS]:
        parser.error(f"no reader {unknown[0]!r}; known: {', '.join(READERS)}")
    out, readers = asked.out.absolute(), asked.readers or READERS
    out.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + 60 * asked.minutes
    log_file = out / "log.jsonl"
    while (left := end - time.monotonic()) > 1:
        # Read anew: another process may be at work on other readers.
        done = turn(next_reader(readers, read_log(log_file)), max(5, round(min(_TURN, left))), out)
        with log_file.open("a", encoding="utf-8") as log:
            log.write(json.dumps(done) + "\n")
        print(f"{done['reader']}: {done['inputs']} inputs, {done['seconds']} s, {done['bounded']} bounded, "
              f"{done['findings'] or 'nothing found'}{done['failed'] and ' FAILED: ' + done['failed']}", flush=True)  # fmt: skip
    turns = read_log(log_file)
    print(table(turns))
    return 1 if any(one["findings"] or one["failed"] for one in turns) else 0


if __name__ == "__main__":
    sys.exit(main())
