"""What a name in an error is: Keras' own class, gone or not there yet, an add-on's, or nobody's that is known here.

The same sentence about another class, key or module has another cause, so a name is looked up before a cause is named.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from packaging.version import Version

from crossload.inspection.keras_names import OBJECTS, Name, Span, keras_names
from crossload.resources import KNOWN_NAMES

Status = Literal["gone", "later", "current", "operation", "addon", "foreign"]
KeyStatus = Literal["past", "keras-3", "newer", "older", "known", "foreign"]
KERAS_3 = Version("3")
# Packages of registered names that stand for no package: `Custom>Gate` is a class of the model's author.
_OWN_PACKAGES = ("Custom", "keras", "builtins")
_KEY = re.compile(r"\w+")
# Kinds of names that are functions where they are written small.
_FUNCTIONS = ("activations", "losses", "metrics")
# What every layer of Keras 2 takes in **kwargs, and no layer of Keras 3.
_EVERY_LAYER_OF_KERAS_2 = ("input_shape", "batch_input_shape", "batch_size", "weights", "input_dim", "input_length")


@dataclass(frozen=True)
class Identity:
    """What a name is.

    :param status: ``current`` and ``operation`` are Keras' own and there; ``gone`` and ``later`` are Keras' own in an earlier or
        a later release than the one that asks; ``addon`` belongs to a package that is known here; ``foreign`` to none.
    :param told: sentences for people.
    """

    status: Status
    told: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Addon:
    package: str
    module: str
    advice: str
    prefixes: frozenset[str]
    classes: frozenset[str]
    later: frozenset[str]
    arguments: frozenset[str]
    pattern: re.Pattern[str] | None
    instead: Mapping[str, str]

    def has(self, name: str) -> bool:
        return name in self.classes or bool(self.pattern and self.pattern.fullmatch(name))


@cache
def _known() -> dict[str, Any]:
    return tomllib.loads(KNOWN_NAMES.read_text(encoding="utf-8"))


@cache
def _addons() -> tuple[_Addon, ...]:
    return tuple(
        _Addon(item["package"], item["import"], item["advice"], frozenset(item.get("prefixes", ())),
               frozenset(item.get("classes", "").split()), frozenset(item.get("later_in_keras", "").split()),
               frozenset(item.get("arguments", ())),
               re.compile(item["pattern"]) if "pattern" in item else None, item.get("instead", {}))
        for item in _known()["addon"]
    )  # fmt: skip


@cache
def _came_later() -> frozenset[str]:
    """Classes of add-ons that Keras has got since under the same name: without a version, an unknown one is the add-on's."""
    return frozenset().union(*(addon.later for addon in _addons()))


@cache
def _operations() -> frozenset[str]:
    return frozenset(_known()["operations"].split())


def identify(
    name: str,
    kinds: Iterable[str] = (),
    keras: Version | None = None,
    *,
    standalone: bool = False,
    any_file: bool = False,
) -> Identity:
    """What a class or function name in an error is.

    :param name: as the error has it, with or without its package (``Addons>AdamW``).
    :param kinds: modules of Keras to look in; all that saved files name when empty.
    :param keras: version of the Keras that raised, where it is known.
    :param standalone: whether the `keras` package of 2.0 to 2.3 raised.
    :param any_file: whether nothing is known of the file, as of a pasted message.
    """
    found = _identify(name, tuple(kinds) or OBJECTS, keras, standalone)
    if any_file and found.status == "later" and (keras is None or keras < KERAS_3) and _is_function_of_keras_3(name):
        # What Keras 3 writes, an older one refuses long before it looks for a function: the name is one of the model's own code.
        return Identity("foreign", found.told)
    return found


def _is_function_of_keras_3(name: str) -> bool:
    """Whether it is a function, such as ``relu6`` or ``dice``: people had their own of these names long before."""
    found = keras_names().objects(name)
    return (
        name.islower() and bool(found) and all(item.kind in _FUNCTIONS and _only_keras_3(item.main) for item in found)
    )


@cache
def _identify(name: str, kinds: tuple[str, ...], keras: Version | None, standalone: bool) -> Identity:
    package, _, plain = name.rpartition(">")
    plain = plain.rpartition(".")[2]
    if package and package not in _OWN_PACKAGES:
        owner = next((addon for addon in _addons() if package in addon.prefixes), None)
        return _addon(owner, plain) if owner else _foreign(name)
    if plain in _operations():
        return Identity("operation")
    if keras is None and plain in _came_later() and not package:
        return _addon(next(addon for addon in _addons() if plain in addon.later), plain)
    if not package:
        own = _builtin(plain, kinds, keras, standalone)
        if own is not None:
            return own
    owner = next((addon for addon in _addons() if addon.has(plain)), None)
    if owner is not None:
        return _addon(owner, plain)
    found = keras_names().objects(plain, ("inner",))
    if found and keras is not None and keras >= KERAS_3 and any(item.main and item.main.open for item in found):
        return Identity("operation")
    return _foreign(name)


def _foreign(name: str) -> Identity:
    return Identity(
        "foreign", (f"`{name}` is in no Keras and in no package that is known here: a name of the model's own code.",)
    )


def _addon(owner: _Addon, name: str) -> Identity:
    instead = owner.instead.get(name)
    told = [f"`{name}` comes with {owner.package}. {owner.advice}"]
    return Identity("addon", (*told, f"In its place: {instead}") if instead else tuple(told))


def _builtin(name: str, kinds: tuple[str, ...], keras: Version | None, standalone: bool) -> Identity | None:
    """Keras' own; None where no Keras has the name. Operations of Keras 3 are named like anything, so they do not count."""
    found = [
        item for item in keras_names().objects(name, kinds) if item.kind != "inner" or not _says_nothing(item.main)
    ]
    if not found:
        successor = _known()["successors"].get(name)
        return (
            Identity("gone", (f"`{name}` was Keras' own in its first years. In its place: {successor}",))
            if successor
            else None
        )
    best = max(found, key=lambda item: (item.kind != "inner", bool(item.main)))
    status = _status(best, keras, standalone)
    told = [f"`{name}` is Keras' own: {where_it_is(best)}."]
    successor = _known()["successors"].get(name)
    if status == "gone":
        told.append(f"In its place: {successor}" if successor else "It is not in today's Keras.")
    if status == "later" and best.kind == "activations":
        told.append(
            f"In a file of an older release it is a function of that model's code: custom_objects={{'{name}': …}}."
        )
        told += [_known()["functions"][name]] if name in _known()["functions"] else []
    return Identity(status, tuple(told))


def _only_keras_3(span: Span) -> bool:
    return bool(span) and Version(span.first) >= KERAS_3


def _says_nothing(span: Span) -> bool:
    """Whether a class that is not public is an operation of Keras 3, or in TensorFlow 2.12 alone.

    That release was shipped with the models of its own tests, which are named as anybody names a layer: PositionalEmbedding.
    """
    runs = [(span.order[start], span.order[end]) for start, end in span.runs]
    return bool(runs) and all(run == ("2.12", "2.12") or Version(run[0]) >= KERAS_3 for run in runs)


def _status(name: Name, keras: Version | None, standalone: bool) -> Status:
    span = name.main
    if standalone and (old := name.standalone):
        return "gone" if not old.open else "current" if old.first == old.order[0] else "later"
    if standalone and (span or name.v1):
        # No release of that package has it: a class is of tf.keras, a function may as well be one of the model's own code.
        return "later" if _only_keras_3(span) or name.kind == "activations" else "current"
    if not span:
        return "gone"
    if keras is not None:
        if span.holds(keras):
            return "current"
        return "later" if Version(span.first) > keras else "gone"
    if not span.open:
        return "gone"
    # A name that is in today's Keras and was not found: by a release that is older than the name.
    return "current" if span.first == span.order[0] else "later"


def where_it_is(name: Name) -> str:
    """Releases that have a name, in words."""
    parts = []
    if name.main:
        parts.append(_spelled(name.main))
    if name.v1:
        parts.append(f"the TensorFlow 1 API (tf.compat.v1.keras) of TensorFlow {name.v1}")
    if name.standalone:
        last = "to 2.3.1" if name.standalone.open else f"to {name.standalone.last}"
        parts.append(f"standalone Keras {name.standalone.first} {last}")
    return "in " + ", and in ".join(parts) if parts else "in no release that is known here"


def _spelled(span: Span) -> str:
    """``tf.keras of TensorFlow 1.15 to 2.15``, ``Keras 3.13 and later``: Keras 3 counts on its own."""
    said = []
    for start, end in span.runs:
        first, last = span.order[start], span.order[end]
        old = [release for release in span.order[start : end + 1] if Version(release) < KERAS_3]
        new = [release for release in span.order[start : end + 1] if Version(release) >= KERAS_3]
        if old:
            since = f"TensorFlow {first}" if first != span.order[0] else f"TensorFlow {first} and before"
            said.append(f"tf.keras of {since} to {old[-1]}" if old[-1] != first else f"tf.keras of {since}")
        if new:
            ends = "" if end == len(span.order) - 1 else f" to {last}"
            said.append(f"Keras {new[0]}{ends or ' and later'}" if not old or ends else "Keras 3")
    return ", ".join(said)


def key_identity(
    keys: str, of: str = "", keras: Version | None = None, standalone: bool = False
) -> tuple[KeyStatus, tuple[str, ...]]:
    """What an argument in an error is, with sentences for people.

    :param keys: as the error has it: a name, a list, a dictionary or ``dict_keys([…])``; the first name counts.
    :param of: class that was given it, where the error says so.
    :param keras: version of the Keras that raised; any version of a generation where only that is known.
    :param standalone: whether the `keras` package of 2.0 to 2.3 raised.
    """
    key = next((word for word in _KEY.findall(keys) if word not in ("dict_keys", "u")), "")
    if of and key in _EVERY_LAYER_OF_KERAS_2 and keras is not None and keras >= KERAS_3:
        return "past", (
            f"`{key}`: an argument of every layer of Keras 2, and of none in Keras 3: an Input layer takes it.",
        )
    owners = [item for item in keras_names().objects(of) if key in item.arguments] if of else []
    if of and not owners:
        if keras_names().objects(of) and key in _base_arguments():
            owners = _base_arguments()[key]
        elif keras_names().objects(of) and keras_names().with_argument(key):
            owners = []
    elif not of:
        owners = [*keras_names().with_argument(key), *_base_arguments().get(key, ())]
    addon = next((item for item in _addons() if key in item.arguments), None)
    if addon is not None and not owners:
        return "foreign", (f"`{key}` is an argument of a class of {addon.package}. {addon.advice}",)
    spans = [(item, *item.arguments[key]) for item in owners if item.arguments[key][0] or item.arguments[key][1]]
    if not spans:
        return "foreign", ()
    shown = spans[0] if of else max(spans, key=lambda entry: len(entry[1].runs) and entry[1].runs[-1][1])
    others = sorted({item.name for item, _, _ in spans})
    who = of or (f"{', '.join(others[:3])}{' and others' if len(others) > 3 else ''}")
    told = (f"`{key}`: an argument of {who} in {_spelled(shown[1]) if shown[1] else 'standalone Keras 2'}.",)
    return _key_status([(main, old) for _, main, old in spans], keras, standalone), told


@cache
def _base_arguments() -> dict[str, list[Name]]:
    """Arguments that every layer of Keras 2 takes and that belong to the base class or to the input layer."""
    found: dict[str, list[Name]] = {}
    for base in ("Layer", "InputLayer"):
        for item in keras_names().objects(base, ("layers",)):
            for key in item.arguments:
                found.setdefault(key, []).append(item)
    return found


def _key_status(spans: list[tuple[Span, Span]], keras: Version | None, standalone: bool) -> KeyStatus:
    """What an argument is to the Keras that refuses it.

    :param spans: releases of the main and of the standalone line that have it, for each class.
    """
    mains = [main for main, _ in spans if main]
    today = any(main.open for main in mains)
    if keras is not None and keras >= KERAS_3:
        return "newer" if today else "past"
    # What the first releases had already is no newer than any: some class has lost it, or some got it later, or neither.
    if any(old and old.first == old.order[0] for _, old in spans) and any(
        main.first == main.order[0] for main in mains
    ):
        later = any(old and old.first != old.order[0] for _, old in spans)
        lost = any((main and not main.open and keras is None) or (old and not old.open) for main, old in spans)
        return "newer" if later else "older" if lost else "known"
    if keras is None and not standalone:
        return "newer" if today else "past"
    if not mains:
        return "older"
    if min(Version(main.first) for main in mains) >= KERAS_3:
        return "keras-3"
    return "older" if keras is not None and all(Version(main.last) < keras for main in mains) else "newer"


def module_identity(module: str) -> tuple[bool, tuple[str, ...]]:
    """Whether a module is one of Keras in some release, with sentences for people."""
    names = keras_names().modules
    plain = module.strip("'\"`. ")
    if plain.startswith("tensorflow.keras"):
        return True, (f"`{plain}` is no module of TensorFlow: what `tensorflow.keras` has is imported from its public modules, "
                      "such as `tensorflow.keras.layers`.",)  # fmt: skip
    found = names.get(plain)
    if found is not None:
        return True, (f"`{plain}` is a module of Keras itself: {where_it_is(found)}.",)
    above = plain
    while "." in above:
        above = above.rpartition(".")[0]
        if above in names and above not in ("keras", "keras.src"):
            return True, (
                f"`{above}` is a module of Keras itself ({where_it_is(names[above])}), and has no `{plain}` there.",
            )
    root = plain.partition(".")[0]
    return root in ("keras", "tf_keras"), ()


def operation_package(op: str) -> tuple[str, ...]:
    """Which package registers an operation of a graph."""
    for item in _known()["op"]:
        if op in item["names"].split():
            return (f"`{op}` is an operation of {item['package']}. {item['advice']}",)
    return ()
