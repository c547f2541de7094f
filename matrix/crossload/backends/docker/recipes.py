"""What an image is made of: its base, its Dockerfile from the templates in ``docker/``, and everything that names it.

Nothing here talks to the engine. Settings come from ``[docker]`` of the configuration; an environment variable
``CROSSLOAD_DOCKER_...`` goes before it, and what uv and other tools read (``UV_INDEX_URL``, ``SSL_CERT_FILE``,
``HTTPS_PROXY``) after it.
"""

import functools
import hashlib
import io
import json
import os
import re
import tarfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jinja2
from uv import find_uv_bin

from crossload import __version__
from crossload.config import BUILDERS, DockerConfig
from crossload.domain.versions import tensorflow_of
from crossload.environments.model import Environment
from crossload.errors import ConfigError
from crossload.resources import TEMPLATES

LABEL = "dev.crossload"
SLIM = "python:{python}-slim"
_PREFIX = "CROSSLOAD_DOCKER_"
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


@dataclass(frozen=True)
class BuildSettings:
    """What a build may use and an image must not keep.

    :param proxies: build arguments that engines know by themselves and leave out of the history.
    """

    bases: Mapping[str, str]
    index_url: str | None
    extra_index_urls: tuple[str, ...]
    ca_bundle: Path | None
    proxies: Mapping[str, str]
    network: str | None
    python_mirror: str | None
    builder: str = "auto"

    def uv_toml(self) -> str:
        """The settings as uv reads them."""
        # Never empty: BuildKit mounts no empty secret.
        lines = ["# settings of this build"]
        if self.index_url:
            lines.append(f"index-url = {json.dumps(self.index_url)}")
        if self.extra_index_urls:
            # Every file is held against the lock's hashes: whichever index has the right one will do.
            lines.append(f"extra-index-url = {json.dumps(list(self.extra_index_urls))}")
            lines.append('index-strategy = "unsafe-best-match"')
        if self.python_mirror:
            lines.append(f"python-install-mirror = {json.dumps(self.python_mirror)}")
        return "\n".join([*lines, ""])

    def hide(self, text: str) -> str:
        """A text without the names and passwords of the settings' addresses."""
        for url in (self.index_url, *self.extra_index_urls, self.python_mirror, *self.proxies.values()):
            login = urlsplit(url).netloc.rpartition("@")[0] if url and "@" in url else ""
            for secret in (login, login.partition(":")[2]):
                text = text.replace(secret, "****") if len(secret) > 2 else text
        return text


def build_settings(config: DockerConfig, variables: Mapping[str, str] | None = None) -> BuildSettings:
    """Settings of a build from the configuration and the environment.

    :raises ConfigError: the certificate bundle is not a file that can be read, or there is no such builder.
    """
    variables = os.environ if variables is None else variables

    def first(name: str, configured: str | None, *usual: str) -> str | None:
        values = (variables.get(_PREFIX + name), configured, *(variables.get(other) for other in usual))
        return next((value for value in values if value), None)

    bases = dict(config.bases)
    for kind in ("cpu", "cuda"):
        if value := variables.get(f"{_PREFIX}BASE_{kind.upper()}"):
            bases = {name: base for name, base in bases.items() if not name.endswith(kind)} | {kind: value}
    extra = variables.get(f"{_PREFIX}EXTRA_INDEX_URLS")
    extra_urls = extra.split() if extra else config.extra_index_urls
    if not extra_urls:
        extra_urls = (variables.get("UV_EXTRA_INDEX_URL") or variables.get("UV_INDEX") or "").split()
    bundle = first("CA_BUNDLE", config.ca_bundle, "SSL_CERT_FILE")
    if bundle and not os.access(bundle, os.R_OK):
        raise ConfigError(f"docker.ca_bundle: {bundle} cannot be read. Name a file of certificates in PEM form.")
    builder = variables.get(f"{_PREFIX}BUILDER") or config.builder
    if builder not in BUILDERS:
        raise ConfigError(f"{_PREFIX}BUILDER: {builder!r} is none of {', '.join(BUILDERS)}.")
    proxy = first("PROXY", config.proxy)
    proxies = {name: variables.get(name) or variables.get(name.lower()) or "" for name in _PROXIES}
    if proxy:
        proxies |= {"HTTP_PROXY": proxy, "HTTPS_PROXY": proxy}
    return BuildSettings(
        bases=bases,
        index_url=first("INDEX_URL", config.index_url, "UV_DEFAULT_INDEX", "UV_INDEX_URL"),
        extra_index_urls=tuple(extra_urls),
        ca_bundle=Path(bundle) if bundle else None,
        proxies={key: value for name, value in proxies.items() if value for key in (name, name.lower())},
        network=first("BUILD_NETWORK", config.build_network),
        python_mirror=first("PYTHON_MIRROR", config.python_mirror, "UV_PYTHON_INSTALL_MIRROR"),
        builder=builder,
    )


@functools.cache
def cuda_bases() -> dict[str, dict[str, Any]]:
    """By TensorFlow minor: CUDA and cuDNN it was built with, and where an image gets them from."""
    return tomllib.loads((TEMPLATES / "cuda_bases.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what is in an image. Equal digests mean that there is nothing to build.

    :param dockerfile: its text, to be completed by :meth:`labelled`.
    :param plain: the same without secrets to mount or a cache: what comes out is the same.
    """

    environment: Environment
    base: str
    dockerfile: str
    plain: str

    @property
    def digest(self) -> str:
        """SHA-256 over the lock and the Dockerfile."""
        return hashlib.sha256(f"{self.environment.digest}\0{self.plain}".encode()).hexdigest()

    @property
    def name(self) -> str:
        """Repository and tag: ``crossload/2.10-cpu:0123456789abcdef``, the first digits of the lock's digest."""
        repository = re.sub(r"[^a-z0-9._-]+", "-", self.environment.id.lower())
        return f"crossload/{repository}:{self.environment.digest[:16]}"

    def labelled(self, created: str, base_digest: str) -> str:
        """The Dockerfile with the image's labels, in one step: each costs the classic builder a container."""
        pairs = " ".join(f"{key}={json.dumps(value)}" for key, value in self.labels(created, base_digest).items())
        return f"{self.dockerfile.rstrip()}\nLABEL {pairs}\n"

    def labels(self, created: str, base_digest: str) -> dict[str, str]:
        """OCI's labels and our own."""
        environment, pins = self.environment, self.environment.pins
        tensorflow = tensorflow_of(pins) or ""
        return {
            "org.opencontainers.image.title": f"Crossload environment {environment.id}",
            "org.opencontainers.image.version": tensorflow,
            "org.opencontainers.image.created": created,
            "org.opencontainers.image.source": f"crossload {__version__}, docker/{environment.hardware}.Dockerfile.j2",
            "org.opencontainers.image.base.name": self.base,
            "org.opencontainers.image.base.digest": base_digest,
            f"{LABEL}.environment": environment.id,
            f"{LABEL}.tensorflow": tensorflow,
            f"{LABEL}.keras": pins.get("keras") or pins.get("tf-keras") or f"of TensorFlow {tensorflow}",
            f"{LABEL}.python": environment.config.python,
            f"{LABEL}.hardware": environment.hardware,
            f"{LABEL}.lock": environment.digest,
            f"{LABEL}.recipe": self.digest,
        }


def base_of(environment: Environment, bases: Mapping[str, str]) -> tuple[str, bool]:
    """The base image of an environment, and whether uv must bring the Python because that base has none.

    :raises ConfigError: no base is known for it.
    """
    python, hardware = environment.config.python, environment.hardware
    for name in (environment.id, f"{environment.name.base}-{hardware}", f"{python}-{hardware}", hardware):
        if name in bases:
            return bases[name].replace("{python}", python), False
    if hardware == "cpu":
        return SLIM.replace("{python}", python), False
    known = cuda_bases().get(environment.name.base)
    if known is None:
        raise ConfigError(f"{environment.id}: no CUDA base is known for it. Name one in [docker] bases of matrix.toml.")
    return (SLIM.replace("{python}", python), False) if known["libraries"] == "pip" else (known["base"], True)


def recipe(environment: Environment, settings: BuildSettings, buildkit: bool = False) -> Recipe:
    """The recipe of an environment's image.

    :param buildkit: write the Dockerfile for BuildKit: secrets and uv's cache are mounted.
    :raises ConfigError: no base is known for it.
    """
    base, managed = base_of(environment, settings.bases)
    folders = []
    if environment.hardware == "cuda":
        packages = f"/opt/crossload/lib/python{environment.config.python}/site-packages/nvidia"
        names = (re.fullmatch(r"nvidia-(.+?)(-cu\d+)?", pin) for pin in environment.pins)
        folders = sorted(f"{packages}/{match.group(1).replace('-', '_')}/lib" for match in names if match)
    template = _templates().get_template(f"{environment.hardware}.Dockerfile.j2")
    render = functools.partial(
        template.render,
        base=base,
        python=environment.config.python,
        managed_python=managed,
        library_folders=folders,
    )
    dockerfile = render(buildkit=buildkit, ca_bundle=settings.ca_bundle is not None)
    return Recipe(environment, base, dockerfile, render(buildkit=False, ca_bundle=False))


def _templates() -> jinja2.Environment:
    if not TEMPLATES.is_dir():
        raise ConfigError(f"{TEMPLATES}: the Dockerfile templates are not there. Install Crossload again.")
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def context_files(made: Recipe, dockerfile: str, settings: BuildSettings) -> dict[str, bytes]:
    """What the build sees, by path."""
    return {
        "Dockerfile": dockerfile.encode(),
        "requirements.txt": made.environment.lock_text.encode(),
        "settings/uv.toml": settings.uv_toml().encode(),
        "settings/ca-bundle.pem": settings.ca_bundle.read_bytes() if settings.ca_bundle else b"\n",
        "uv": Path(find_uv_bin()).read_bytes(),
    }


def context(files: Mapping[str, bytes]) -> io.BytesIO:
    """Files as a tar archive without dates and owners: the same content gives the same layers."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o755 if name == "uv" else 0o644
            archive.addfile(entry, io.BytesIO(content))
    stream.seek(0)
    return stream
