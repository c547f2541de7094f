"""The cells as JUnit XML, which CI systems read: a suite for each pair of environments, a case for each file."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import XMLGenerator

import pandas as pd

from crossload.domain.cells import AXES
from crossload.domain.standing import CONTROL
from crossload.domain.verdicts import BROKEN, HARNESS_ERROR, LOSSY, REMEDY, UNSCORED
from crossload.domain.versions import in_order, spoken
from crossload_reports.analysis.frame import tuples

# Wrong outputs fail a case like an error does. What needs a remedy or loses state passes, and says so in its output.
ERRORS = (HARNESS_ERROR,)
_SKIPPED = tuple(verdict for verdict in UNSCORED if verdict not in ERRORS)

# What XML 1.0 cannot hold, escaped or not.
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_COLUMNS = (
    *AXES,
    "verdict",
    "attempt",
    "cause",
    "lost",
    "error_type",
    "error",
    "reason",
    "cost",
    "seconds",
)


def write_junit(results: pd.DataFrame, path: Path) -> None:
    """Write the cells of a tidy results table, but controls: they are meant to fail."""
    results = results[results["apart"] != CONTROL]
    order = {name: place for place, name in enumerate(in_order([*results["saved_with"], *results["loaded_with"]]))}
    suites: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in tuples(results, _COLUMNS):
        cell = dict(zip(_COLUMNS, row, strict=True))
        suites.setdefault((cell["saved_with"], cell["loaded_with"]), []).append(cell)
    with path.open("w", encoding="utf-8") as stream:
        xml: Any = XMLGenerator(stream, encoding="utf-8", short_empty_elements=True)
        xml.startDocument()
        xml.startElement("testsuites", _counts("crossload", [cell for cells in suites.values() for cell in cells]))
        for saver, loader in sorted(suites, key=lambda pair: (order[pair[0]], order.get(pair[1], len(order)))):
            cells = suites[saver, loader]
            name = f"{spoken(saver)} to {spoken(loader) if loader else 'not saved'}"
            xml.startElement("testsuite", _counts(name, cells))
            for cell in cells:
                _write_case(xml, name, cell)
            xml.endElement("testsuite")
        xml.endElement("testsuites")
        xml.endDocument()


def _seconds(value: Any) -> float:
    return 0.0 if pd.isna(value) else float(value)


def _counts(name: str, cells: list[dict[str, Any]]) -> dict[str, str]:
    found = Counter(cell["verdict"] for cell in cells)
    numbers = {
        "tests": len(cells),
        "failures": sum(found[verdict] for verdict in BROKEN),
        "errors": sum(found[verdict] for verdict in ERRORS),
        "skipped": sum(found[verdict] for verdict in _SKIPPED),
    }
    took = f"{sum(_seconds(cell['seconds']) for cell in cells):.3f}"
    return {"name": cleaned(name)} | {key: str(value) for key, value in numbers.items()} | {"time": took}


def _write_case(xml: Any, suite: str, cell: dict[str, Any]) -> None:
    name = f"{cell['scenario']} [{cell['format']}]"
    time = f"{_seconds(cell['seconds']):.3f}"
    xml.startElement("testcase", {"classname": cleaned(suite), "name": cleaned(name), "time": time})
    verdict = cell["verdict"]
    if verdict in BROKEN or verdict in ERRORS:
        element = "failure" if verdict in BROKEN else "error"
        message = ": ".join(
            part for part in (verdict, cell["cause"], cell["error"].partition("\n")[0] or cell["reason"]) if part
        )
        xml.startElement(element, {"type": cleaned(cell["error_type"] or verdict), "message": cleaned(message[:300])})
        xml.characters(cleaned("\n".join(_told(cell))))
        xml.endElement(element)
    elif verdict in _SKIPPED:
        xml.startElement(
            "skipped", {"message": cleaned(f"{verdict}: {cell['reason'] or cell['error'].partition(chr(10))[0]}")}
        )
        xml.endElement("skipped")
    elif verdict in (REMEDY, LOSSY):
        xml.startElement("system-out", {})
        xml.characters(cleaned("\n".join(_told(cell))))
        xml.endElement("system-out")
    xml.endElement("testcase")


def _told(cell: dict[str, Any]) -> Iterator[str]:
    yield f"verdict: {cell['verdict']}"
    for name in ("attempt", "cost", "lost", "cause", "reason"):
        if cell[name]:
            yield f"{name}: {cell[name]}"
    if cell["error"]:
        yield f"{cell['error_type']}: {cell['error']}"


def cleaned(text: str) -> str:
    """A text as XML 1.0 can hold it."""
    return _ILLEGAL.sub("\ufffd", text)
