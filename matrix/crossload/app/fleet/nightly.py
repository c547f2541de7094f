"""``crossload nightly --models``: a user's models in what changes from day to day, against the scan that was accepted."""

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from crossload.app.fleet.check import FleetOptions, check_fail_on, check_fleet, read_scan
from crossload.domain.versions import spoken
from crossload.errors import SelectionError
from crossload.fleet.results import Scan, sentence
from crossload.fleet.trend import WORSE, Change, changes
from crossload.util.files import write_text_atomically
from crossload.util.notifying import send_text
from crossload.util.terminal import Say, lines_to

# What a scheduled run of the matrix calls it.
REGRESSION = "regression"
_BASELINE = "baseline.json"


@dataclass(frozen=True)
class ModelNight:
    """What a scheduled run found in one environment.

    :param changes: against the accepted scan, the worst first; none in the first run, which is accepted.
    :param flaky: models that got worse, and did otherwise when they were measured again.
    """

    scan: Scan
    changes: Sequence[Change]
    flaky: Sequence[str]

    @property
    def worse(self) -> list[Change]:
        return [change for change in self.changes if change.kind == WORSE]

    @property
    def headline(self) -> str:
        """One line: what changed, and how little was run for it."""
        kinds = {change.kind: 0 for change in self.changes}
        for change in self.changes:
            kinds[change.kind] += 1
        said = ", ".join(f"{count} {kind}" for kind, count in kinds.items()) or "nothing changed"
        flaky = f", {len(self.flaky)} flaky" if self.flaky else ""
        facts = self.scan.facts
        ran = f"{facts['executed']} of {len(self.scan.rows)} models measured ({facts['loads']} loads)"
        return f"{spoken(self.scan.target)}: {said}{flaky}; {ran}"

    def lines(self) -> Iterator[str]:
        """What a person reads."""
        yield self.headline
        yield sentence(self.scan)
        for change in self.worse:
            yield f"{'worse':8} {change.name}: {change.before} -> {change.now}"
        for name in self.flaky:
            yield f"{'flaky':8} {name}"

    def document(self) -> dict[str, Any]:
        """Everything, for programs."""
        return {
            "environment": self.scan.target,
            "headline": self.headline,
            "counts": self.scan.counts,
            "changes": [vars(change) for change in self.changes],
            "flaky": list(self.flaky),
            "measured": self.scan.facts["executed"],
            "loads": self.scan.facts["loads"],
        }


def run_model_nights(
    options: FleetOptions, environments: Sequence[str], notify: Sequence[str], console: Console
) -> tuple[int, list[ModelNight]]:
    """Load every model in each environment, compare with the accepted scan, and measure again what got worse.

    :param options: with the folder of all environments as ``out``; ``fail_on`` may hold ``regression``.
    :param environments: each is the target of a scan of its own, so that every model is compared in it.
    :param notify: addresses that the answer is sent to.
    :return: the exit code, and what was found, by environment.
    :raises CrossloadError: a source cannot be followed, or something given cannot be used.
    """
    conditions = [WORSE if word == REGRESSION else word for word in options.fail_on]
    check_fail_on(conditions)
    nights: list[ModelNight] = []
    code = 0
    for name in environments:
        one = replace(options, tf=[name], out=options.out / name, fail_on=conditions)
        night, met = _night(one, console)
        if night is None:
            return met, nights
        nights.append(night)
        code = max(code, met)
    say: Say = lines_to(console)
    for night in nights:
        for line in night.lines():
            say(line)
    text = "\n".join(f"**Crossload:** {night.headline}\n" for night in nights)
    write_text_atomically(options.out / "changes.md", text)
    write_text_atomically(options.out / "changes.json", json.dumps([item.document() for item in nights], indent=1))
    if notify:
        worst = any(night.worse for night in nights)
        send_text("Crossload: " + "; ".join(night.headline for night in nights), text, worst, notify)
    return code, nights


def _night(options: FleetOptions, console: Console) -> tuple[ModelNight | None, int]:
    """One environment: what was found, and the exit code; None where it was stopped."""
    path = options.out / _BASELINE
    code, scan = check_fleet(replace(options, fail_on=[]), console)
    if scan is None:
        return None, code
    accepted = read_scan(path)
    if accepted is None:
        shutil.copyfile(options.out / "fleet.json", path)
        lines_to(console)(f"First scan of {spoken(scan.target)}: it is the baseline from now on.")
    found = changes(accepted, scan)
    flaky: list[str] = []
    worse = {change.name: change.now for change in found if change.kind == WORSE}
    if worse:
        lines_to(console)(f"Measuring {len(worse)} models again that got worse: do they agree with themselves?")
        code, again = check_fleet(replace(options, fail_on=[], again=frozenset(worse)), console)
        if again is None:
            return None, code
        scan, found = again, changes(accepted, again)
        now = {row.name: row.outcome(again.target) for row in again.rows}
        flaky = [name for name, outcome in worse.items() if now.get(name) != outcome]
        found = [change for change in found if change.name not in flaky]
    night = ModelNight(scan, found, flaky)
    verdicts = {load.verdict for row in scan.rows for load in row.measured.loads.values()}
    outcomes = {name for name, count in scan.counts.items() if count}
    kinds = {change.kind for change in found}
    return night, 1 if set(options.fail_on) & (verdicts | outcomes | kinds) else 0


def accept_models(out: Path) -> list[str]:
    """Make the last scan of every environment the one that later nights are compared with; their names.

    :param out: the folder of all environments.
    :raises SelectionError: no models were scanned there.
    """
    scans = sorted(out.glob("*/fleet.json"))
    if not scans:
        raise SelectionError(f"{out}: holds no scan of models. `crossload nightly --models SOURCE` makes one.")
    for scan in scans:
        shutil.copyfile(scan, scan.with_name(_BASELINE))
    return [scan.parent.name for scan in scans]
