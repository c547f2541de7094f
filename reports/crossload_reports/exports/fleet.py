"""A fleet's table for programs: JSON, CSV, JUnit, SARIF, and Markdown for a comment on a pull request."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import XMLGenerator

from crossload.domain.versions import spoken
from crossload.fleet.results import (
    AS_IT_IS,
    BY_REMEDY,
    NEEDS_CODE,
    NO_WAY,
    NOT_MEASURED,
    OTHER_OUTPUTS,
    UNREADABLE,
    Load,
    Row,
    Scan,
    first_step,
    sentence,
)
from crossload.fleet.trend import Change, trend_line
from crossload.util.files import write_text_atomically
from crossload.util.sarif import document, finding
from crossload_reports.exports.junit import cleaned

# Rows of a comment; nobody reads a hundredth.
_MOST_LINES = 30
# What a model that comes to it means, as the levels of SARIF; what loads as it is is no result.
_LEVELS = {OTHER_OUTPUTS: "error", NO_WAY: "error", NEEDS_CODE: "error", UNREADABLE: "error", BY_REMEDY: "warning"}
MEANINGS = {
    AS_IT_IS: "loads as it is, with the right outputs",
    BY_REMEDY: "loads with the right outputs by another way than the plain call: convert it",
    NEEDS_CODE: "loads only with code that was not given",
    NO_WAY: "loads in no way that was tried",
    OTHER_OUTPUTS: "loads without an error and gives other outputs",
    UNREADABLE: "is damaged, or is not the file that its name says",
    NOT_MEASURED: "was not loaded: nothing is claimed",
}


def write_exports(scan: Scan, changes: Sequence[Change], folder: Path) -> None:
    """Write ``fleet.json`` (schema ``fleet-1``), ``fleet.csv``, ``fleet.junit.xml``, ``fleet.sarif`` and ``fleet.md``."""
    document = scan.to_dict() | {"changes": [vars(change) for change in changes]}
    write_text_atomically(folder / "fleet.json", _json(document))
    write_text_atomically(folder / "fleet.csv", _csv(scan))
    write_text_atomically(folder / "fleet.junit.xml", _junit(scan))
    write_text_atomically(folder / "fleet.sarif", _json(sarif(scan)))
    write_text_atomically(folder / "fleet.md", markdown(scan, changes))


def _json(document: Mapping[str, Any]) -> str:
    # Names of files that are no Unicode cannot be written otherwise.
    return json.dumps(document, indent=1, default=str) + "\n"


def _plain(text: str) -> str:
    """A text without half characters, which UTF-8 cannot hold."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _csv(scan: Scan) -> str:
    columns = ("name", "source", "outcome", "reason", "format", "bytes", "sha256", "keras", "tensorflow", "saved_with",
               "group", "group_size", "leader")  # fmt: skip
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    loads: Sequence[tuple[str, Callable[[Load], str]]] = (
        ("", lambda load: load.verdict or "not run"),
        (" by", lambda load: load.attempt),
        (" cause", lambda load: load.cause),
        (" seconds", lambda load: f"{load.seconds:.1f}" if load.seconds else ""),
        (" peak MB", lambda load: str(load.peak_mb or "")),
    )
    writer.writerow([*columns, *(f"{name}{suffix}" for name in scan.targets for suffix, _ in loads), "carries"])
    for row in scan.rows:
        told = row.to_dict(scan.targets, scan.target)
        each = [row.measured.loads.get(name, Load()) for name in scan.targets]
        values = [*(told[name] for name in columns), *(say(load) for load in each for _, say in loads)]
        writer.writerow([_safe(value) for value in (*values, "; ".join(row.carries))])
    return stream.getvalue()


def _safe(value: Any) -> str:
    """A value that no spreadsheet takes for a formula: names of files are anybody's."""
    text = _plain("" if value is None else str(value))
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _junit(scan: Scan) -> str:
    bad = (OTHER_OUTPUTS, NO_WAY, NEEDS_CODE, UNREADABLE)
    counts, stream = scan.counts, io.StringIO()
    xml: Any = XMLGenerator(stream, encoding="utf-8", short_empty_elements=True)
    xml.startDocument()
    numbers = {
        "name": f"models in {spoken(scan.target)}",
        "tests": str(len(scan.rows)),
        "failures": str(sum(counts[name] for name in bad)),
        "errors": "0",
        "skipped": str(counts[NOT_MEASURED]),
    }
    xml.startElement("testsuites", {"name": "crossload"})
    xml.startElement("testsuite", numbers)
    for row in scan.rows:
        outcome, reason = row.outcome(scan.target), cleaned(_plain(row.reason(scan.target)))
        name, place = cleaned(_plain(row.name)), cleaned(_plain(row.read.found.source))
        xml.startElement("testcase", {"classname": place, "name": name, "time": f"{row.measured.seconds:.3f}"})
        if outcome in bad:
            xml.startElement("failure", {"type": outcome, "message": f"{MEANINGS[outcome]}: {reason}"[:300]})
            xml.characters(reason)
            xml.endElement("failure")
        elif outcome == NOT_MEASURED:
            xml.startElement("skipped", {"message": (reason or MEANINGS[outcome])[:300]})
            xml.endElement("skipped")
        xml.endElement("testcase")
    xml.endElement("testsuite")
    xml.endElement("testsuites")
    xml.endDocument()
    return stream.getvalue()


def sarif(scan: Scan) -> dict[str, Any]:
    """SARIF 2.1.0, which code hosts show beside the files."""
    results = [result for row in scan.rows for result in _results(row, scan.target)]
    rules = {name: f"A model that {MEANINGS[name]}." for name in _LEVELS}
    return document({**rules, "carries": "A model that can hurt whoever loads it."}, results)


def _results(row: Row, target: str) -> Iterator[dict[str, Any]]:
    path = row.read.found.path
    outcome = row.outcome(target)
    if outcome in _LEVELS:
        text = f"{_plain(row.name)} in {spoken(target)}: {MEANINGS[outcome]}. {_plain(row.reason(target))}".strip()
        yield finding(outcome, _LEVELS[outcome], text, path)
    if row.carries:
        text = f"{_plain(row.name)} carries: {_plain('; '.join(row.carries))}"
        yield finding("carries", "warning", text, path)


def markdown(scan: Scan, changes: Sequence[Change]) -> str:
    """The answer, what changed, and the models that need something, short enough for a comment."""
    order = (OTHER_OUTPUTS, NO_WAY, NEEDS_CODE, UNREADABLE, BY_REMEDY, NOT_MEASURED)
    needing = sorted(
        (row for row in scan.rows if row.outcome(scan.target) in order),
        key=lambda row: (order.index(row.outcome(scan.target)), row.name),
    )
    lines = [f"**{sentence(scan)}**", "", first_step(scan), ""]
    if told := trend_line(changes):
        lines += [told, ""]
    if needing and not scan.static:
        lines += [f"| model | in {spoken(scan.target)} | why |", "|---|---|---|"]
        for row in needing[:_MOST_LINES]:
            outcome = row.outcome(scan.target)
            lines.append(f"| {_cell(row.name, 120)} | {outcome} | {_cell(row.reason(scan.target), 160)} |")
        if len(needing) > _MOST_LINES:
            lines.append(f"\n… and {len(needing) - _MOST_LINES:,} more.")
    return _plain("\n".join(lines) + "\n")


def _cell(text: str, most: int) -> str:
    flat = " ".join(text.split())
    flat = flat if len(flat) <= most else flat[: most - 1] + "…"
    for sign in "\\|`*_[]<>~#":
        flat = flat.replace(sign, f"\\{sign}")
    return flat
