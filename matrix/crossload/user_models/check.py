"""``crossload check``: what a file is, what is to be expected of it, and what was measured."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crossload.environments.model import Environment
from crossload.errors import NothingCouldRunError
from crossload.planning.keys import cell_key
from crossload.planning.matrix import Matrix
from crossload.results.tables import Tables
from crossload.store.inspections import inspector
from crossload.store.records import Artifact
from crossload.user_models.bench import Bench
from crossload.user_models.model_file import CannotLoadError, ModelError, UserModel
from crossload.user_models.prediction import Prediction


@dataclass(frozen=True)
class Check:
    """Everything that is known of a file.

    :param saver: environment that stands for the one that wrote it; ``why`` says why that one.
    :param alike: scenarios that the predictions come from.
    :param origin: where the cells behind the predictions come from.
    :param reference: what the probe said of the model in its saver; empty where nothing was measured.
    :param rows: one a version, as in a result table, in the order of versions; empty where nothing was measured.
    :param environments: facts of those that were used.
    """

    model: UserModel
    saver: str
    why: str
    predictions: Sequence[Prediction]
    alike: Sequence[str]
    origin: str
    reference: Mapping[str, Any] = field(default_factory=dict)
    rows: Sequence[Mapping[str, Any]] = ()
    attempts: Sequence[Mapping[str, Any]] = ()
    environments: Sequence[Mapping[str, Any]] = ()


def measure(
    bench: Bench, saver: Environment, loaders: Sequence[Environment], say: Callable[[str], None]
) -> dict[str, Any]:
    """Load a file in every environment asked for.

    The reference is what the file gives where it was written; where that version cannot load it, what it gives in the closest of
    the others that can.

    :return: the fields of :class:`Check` from ``reference`` on, and ``saver`` and ``why`` where another version is the reference.
    :raises ModelError: it cannot be measured in its saver, nor anywhere else.
    :raises NothingCouldRunError: none of the environments can be had.
    """
    everywhere = {item.id: item for item in [*loaders, saver]}
    chosen = sorted(everywhere.values(), key=lambda item: item.sort_key)
    bench.places.announce([item.id for item in chosen])
    artifact, why = _reference(bench, saver, chosen, say)
    written_by, saver = saver, bench.places.environments[artifact.saved_with]
    work = bench.work(artifact.format)
    cells = {}
    for environment in sorted(chosen, key=lambda item: item.id != saver.id):
        state = bench.places.state(environment.id)
        if state.state != "ready":
            say(f"{environment.id}: unavailable: {state.reason}")
            continue
        say(f"{environment.id}: loading")
        cell = bench.load(artifact, environment.id)
        cells[cell_key(artifact.key, state)] = cell
    if not cells:
        raise NothingCouldRunError("nothing could run: every environment is unavailable (see above).")
    matrix = Matrix(tuple(chosen), (work,))
    states = {item.id: bench.places.state(item.id) for item in chosen}
    with inspector(bench.store) as inspect:
        tables = Tables(matrix, bench.config, states, {artifact.key: artifact}, cells, inspect)
    asked = {item.id for item in loaders}
    # Cells of other savers do not exist: only this file was loaded.
    rows = [
        dict(row)
        for row in tables.rows()
        if row["saved_with"] == saver.id and row["loaded_with"] in asked | {saver.id, written_by.id}
    ]
    return ({"saver": saver.id, "why": why} if why else {}) | {
        "reference": bench.facts,
        "rows": rows,
        "attempts": [dict(row) for row in tables.attempt_rows()],
        "environments": [states[item.id].describe() for item in chosen],
    }


def _reference(
    bench: Bench, saver: Environment, chosen: Sequence[Environment], say: Callable[[str], None]
) -> tuple[Artifact, str]:
    """The file measured where it was written, or in the closest version that loads it; and why there, where it is another."""
    say(f"{saver.id}: reading the model where it was written")
    try:
        return bench.reference(saver.id), ""
    except CannotLoadError as error:
        unreadable = error
    place = [item.id for item in chosen].index(saver.id)
    others = [
        item for number, item in sorted(enumerate(chosen), key=lambda item: abs(item[0] - place)) if number != place
    ]
    for other in others:
        say(f"{saver.id} cannot load its own file; {other.id}: reading the model there")
        try:
            return bench.reference(other.id), f"{saver.id}, which stands for what wrote it, cannot load it itself"
        except ModelError:
            continue
    raise unreadable
