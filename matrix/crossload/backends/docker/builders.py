"""The programs that build images: the engine's classic builder, and BuildKit through Docker's command line.

BuildKit mounts settings as secrets and keeps uv's cache between builds; the SDK cannot speak to it. Debian's command line
of Docker 20.10 has it built in, later ones have the buildx plugin.
"""

import os
import re
import shutil
import subprocess
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from crossload.backends.docker.engine import is_podman, owner
from crossload.backends.docker.recipes import LABEL, BuildSettings, Recipe, context
from crossload.errors import CrossloadError

Say = Callable[[str], None]

# The classic builder's stage that installs holds settings in its layers: its images carry this label and are removed after
# every build.
STAGE = f"{LABEL}.build"

# Docker 20.10: the first engine whose own BuildKit knows mounts without fetching a syntax from a registry.
_MINIMUM_API = (1, 41)
# The command lines with BuildKit built in; later ones need the plugin.
_BUILT_IN = re.compile(r"Docker version 2[0-2]\.")


class BuildError(CrossloadError):
    """A build ended with an error; the message is the builder's."""


class Builder(ABC):
    """Turns a recipe into a tagged image of the engine."""

    name: str
    is_buildkit: bool

    @abstractmethod
    def build(self, made: Recipe, files: Mapping[str, bytes], settings: BuildSettings, write: Say) -> None:
        """Build an image.

        :param files: what the build sees, by path.
        :param write: receives the log, line by line.
        :raises BuildError: a step failed.
        """


class ClassicBuilder(Builder):
    """The engine's own, which the SDK speaks to: always there."""

    name = "the engine's classic builder"
    is_buildkit = False

    def __init__(self, client: Any) -> None:
        self._client = client

    def build(self, made: Recipe, files: Mapping[str, bytes], settings: BuildSettings, write: Say) -> None:
        events = self._client.api.build(
            fileobj=context(files),
            tag=made.name,
            decode=True,
            custom_context=True,
            rm=True,
            forcerm=True,
            network_mode=settings.network,
            buildargs={**settings.proxies, "CROSSLOAD_BUILD": build_label(made)},
        )
        _follow(events, write)


class BuildKit(Builder):
    """BuildKit inside the engine, through Docker's command line.

    :param command: what builds a folder.
    """

    is_buildkit = True

    def __init__(self, name: str, command: Sequence[str]) -> None:
        self.name, self._command = name, command

    def build(self, made: Recipe, files: Mapping[str, bytes], settings: BuildSettings, write: Say) -> None:
        with tempfile.TemporaryDirectory(prefix="crossload-") as folder:
            for name, content in files.items():
                path = Path(folder, name)
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(content)
                path.chmod(0o755 if name == "uv" else 0o600)
            Path(folder, ".dockerignore").write_text("settings\n", encoding="utf-8")
            command = [*self._command, "--progress", "plain", "--tag", made.name]
            for key in settings.proxies:
                # The value comes from this process's environment: others of this machine can read command lines.
                command += ["--build-arg", key]
            for name in ("uv.toml", "ca-bundle.pem"):
                command += ["--secret", f"id={name},src={folder}/settings/{name}"]
            command += ["--network", settings.network] if settings.network else []
            variables = {**os.environ, **settings.proxies, "DOCKER_BUILDKIT": "1"}
            process = subprocess.Popen(
                [*command, folder], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=variables
            )
            assert process.stdout is not None
            try:
                for line in process.stdout:
                    write(line)
            finally:
                process.stdout.close()
                code = process.wait()
            if code != 0:
                raise BuildError(f"{self.name} ended with exit status {code}")


def choose_builder(client: Any, wanted: str = "auto") -> Builder:
    """The builder to use.

    :param wanted: ``auto``, ``buildkit`` or ``classic``.
    :raises BuildError: BuildKit was asked for and cannot be had.
    """
    if wanted == "classic":
        return ClassicBuilder(client)
    command, reason = _buildkit_command(client)
    if command:
        return BuildKit("BuildKit (docker buildx)" if "buildx" in command else "BuildKit (docker build)", command)
    if wanted == "buildkit":
        raise BuildError(f"[docker] builder is buildkit, but {reason}")
    return ClassicBuilder(client)


def _buildkit_command(client: Any) -> tuple[list[str], str]:
    """The command, or why there is none."""
    if is_podman(client):
        return [], "Podman builds with its own builder"
    api = str(client.version()["ApiVersion"])
    if tuple(int(part) for part in api.split(".")[:2]) < _MINIMUM_API:
        return [], "the engine is older than Docker 20.10"
    program = shutil.which("docker")
    if program is None:
        return [], "there is no docker command (Debian: apt install docker.io)"
    if _says(program, "buildx", "version"):
        # The engine's own BuildKit: a builder in a container would not see images that are only here.
        return [program, "buildx", "build", "--builder", "default", "--load"], ""
    if _BUILT_IN.match(_says(program, "--version")):
        return [program, "build"], ""
    return [], "the docker command has no buildx plugin"


def _says(*command: str) -> str:
    """What a command prints; nothing when it fails."""
    try:
        finished = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return finished.stdout if finished.returncode == 0 else ""


def build_label(made: Recipe) -> str:
    """Names this process's build of an environment, so that what it leaves can be found."""
    return f"{owner()}/{made.environment.id}"


def _follow(events: Iterator[Mapping[str, Any]], write: Say) -> None:
    """Write a build's log, line by line as it comes. Raises BuildError for the error that ends it.

    What a step prints arrives in pieces as the step wrote them: a line is whole at its end, and a password that is to be
    hidden may be cut in two.
    """
    begun = ""
    for event in events:
        if "error" in event:
            for line in filter(str.strip, (begun, event["error"])):
                write(line)
            raise BuildError(event["error"])
        if "stream" in event:
            *lines, begun = (begun + str(event["stream"])).split("\n")
        else:
            lines = [str(event.get("status") or "")] if "progress" not in event else []
        for line in filter(str.strip, lines):
            write(line)
    if begun.strip():
        write(begun)
