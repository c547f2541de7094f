"""What is known of a fleet: a row a model, and what it comes to."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from crossload.domain.verdicts import CRASHES, DIFFERS, FAILS, LOADS, REMEDY, difference_in_words
from crossload.domain.versions import spoken
from crossload.fleet.reading import Read
from crossload.user_models.model_file import UserModel
from crossload.user_models.seat import Given

# What a model comes to in the target, the best first; the worst of those that were measured is `differs`.
AS_IT_IS, BY_REMEDY, NEEDS_CODE, NO_WAY, OTHER_OUTPUTS = "loads", "converts", "needs-code", "no-way", "differs"
UNREADABLE, NOT_MEASURED = "unreadable", "not-measured"
OUTCOMES = (AS_IT_IS, BY_REMEDY, NEEDS_CODE, NO_WAY, OTHER_OUTPUTS, UNREADABLE, NOT_MEASURED)


@dataclass(frozen=True)
class Load:
    """A model in one environment.

    :param verdict: as in a result table; empty where it was not run.
    :param like: the model of its group that was run there in its place; empty where it was run itself.
    :param tried: attempts that were made, where not all were; remedies that are left out were tried on the leader.
    :param use_like: the model of its group that predict, evaluate, fit and saving again were tried on in its place.
    :param seconds: that loading took, in all ways that were tried; ``peak_mb`` the most memory.
    """

    verdict: str = ""
    attempt: str = ""
    cost: str = ""
    lost: str = ""
    cause: str = ""
    error: str = ""
    difference: str = ""
    like: str = ""
    tried: tuple[str, ...] = ()
    use_like: str = ""
    seconds: float = 0.0
    peak_mb: int | None = None

    @property
    def was_run(self) -> bool:
        return bool(self.verdict)


@dataclass(frozen=True)
class Measured:
    """What measuring one model gave.

    :param loads: by environment.
    :param problem: why nothing could be measured; empty elsewhere.
    """

    loads: Mapping[str, Load] = field(default_factory=dict)
    saver: str = ""
    why: str = ""
    exact: bool = True
    problem: str = ""
    seconds: float = 0.0

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> "Measured":
        loads = {name: Load(**{**item, "tried": tuple(item["tried"])}) for name, item in told["loads"].items()}
        return cls(**{**told, "loads": loads})

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def load_of(row: Mapping[str, Any], tried: Sequence[str] = ()) -> Load:
    """A row of a result table, as far as a fleet's table tells it."""
    error = " ".join(str(row.get("error") or row.get("reason") or "").split())
    kind = str(row.get("error_type") or "")
    return Load(
        verdict=str(row["verdict"]),
        attempt=str(row.get("attempt") or ""),
        cost=str(row.get("cost") or ""),
        lost=str(row.get("lost") or ""),
        cause=str(row.get("cause") or ""),
        error=f"{kind}: {error}"[:400] if kind and error else error[:400],
        difference=difference_in_words(row.get("max_abs_diff"), row.get("max_scaled_diff")),
        tried=tuple(tried),
        seconds=round(row.get("seconds") or 0.0, 2),
        peak_mb=row.get("peak_mb"),
    )


def outcome_of(model: UserModel, verdict: str, given: Given, problem: bool = False) -> str:
    """What a model that can be read comes to, one of :data:`OUTCOMES`.

    :param verdict: in the target; empty where it was not run there.
    :param problem: it could not be measured at all.
    """
    plain = {REMEDY: BY_REMEDY, DIFFERS: OTHER_OUTPUTS, **dict.fromkeys(LOADS, AS_IT_IS)}.get(verdict)
    if plain is not None:
        return plain
    lacks_code = (model.needs_code and not given.build) or (bool(model.found.custom) and not given.custom_objects)
    if lacks_code and (problem or verdict == FAILS):
        return NEEDS_CODE
    return NO_WAY if verdict in (FAILS, CRASHES) else NOT_MEASURED


@dataclass(frozen=True)
class Row:
    """One model of a fleet.

    :param group: a short name of its group; ``leader`` the model of it that is measured in full.
    :param expected: what measured models like it show, by environment.
    :param carries: what can hurt whoever loads it, in words; ``open_to`` the advisories by environment.
    """

    read: Read
    group: str
    leader: str
    size: int
    measured: Measured = Measured()
    expected: Mapping[str, str] = field(default_factory=dict)
    carries: Sequence[str] = ()
    open_to: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.read.found.name

    def outcome(self, target: str) -> str:
        """What it comes to in the target, one of :data:`OUTCOMES`. What was not run there is not measured."""
        opened = self.read.opened
        if opened is None:
            return UNREADABLE
        load = self.measured.loads.get(target, Load())
        return outcome_of(opened, load.verdict, self.read.given, bool(self.measured.problem))

    def reason(self, target: str) -> str:
        """What decides: the problem of the file, or the cause or the error in the target."""
        load = self.measured.loads.get(target, Load())
        return self.read.problem or self.measured.problem or load.cause or load.error

    def to_dict(self, targets: Sequence[str], target: str) -> dict[str, Any]:
        """Everything, for programs (schema ``fleet-1``)."""
        opened = self.read.opened
        found = opened.found if opened else None
        return {
            "name": self.name,
            "source": self.read.found.source,
            "outcome": self.outcome(target),
            "reason": self.reason(target),
            "format": opened.format if opened else "",
            "bytes": opened.bytes if opened else None,
            "sha256": self.read.digest,
            "keras": found.keras if found else "",
            "tensorflow": found.tensorflow if found else "",
            "classes": list(found.classes) if found else [],
            "custom": list(found.custom) if found else [],
            "saved_with": self.measured.saver,
            "saved_with_because": self.measured.why,
            "saved_with_is_exact": self.measured.exact,
            "group": self.group,
            "group_size": self.size,
            "leader": self.leader,
            "carries": list(self.carries),
            "open_to": {name: list(items) for name, items in self.open_to.items()},
            "expected": dict(self.expected),
            "seconds": self.measured.seconds,
            "loads": {
                name: {**asdict(self.measured.loads.get(name, Load())), "run": name in self.measured.loads
                       and self.measured.loads[name].was_run}
                for name in targets
            },
        }  # fmt: skip


@dataclass(frozen=True)
class Scan:
    """A fleet as it was found.

    :param targets: environments that it was loaded in, in the order of their versions; ``target`` is the newest of them, in
        which every model is compared.
    :param others: files that are no models, by suffix.
    :param facts: when, with what and how long.
    """

    rows: Sequence[Row]
    targets: Sequence[str]
    target: str
    others: Mapping[str, int]
    static: bool
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """Models by what they come to, every outcome of :data:`OUTCOMES`."""
        counted = Counter(row.outcome(self.target) for row in self.rows)
        return {name: counted[name] for name in OUTCOMES}

    @property
    def groups(self) -> int:
        return len({row.group for row in self.rows if row.group})

    def to_dict(self) -> dict[str, Any]:
        """Everything, for programs (schema ``fleet-1``)."""
        return {
            "schema": "fleet-1",
            "scan": dict(self.facts),
            "targets": list(self.targets),
            "target": self.target,
            "static": self.static,
            "counts": self.counts,
            "groups": self.groups,
            "others": dict(self.others),
            "models": [row.to_dict(self.targets, self.target) for row in self.rows],
        }


def sentence(scan: Scan) -> str:
    """The answer in one sentence."""
    counts, total = scan.counts, len(scan.rows)
    name = spoken(scan.target)
    models = f"{total} model{'s' if total != 1 else ''}"
    if scan.static:
        bad = f"; {counts[UNREADABLE]} cannot be read" if counts[UNREADABLE] else ""
        return f"{models} in {scan.groups} groups were read, and none was loaded anywhere{bad}."
    # Of one, and of several.
    words = {
        OTHER_OUTPUTS: ("GIVES OTHER OUTPUTS IN SILENCE", "GIVE OTHER OUTPUTS IN SILENCE"),
        AS_IT_IS: ("loads as it is", "load as they are"),
        BY_REMEDY: ("loads with a remedy", "load with a remedy"),
        NEEDS_CODE: ("needs code", "need code"),
        NO_WAY: ("loads in no way that was tried", "load in no way that was tried"),
        UNREADABLE: ("cannot be read", "cannot be read"),
        NOT_MEASURED: ("was not measured", "were not measured"),
    }
    parts = [f"{counts[outcome]} {text[counts[outcome] > 1]}" for outcome, text in words.items() if counts[outcome]]
    return f"Of {models} in {name}: {', '.join(parts) or 'nothing was found'}."


def first_step(scan: Scan) -> str:
    """What to do first, in one sentence."""
    target = scan.target
    worst: list[tuple[str, str]] = [
        (OTHER_OUTPUTS, "Look first at those that give other outputs without an error: nothing else will tell you."),
        (NEEDS_CODE, "First pass the code that models need: custom_objects or build, by pattern in fleet.toml."),
        (NO_WAY, "Look first at the cause that most of those have in common that load in no way."),
        (UNREADABLE, "First fetch again what cannot be read."),
        (
            BY_REMEDY,
            f"Convert those that load with a remedy: `crossload convert SOURCE --to {spoken(target)} --out FOLDER`.",
        ),
    ]
    if scan.static:
        return "Run the same command without --static: what is expected is no measurement."
    counts = scan.counts
    for outcome, words in worst:
        if not counts[outcome]:
            continue
        if outcome != NO_WAY:
            return words
        causes = Counter(row.reason(target) for row in scan.rows if row.outcome(target) == NO_WAY)
        cause, count = causes.most_common(1)[0]
        if not cause:
            return words
        return (
            f"Look first at {cause[:120]}: {count} of those that load in no way have it. `crossload convert` looks for a way "
            "through other versions."
        )
    if counts[NOT_MEASURED]:
        return "Some were not measured: the table says why."
    return "Nothing is left to do." if scan.rows else "No model was found."
