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
from crossload.user_models.bench import Bench
from crossload.user_models.model_file import UserModel
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

    :return: the fields of :class:`Check` from ``reference`` on.
    :raises ModelError: it cannot be measured in its saver.
    :raises NothingCouldRunError: none of the environments can be had.
    """
    everywhere = {item.id: item for item in [*loaders, saver]}
    chosen = sorted(everywhere.values(), key=lambda item: item.sort_key)
    bench.places.announce([item.id for item in chosen])
    say(f"{saver.id}: reading the model where it was written")
    artifact = bench.reference(saver.id)
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
        dict(row) for row in tables.rows() if row["saved_with"] == saver.id and row["loaded_with"] in asked | {saver.id}
    ]
    return {
        "reference": bench.facts,
        "rows": rows,
        "attempts": [dict(row) for row in tables.attempt_rows()],
        "environments": [states[item.id].describe() for item in chosen],
    }
