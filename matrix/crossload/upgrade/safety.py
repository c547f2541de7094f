"""Loads that whoever does not trust a file should not do: by ``safe_mode=False``, or in a Keras that lets what it carries."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from crossload.domain.cells import CellRow
from crossload.domain.versions import EnvironmentId
from crossload.inspection.carried import FOREIGN_MODULE, LAMBDA, Carried
from crossload.inspection.security.advisories import KERAS, TF_KERAS
from crossload.inspection.security.standing import standings
from crossload.probe.attempts import TRUSTED_ONLY


def unsafe_loads(
    scenarios: Iterable[Mapping[str, Any]], environments: Iterable[Mapping[str, Any]]
) -> Callable[[CellRow], bool]:
    """Tells whether a measured load is one of them.

    :param scenarios: each with its ``features``: what its files hold.
    :param environments: facts of each, its ``keras`` among them.
    """
    carried = {item["name"]: _carried(item.get("features") or {}) for item in scenarios}
    keras = {str(item["id"]): str(item.get("keras") or "") for item in environments}

    @cache
    def lets(constructs: tuple[str, ...], form: str, loader: str) -> bool:
        package = TF_KERAS if EnvironmentId.parse(loader).is_legacy_keras else KERAS
        found = standings([Carried(name) for name in constructs], form, keras.get(loader, ""), package)
        return any(item.lets for item in found)

    def is_unsafe(row: CellRow) -> bool:
        if TRUSTED_ONLY in (row.get("cost") or ""):
            return True
        constructs = carried.get(row["scenario"], ())
        return bool(constructs) and lets(constructs, row["format"], row["loaded_with"])

    return is_unsafe


def _carried(features: Mapping[str, Any]) -> tuple[str, ...]:
    found = [LAMBDA] if features.get("lambdas") else []
    # A class of one's own that is not registered is named by its module, which loading imports.
    return (*found, FOREIGN_MODULE) if features.get("custom") else tuple(found)
