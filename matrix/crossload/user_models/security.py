"""What a user's file could do to whoever loads it, environment by environment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from crossload.environments.model import Environment
from crossload.inspection.advisories import KERAS, TF_KERAS, Exposure, exposures
from crossload.inspection.carried import CODE, MEANINGS, Carried
from crossload.user_models.model_file import UserModel
from crossload.user_models.saver import keras_of

# Findings that are told one by one; a file of a hundred Lambdas says no more than one of three.
_MOST = 12


@dataclass(frozen=True)
class LoaderRisk:
    """Weaknesses of one environment's Keras that a file could use, as published.

    :param exposures: the weaknesses, each with the construct that it is about.
    """

    environment: str
    keras: str
    exposures: tuple[Exposure, ...]

    @property
    def advisories(self) -> tuple[str, ...]:
        """Their identifiers."""
        return tuple(item.advisory.id for item in self.exposures)

    @property
    def fixed(self) -> tuple[str, ...]:
        """Versions of Keras that guard against all of them, one a line that is kept up; empty where none does."""
        return tuple(sorted({version for item in self.exposures for version in item.fixed}, key=_as_numbers))


def carried_rows(carries: Sequence[Carried]) -> list[str]:
    """What a file carries, in words, with where it lies."""
    rows = [f"{MEANINGS[item.construct]}{f' ({item.where})' if item.where else ''}" for item in carries[:_MOST]]
    return rows + ([f"and {len(carries) - _MOST} more"] if len(carries) > _MOST else [])


def runs_code(model: UserModel) -> bool:
    """Whether loading the file may run code that came with it."""
    return any(item.construct in CODE for item in model.found.carries)


def loader_risks(model: UserModel, environments: Iterable[Environment]) -> list[LoaderRisk]:
    """Environments whose Keras is known not to guard against what the file carries. By advisory, not by running."""
    risks = []
    for environment in environments:
        version = keras_of(environment)
        if version is None:
            continue
        package = TF_KERAS if environment.variant == "tf_keras" else KERAS
        found = exposures(model.found.carries, model.format, str(version), package)
        if found:
            risks.append(LoaderRisk(environment.id, str(version), tuple(found)))
    return risks


def _as_numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def mended(fixed: Sequence[str]) -> str:
    """In words the versions of Keras that guard against a weakness."""
    return f"mended in Keras {', '.join(fixed)}" if fixed else "not mended in any release"


def risk_lines(model: UserModel, environments: Iterable[Environment]) -> list[str]:
    """What is to be known of a file before it is loaded anywhere; nothing where there is nothing."""
    carries = model.found.carries
    if not carries:
        return []
    lines = [f"carries: {row}" for row in carried_rows(carries)]
    for risk in loader_risks(model, environments):
        named = ", ".join(risk.advisories)
        lines.append(f"  {risk.environment} (Keras {risk.keras}) is open to {named}; {mended(risk.fixed)}")
    return lines
