"""The page of a fleet: one sentence, what to do first, and a table of every model with filters that stand in the address."""

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from crossload.domain.verdicts import REMEDY
from crossload.domain.versions import spoken
from crossload.fleet.results import OUTCOMES, Load, Row, Scan, first_step, sentence
from crossload.fleet.trend import Change, trend_line
from crossload.user_models.text import spent
from crossload.util.files import write_text_atomically
from crossload_reports.exports.fleet import MEANINGS as OUTCOME_MEANINGS
from crossload_reports.html.templating import static, templates
from crossload_reports.html.words import MEANINGS, SIGNS

# The colour of a verdict for each outcome, so that both are read alike.
COLOURS = {
    "loads": "exact", "converts": "remedy", "needs-code": "lossy", "no-way": "fails", "differs": "differs",
    "unreadable": "crashes", "not-measured": "unavailable",
}  # fmt: skip


def render_fleet(scan: Scan, changes: Sequence[Change], destination: Path) -> Path:
    """Write the page to `destination` and return that path. It needs nothing but itself."""
    script = static("fleet.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    counts = scan.counts
    rows = [_row(row, scan) for row in scan.rows]
    verdicts = {cell["verdict"] for row in rows for cell in row["cells"] if cell["verdict"]}
    html = (
        templates()
        .get_template("fleet.html.j2")
        .render(
            style=Markup("\n".join(static(name) for name in ("base.css", "first.css", "fleet.css", "print.css"))),
            script=Markup(script),
            script_digest=digest,
            scan=scan,
            sentence=sentence(scan),
            first_step=first_step(scan),
            trend=trend_line(changes),
            changes=changes,
            counts=[(name, counts[name], OUTCOME_MEANINGS[name], COLOURS[name]) for name in OUTCOMES if counts[name]],
            rows=rows,
            formats=sorted({row["format"] for row in rows if row["format"]}),
            savers=sorted({row["saver"] for row in rows if row["saver"]}),
            signs=SIGNS,
            meanings={name: MEANINGS[name] for name in SIGNS if name in verdicts},
            spoken=spoken,
            others=", ".join(f"{count:,} {suffix}" for suffix, count in scan.others.items()),
        )
    )
    text = html.encode("utf-8", "backslashreplace").decode("utf-8")
    return write_text_atomically(destination, text)


def _row(row: Row, scan: Scan) -> dict[str, Any]:
    opened = row.read.opened
    found = opened.found if opened else None
    outcome = row.outcome(scan.target)
    wrote = (
        [found.keras and f"Keras {found.keras}", found.tensorflow and f"TensorFlow {found.tensorflow}"] if found else []
    )
    return {
        "name": row.name,
        "outcome": outcome,
        "colour": COLOURS[outcome],
        "format": opened.format if opened else "",
        "size": f"{opened.bytes / 1e6:.1f} MB" if opened else "",
        "wrote": ", ".join(item for item in wrote if item),
        "saver": row.measured.saver,
        "why": row.measured.why,
        "exact": row.measured.exact,
        "reason": row.reason(scan.target),
        "cells": [
            _cell(name, row.measured.loads.get(name, Load()), row.expected.get(name, "")) for name in scan.targets
        ],
        "carries": list(row.carries),
        "open_to": [f"{spoken(name)}: {', '.join(items)}" for name, items in row.open_to.items()],
        "digest": row.read.digest,
        "group": row.group,
        "size_of_group": row.size,
        "leader": row.leader,
        "path": str(row.read.found.path)
        if row.read.found.source == str(row.read.found.path)
        else row.read.found.source,
        "convert": outcome == "converts",
    }


def _cell(name: str, load: Load, expected: str) -> dict[str, Any]:
    """What one square of the table says. What was not run has no verdict, whatever is expected."""
    if not load.was_run:
        says = f"not run; as {load.like}" if load.like else "not run"
    else:
        says = f"{load.verdict} ({load.attempt})" if load.verdict == REMEDY else load.verdict
    return {
        "name": name,
        "verdict": load.verdict,
        "says": says,
        "cause": load.cause,
        "error": load.error,
        "lost": ", ".join(part for part in (load.lost.replace(",", ", "), load.cost) if part),
        "difference": load.difference,
        "tried": ", ".join(load.tried),
        "use_like": load.use_like,
        "took": spent({"seconds": load.seconds, "peak_mb": load.peak_mb}),
        "expected": "" if load.was_run else expected,
    }
