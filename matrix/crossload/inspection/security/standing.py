"""How a loader stands to what a file carries: what a canary did there, and where none was loaded, what is published.

A canary that does it decides. One that is refused decides where the loader's own guard spoke; any other error may be that of
the canary, and what is published stands.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from packaging.version import Version

from crossload.inspection.carried import MEANINGS, Carried
from crossload.inspection.security.advisories import KERAS, TF_KERAS, Exposure, exposures
from crossload.inspection.security.canaries import EFFECTS, Flights, Seen, shipped_flights, spans
from crossload.probe.canaries.kinds import READS, REFUSED, TAKES

_WORDS = {READS: "reads it", TAKES: "takes it in"}


@dataclass(frozen=True)
class Standing:
    """One construct of a file before one Keras.

    :param carried: the first place in the file that has it.
    :param published: weaknesses of this Keras that are about it.
    :param seen: what canaries did there; None where none was loaded in this very version.
    """

    carried: Carried
    published: tuple[Exposure, ...]
    seen: Seen | None

    @property
    def lets(self) -> bool:
        """Whether nothing stops it there."""
        if self.seen is not None and self.seen.ending in EFFECTS:
            return True
        return bool(self.published) and not self.refuses

    @property
    def refuses(self) -> bool:
        """Whether a guard was seen to stop it."""
        return self.seen is not None and self.seen.ending == REFUSED and self.seen.guarded

    @property
    def needs_unsafe(self) -> bool:
        """Whether it needs ``safe_mode=False`` there, and nothing stops it then."""
        return self.refuses and self.seen is not None and self.seen.unsafe

    @property
    def text(self) -> str:
        """What becomes of it: ``would run it``, ``refuses it`` and how that is known."""
        if self.refuses:
            published = ", though it is published otherwise" if self.published else ""
            unsafe = "; the model needs safe_mode=False there" if self.needs_unsafe else ""
            return f"refuses it (measured{published}){unsafe}"
        measured = self.seen is not None and self.seen.ending in EFFECTS
        does = _WORDS.get(self.seen.ending, "would run it") if self.seen is not None and measured else "is open to it"
        names = ", ".join(dict.fromkeys(item.advisory.id for item in self.published)) or "no advisory"
        return f"{does} ({'measured' if measured else 'by advisory'}; {names})"

    @property
    def names(self) -> tuple[str, ...]:
        """Advisories that are about it, or what it is where there is none."""
        return tuple(dict.fromkeys(item.advisory.id for item in self.published)) or (
            f"measured: {self.carried.construct}",
        )


def standings(
    carries: Iterable[Carried], form: str, keras: str, package: str = KERAS, flights: Flights | None = None
) -> list[Standing]:
    """How a Keras stands to what a file carries, one for each construct of which something is known.

    :param form: the format of the file.
    :param flights: what canaries did; None for what comes with Crossload.
    """
    flown = shipped_flights() if flights is None else flights
    first: dict[str, Carried] = {}
    for item in carries:
        first.setdefault(item.construct, item)
    found = []
    for construct, item in first.items():
        published = tuple(exposures([item], form, keras, package))
        seen = flown.seen(construct, form, package, keras)
        standing = Standing(item, published, seen)
        if standing.lets or standing.refuses:
            found.append(standing)
    return found


def package_of(variant: str) -> str:
    """``keras`` or ``tf_keras``, by what an environment's id says behind its version."""
    return TF_KERAS if variant == "tf_keras" else KERAS


CONTRADICTIONS = ("construct", "format", "let, and no advisory says so", "refused by a guard, and published as open")


def contradictions(flights: Flights) -> list[tuple[str, ...]]:
    """Where advisories and canaries disagree, a row for each construct and format: versions that let it though no advisory is
    about them, and versions whose guard refuses it though one says that they are affected.
    """
    by: dict[tuple[str, str], dict[tuple[str, Version], int]] = {}
    for construct, form, package, keras in flights.places:
        (standing,) = standings([Carried(construct)], form, keras, package, flights) or (None,)
        column = 2
        if standing is not None:
            column = (
                1 if standing.refuses and standing.published else 0 if not standing.published and standing.lets else 2
            )
        by.setdefault((construct, form), {})[package, Version(keras)] = column
    rows = ((*place, *spans(columns, 3)[:2]) for place, columns in sorted(by.items()))
    return [row for row in rows if any(row[2:])]


def open_constructs(keras: str, package: str, formats: Sequence[str]) -> dict[str, str]:
    """Constructs that a Keras lets in any of some formats, each with how that is known: ``measured`` or ``by advisory``."""
    found: dict[str, str] = {}
    for form in formats:
        for item in standings([Carried(name) for name in MEANINGS], form, keras, package):
            if item.lets and found.get(item.carried.construct) != "measured":
                measured = item.seen is not None and item.seen.ending in EFFECTS
                found[item.carried.construct] = "measured" if measured else "by advisory"
    return dict(sorted(found.items()))
