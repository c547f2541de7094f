"""``crossload images``: builds, lists and removes the images of environments."""

import datetime
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from crossload.backends.docker.backend import DockerBackend
from crossload.backends.docker.images import ImageError, ImageRow
from crossload.config import load_config
from crossload.environments.model import Environment
from crossload.environments.nightly_lock import resolve
from crossload.environments.selection import all_environments, select
from crossload.util.clock import today
from crossload.util.terminal import lines_to


def images(
    config: Path, tf: Sequence[str] | None, hardware: Sequence[str], build: bool, prune: bool, console: Console
) -> int:
    """Build what was asked for, remove what no lock names any more, and list what is there. Returns the exit code.

    :param tf: environments to build; None stands for those of the quick profile.
    :raises CrossloadError: no engine answers, or a selection names nothing.
    """
    settings = load_config(config)
    environments = all_environments(settings)
    # What is resolved anew on every day has no lock that could name an image.
    locked = [item for item in environments.values() if not item.is_floating]
    backend = DockerBackend.create(settings, config.parent)
    failed = 0
    if tf is not None or (build and not prune):
        words = tf if tf is not None else settings.profiles["quick"].environments
        day = today()
        for environment in (resolve(item, day) for item in select(environments, words, hardware)):
            failed += not _build(backend, environment, console)
    if prune:
        for row in backend.images.prune(locked):
            lines_to(console)(f"removed {row.name} {row.id[7:19]} ({row.size_mb:.0f} MB)")
    _show(backend.images.rows(locked), console)
    return 3 if failed else 0


def _build(backend: DockerBackend, environment: Environment, console: Console) -> bool:
    started = time.monotonic()
    _ = environment.digest  # a missing lock is said in one line
    if environment.unresolved:
        lines_to(console)(f"{environment.id}: {environment.unresolved}")
        return False
    try:
        if backend.images.find(environment) is not None:
            lines_to(console)(f"{environment.id}: is there")
            return True
        lines_to(console)(f"{environment.id}: building; log: {backend.images.log_path(environment)}")
        image = backend.images.build(environment)
    except ImageError as error:
        lines_to(console)(f"{environment.id}: {error}")
        return False
    seconds, size = time.monotonic() - started, image.attrs["Size"] / 1e6
    lines_to(console)(f"{environment.id}: built in {seconds:.1f} s, {size:.0f} MB")
    return True


def _show(rows: Sequence[ImageRow], console: Console) -> None:
    if not rows:
        lines_to(console)("No images yet. `crossload images --build` makes those of the quick profile.")
        return
    table = Table("environment", "image", "digest", "MB", "age", "", box=None, pad_edge=False)
    for row in rows:
        use = "" if row.is_used else "no lock names it (--prune removes it)"
        table.add_row(row.environment, row.name, row.id[:19], f"{row.size_mb:.0f}", _age(row.created), use)
    console.print(table)


def _age(created: str) -> str:
    """How long ago, in the unit that matters; a dash where the image does not say."""
    try:
        seconds = (datetime.datetime.now(datetime.UTC) - datetime.datetime.fromisoformat(created)).total_seconds()
    except (ValueError, TypeError):
        return "–"
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            count = int(seconds // length)
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "just now"
