"""What a file carries, and which loaders do not guard against it, as SARIF 2.1.0: what code hosts and scanners read.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from crossload import __version__
from crossload.environments.model import Environment
from crossload.inspection.bounds import printable
from crossload.inspection.carried import CODE, MEANINGS
from crossload.user_models.model_file import UserModel
from crossload.user_models.security import loader_risks

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(model: UserModel, environments: Iterable[Environment]) -> dict[str, Any]:
    """The findings of a file: one for each construct that it carries, one for each weakness of a loader that it could use.

    What may run code is a warning, the rest a note; a weakness of a loader that was asked for is an error.
    """
    results = [*_carried(model), *_open_loaders(model, environments)]
    used = {str(result["ruleId"]) for result in results}
    texts = {
        **MEANINGS,
        **{item["ruleId"]: item["message"]["text"] for item in results if item["ruleId"] not in MEANINGS},
    }
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "Crossload",
                        "version": __version__,
                        "rules": [{"id": name, "shortDescription": {"text": texts[name]}} for name in sorted(used)],
                    }
                },
                "results": results,
            }
        ],
    }


def _carried(model: UserModel) -> Iterator[dict[str, Any]]:
    for item in model.found.carries:
        where = f" ({printable(item.where)})" if item.where else ""
        level = "warning" if item.construct in CODE else "note"
        yield _result(item.construct, level, f"carries {MEANINGS[item.construct]}{where}", model.path, item.where)


def _open_loaders(model: UserModel, environments: Iterable[Environment]) -> Iterator[dict[str, Any]]:
    for risk in loader_risks(model, environments):
        for exposure in risk.exposures:
            mended = f"mended in Keras {', '.join(exposure.fixed)}" if exposure.fixed else "not mended in any release"
            text = f"{risk.environment} (Keras {risk.keras}) does not guard against it: {exposure.advisory.summary}; {mended}"
            yield _result(exposure.advisory.id, "error", text, model.path, exposure.carried.where)


def _result(rule: str, level: str, text: str, path: Path, where: str) -> dict[str, Any]:
    location: dict[str, Any] = {"physicalLocation": {"artifactLocation": {"uri": quote(str(path), errors="replace")}}}
    if where:
        location["logicalLocations"] = [{"fullyQualifiedName": printable(where)}]
    return {"ruleId": rule, "level": level, "message": {"text": text}, "locations": [location]}
