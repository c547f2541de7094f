"""Builds, finds, lists and removes images."""

import contextlib
import datetime
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import docker
import docker.errors

from crossload.backends.docker.builders import STAGE, Builder, BuildError, Say, build_label, choose_builder
from crossload.backends.docker.engine import EngineErrors, explain, is_orphan
from crossload.backends.docker.recipes import LABEL, BuildSettings, Recipe, context_files, recipe
from crossload.environments.model import Environment
from crossload.errors import CrossloadError
from crossload.util.uv import last_lines

_OURS = f"{LABEL}.recipe"
# What environments with the same Python share; untagged ones are left by builds that failed later on.
_FOUNDATION = f"{LABEL}.foundation"
# What the classic builder says after the last words of a step.
_NOISE = ("Removing intermediate container", "The command ", " ---> ")
_COLOURS = re.compile("\x1b\\[[0-9;]*m")


class ImageError(CrossloadError):
    """An image could not be had; the message says why and what to do."""


@dataclass(frozen=True)
class ImageRow:
    """One image as ``crossload images`` lists it; ``created`` is ISO 8601, in UTC."""

    environment: str
    name: str
    id: str
    size_mb: float
    created: str
    is_used: bool


class Images:
    """The images of one engine.

    :param logs: folder that receives the log of every build.
    """

    def __init__(self, client: Any, settings: BuildSettings, logs: Path) -> None:
        self._client, self.settings, self._logs = client, settings, logs

    @cached_property
    def builder(self) -> Builder:
        """What builds: BuildKit where it can be had, the engine's classic builder elsewhere.

        :raises ImageError: BuildKit was asked for and cannot be had.
        """
        try:
            return choose_builder(self._client, self.settings.builder)
        except BuildError as error:
            raise ImageError(str(error)) from None

    def recipe(self, environment: Environment) -> Recipe:
        """What the image of an environment is made of."""
        return recipe(environment, self.settings)

    def find(self, environment: Environment) -> Any | None:
        """The image of an environment, made by its present recipe; None where there is none."""
        made = self.recipe(environment)
        try:
            image = self._client.images.get(made.name)
        except docker.errors.ImageNotFound:
            return None
        return image if image.labels.get(_OURS) == made.digest else None

    def log_path(self, environment: Environment) -> Path:
        """Where the log of an environment's last build lies."""
        return self._logs / f"{self.recipe(environment).name.rpartition('/')[2].replace(':', '-')}.log"

    def build(self, environment: Environment) -> Any:
        """Build an image unless it is there.

        :raises ImageError: no base, no room, or a step failed; with the last lines of the log and where all of it is.
        """
        found = self.find(environment)
        if found is not None:
            return found
        made = recipe(environment, self.settings, self.builder.is_buildkit)
        log = self.log_path(environment)
        log.parent.mkdir(parents=True, exist_ok=True)
        try:
            with log.open("w", encoding="utf-8") as stream:

                def write(line: str) -> None:
                    stream.write(self.settings.hide(_COLOURS.sub("", line)).rstrip() + "\n")
                    stream.flush()

                base = self.base(made.base, write)
                now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
                files = context_files(made, made.labelled(now, _digest(base)), self.settings)
                self.builder.build(made, files, self.settings, write)
        except (ImageError, BuildError, *EngineErrors) as error:
            raise ImageError(self._explain(error, made, log)) from None
        finally:
            self._remove_stages(build_label(made))
        return self._client.images.get(made.name)

    def base(self, name: str, write: Say = lambda line: None) -> Any:
        """The base image, pulled where it is not there.

        :raises ImageError: no registry has it, or none can be reached.
        """
        try:
            return self._client.images.get(name)
        except docker.errors.ImageNotFound:
            write(f"pulling {name}")
        repository, tag = _split(name)
        try:
            for event in self._client.api.pull(repository, tag=tag, stream=True, decode=True):
                if "error" in event:
                    raise docker.errors.DockerException(event["error"])
                if "progress" not in event and "status" in event:
                    write(f"{event.get('id', '')} {event['status']}".strip())
            return self._client.images.get(name)
        except docker.errors.DockerException as error:
            raise ImageError(
                f"base image {name} cannot be had: {_reason(error)}. "
                "Name another one in [docker] bases of matrix.toml, or log in to its registry."
            ) from None

    def why_no_base(self, environment: Environment) -> str:
        """Why the base of an environment is neither here nor in its registry; empty when it can be had."""
        name = self.recipe(environment).base
        try:
            self._client.images.get(name)
        except docker.errors.ImageNotFound:
            try:
                self._client.images.get_registry_data(name)
            except EngineErrors as error:
                return f"base image {name} cannot be had ({_reason(error)})"
        except EngineErrors as error:
            return explain(error)
        return ""

    def rows(self, current: Iterable[Environment]) -> list[ImageRow]:
        """Every image of ours, those of the given environments marked as used."""
        used = {made.name: made.digest for made in map(self.recipe, current)}
        rows = []
        for image in self._client.images.list(filters={"label": _OURS}):
            name = _own_name(image) or "<none>"
            rows.append(
                ImageRow(
                    environment=image.labels.get(f"{LABEL}.environment", ""),
                    name=name,
                    id=image.id,
                    size_mb=round(image.attrs["Size"] / 1e6, 1),
                    created=image.labels.get("org.opencontainers.image.created", ""),
                    is_used=used.get(name) == image.labels.get(_OURS),
                )
            )
        return sorted(rows, key=lambda row: (row.environment, row.created))

    def prune(self, current: Iterable[Environment]) -> list[ImageRow]:
        """Remove images of ours that no environment's lock names any more, and what killed builds left. Returns the rows."""
        removed = []
        for row in self.rows(current):
            if not row.is_used:
                try:
                    self._client.images.remove(row.name if row.name != "<none>" else row.id)
                except docker.errors.APIError as error:
                    raise ImageError(f"{row.name} cannot be removed: {_reason(error)}") from None
                removed.append(row)
        self.remove_orphaned_stages()
        for image in self._client.images.list(filters={"label": _FOUNDATION, "dangling": True}):
            self._remove(image.id)
        return removed

    def remove_orphaned_stages(self) -> None:
        """Remove what builds that were killed left behind."""
        for image in self._stages():
            if is_orphan(image.labels[STAGE].partition("/")[0]):
                self._remove(image.id)

    def _remove_stages(self, label: str) -> None:
        for image in self._stages():
            if image.labels[STAGE] == label:
                self._remove(image.id)

    def _stages(self) -> list[Any]:
        """Untagged images of build stages, the latest first: an image goes before those it was made from."""
        try:
            images = self._client.images.list(all=True, filters={"label": STAGE})
        except EngineErrors:
            return []
        return sorted(images, key=lambda image: str(image.attrs.get("Created")), reverse=True)

    def _remove(self, name: str) -> None:
        # Another image may have been made from it, or it went with its child.
        with contextlib.suppress(*EngineErrors):
            self._client.images.remove(name, force=True)

    def _explain(self, error: BaseException, made: Recipe, log: Path) -> str:
        reason = self.settings.hide(_reason(error))
        said = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        lines = last_lines("\n".join(line for line in said if not line.startswith(_NOISE)), 10)
        if "no space left on device" in f"{reason} {lines}".lower() or "ENOSPC" in reason:
            return (
                f"the disk of the Docker engine is full; building {made.name} stopped. Free some space "
                f"(`crossload images --prune` removes what no lock names any more). Log: {log}"
            )
        if isinstance(error, ImageError) and reason.startswith("base image"):
            return reason
        if reason.startswith("The command "):
            reason = f"a step ended with {reason.rpartition(' returned a non-zero code: ')[2]}"
        return f"image {made.name} did not build: {reason}\n{lines}\nWhole log: {log}"


def _reason(error: BaseException) -> str:
    if isinstance(error, ImageError | BuildError):
        return str(error)
    return " ".join(str(getattr(error, "explanation", None) or error).split())[:500]


def _split(name: str) -> tuple[str, str | None]:
    """Repository and tag of an image's name; a digest counts as a tag, and ``latest`` is what no tag means."""
    if "@" in name:
        return name.split("@")[0], name.split("@")[1]
    repository, colon, tag = name.rpartition(":")
    return (repository, tag) if colon and "/" not in tag else (name, "latest")


def _digest(image: Any) -> str:
    """What names an image's content: its digest in a registry, or its id where it never was in one."""
    repository_digests = image.attrs.get("RepoDigests") or []
    return repository_digests[0].rpartition("@")[2] if repository_digests else str(image.id)


def _own_name(image: Any) -> str:
    """The name that we gave an image: Podman puts a registry before it."""
    names = (tag.removeprefix("localhost/").removeprefix("docker.io/") for tag in image.tags)
    return next((name for name in names if name.startswith("crossload/")), "")


def image_facts(image: Any) -> dict[str, str]:
    """What the report and the keys need to know of an image."""
    labels = image.labels
    base = labels.get("org.opencontainers.image.base.digest", "")
    return {
        "name": _own_name(image),
        "digest": str(image.id),
        "base": f"{labels.get('org.opencontainers.image.base.name', '')} {base}".strip(),
        "content": f"{labels.get(_OURS, '')} {base}",
    }
