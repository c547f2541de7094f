"""What development installs is pinned in requirements/: every dependency that pyproject.toml names has its pin."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

_ROOT = Path(__file__).parents[2]


def _names(lines: list[str]) -> set[str]:
    found = (re.match(r"[A-Za-z0-9._-]+", line) for line in lines)
    return {canonicalize_name(match[0]) for match in found if match}


@pytest.mark.parametrize(("pins", "extras"), [("tests", ["tests"]), ("lint", ["tests", "lint"]), ("fuzz", ["tests"])])
def test_every_dependency_of_development_is_pinned(pins: str, extras: list[str]) -> None:
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]
    wanted = _names(project["dependencies"]) | _names(
        [line for extra in extras for line in project["optional-dependencies"][extra]]
    )
    assert wanted - _names((_ROOT / "requirements" / f"{pins}.txt").read_text().splitlines()) == set()
