"""Calls uv: interpreter search, locking, building environments.

uv comes with Crossload as a dependency; index URLs, proxies and certificates are uv's own settings, from its environment
variables or its configuration file.
"""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from uv import find_uv_bin


def _search_path() -> str:
    """PATH with the ``bin`` folders of pyenv's versions in front: pyenv's shims fail for versions that are not active."""
    root = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    folders = sorted(str(folder) for folder in root.glob("versions/*/bin"))
    return os.pathsep.join([*folders, os.environ.get("PATH", os.defpath)])


def run_uv(arguments: Sequence[str], *, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run uv and return its result, output captured; a non-zero exit status is the caller's to judge."""
    environment = os.environ | {"PATH": _search_path(), "UV_NO_PROGRESS": "1"}
    # A surrounding virtual environment must never be what uv installs into or searches first.
    environment.pop("VIRTUAL_ENV", None)
    return subprocess.run(
        [find_uv_bin(), *arguments],
        env=environment,
        cwd=cwd,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def last_lines(text: str, count: int = 6) -> str:
    """The last non-empty lines of what a tool printed, for a message."""
    return "\n".join([line.rstrip() for line in text.splitlines() if line.strip()][-count:])


def look_for_python(minor: str) -> Path | None:
    """An interpreter such as ``3.9`` that is on this machine."""
    found = run_uv(["python", "find", "--no-project", "--no-python-downloads", minor])
    return Path(found.stdout.strip()) if found.returncode == 0 else None


def find_python(minor: str) -> tuple[Path | None, str]:
    """Find an interpreter such as ``3.9``, downloading one where the network allows it.

    :return: its path and an empty string, or None and what was tried.
    """
    found = run_uv(["python", "find", "--no-project", minor])
    if found.returncode == 0:
        return Path(found.stdout.strip()), ""
    installed = run_uv(["python", "install", minor])
    if installed.returncode == 0:
        found = run_uv(["python", "find", "--no-project", minor])
        if found.returncode == 0:
            return Path(found.stdout.strip()), ""
    return None, (
        f"no Python {minor}: searched uv's own, PATH and pyenv's versions ({last_lines(found.stderr, 1)}); "
        f"downloading it failed ({last_lines(installed.stderr, 2)}). Install Python {minor}, or add it with pyenv."
    )
