"""Holds a table of the engine against :mod:`plain_keras`, which shares no code with it.

A random sample of cells, stratified over saver and verdict, is saved and loaded again by ``plain_keras.py``: a fresh
interpreter for each save and each load. Three answers are compared: can it be saved, does it load plainly, and are the
outputs those of the saver. Example::

    python -m tests.e2e.compare_with_plain build/results.csv --python 2.10-cpu=PATH/bin/python \\
        --python 2.16-cpu=PATH/bin/python --sample 250 --seed 1 --out comparison.csv

The exit code is 1 when anything disagrees.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

PLAIN = Path(__file__).with_name("plain_keras.py")
FORMATS = ("h5", "savedmodel", "keras", "weights-h5", "weights.h5")
LOADS = frozenset({"exact", "equal", "lossy", "differs"})
DOES_NOT_LOAD = frozenset({"remedy", "fails", "crashes"})
CANNOT_SAVE = "cannot-save"
SECONDS = 300

Answer = dict[str, Any]


@dataclass(frozen=True)
class Said:
    """Three answers about a cell; None where the question does not arise.

    :param saves: whether the scenario could be built, trained and saved.
    :param loads: whether the obvious call loads it and the result can be called.
    :param outputs_match: whether what was loaded predicts what the saved model did.
    """

    saves: bool
    loads: bool | None = None
    outputs_match: bool | None = None


def engine_said(verdict: str) -> Said:
    """What a verdict of the engine means."""
    if verdict == CANNOT_SAVE:
        return Said(False)
    if verdict in DOES_NOT_LOAD:
        return Said(True, False)
    assert verdict in LOADS, verdict
    return Said(True, True, verdict != "differs")


def plain_said(saved: Answer, loaded: Answer | None) -> Said:
    """What the plain script's answers mean."""
    if not saved["saves"] or loaded is None:
        return Said(bool(saved["saves"]))
    return Said(True, bool(loaded["loads"]), loaded.get("outputs_match"))


class PlainRunner:
    """Runs the plain script; every save once, whatever the number of its loads."""

    def __init__(self, interpreters: Mapping[str, str], folder: Path) -> None:
        self.interpreters = interpreters
        self.folder = folder

    def _run(self, environment: str, job: str, scenario: str, form: str, folder: Path) -> Answer:
        command = [self.interpreters[environment], str(PLAIN), job, scenario, form, str(folder)]
        variables = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
        try:
            ended = subprocess.run(command, capture_output=True, text=True, env=variables, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return {f"{job}s": False, "error_type": "time limit", "error": "", "stage": job}
        try:
            answer: Answer = json.loads(ended.stdout.strip().splitlines()[-1])
        except (IndexError, ValueError):
            died = f"exit {ended.returncode}"
            return {f"{job}s": False, "error_type": died, "error": ended.stderr[-400:], "stage": job}
        return answer

    def artifact(self, scenario: str, form: str, saver: str) -> Path:
        """Folder of what a saver wrote."""
        return self.folder / saver / form / scenario

    def save(self, scenario: str, form: str, saver: str) -> Answer:
        """Save, unless an earlier call did; the answer is kept beside the artifact."""
        artifact = self.artifact(scenario, form, saver)
        kept = artifact.with_name(f"{artifact.name}.json")
        if kept.exists():
            stored: Answer = json.loads(kept.read_text(encoding="utf-8"))
            return stored
        shutil.rmtree(artifact, ignore_errors=True)
        artifact.mkdir(parents=True)
        answer = self._run(saver, "save", scenario, form, artifact)
        kept.write_text(json.dumps(answer), encoding="utf-8")
        return answer

    def load(self, scenario: str, form: str, saver: str, loader: str) -> Answer:
        """Load what :meth:`save` wrote."""
        return self._run(loader, "load", scenario, form, self.artifact(scenario, form, saver))

    def remedy(self, scenario: str, form: str, saver: str, loader: str, remedy: str) -> Answer:
        """Load what :meth:`save` wrote in another way."""
        return self._run(loader, remedy, scenario, form, self.artifact(scenario, form, saver))


def choose(table: pd.DataFrame, sample: int, seed: int) -> pd.DataFrame:
    """A sample in which every pair of saver and verdict is as even as the table allows."""
    shuffled = table.sample(frac=1, random_state=seed)
    turn = shuffled.groupby(["saved_with", "verdict"]).cumcount()
    return shuffled.assign(turn=turn).sort_values("turn", kind="stable").head(sample).drop(columns="turn")


def run_plain(
    cells: Iterable[tuple[str, str, str, str]], runner: PlainRunner, jobs: int
) -> dict[tuple[str, str, str, str], tuple[Answer, Answer | None]]:
    """Save and load cells of (scenario, format, saver, loader); an empty loader asks for the save alone."""
    wanted = list(dict.fromkeys(cells))
    artifacts = list(dict.fromkeys(cell[:3] for cell in wanted))
    with ThreadPoolExecutor(jobs) as pool:
        saved = dict(zip(artifacts, pool.map(lambda key: runner.save(*key), artifacts), strict=True))
        can_load = [cell for cell in wanted if cell[3] and saved[cell[:3]]["saves"]]
        loaded = dict(zip(can_load, pool.map(lambda cell: runner.load(*cell), can_load), strict=True))
    return {cell: (saved[cell[:3]], loaded.get(cell)) for cell in wanted}


def compare(table: pd.DataFrame, runner: PlainRunner, jobs: int) -> pd.DataFrame:
    """One row a cell: what each side says, and whether they agree."""
    names = ["scenario", "format", "saved_with", "loaded_with"]
    cells = [(str(a), str(b), str(c), str(d)) for a, b, c, d in table[names].itertuples(index=False, name=None)]
    answers = run_plain(cells, runner, jobs)
    rows = []
    for cell, (_, row) in zip(cells, table.iterrows(), strict=True):
        saved, loaded = answers[cell]
        engine, plain = engine_said(str(row["verdict"])), plain_said(saved, loaded)
        worst = loaded or saved
        rows.append(
            dict(zip(names, cell, strict=True))
            | {"verdict": row["verdict"], "agree": engine == plain}
            | {f"engine_{key}": value for key, value in vars(engine).items()}
            | {f"plain_{key}": value for key, value in vars(plain).items()}
            | {"engine_error": f"{row['stage']}: {row['error_type']}: {row['error']}"[:300]}
            | {"plain_error": ": ".join(str(worst.get(key, "")) for key in ("stage", "error_type", "error"))[:300]}
            | {"engine_max_abs": row["max_abs_diff"], "plain_max_abs": worst.get("max_abs")}
            | {"engine_bit_equal": row["verdict"] == "exact", "plain_bit_equal": worst.get("bit_equal")}
        )
    return pd.DataFrame(rows)


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Compare the engine's table with plain Keras.")
    parser.add_argument("results", type=Path, help="the engine's results.csv")
    parser.add_argument("--python", action="append", required=True, metavar="ENVIRONMENT=INTERPRETER")
    parser.add_argument("--sample", type=int, default=250)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--work", type=Path, help="folder that keeps the plain script's artifacts between calls")
    parser.add_argument("--out", type=Path, default=Path("comparison.csv"))
    options = parser.parse_args(arguments)
    interpreters = dict(item.split("=", 1) for item in options.python)
    table = pd.read_csv(options.results, keep_default_na=False)
    ours = table["saved_with"].isin(list(interpreters)) & table["loaded_with"].isin(["", *interpreters])
    known = table["verdict"].isin([*LOADS, *DOES_NOT_LOAD, CANNOT_SAVE]) & table["format"].isin(FORMATS)
    sample = choose(table[ours & known], options.sample, options.seed)
    with tempfile.TemporaryDirectory() as temporary:
        runner = PlainRunner(interpreters, options.work or Path(temporary))
        compared = compare(sample, runner, options.jobs)
    compared.to_csv(options.out, index=False)
    print(compared.groupby(["saved_with", "verdict"])["agree"].agg(["size", "sum"]).to_string())
    wrong = compared[~compared["agree"]]
    print(f"{len(compared)} cells compared, {len(compared) - len(wrong)} agree, {len(wrong)} disagree")
    for _, row in wrong.iterrows():
        print("-", row["scenario"], row["format"], row["saved_with"], "->", row["loaded_with"], "|", row["verdict"])
        print("   engine:", row["engine_error"], row["engine_max_abs"])
        print("   plain: ", row["plain_loads"], row["plain_outputs_match"], row["plain_error"], row["plain_max_abs"])
    return 1 if len(wrong) else 0


if __name__ == "__main__":
    sys.exit(main())
