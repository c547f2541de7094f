"""What a file carries, and which loaders do not guard against it, as SARIF."""

from collections.abc import Iterable, Iterator
from typing import Any

from crossload.environments.model import Environment
from crossload.inspection.bounds import printable
from crossload.inspection.carried import CODE, MEANINGS
from crossload.user_models.model_file import UserModel
from crossload.user_models.security import loader_risks, mended
from crossload.util.sarif import document, finding


def sarif(model: UserModel, environments: Iterable[Environment]) -> dict[str, Any]:
    """The findings of a file: one for each construct that it carries, one for each weakness of a loader that it could use.

    What may run code is a warning, the rest a note; a weakness of a loader that was asked for is an error.
    """
    results = [*_carried(model), *_open_loaders(model, environments)]
    rules = {item["ruleId"]: MEANINGS.get(item["ruleId"], item["message"]["text"]) for item in results}
    return document(dict(sorted(rules.items())), results)


def _carried(model: UserModel) -> Iterator[dict[str, Any]]:
    for item in model.found.carries:
        where = printable(item.where)
        text = f"carries {MEANINGS[item.construct]}" + (f" ({where})" if where else "")
        yield finding(item.construct, "warning" if item.construct in CODE else "note", text, model.path, where)


def _open_loaders(model: UserModel, environments: Iterable[Environment]) -> Iterator[dict[str, Any]]:
    for risk in loader_risks(model, environments):
        for item in risk.standings:
            where, who = printable(item.carried.where), f"{risk.environment} (Keras {risk.keras})"
            for exposure in item.published:
                text = f"{who} does not guard against it: {exposure.advisory.summary}; {mended(exposure.fixed)}"
                yield finding(exposure.advisory.id, "error", text, model.path, where)
            if not item.published:
                text = f"{who} {item.text}: {MEANINGS[item.carried.construct]}"
                yield finding(f"measured-{item.carried.construct}", "error", text, model.path, where)
