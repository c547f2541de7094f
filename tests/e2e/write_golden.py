"""Answers the cells of ``golden.csv`` and ``golden_remedies.csv`` anew with :mod:`plain_keras`; the engine has no part in it.

To add a cell, add a line with its first four fields (no loader where it cannot be saved) and run::

    python -m tests.e2e.write_golden --python 2.10-cpu=PATH/bin/python --python 2.15-cpu=PATH/bin/python ...
"""

import argparse
import csv
import sys
import tempfile
from pathlib import Path

from tests.e2e.compare_with_plain import PlainRunner, plain_said, run_plain

GOLDEN = Path(__file__).with_name("golden.csv")
REMEDIES = Path(__file__).with_name("golden_remedies.csv")
CELL = ("scenario", "format", "saved_with", "loaded_with")
ANSWERS = ("saves", "loads", "outputs_match")


def answer_remedies(runner: PlainRunner) -> None:
    """Try every remedy of the table, one after the other, and write whether it gives the saved model's outputs."""
    with REMEDIES.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        scenario, form, saver, loader = (row[name] for name in CELL)
        runner.save(scenario, form, saver)
        answer = runner.remedy(scenario, form, saver, loader, row["remedy"])
        row["works"] = str(bool(answer["loads"] and answer["outputs_match"])).lower()
    with REMEDIES.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, [*CELL, "remedy", "works"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Answer the golden cells with plain Keras.")
    parser.add_argument("--python", action="append", required=True, metavar="ENVIRONMENT=INTERPRETER")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args(arguments)
    with GOLDEN.open(encoding="utf-8", newline="") as stream:
        cells = [
            (row["scenario"], row["format"], row["saved_with"], row["loaded_with"]) for row in csv.DictReader(stream)
        ]
    with tempfile.TemporaryDirectory() as folder:
        runner = PlainRunner(dict(item.split("=", 1) for item in options.python), Path(folder))
        answers = run_plain(cells, runner, options.jobs)
        answer_remedies(runner)
    with GOLDEN.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([*CELL, *ANSWERS])
        for cell in cells:
            said = plain_said(*answers[cell])
            writer.writerow([*cell, *("" if value is None else str(value).lower() for value in vars(said).values())])
    return 0


if __name__ == "__main__":
    sys.exit(main())
