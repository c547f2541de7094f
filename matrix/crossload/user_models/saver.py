"""Which environment wrote a file, as far as the file says."""

from collections.abc import Mapping, Sequence
from typing import Any

from packaging.version import Version

from crossload.diagnosis.case import version_in
from crossload.domain import versions
from crossload.domain.versions import spellings
from crossload.environments.model import Environment
from crossload.errors import nearest
from crossload.user_models.model_file import ModelError, UserModel


def environment_named(word: str, environments: Mapping[str, Environment]) -> Environment:
    """An environment as people write it: 2.10 stands for 2.10-cpu.

    :raises ModelError: there is none.
    """
    for candidate in spellings(word, ("cpu",)):
        if candidate in environments:
            return environments[candidate]
    labels = [item.label for item in environments.values()]
    raise ModelError(f"there is no environment {word!r}.{nearest(word, labels)} `crossload envs` lists them.")


def keras_of(environment: Environment) -> Version | None:
    """The Keras of an environment, from its lock."""
    return version_in(versions.keras_of(environment.id, environment.pins))


def find_saver(
    model: UserModel, environments: Mapping[str, Environment], asked: str | None = None
) -> tuple[Environment, str]:
    """The environment that stands for the one that wrote a file, and in words why that one.

    :param asked: what the user says; it goes before what the file says.
    :raises ModelError: the file does not say, and the user neither.
    """
    if asked is not None:
        return environment_named(asked, environments), "as you say"
    plain = [item for item in environments.values() if item.hardware == "cpu" and not item.is_floating]
    released = [item for item in plain if item.name.is_plain]
    tensorflow = version_in(model.found.tensorflow)
    if tensorflow is not None and released:
        same = [item for item in released if item.tensorflow.release == tensorflow.release[:2]]
        legacy = _legacy(model, plain, tensorflow)
        found = legacy or (same[0] if same else _closest(released, tensorflow, lambda item: item.tensorflow))
        return found, f"the file says TensorFlow {model.found.tensorflow}"
    keras = version_in(model.found.keras)
    if keras is None:
        raise ModelError(
            f"{model.path}: does not say which version wrote it. Pass --saved-with VERSION, such as --saved-with 2.10."
        )
    kept = [item for item in plain if (not item.variant or item.name.is_legacy_keras) and keras_of(item) is not None]
    alike = [item for item in kept if (keras_of(item) or keras).release[:2] == keras.release[:2]]
    said = f"the file says Keras {model.found.keras}"
    if alike:
        # Several TensorFlows came with the same Keras: the newest, without legacy Keras where that is not the only one.
        best = max(alike, key=lambda item: (keras_of(item) == keras, not item.variant, item.tensorflow))
        others = [item.label for item in alike if item is not best and keras_of(item) == keras]
        return best, said + (f", which {', '.join(others)} has too" if others else "")
    return _closest(kept, keras, lambda item: keras_of(item) or keras), f"{said}, and this is the closest"


def _legacy(model: UserModel, plain: Sequence[Environment], tensorflow: Version) -> Environment | None:
    """A SavedModel with Keras' own metadata from 2.16 on was written by legacy Keras."""
    if model.format != "savedmodel" or tensorflow < Version("2.16"):
        return None
    legacy = [item for item in plain if item.name.is_legacy_keras]
    return _closest(legacy, tensorflow, lambda item: item.tensorflow) if legacy else None


def _closest(environments: Sequence[Environment], wanted: Version, version: Any) -> Environment:
    """The first environment that is not older; the newest where all are."""
    later = [item for item in environments if version(item) >= Version(".".join(map(str, wanted.release[:2])))]
    return min(later, key=version) if later else max(environments, key=version)
