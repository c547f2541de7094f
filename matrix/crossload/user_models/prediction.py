"""What measured cells say about a file that was not loaded yet: it is as compatible as its least compatible construct.

A file is taken apart into marks (``inspection.constructs``). A mark is as good as the best measured file that has it: what loads
there loads. Where a mark was never measured from this writer to that reader, nothing is claimed: it is ``not known``.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache, cached_property

from crossload.domain.cells import CellRow
from crossload.domain.keras_classes import HIDDEN_LAYERS
from crossload.domain.verdicts import LOADS, REMEDY, severity
from crossload.probe.attempts import REMEDIES, covers
from crossload.shipped.construct_data import ConstructData, Evidence

NOT_KNOWN = "not known"
# A value of a class's configuration, or of an argument that its calls are given.
_SETTING = re.compile(r"^((?:call:)?[^.:]+)\.([^=>]+)=(.*)$")
# Values that stand for any of their kind.
_NUMBERS = frozenset({"0", "number", "negative"})
_FREE = frozenset({"text", "data", "shape"})
_LISTED = re.compile(r"[^\s\[\]]+")
_MOST_NAMED = 4
# Keys that a layer or an optimizer of any class has, and of how many other classes has to be known what such a key, or a place,
# does to them.
_OF_EVERY_ONE = frozenset({"trainable", "batch_input_shape", "batch_shape", "clipnorm", "clipvalue", "global_clipnorm"})
_ENOUGH = 3
# What a class is given for the same purpose under several keys: `bias_initializer`, `kernel_initializer`.
_PURPOSE = re.compile(r"(?:^|_)(initializer|regularizer|constraint|activation)$")
# Where a class stands: behind a nested model, inside a wrapper or a layer of one's own, or given one tensor twice.
_PLACED = re.compile(
    r"^((?:Functional|Sequential|Model):\w+->|graph:a tensor twice to |\w+:holds |[^.:]+\.[^.=>]+>)(.+)$"
)
# What a model is compiled with by the name of a function, and the function of one's own that constructs are measured with. No
# version calls it while it loads a file, so that one is like the other as long as it is handed over.
_FUNCTION = re.compile(r"^((?:(?:loss|metrics|weighted_metrics):|\w+\.fn=)(?:function )?|function )([A-Za-z_]\w*)$")
_OWN_FUNCTION = "lopsided_error"
# A function of one's own that a layer calls: as a class, within one Keras.
_ACTIVATION = re.compile(r"^([^.:]+\.(?:\w*activation|function)=(?:function )?|function )([a-z_]\w*)$")
_OWN_ACTIVATION = "own_activation"
# Classes of one's own, by what they are for: what they do with a file is measured with those of these names. That holds where
# their code runs as it did when the file was written, so within one Keras: to Keras 3 it may have to be changed.
_OWN_CLASS = {"layer": "OwnLayer", "initializer": "OwnInitializer", "regularizer": "OwnRegularizer",
              "constraint": "OwnConstraint", "loss": "OwnLoss", "metrics": "OwnMetric",
              "learning_rate": "OwnSchedule"}  # fmt: skip
_OWN_ROLE = re.compile(
    r"^(?:(loss|metrics):|[^.:]+\.(?:\w+_)?(initializer|regularizer|constraint|learning_rate)=)([A-Za-z_]\w*)$"
)
_OF_A_LAYER = re.compile(r"^([A-Za-z_]\w*)\.trainable=")
# What one that holds other layers is measured with.
_HOLDS, _OWN_HOLDER = ":holds ", "OwnHolder"
_NAME = re.compile(r"[A-Za-z_]\w*")
_FRAMES = frozenset({"Functional", "Sequential", "Model"})
_PLAIN_VALUE = re.compile(r"^(?:True|False|None|0|number|negative|text|data|shape|[a-z]\w*|\[[\s\[\]a-z0]*\])$")


@dataclass(frozen=True)
class Prediction:
    """What is expected in one environment.

    :param verdict: of the least compatible construct, or ``not known``.
    :param construct: the one that decides, as a mark; empty where nothing is lost.
    :param cells: how many measured files with that construct say so.
    :param example: the smallest of them.
    :param missing: what no cell covers.
    """

    environment: str
    verdict: str
    attempt: str = ""
    cause: str = ""
    construct: str = ""
    cells: int = 0
    example: str = ""
    missing: tuple[str, ...] = ()

    @property
    def is_known(self) -> bool:
        return self.verdict != NOT_KNOWN

    def __str__(self) -> str:
        if not self.is_known:
            more = len(self.missing) - _MOST_NAMED
            named = ", ".join(self.missing[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
            return f"{NOT_KNOWN}: no cell covers {named}"
        how = f" with {self.attempt}" if self.verdict == REMEDY and self.attempt else ""
        cause = f" ({self.cause})" if self.cause else ""
        if not self.construct:
            return f"{self.verdict}{how}{cause}: every construct was measured"
        files = f"{self.cells} measured file{'s' if self.cells != 1 else ''}"
        return f"{self.verdict}{how}{cause}, decided by {self.construct}: {files}, such as {self.example}"


@dataclass(frozen=True)
class _Best:
    """The best measured file with a mark.

    :param count: how many have it.
    :param attempts: remedies that loaded one of them.
    """

    row: CellRow
    count: int
    attempts: frozenset[str] = frozenset()


_Others = Callable[[], Sequence[Evidence]]


def _purpose(key: str) -> str:
    found = _PURPOSE.search(key)
    return found[1] if found else key


class _Analogies:
    """What the measured files have that is like something else, whoever read them."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence

    @cached_property
    def values(self) -> Mapping[tuple[str, str], set[str]]:
        """Values that were measured, by class and key."""
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for mark in self._evidence.scenarios_with:
            if setting := _SETTING.match(mark):
                found[setting[1], setting[2]].add(setting[3])
        return found

    @cached_property
    def owners(self) -> Mapping[tuple[str, str], set[tuple[str, str]]]:
        """Classes that were measured with a value, each with its key, by the key's purpose and the value."""
        found: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
        for (owner, key), values in self.values.items():
            for value in values:
                found[_purpose(key), value].add((owner, key))
        return found

    @cached_property
    def functions(self) -> frozenset[str]:
        """Names of functions that a measured file is compiled with: all of Keras', and one of one's own."""
        return frozenset(found[2] for mark in self._evidence.scenarios_with if (found := _FUNCTION.match(mark)))

    @cached_property
    def _activations(self) -> Set[str]:
        """Names of functions that a measured layer calls: all of Keras', and one of one's own; and of what it has instead."""
        found = (_ACTIVATION.match(mark) for mark in self._evidence.scenarios_with)
        return {"None"}.union(match[2] for match in found if match is not None and "=" in match[1])

    def likened(self, marks: Collection[str]) -> Mapping[str, str]:
        """Marks of classes of one's own, each with that of the class that was measured in their place.

        A model that is a class of one's own is not likened to any: what it holds is not in the file.
        """
        if not _FRAMES & frozenset(marks):
            return {}
        stands = {}
        for mark in marks:
            if role := _OWN_ROLE.match(mark):
                stands[role[3]] = _OWN_CLASS[role[1] or role[2]]
            elif of_layer := _OF_A_LAYER.match(mark):
                stands.setdefault(of_layer[1], _OWN_CLASS["layer"])
        own = {name: stand for name, stand in stands.items() if self._is_own(name)}
        called = [(mark, *call.groups()) for mark in marks if (call := _ACTIVATION.match(mark))]
        calls = {name for _, where, name in called if "=" in where and name not in self._activations}
        found = {mark: where + _OWN_ACTIVATION for mark, where, name in called if name in calls}
        for mark in marks if own else ():
            setting = _SETTING.match(mark)
            if setting is not None and setting[1] in own:
                found[mark] = self._own_setting(own[setting[1]], setting[2], own.get(setting[3], setting[3]))
            elif _HOLDS in mark and (parts := mark.split(_HOLDS))[0] in own:
                found[mark] = f"{_OWN_HOLDER}{_HOLDS}{own.get(parts[1], parts[1])}"
            elif ":of " in mark and (name := mark.partition(":of ")[0]) in own:
                found[mark] = own[name]
            else:
                replaced = _NAME.sub(lambda name: own.get(name[0], name[0]), mark)
                if replaced != mark:
                    found[mark] = replaced
        return found

    @staticmethod
    def _own_setting(stand: str, key: str, value: str) -> str:
        """What a value in the configuration of a class of one's own is likened to, which has keys of its own."""
        if key == "dtype":
            return f"{stand}.{key}={value}"
        if _PLAIN_VALUE.match(value):
            return stand
        return f"{stand}.{_purpose(key)}={value}"

    def _is_own(self, name: str) -> bool:
        """Whether Keras has no class of this name: all of its public ones are measured."""
        return (
            name not in self._evidence.scenarios_with
            and name not in HIDDEN_LAYERS
            and name != "None"
            and name[:1].isupper()
        )

    @cached_property
    def placed(self) -> Mapping[str, set[str]]:
        """Classes that were measured in a place."""
        found: dict[str, set[str]] = defaultdict(set)
        for mark in self._evidence.scenarios_with:
            if placed := _PLACED.match(mark):
                found[placed[1]].add(placed[2])
        return found


def _badness(best: _Best) -> int:
    """How bad a verdict is; 0 for every plain load."""
    verdict = best.row["verdict"]
    return 0 if verdict in LOADS else severity(verdict)


class _Reader:
    """What one environment makes of the files of one writer."""

    def __init__(self, evidence: Evidence, analogies: _Analogies, environment: str, other_formats: _Others) -> None:
        self._evidence, self._analogies, self._other_formats = evidence, analogies, other_formats
        self._environment, self._rows = environment, evidence.cells.get(environment, {})
        self._known: dict[str, _Best | None] = {}

    def best(self, mark: str) -> _Best | None:
        """The best file that has this very mark; None where there is none."""
        if mark not in self._known:
            names = [name for name in self._evidence.scenarios_with.get(mark, ()) if name in self._rows]
            least = min(names, key=self._rank, default=None)
            self._known[mark] = None if least is None else self._summed_up(least, names)
        return self._known[mark]

    def _summed_up(self, least: str, names: Sequence[str]) -> _Best:
        rows = [self._rows[name] for name in names]
        attempts = frozenset(row["attempt"] for row in rows if row["verdict"] == REMEDY)
        return _Best(self._rows[least], len(names), attempts)

    def _rank(self, name: str) -> tuple[int, int, str]:
        return severity(self._rows[name]["verdict"]), len(self._evidence.marks[name]), name

    def best_like(self, mark: str) -> _Best | None:
        """The best file that has this mark, or one that means the same."""
        found = self.best(mark)
        if found is not None:
            return found
        function = _FUNCTION.match(mark)
        if function is not None and function[2] not in self._analogies.functions:
            return self.best(function[1] + _OWN_FUNCTION)
        if placed := _PLACED.match(mark):
            place, inner = placed.groups()
            others = [(other, place + other) for other in self._analogies.placed.get(place, ()) if other != inner]
            return self._as_others(self.best(inner), others, _ENOUGH)
        setting = _SETTING.match(mark)
        if setting is None:
            return None
        owner, key, value = setting.groups()
        if self.best(owner.removeprefix("call:")) is None:
            return None
        same = [other for other in self._analogies.values.get((owner, key), ()) if _same_kind(other, value)]
        bests = [item for item in (self.best(f"{owner}.{key}={other}") for other in same) if item is not None]
        if bests:
            return min(bests, key=lambda item: severity(item.row["verdict"]))
        return self._as_elsewhere(owner, key, value)

    def _as_elsewhere(self, owner: str, key: str, value: str) -> _Best | None:
        """The class itself, where its other values of this key were measured, and this value made nothing else worse.

        A key of every layer or optimizer needs no other values of this class, and more other classes.
        """
        if (owner, key) in self._analogies.values:
            enough = 1
        elif key in _OF_EVERY_ONE:
            enough = _ENOUGH
        else:
            return None
        found = self._analogies.owners.get((_purpose(key), value), ())
        others = [(other, f"{other}.{its_key}={value}") for other, its_key in found if (other, its_key) != (owner, key)]
        return self._as_others(self.best(owner), others, enough, self.best(value))

    def _as_others(
        self, own: _Best | None, others: Sequence[tuple[str, str]], enough: int, value: _Best | None = None
    ) -> _Best | None:
        """What is known of a class itself, where so many others were measured with something and none is worse than usual for it.

        Where most files need a remedy, others that were only seen with it beside this say no more than that it works with that.

        :param others: the class and the mark of each.
        :param value: what is known of the value that they were given, where that is a class: no worse than that is no worse.
        """
        judged, worse = 0, []
        for other, mark in others:
            one, two = self.best(other), self.best(mark)
            if one is None or two is None:
                continue
            is_worse = _badness(two) > max(_badness(one), -1 if value is None else _badness(value))
            # Only seen beside something that is as bad by itself, it says nothing.
            if is_worse and _badness(two) > self.usual and self.is_blamed_elsewhere(mark, ()):
                continue
            judged += 1
            if is_worse:
                worse.append(two)
        if own is None or judged < enough:
            return None
        if any(_badness(two) > self.usual for two in worse):
            return None
        return max((own, *worse), key=_badness)

    @cached_property
    def usual(self) -> int:
        """How bad is no news here: where most files need a remedy, no construct of theirs is to blame for that."""
        found = sorted(severity(row["verdict"]) for row in self._rows.values())
        return min(found[len(found) // 2], severity(REMEDY)) if found else 0

    @cached_property
    def usual_remedy(self) -> str:
        """What at least every other file needs here, whatever it is made of; empty where there is nothing like that."""
        counts = Counter(row["attempt"] or "" for row in self._rows.values() if row["verdict"] == REMEDY)
        (attempt, count), *_ = [*counts.most_common(1), ("", 0)]
        return attempt if 2 * count >= len(self._rows) else ""

    def attempt_for(self, deciding: Mapping[str, _Best]) -> str:
        """The first remedy that serves everything that needs one; empty where none was seen to.

        The first remedy that works ends a cell. So what was only seen with a lighter one here may have been seen, in a file of
        another format, with one that serves the others.
        """
        common = self._common([best.attempts for best in deciding.values()])
        if not common:
            known = {row["attempt"] for row in self._rows.values() if row["verdict"] == REMEDY}
            needed = [best.attempts | (self._in_other_formats(mark) & known) for mark, best in deciding.items()]
            common = self._common(needed)
            if not common:
                wider = (
                    attempts | {one for one in known if any(covers(one, two) for two in attempts)}
                    for attempts in needed
                )
                common = self._common([*wider])
        # What an older run tried and this version does not know goes last.
        return min(common, key=lambda name: (*REMEDIES, name).index(name), default="")

    def _common(self, needed: Sequence[frozenset[str]]) -> frozenset[str]:
        """Remedies that serve all.

        What loads with the remedy that most files need, such as another suffix, needs none of its own: there any that serves
        the others does.
        """
        common = frozenset.intersection(*needed)
        if not common:
            own = [attempts for attempts in needed if attempts != {self.usual_remedy}]
            common = frozenset.intersection(*own) if own else common
        return common

    def _in_other_formats(self, mark: str) -> frozenset[str]:
        """Remedies that loaded a file of this writer with a mark here, in whatever format."""
        rows = (
            other.cells.get(self._environment, {}).get(name)
            for other in self._other_formats()
            for name in other.scenarios_with.get(mark, ())
        )
        return frozenset(row["attempt"] or "" for row in rows if row is not None and row["verdict"] == REMEDY)

    def is_blamed_elsewhere(self, mark: str, marks: Collection[str]) -> bool:
        """Whether a mark that is bad was only measured beside one that is bad by itself and that the file does not have."""
        names = [name for name in self._evidence.scenarios_with.get(mark, ()) if name in self._rows]
        bad = severity(self._rows[names[0]]["verdict"]) if names else 0
        return bool(names) and all(
            any(
                other not in marks
                and (best := self.best(other)) is not None
                and best.count > len(names)
                and severity(best.row["verdict"]) >= bad
                for other in self._evidence.marks[name]
            )
            for name in names
        )


def _same_kind(one: str, two: str) -> bool:
    """Whether two values are free ones of the same kind: numbers, lists of numbers as deep as each other, texts and data."""
    if one in _NUMBERS and two in _NUMBERS:
        return True
    if one in _FREE or two in _FREE:
        return one == two
    depths = [len(value) - len(value.lstrip("[")) for value in (one, two)]
    return depths[0] == depths[1] > 0 and all(set(_LISTED.findall(value)) <= _NUMBERS for value in (one, two))


class Predictor:
    """Answers from the measured files of one writer in one format. What was looked up for one file serves the next.

    :param other_formats: the same writer's files in the other formats; asked for where they are needed.
    :param same_keras: environments with a Keras of the writer's generation, where classes of one's own run as they did.
    """

    def __init__(
        self, evidence: Evidence, other_formats: _Others = tuple, same_keras: Collection[str] = frozenset()
    ) -> None:
        self._evidence, self._analogies, self._other_formats = evidence, _Analogies(evidence), other_formats
        self._same_keras = same_keras
        self._readers: dict[str, _Reader] = {}

    @classmethod
    def from_data(cls, data: ConstructData, saver: str, form: str) -> "Predictor":
        """With all that was measured of a writer's files in one format."""
        others = cache(lambda: data.of_other_formats(saver, form))
        return cls(data.evidence(saver, form), others, data.of_same_keras(saver))

    def of(self, marks: Collection[str], environment: str) -> Prediction:
        """What is expected of a file with these marks in an environment."""
        if environment not in self._evidence.cells:
            return Prediction(environment, NOT_KNOWN, missing=(f"files of this writer and format in {environment}",))
        if not marks:
            return Prediction(environment, NOT_KNOWN, missing=("a file that says nothing of its architecture",))
        if environment not in self._readers:
            self._readers[environment] = _Reader(self._evidence, self._analogies, environment, self._other_formats)
        likened = self._analogies.likened(marks) if environment in self._same_keras else {}
        return _prediction(self._readers[environment], environment, marks, likened)


def _prediction(reader: _Reader, environment: str, marks: Collection[str], likened: Mapping[str, str]) -> Prediction:
    found = {mark: reader.best_like(likened.get(mark, mark)) for mark in sorted(marks)}
    bad = {mark: best for mark, best in found.items() if best is not None and _badness(best) > reader.usual}
    blamed = {mark: best for mark, best in bad.items() if reader.is_blamed_elsewhere(mark, marks)}
    known = {mark: best for mark, best in found.items() if best is not None and mark not in blamed}
    if _worst(known) == severity(REMEDY):
        # A remedy is needed anyway, and whatever is to blame for theirs: these are known to load with it.
        helped = {mark for mark, best in blamed.items() if best.row["verdict"] == REMEDY}
        known |= {mark: blamed.pop(mark) for mark in sorted(helped)}
    missing = [*(mark for mark, best in found.items() if best is None), *blamed]
    worst = _worst(known)
    deciding = {mark: best for mark, best in known.items() if severity(best.row["verdict"]) == worst}
    if not deciding or (missing and worst <= severity(REMEDY)):
        return Prediction(environment, NOT_KNOWN, missing=tuple(missing) or ("anything in it",))
    mark, best = _most_general(deciding)[0]
    row = best.row
    verdict, attempt = row["verdict"], row["attempt"] or ""
    if verdict == REMEDY:
        attempt = reader.attempt_for(deciding)
        if not attempt:
            return Prediction(environment, NOT_KNOWN, missing=(_not_together(deciding),))
    everything = verdict in LOADS and worst == min(severity(item.row["verdict"]) for item in known.values())
    return Prediction(
        environment,
        verdict,
        attempt,
        row["cause"] or "",
        "" if everything else mark,
        best.count,
        row["scenario"],
    )


def _worst(known: Mapping[str, _Best]) -> int:
    return max((severity(best.row["verdict"]) for best in known.values()), default=-1)


def _not_together(deciding: Mapping[str, _Best]) -> str:
    """Remedies that were measured apart, each with what it is for."""
    named: dict[str, str] = {}
    for mark, best in _most_general(deciding):
        named.setdefault(best.row["attempt"], mark)
    return f"these together: {' and '.join(f'{attempt} for {mark}' for attempt, mark in sorted(named.items()))}"


def _most_general(marks: Mapping[str, _Best]) -> Sequence[tuple[str, _Best]]:
    """What most files were measured with first: the others stand beside it. A class goes before what is said of it."""
    return sorted(
        marks.items(), key=lambda item: (-item[1].count, "=" in item[0] or ">" in item[0], len(item[0]), item[0])
    )
