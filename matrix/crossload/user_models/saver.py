"""Which environment wrote a file, as far as the file says, and what stands in for it where it cannot be had."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from packaging.version import Version

from crossload.diagnosis.case import version_in
from crossload.domain import versions
from crossload.domain.versions import spellings
from crossload.environments.exact_keras import locked_with
from crossload.environments.model import Environment
from crossload.errors import nearest
from crossload.user_models.model_file import ModelError, UserModel

# Environments that are tried in the place of a writer that cannot be had.
_STAND_INS = 3

_KERAS_2 = 2
# What these write says ``-tf`` behind the version of Keras.
_TENSORFLOWS_THAT_SAY_SO = ("2.0", "2.1", "2.2")

# Makes an environment with one very Keras 3: the environment, or None and why not.
MakeKeras = Callable[[str, Mapping[str, Environment]], tuple[Environment | None, str]]


@dataclass(frozen=True)
class Writer:
    """The environment that a file's reference is measured in.

    :param why: in words why that one.
    :param exact: whether it has the very Keras that wrote the file. Otherwise it stands in for it, and what it fails to
        load proves nothing about where the file was written.
    :param others: what else may stand in, the nearest first.
    """

    environment: Environment
    why: str
    exact: bool = True
    others: tuple[Environment, ...] = ()

    @property
    def reads(self) -> str:
        """What is said when the file's reference is about to be measured."""
        where = "where it was written" if self.exact else "in the place of what wrote it"
        return f"{self.environment.id}: reading the model {where}"


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
    model: UserModel,
    environments: Mapping[str, Environment],
    asked: str | None = None,
    make: MakeKeras | None = None,
) -> Writer:
    """The environment that wrote a file, or stands for it.

    :param asked: what the user says; it goes before what the file says.
    :param make: makes an environment with the very Keras 3 that none of these has; None where nothing is to be made.
    :raises ModelError: the file does not say, and the user neither.
    """
    if asked is not None:
        return Writer(environment_named(asked, environments), "as you say")
    plain = [item for item in environments.values() if item.hardware == "cpu" and not item.is_floating]
    released = [item for item in plain if item.name.is_plain]
    tensorflow = version_in(model.found.tensorflow)
    if tensorflow is not None and released:
        return _by_tensorflow(model, plain, released, tensorflow)
    keras = version_in(model.found.keras)
    if keras is None:
        raise ModelError(
            f"{model.path}: does not say which version wrote it. Pass --saved-with VERSION, such as --saved-with 2.10."
        )
    exactly = str(model.found.keras).strip()
    said = f"the file says Keras {exactly}"
    missing = ""
    if keras.major >= versions.KERAS_3_MAJOR:
        if locked := locked_with(exactly, environments):
            return Writer(locked[0], said + _too(locked[1:]))
        made, missing = make(exactly, environments) if make else (None, "")
        if made is not None:
            return Writer(made, f"{said}; this environment is made for it")
    # What varies one thing of a release only blurs who wrote it.
    kept = [item for item in plain if (not item.variant or item.name.is_legacy_keras) and keras_of(item) is not None]
    near = _nearest(kept, keras, lambda item: keras_of(item) or keras)
    exact = [item for item in near if _same(exactly, item, keras)]
    if exact:
        best = max(exact, key=lambda item: (not item.variant, item.tensorflow))
        return Writer(best, said + _too([item for item in exact if item is not best]))
    why = f"{said}, and this is the nearest" + (f" ({missing})" if missing else "")
    return Writer(near[0], why, exact=False, others=tuple(near[1:_STAND_INS]))


def _same(exactly: str, environment: Environment, keras: Version) -> bool:
    """Whether an environment has the Keras 2 that a file names, inside TensorFlow where the file says that."""
    if keras_of(environment) != keras or keras.major != _KERAS_2:
        return False
    # ``2.3.0-tf`` is TensorFlow's; 2.3.0 without it was a package of its own, with files of its own.
    return exactly.endswith("-tf") or environment.name.base not in _TENSORFLOWS_THAT_SAY_SO


def _by_tensorflow(
    model: UserModel, plain: Sequence[Environment], released: Sequence[Environment], tensorflow: Version
) -> Writer:
    """By the TensorFlow that a SavedModel names."""
    said = f"the file says TensorFlow {model.found.tensorflow}"
    pool = released
    if model.format == "savedmodel" and tensorflow >= Version("2.16"):
        # With Keras' own metadata it was written by legacy Keras.
        pool = [item for item in plain if item.name.is_legacy_keras] or released
    near = _nearest(pool, tensorflow, lambda item: item.tensorflow)
    if near[0].tensorflow.release[:2] == tensorflow.release[:2]:
        return Writer(near[0], said)
    return Writer(near[0], f"{said}, and this is the nearest", exact=False, others=tuple(near[1:_STAND_INS]))


def _too(others: Sequence[Environment]) -> str:
    return f", which {', '.join(item.label for item in others)} has too" if others else ""


def _nearest(environments: Sequence[Environment], wanted: Version, version: Any) -> list[Environment]:
    """Environments, the nearest first: those of the same minor, then the newer ones, which read older files, then the older.

    Of those with one version the newest goes first, legacy Keras last.
    """

    def rank(item: Environment) -> tuple[Any, ...]:
        # A version may be written with one number.
        release, minor = ((*one.release, 0)[:2] for one in (version(item), wanted))
        apart = [two - one for one, two in zip(minor, release, strict=True)]
        is_older = release < minor
        kind = 0 if release == minor else 2 if is_older else 1
        return kind, [-step for step in apart] if is_older else apart, bool(item.variant)

    newest_first = sorted(environments, key=lambda item: item.sort_key, reverse=True)
    return sorted(newest_first, key=rank)


def measured_like(writer: Environment, environments: Mapping[str, Environment], measured: Collection[str]) -> str:
    """Of the environments that cells were measured in, the one whose Keras is nearest to the writer's."""
    keras = keras_of(writer)
    if writer.id in measured or keras is None:
        return writer.id
    there = [environments[name] for name in measured if name in environments]
    same_kind = [
        item
        for item in there
        if item.name.is_legacy_keras == writer.name.is_legacy_keras
        and ((own := keras_of(item)) is not None and own.major == keras.major)
    ]
    return _nearest(same_kind, keras, lambda item: keras_of(item) or keras)[0].id if same_kind else writer.id
