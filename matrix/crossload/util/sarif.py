"""SARIF 2.1.0, what code hosts and scanners read: the frame that every list of findings stands in.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from crossload import __version__

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def document(rules: Mapping[str, str], results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One run of Crossload.

    :param rules: by their ids what each is about.
    :param results: findings, see :func:`finding`.
    """
    described = [{"id": name, "shortDescription": {"text": text}} for name, text in rules.items()]
    driver = {"name": "Crossload", "version": __version__, "rules": described}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": list(results)}]}


def finding(rule: str, level: str, text: str, path: Path, where: str = "") -> dict[str, Any]:
    """One finding about a file.

    :param level: ``error``, ``warning`` or ``note``.
    :param where: the part of the file that it is about; empty for all of it.
    """
    # A name on disk is bytes: what is no UTF-8 in it is kept as it is.
    uri = quote(str(path).encode("utf-8", "surrogateescape"))
    location: dict[str, Any] = {"physicalLocation": {"artifactLocation": {"uri": uri}}}
    if where:
        location["logicalLocations"] = [{"fullyQualifiedName": where}]
    return {"ruleId": rule, "level": level, "message": {"text": text}, "locations": [location]}
