"""Reads ``faults.toml``: each entry is one deliberate fault, an exact text of a file and what is put in its place."""

import tomllib
from collections import Counter
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

FAULTS = Path(__file__).with_name("faults.toml")
AREAS = (
    "measuring",
    "verdicts",
    "keys",
    "store",
    "rows",
    "diagnosis",
    "plan",
    "routes",
    "history",
    "merge",
    "conversion",
    "security",
    "environments",
    "exports",
    "probe",
)


class Fault(BaseModel):
    """One deliberate fault.

    :param file: from the top of the repository.
    :param text: stands in it exactly once.
    :param by: what is put in its place.
    :param breaks: what is wrong then, in words.
    :param tests: the tests that touch it, below ``tests/unit``; they are run first, and everything else where they pass.
    :param survives: why no unit test can notice it; empty where one has to.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    area: str
    file: str
    text: str = Field(min_length=3)
    by: str
    breaks: str = Field(min_length=8)
    tests: tuple[str, ...] = Field(min_length=1)
    survives: str = ""

    def problem(self, root: Path) -> str:
        """Why it cannot be injected into a tree: the program has changed, and the entry has to follow. Empty where it can."""
        path = root / self.file
        if not path.is_file():
            return "there is no such file"
        count = path.read_text(encoding="utf-8").count(self.text)
        if count != 1:
            return f"its text stands {count} times in the file, not once"
        missing = [name for name in self.tests if not (root / "tests" / "unit" / name).exists()]
        if missing:
            return f"there is no tests/unit/{missing[0]}"
        return f"no area {self.area!r}" if self.area not in AREAS else ""

    def inject(self, root: Path) -> None:
        """Put it into a tree."""
        path = root / self.file
        path.write_text(path.read_text(encoding="utf-8").replace(self.text, self.by), encoding="utf-8")


def read_faults(path: Path = FAULTS) -> list[Fault]:
    """Every fault, in the order of the file."""
    return [Fault.model_validate(entry) for entry in tomllib.loads(path.read_text(encoding="utf-8"))["fault"]]


def problems(faults: list[Fault], root: Path) -> list[str]:
    """What of the faults does not fit a tree, one line each."""
    found = [f"{fault.file}: {why}: {fault.breaks}" for fault in faults if (why := fault.problem(root))]
    twice = [
        item for item, count in Counter((fault.file, fault.text, fault.by) for fault in faults).items() if count > 1
    ]
    return found + [f"{file}: the same fault twice: {text!r}" for file, text, _ in twice]
