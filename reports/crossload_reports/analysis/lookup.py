"""What is looked up: a construct, an error, a pair of versions; each as plain data that pages and the JSON files share."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from crossload.diagnosis.catalogue import UNKNOWN, Cause
from crossload.domain.cells import CellRow
from crossload.domain.standing import COUNTS
from crossload.domain.verdicts import SCORED, severity
from crossload.explaining.message import without_escapes
from crossload.inspection.builtin_names import BUILT_IN
from crossload.inspection.keras_names import keras_names
from crossload.shipped.construct_data import ConstructData
from crossload.user_models.prediction import Predictor

# Marks that are things of their own: a class, and what a model is compiled with.
_NAMED = re.compile(r"^(?:(?:loss|metrics):)?([A-Za-z]\w*)$")
_SETTING = re.compile(r"^([A-Za-z_]\w*)\.")
_MOST_NAMED = 12
_MOST_LETTERS = 400

Entry = dict[str, Any]


def constructs_of(data: ConstructData) -> list[Entry]:
    """Every class and compile setting that was measured: what becomes of a file that holds it.

    ``strips`` has, for each writer and format, a cell for each reader: the verdict of the best measured file with the construct,
    which is what `check` predicts from. ``settings`` are arguments with which it is worse than without.
    """
    strips: defaultdict[str, list[Entry]] = defaultdict(list)
    settings: defaultdict[str, dict[str, Entry]] = defaultdict(dict)
    readers = [name for name in data.measured.environment_ids if not name.startswith("nightly")]
    for writer in data.writers:
        for form in data.measured.formats:
            evidence = data.evidence(writer, form)
            predictor = Predictor(evidence)
            verdicts: dict[tuple[str, str], str] = {}
            for mark in sorted(filter(_is_named, evidence.scenarios_with)):
                cells = list(_cells(predictor, mark, readers))
                if cells:
                    strips[mark].append({"saved_with": writer, "format": form, "cells": cells})
                    verdicts |= {(mark, cell["loaded_with"]): cell["verdict"] for cell in cells}
            for mark in evidence.scenarios_with:
                owner = _SETTING.match(mark)
                if owner is None or owner[1] not in strips:
                    continue
                for cell in _cells(predictor, mark, readers):
                    alone = verdicts.get((owner[1], cell["loaded_with"]))
                    if alone is not None and severity(cell["verdict"]) > severity(alone):
                        found = settings[owner[1]].setdefault(mark, {"setting": mark, "cells": []})
                        found["cells"].append({"saved_with": writer, "format": form, **cell})
    slugs = _slugs(strips)
    return [
        {"slug": slugs[name], "name": name, "strips": strips[name], "settings": list(settings[name].values())}
        for name in sorted(strips, key=lambda name: (name.lower(), name))
    ]


def _is_named(mark: str) -> bool:
    """Whether a mark is a name of Keras, and no class of a scenario's own."""
    found = _NAMED.match(mark)
    return found is not None and (found[1] in BUILT_IN or bool(keras_names().objects(found[1])))


def _cells(predictor: Predictor, mark: str, readers: Sequence[str]) -> Iterator[Entry]:
    for reader in readers:
        said = predictor.of([mark], reader)
        if said.is_known:
            yield {"loaded_with": reader, "verdict": said.verdict, "attempt": said.attempt, "cause": said.cause}


def _slugs(names: Iterable[str]) -> dict[str, str]:
    """Names for files: no two of them differ by the case of their letters alone, for some file systems know no difference."""
    slugs: dict[str, str] = {}
    used: set[str] = set()
    for name in sorted(names):
        plain = re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-")
        slug = plain
        number = 1
        while slug.lower() in used:
            number += 1
            slug = f"{plain}-{number}"
        used.add(slug.lower())
        slugs[name] = slug
    return slugs


def errors_of(rows: Iterable[CellRow], causes: Sequence[Cause]) -> list[Entry]:
    """Every cause: what it means, what helps, and in how many cells of which readers it was found.

    Controls count, too: an error that is made on purpose is an error that people meet.
    """
    seen: defaultdict[str, list[CellRow]] = defaultdict(list)
    for row in rows:
        if row.get("cause") and row["cause"] != UNKNOWN and row["loaded_with"]:
            seen[row["cause"]].append(row)
    return [
        {
            "slug": cause.id,
            "title": cause.title,
            "explanation": cause.explanation,
            "remedies": list(cause.remedies),
            "references": [address for _, address in cause.to_dict()["links"]],
            "is_about_loading": cause.loading,
            **_where(seen.get(cause.id, [])),
        }
        for cause in sorted(causes, key=lambda cause: (-len(seen.get(cause.id, [])), cause.title))
    ]


def _where(rows: Sequence[CellRow]) -> Entry:
    said = Counter(_worded(row) for row in rows if row.get("error"))
    loaders = Counter((row["saved_with"], row["loaded_with"]) for row in rows)
    return {
        "cells": len(rows),
        "pairs": [
            {"saved_with": saver, "loaded_with": loader, "cells": count} for (saver, loader), count in loaders.items()
        ],
        "formats": dict(Counter(row["format"] for row in rows).most_common()),
        "scenarios": dict(Counter(row["scenario"] for row in rows).most_common(_MOST_NAMED)),
        "helped": dict(Counter(row["attempt"] for row in rows if row["verdict"] == "remedy").most_common()),
        "messages": [text for text, _ in said.most_common(3)],
    }


def _worded(row: CellRow) -> str:
    return without_escapes(f"{row['error_type']}: {row['error']}")[:_MOST_LETTERS]


def pairs_of(rows: Iterable[CellRow]) -> list[Entry]:
    """Every pair of a writer and a reader: how its files fare, by format. Only cells that count for a score."""
    counts: defaultdict[tuple[str, str], defaultdict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    causes: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in rows:
        if not row["loaded_with"] or row["verdict"] not in SCORED or (row.get("apart") or COUNTS) != COUNTS:
            continue
        place = (row["saved_with"], row["loaded_with"])
        counts[place][row["format"]][row["verdict"]] += 1
        if row.get("cause"):
            causes[place][row["cause"]] += 1
    return [
        {
            "saved_with": saver,
            "loaded_with": loader,
            "formats": {form: dict(verdicts) for form, verdicts in sorted(formats.items())},
            "causes": dict(causes[saver, loader].most_common()),
        }
        for (saver, loader), formats in counts.items()
    ]


def facts_of(environments: Iterable[Mapping[str, Any]]) -> list[Entry]:
    """What a reader of the data has to know of each environment."""
    return [{name: item.get(name) or "" for name in ("id", "tensorflow", "keras", "python")} for item in environments]
