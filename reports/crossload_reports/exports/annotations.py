"""What a CI job of GitHub shows beside the files of a change: a line on its output for each finding.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

import os
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from crossload.fleet.results import Scan
from crossload_reports.exports.fleet import sarif

# A job shows ten of each level; the others are in the table.
_MOST = 50


def annotations(scan: Scan, variables: Mapping[str, str] = os.environ) -> Iterator[str]:
    """A line for each finding of ``fleet.sarif``, where a job of GitHub reads them; none elsewhere."""
    if variables.get("GITHUB_ACTIONS") != "true":
        return
    for result in sarif(scan)["runs"][0]["results"][:_MOST]:
        place = unquote(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], errors="replace")
        title = _property(f"Crossload: {result['ruleId']}")
        level = {"error": "error", "warning": "warning"}.get(result["level"], "notice")
        yield f"::{level} file={_property(place)},title={title}::{_message(result['message']['text'])}"


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
