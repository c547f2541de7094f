"""Finds the cause that a message tells by itself: the first of the catalogue whose wording fits, names looked up."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from packaging.specifiers import SpecifierSet

from crossload.diagnosis.catalogue import Catalogue, Cause, Wording
from crossload.diagnosis.naming import identify, key_identity, module_identity, operation_package
from crossload.diagnosis.said_by_keras import WARNING, place_of
from crossload.explaining.loader import Loader, loader_of
from crossload.explaining.message import LONGEST_MESSAGE, Message, without_beside

_REFUSED = re.compile(
    r"rror when deserializing class '(?P<of>\w{1,80})' using config=(?P<config>\{.{1,6000})", re.DOTALL
)
# What a layer of any Keras takes, named in its signature or in its base class.
_ANY_LAYER = ("name", "trainable", "dtype", "activity_regularizer", "autocast")
_TRACEBACK = "Traceback (most recent call last)"
# A function in a traceback: `line 3, in name`, `x.py in name(arguments)` of a notebook, `File x.py:3, in name(arguments)`, and
# one that the line with the arrow calls, or the line before it, or the last line of all.
_FRAME = (
    r"(?:,|\.pyc?|>) in (?:\w+\.)?{0}(?:\(|\s*$|\s{{2}})"
    r"|-> ?\d+ [^\n]{{0,200}}?\b{0}\(|\b{0}\([^\n]{{0,200}}\n-+> ?\d+|\b{0}\([^\n]{{0,60}}\Z"
)
OF_KERAS = re.compile("keras|tensorflow", re.IGNORECASE)
# A line of a traceback in a program's own code, and what in one shows that Keras is at work.
_TRACED = re.compile(
    r'^\W{0,12}File "(?!<__|[^"\n]{0,300}(?:site|dist)-packages)[^"\n]{1,300}", line \d'
    r"|^\s*-{1,6}> ?\d+ |^(?!\S{0,300}-packages)\S{1,300}\.py(:\d+)? in \w+\(",
    re.MULTILINE,
)
_AT_KERAS = re.compile(
    r"keras|tensorflow|h5py|hdf5|load_model|load_weights|model_from_|from_config|deserialize|restore\(|custom_objects|\.predict\("
    r"|\.fit\(|<lambda>",
    re.IGNORECASE,
)
_KEY_OR_BRACE = re.compile(r"'(?P<key>\w{1,80})': |[{}\[\]()]")


@dataclass(frozen=True)
class Told:
    """A cause that a message tells.

    :param weak: whether cells with the very same message know better.
    :param names: whether it is about a thing by its name.
    :param details: what the named thing is, in sentences.
    """

    cause: Cause
    weak: bool
    names: bool
    details: tuple[str, ...]


def told_by(message: Message, catalogue: Catalogue) -> list[Told]:
    """Causes that a pasted text tells, the likeliest first: what its last error says, then what earlier ones say."""
    loader = loader_of(message.around or message.text)
    found: dict[str, Told] = {}
    # What is only warned of before an error is not what stops it, even where the error itself is cut off.
    only_warned = message.warning and not _is_cut(message)
    said = tuple(error for error in (message, *message.earlier) if only_warned or not error.warning)
    for errors in ((*said, *_whole(message, only_warned)), _of_a_configuration(message, loader)):
        for error in errors if not found else ():
            for cause in catalogue.cause:
                told = _told(cause, error, message.around, loader)
                if told is not None:
                    found.setdefault(cause.id, told)
    return sorted(found.values(), key=lambda told: told.weak) or _by_place(said, catalogue)


def _is_cut(message: Message) -> bool:
    """Whether only warnings are left of a text in which a traceback follows on them, which is of something else.

    What a release will take away (FutureWarning) and what is then missing are one.
    """
    warned = message.text.partition("\n")[0]
    of_itself = message.warning and message.error_type not in ("FutureWarning", "DeprecationWarning")
    return of_itself and _TRACEBACK in message.around.rpartition(warned)[2]


def _by_place(errors: Sequence[Message], catalogue: Catalogue) -> list[Told]:
    """The cause that stands for the file of Keras or TensorFlow which words a message so; only that is known of it."""
    for error in errors:
        # What it wraps says more, and where nothing is wrapped it is the whole.
        place = place_of(error.core) or place_of(" ".join(error.text[:LONGEST_MESSAGE].split()))
        if error.warning and place:
            place = WARNING + place.removeprefix(WARNING)
        cause = catalogue.of_place(place) if place else None
        if cause is not None:
            return [
                Told(cause, weak=True, names=True, details=(f"This is what `{place.removeprefix(WARNING)}` says.",))
            ]
    cause = catalogue.of_place(WARNING)
    # A traceback whose error is cut off is no warning.
    if cause is None or not errors or not all(error.warning for error in errors) or _TRACEBACK in errors[0].around:
        return []
    return [Told(cause, weak=True, names=True, details=())]


def by_traceback(message: Message, catalogue: Catalogue) -> Told | None:
    """The cause that stands for the function of Keras or TensorFlow at which a traceback ends."""
    if not OF_KERAS.search(message.around):
        return None
    ends = [
        (found.start(), cause)
        for cause in catalogue.cause
        for function in cause.fails_in
        for found in _frame(function).finditer(message.around)
    ]
    if not ends:
        return None
    _, cause = max(ends, key=lambda end: end[0])
    return Told(cause, weak=True, names=True, details=())


@lru_cache(maxsize=50)
def _frame(function: str) -> re.Pattern[str]:
    return re.compile(_FRAME.format(function), re.MULTILINE)


def _whole(message: Message, only_warned: bool) -> list[Message]:
    """The whole text as one message, where no error in it says more: its beginning and its end."""
    warnings = [error for error in (message, *message.earlier) if error.warning and not only_warned]
    warned = [error.text.partition("\n")[0] for error in warnings]
    around = without_beside(message.around)
    lines = (line for line in around.split("\n") if not (warned and "warnings.warn(" in line))
    around = "\n".join(lines)
    for said in filter(None, warned):
        around = around.replace(said, "")
    text = " ".join(around.split())
    if not text or text == message.core:
        return []
    ends = [text] if len(text) <= LONGEST_MESSAGE else [text[-LONGEST_MESSAGE:], text[:LONGEST_MESSAGE]]
    return [Message(message.error_type, end) for end in ends]


def _of_a_configuration(message: Message, loader: Loader) -> list[Message]:
    """What the last refused configuration must have been refused for, where a text is cut before it says why."""
    refused = list(_REFUSED.finditer(message.around))
    if not refused or loader.generation == 2:
        return []
    of, keys = refused[-1]["of"], _top_keys(refused[-1]["config"])
    past = [key for key in keys if key not in _ANY_LAYER and key_identity(key, of, loader.version)[0] == "past"]
    return [Message("ValueError", f"Unrecognized keyword arguments passed to {of}: {{'{key}': …}}") for key in past[:1]]


def _top_keys(config: str) -> list[str]:
    """Keys of a dictionary as Python prints it, without those of dictionaries in it."""
    keys, depth = [], 0
    for match in _KEY_OR_BRACE.finditer(config):
        if match["key"] is None:
            depth += 1 if match[0] in "{[(" else -1
        elif depth == 1:
            keys.append(match["key"])
        if depth == 0:
            break
    return keys


def _told(cause: Cause, error: Message, around: str, loader: Loader) -> Told | None:
    for wording in cause.wording:
        details = _fits(wording, error, around, loader)
        if details is not None:
            return Told(cause, wording.weak, bool(wording.thing or wording.key), details)
    return None


def _fits(wording: Wording, error: Message, around: str, loader: Loader) -> tuple[str, ...] | None:
    """What the named thing is; None where the wording does not fit."""
    if wording.error_types and error.error_type and error.error_type not in wording.error_types:
        return None
    match = _pattern(wording.message).search(error.core)
    if match is None:
        return None
    if (
        wording.loader
        and loader.version is not None
        and loader.version not in SpecifierSet(wording.loader, prereleases=True)
    ):
        return None
    if wording.loader and loader.standalone and not SpecifierSet(wording.loader).contains("2.3"):
        return None
    if wording.around and not _pattern(wording.around).search(around):
        return None
    if wording.not_around and _pattern(wording.not_around).search(around):
        return None
    if wording.at and (wording.at == "elsewhere") != _is_elsewhere(around):
        return None
    return _named(wording, match.groupdict(), loader)


def _is_elsewhere(around: str) -> bool:
    """Whether a traceback is of a program's own code and has nothing of Keras in it: any code says what Python says."""
    return _TRACED.search(around) is not None and not _AT_KERAS.search(around)


def _named(wording: Wording, groups: dict[str, str | None], loader: Loader) -> tuple[str, ...] | None:
    details: tuple[str, ...] = ()
    if name := groups.get("name"):
        identity = identify(name, wording.kinds, loader.version, standalone=loader.standalone, any_file=True)
        if wording.thing and identity.status not in wording.thing:
            return None
        details = identity.told if wording.thing else ()
    if keys := groups.get("keys"):
        status, said = key_identity(keys, groups.get("of") or "", loader.version, loader.standalone)
        if wording.key and status not in wording.key:
            return None
        details += said
    if module := groups.get("module"):
        own, said = module_identity(module)
        if not own:
            return None
        details += said
    if op := groups.get("op"):
        details += operation_package(op)
    return details


@lru_cache(maxsize=2_000)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.DOTALL)
