"""Locks for mixed environments, and the releases of a package between two others: both asked of uv."""

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from packaging.version import Version

from crossload.errors import LockError
from crossload.util.uv import last_lines, run_uv

_PIN = re.compile(r"^[A-Za-z0-9._-]+==([^\s;\\]+)", re.MULTILINE)
# More releases than this between two neighbours would be a mistake of ours.
_MOST = 60


def _compile(lines: list[str], python: str, *more: str) -> tuple[str, str]:
    """What uv resolves requirement lines to, without their dependencies; or an empty text and uv's last words."""
    with tempfile.TemporaryDirectory() as scratch:
        source, result = Path(scratch, "in.txt"), Path(scratch, "out.txt")
        source.write_text("\n".join(lines) + "\n", encoding="utf-8")
        finished = run_uv(
            [
                "pip",
                "compile",
                str(source),
                "--output-file",
                str(result),
                "--no-deps",
                "--quiet",
                "--python-version",
                python,
                "--python-platform",
                "linux",
                "--prerelease",
                "allow",
                "--no-annotate",
                "--no-header",
                "--no-emit-index-url",
                "--only-binary",
                ":all:",
                *more,
                # TensorFlow 2.12 asks for a jax that was never released as a wheel; it is plain Python.
                "--no-binary",
                "jax",
            ]
        )
        if finished.returncode != 0:
            return "", last_lines(finished.stderr)
        return result.read_text(encoding="utf-8"), ""


def releases_between(package: str, low: str, high: str, python: str) -> list[str]:
    """Versions of a package from ``low`` to ``high``, both included, release candidates too, in order.

    Only those with a wheel for this Python.
    """
    found = [high]
    while len(found) < _MOST:
        # `<2.14.0` leaves out the release candidates of 2.14.0, as the standard says; `<2.14.0rc99` has them.
        bound = found[-1] if Version(found[-1]).is_prerelease else f"{found[-1]}rc99"
        text, _ = _compile([f"{package}<{bound},>{low}"], python)
        match = _PIN.search(text)
        if match is None:
            break
        found.append(match[1])
    return [low, *reversed(found)]


def write_lock(pins: Mapping[str, str], python: str, destination: Path) -> str:
    """Pin with hashes exactly these versions; returns why that cannot be, or an empty text."""
    text, why = _compile([f"{name}=={version}" for name, version in sorted(pins.items())], python, "--generate-hashes")
    if not text:
        return why
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        destination.write_text(text, encoding="utf-8")
    except OSError as error:
        raise LockError(f"{destination}: {error.strerror}. Free some space and run the same command again.") from None
    return ""
