"""The causes, as data: ``matrix/crossload/diagnosis/causes.toml`` and what may stand in it."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from crossload.diagnosis.naming import KeyStatus, Status
from crossload.domain.verdicts import NEEDS_CAUSE
from crossload.errors import ConfigError
from crossload.probe.formats import FORMATS, RUNGS
from crossload.resources import CAUSES

UNKNOWN = "unknown"


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no pattern: {error}") from None
    return text


def _specifier(text: str) -> str:
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        raise ValueError(f"{text!r} is no version specifier such as '>=2.16' or '<3'") from None
    return text


Pattern = Annotated[str, AfterValidator(_pattern)]
Specifier = Annotated[str, AfterValidator(_specifier)]
Pin = Literal["tensorflow", "keras", "python", "h5py", "numpy", "protobuf"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileEvidence(_Strict):
    """Facts that the inspector read from the file. Lists mean "one of these"."""

    container: tuple[str, ...] = ()
    suffix: tuple[str, ...] = ()
    suffix_not: tuple[str, ...] = ()
    layout: Literal["", "legacy", "new"] = ""
    root: Literal["", "layers", "_layer_checkpoint_dependencies", "\\"] = ""
    keras: Specifier = ""
    config_keys: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    registered: Pattern = ""
    modules: Pattern = ""
    custom: bool | None = None
    lambdas: bool | None = None
    nested: bool | None = None
    compiled: bool | None = None
    damaged: bool | None = None


class Evidence(_Strict):
    """One way to recognise a cause: all that is given must hold.

    :param message: pattern searched in the innermost error; its named groups are shown in the panel. The group ``name`` is
        the custom object that ``passed`` asks about, ``of`` is a class that ``of_custom`` asks about.
    :param place: pattern of the file and line that raised, such as ``saving_utils.py:238``.
    :param passed: what plain loading passed for ``name``: ``nothing``, the same object under an ``other-key``, or ``it``.
    :param of_custom: whether the class in the group ``of`` is a custom one.
    :param thing: what the group ``name`` is to the loading Keras; see ``crossload.diagnosis.naming``.
    :param kinds: modules of Keras among whose names ``thing`` looks.
    :param named_in: where the file has ``name``: in what the model is ``compiled`` with, or among what is ``custom``.
    :param saver, loader: version specifiers by package.
    :param newer_saver: whether the saver's Keras is newer than the loader's.
    :param pins_differ: packages whose versions (minor ones for Python) differ between saver and loader.
    :param observed: facts of the measurements; see ``crossload.diagnosis.case.observations``.
    :param repaired_by: part of the attempt that gives the right outputs.
    """

    verdicts: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    error_types: tuple[str, ...] = ()
    message: Pattern = ""
    place: Pattern = ""
    passed: Literal["", "nothing", "other-key", "it"] = ""
    of_custom: bool | None = None
    thing: tuple[Status, ...] = ()
    kinds: tuple[str, ...] = ()
    named_in: Literal["", "compiled", "custom"] = ""
    saver: dict[Pin, Specifier] = Field(default_factory=dict)
    loader: dict[Pin, Specifier] = Field(default_factory=dict)
    newer_saver: bool | None = None
    pins_differ: tuple[Pin, ...] = ()
    lost: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    observed: tuple[str, ...] = ()
    repaired_by: str = ""
    round_trip: tuple[str, ...] = ()
    same_environment: bool | None = None
    file: FileEvidence | None = None

    @model_validator(mode="after")
    def _known_words(self) -> "Evidence":
        for name, words, known in (
            ("verdicts", self.verdicts, NEEDS_CAUSE),
            ("formats", self.formats, tuple(FORMATS)),
            ("lost", self.lost, RUNGS),
            ("kept", self.kept, RUNGS),
        ):
            wrong = [word for word in words if word not in known]
            if wrong:
                raise ValueError(f"{name}: {wrong[0]!r} is none of {', '.join(known)}")
        if not any((self.message, self.file, self.observed, self.lost, self.kept, self.error_types)):
            raise ValueError("evidence needs a message, an error type, a measurement or a fact of the file")
        groups = re.compile(self.message).groupindex
        for word, group in (
            *((self.passed, "name"), (self.named_in, "name"), (self.thing, "name")),
            (self.of_custom is not None, "of"),
        ):
            if word and group not in groups:
                raise ValueError(f"message needs the group (?P<{group}>…)")
        return self


class Wording(_Strict):
    """A message that tells the cause by itself, for `explain`, which has no file and no versions; all that is given must hold.

    Unlike evidence it must not need what a message does not say: whoever adds one has made sure that nothing else says this.

    :param message: pattern searched in the message without tracebacks and configurations.
    :param loader: versions of Keras that word it so; compared with what the traceback gives away.
    :param around: pattern searched in the whole text, traceback included.
    :param not_around: pattern that must not be there.
    :param at: what a traceback, where there is one, has to go through: ``keras`` (or TensorFlow, h5py, a call that loads), or
        ``elsewhere``, none of these, which takes a traceback.
    :param weak: whether cells with the very same message know better.
    """

    message: Pattern
    error_types: tuple[str, ...] = ()
    thing: tuple[Status, ...] = ()
    kinds: tuple[str, ...] = ()
    key: tuple[KeyStatus, ...] = ()
    loader: Specifier = ""
    around: Pattern = ""
    not_around: Pattern = ""
    at: Literal["", "keras", "elsewhere"] = ""
    weak: bool = False

    @model_validator(mode="after")
    def _groups(self) -> "Wording":
        groups = re.compile(self.message).groupindex
        for wanted, group in ((self.thing, "name"), (self.key, "keys")):
            if wanted and group not in groups:
                raise ValueError(f"message needs the group (?P<{group}>…)")
        return self


class Cause(_Strict):
    """One cause.

    :param loading: whether it is about loading or saving a model at all.
    :param wording: messages that tell it without a file.
    :param raised_in: places in the sources of Keras and TensorFlow whose own messages it stands for where no wording knows them;
        the longest path that a place begins with decides. See ``crossload.diagnosis.said_by_keras``.
    :param fails_in: functions of Keras and TensorFlow at which a traceback ends whose message nobody knows; patterns of names.
    :param remedies: attempts and routes to try, the best first; words of the design or a short phrase.
    :param references: public reports, as ``k#18709`` (keras-team/keras), ``tf#66381`` (tensorflow/tensorflow) or an address.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    title: Annotated[str, Field(min_length=8, max_length=90)]
    explanation: Annotated[str, Field(min_length=20)]
    remedies: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    loading: bool = True
    evidence: tuple[Evidence, ...] = ()
    wording: tuple[Wording, ...] = ()
    raised_in: tuple[str, ...] = ()
    fails_in: tuple[Pattern, ...] = ()

    @model_validator(mode="after")
    def _recognisable(self) -> "Cause":
        if not any((self.evidence, self.wording, self.raised_in, self.fails_in)):
            raise ValueError("a cause needs evidence, a wording, a place in the sources or the end of a traceback")
        return self

    def to_dict(self) -> dict[str, Any]:
        """What the report says of it; references as pairs of a short text and an address."""
        links = [(text, address_of(text)) for text in self.references]
        return self.model_dump(include={"id", "title", "explanation", "remedies"}) | {"links": links}


class Catalogue(_Strict):
    """Every cause, in the order in which they are tried: the first that matches is the diagnosis."""

    cause: Annotated[tuple[Cause, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _unique(self) -> "Catalogue":
        seen: set[str] = {UNKNOWN}
        for cause in self.cause:
            if cause.id in seen:
                raise ValueError(f"the cause {cause.id!r} exists twice or is reserved")
            seen.add(cause.id)
        return self

    def by_id(self) -> dict[str, Cause]:
        return {cause.id: cause for cause in self.cause}

    def of_place(self, place: str) -> Cause | None:
        """The cause that stands for what a file of Keras or TensorFlow says.

        :param place: such as ``keras/saving/saving_lib.py``.
        """
        paths = [(path, cause) for cause in self.cause for path in cause.raised_in if place.startswith(path)]
        return max(paths, key=lambda found: len(found[0]), default=("", None))[1]


_REPOSITORIES = {"k": "keras-team/keras", "tf": "tensorflow/tensorflow", "tf-keras": "keras-team/tf-keras",
                 "keras-io": "keras-team/keras-io"}  # fmt: skip


def address_of(reference: str) -> str:
    """The address of ``k#18709`` and the like; other references are addresses already."""
    repository, sign, number = reference.partition("#")
    if sign and repository in _REPOSITORIES:
        return f"https://github.com/{_REPOSITORIES[repository]}/issues/{number}"
    return reference


@cache
def load_catalogue(path: Path = CAUSES) -> Catalogue:
    """Read and check the causes.

    :raises ConfigError: the file does not parse, or holds something that is not allowed.
    """
    try:
        return Catalogue.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{path}, {where}: {first['msg']}") from None
