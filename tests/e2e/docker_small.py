"""Environments that are images in seconds: one small package instead of TensorFlow."""

import os
import secrets
from pathlib import Path
from typing import Any

import docker

from crossload.backends.docker.images import Images
from crossload.backends.docker.recipes import build_settings
from crossload.config import DockerConfig, EnvironmentConfig
from crossload.environments.model import Environment

SIX = """\
six==1.16.0 \\
    --hash=sha256:1e61c37477a1626458e36f7b1d82aa5c9b094fa4802892072e49de9c60c4c926 \\
    --hash=sha256:8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254
"""
OTHER = """\
toml==0.10.2 \\
    --hash=sha256:806143ae5bfb6a3c6e736a764057db0e6a0e05e338b5630894a5f779cabb4f9b \\
    --hash=sha256:b3bda1d108d5dd99f4a20d24d9c348e91c4db7ab1b749200bded2f839ccbe68f
"""


def fresh_lock() -> str:
    """The lock of one small package that no image was built from: another hash that would do makes it another lock."""
    return f"{SIX.rstrip()} \\\n    --hash=sha256:{secrets.token_hex(32)}\n"


def small_environment(
    name: str = "2.90-cpu", lock: str = SIX, python: str = "3.11", variables: dict[str, str] | None = None
) -> Environment:
    """An environment without TensorFlow: its image can be built and not be run."""
    settings = {"python": python, "as_of": "2024-01-01", "requirements": ["six"], "variables": variables or {}}
    made = Environment(name, EnvironmentConfig.model_validate(settings))
    made.__dict__["lock_text"] = lock
    return made


def images(client: Any, logs: Path, variables: dict[str, str], **settings: Any) -> Images:
    """The images of an engine, by settings of the configuration and of the environment, this process's included."""
    return Images(client, build_settings(DockerConfig(**settings), {**os.environ, **variables}), logs)


def client_of(host: str) -> Any:
    """A client that the caller closes."""
    return docker.DockerClient(base_url=host, timeout=300)
