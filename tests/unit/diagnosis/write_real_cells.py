"""Collects one real cell for each way in which a cause shows, from the stores of finished runs.

    python -m tests.unit.diagnosis.write_real_cells PROFILE VERSIONS OUT [OUT ...]

The causes in the result are what the catalogue says today: read every line before committing it. A cell that is in the file
already keeps the cause that it has there.
"""

import json
import re
import sys
from collections.abc import Hashable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from crossload.app.report import report_only
from crossload.diagnosis import Case, Diagnosis, Matcher
from crossload.execution.options import RunOptions, Selection
from crossload.results import judge

REAL_CELLS = Path(__file__).parent / "real_cells.json"
_LONGEST = 900
# Folders of the machine that it ran on.
_FOLDER = re.compile(r"(/[\w.+~-]+)+/(?=scenarios/|lib/python|site-packages/)")


def packed(case: Case) -> dict[str, Any]:
    """A case as JSON: only what is not empty."""
    pins = {
        side: {name: str(version) for name, version in asdict(getattr(case, side)).items() if version is not None}
        for side in ("saver", "loader")
    }
    file = {}
    if case.file is not None:
        file = {
            key: sorted(value) if isinstance(value, frozenset) else value for key, value in asdict(case.file).items()
        }
    error, inner = _FOLDER.sub("…/", case.error), _FOLDER.sub("…/", case.essence)
    if len(error) > _LONGEST:
        # Wrapped as it was, without the configurations in it.
        error = ("Exception encountered: " if "Exception encountered: " in error else "") + inner[:_LONGEST]
    whole = {
        "verdict": case.verdict, "format": case.format, **pins, "attempt": case.attempt, "error_type": case.error_type,
        "error": error, "stage": case.stage, "place": case.place, "rungs": dict(case.rungs), "measured": _small(case.measured),
        "passed": dict(case.passed), "round_trip": case.round_trip, "same_environment": case.same_environment,
        "file": {key: value for key, value in file.items() if value},
    }  # fmt: skip
    return {key: value for key, value in whole.items() if value}


def _small(measured: Mapping[str, Any]) -> dict[str, Any]:
    return {rung: value for rung, value in measured.items() if rung in ("optimizer", "weights", "training")}


def main(profile: str, versions: str, folders: list[str]) -> None:
    """Collect from stores of a profile.

    :param versions: as of ``--tf``.
    """
    known = json.loads(REAL_CELLS.read_text("utf-8")) if REAL_CELLS.exists() else []
    seen = {_kind(item) for item in known}

    class Collecting(Matcher):
        def diagnose(self, case: Case, token: Hashable = None) -> Diagnosis | None:
            found = super().diagnose(case, token)
            if found is not None:
                item = {"cause": found.cause, **packed(case)}
                if _kind(item) not in seen:
                    seen.add(_kind(item))
                    known.append(item)
            return found

    vars(judge)["Matcher"] = Collecting
    for folder in folders:
        options = RunOptions(
            config=Path("matrix.toml"),
            out=Path(folder),
            selection=Selection(profile=profile, tf=versions.split(",")),
            backend="venv",
        )
        report_only(options, Console())
    known.sort(key=lambda item: (item["cause"], item["format"], item.get("error", "")))
    lines = ",\n".join(json.dumps(item, ensure_ascii=False) for item in known)
    REAL_CELLS.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def _kind(item: Mapping[str, Any]) -> tuple[str, ...]:
    """What makes two cells show a cause in the same way."""
    error = re.sub(r"\d+|'.*?'|(?<=passed to )\w+|<.*?>|(?<=Unknown layer: )\w+", "#", item.get("error", ""))[:90]
    container = item.get("file", {}).get("container", "")
    return item["cause"], item["verdict"], container, item.get("error_type", ""), error


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
