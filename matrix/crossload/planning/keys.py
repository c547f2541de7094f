"""Keys of stored results: everything that a result depends on, and nothing else."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from crossload.environments.model import EnvironmentState
from crossload.planning.matrix import Work
from crossload.probe import protocol
from crossload.store.records import content_key


def environment_identity(state: EnvironmentState) -> list[Any]:
    """What makes two environments the same for a stored result."""
    environment = state.environment
    identity = [environment.digest, state.facts.get("python"), state.backend, environment.hardware]
    # The content of an image, not its digest: building it again from the same base and lock changes only the date in it.
    return [*identity, state.image["content"]] if state.image else identity


def artifact_key(work: Work, saver: EnvironmentState) -> str:
    """Key of what one environment writes for one scenario and format."""
    return content_key(protocol.PROBE_VERSION, work.scenario.digest, work.format, environment_identity(saver))


def cell_key(artifact: str, loader: EnvironmentState) -> str:
    """Key of one artifact loaded in one environment."""
    return content_key(artifact, environment_identity(loader))


class CellKeys:
    """Keys of many cells: those of :func:`cell_key`, with each environment's share of them written once."""

    def __init__(self, loaders: Mapping[str, EnvironmentState]) -> None:
        """
        :param loaders: states by the environment's id.
        """
        self._states = loaders
        self._endings: dict[str, str] = {}

    def key(self, artifact: str, loader: str) -> str:
        """Key of an artifact loaded in an environment, which is given by its id."""
        if loader not in self._endings:
            self._endings[loader] = ", " + json.dumps(environment_identity(self._states[loader]), sort_keys=True) + "]"
        # As json.dumps writes a list that begins with the artifact's key, which is hexadecimal.
        return hashlib.sha256(f'["{artifact}"{self._endings[loader]}'.encode()).hexdigest()
