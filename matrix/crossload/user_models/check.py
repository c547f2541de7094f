"""``crossload check``: what a file is, what is to be expected of it, and what was measured."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from crossload.environments.model import Environment
from crossload.errors import NothingCouldRunError
from crossload.planning.keys import cell_key
from crossload.planning.matrix import Matrix
from crossload.store.inspections import inspector
from crossload.store.records import Artifact, Cell
from crossload.user_models.bench import Bench, first_that_loads
from crossload.user_models.model_file import CannotCallError, CannotLoadError, ModelError, UserModel
from crossload.user_models.prediction import Prediction
from crossload.user_models.saver import Writer
from crossload.user_models.security import Named

if TYPE_CHECKING:
    from crossload.results.tables import Tables


@dataclass(frozen=True)
class Check:
    """Everything that is known of a file.

    :param saver: environment of the reference; ``why`` says why that one.
    :param exact: whether that is what wrote the file; otherwise it stands in, and nothing follows from its own failure.
    :param predicted_as: the measured environment that predictions are taken from, as if it had written the file.
    :param origin: where the cells behind the predictions come from.
    :param reference: what the probe said of the model in its saver; empty where nothing was measured.
    :param rows: one a version, as in a result table, with ``peak_mb``, in the order of versions; empty where nothing was
        measured.
    :param environments: facts of those that were used.
    :param target: the newest environment that was asked for.
    :param named: what became of the files that it names.
    """

    model: UserModel
    saver: str
    why: str
    predictions: Sequence[Prediction]
    origin: str
    exact: bool = True
    predicted_as: str = ""
    reference: Mapping[str, Any] = field(default_factory=dict)
    rows: Sequence[Mapping[str, Any]] = ()
    attempts: Sequence[Mapping[str, Any]] = ()
    environments: Sequence[Mapping[str, Any]] = ()
    target: str = ""
    named: Sequence[Named] = ()

    @property
    def verdicts(self) -> dict[str, str]:
        """The verdict of each environment that it was loaded in; empty where nothing was measured."""
        return {str(row["loaded_with"]): str(row["verdict"]) for row in self.rows}


def _reference(
    bench: Bench, writer: Writer, loaders: Sequence[Environment], say: Callable[[str], None]
) -> tuple[Environment, Artifact, str, bool]:
    """The environment of the reference, the file with it, why that one, and whether that is what wrote the file."""
    home = writer.environment
    say(writer.reads)
    try:
        return home, bench.reference(home.id), writer.why, writer.exact
    except CannotLoadError as error:
        unreadable = error
    if bench.given.hidden:
        raise unreadable  # no other version could read what is not there
    say(f"{home.id}: {unreadable}")
    in_order = sorted({item.id: item for item in (home, *loaders)}.values(), key=lambda item: item.sort_key)
    place = in_order.index(home)
    near = sorted(in_order, key=lambda item: abs(in_order.index(item) - place))
    tried = {item.id: item for item in (*writer.others, *near) if item.id != home.id}
    if found := first_that_loads(bench, list(tried.values()), say):
        other, artifact = found
        what = "wrote it" if writer.exact else f"stands for what wrote it ({writer.why})"
        return other, artifact, f"it loads the file, and {home.id}, which {what}, does not", False
    if isinstance(unreadable, CannotCallError) and (uncalled := _uncalled(bench, home, say)) is not None:
        return home, uncalled, writer.why, writer.exact
    if writer.exact:
        raise unreadable
    # From the failure of what only stands in, nothing follows for where the file was written.
    raise ModelError(
        f"{bench.given.model.path}: loads in none of {', '.join([home.id, *tried])}, and what wrote it cannot be had "
        f"({writer.why}): whether it loads there is not known. Name more versions with --tf.\n{unreadable}"
    )


def _uncalled(bench: Bench, home: Environment, say: Callable[[str], None]) -> Artifact | None:
    """The file without its outputs, where it loads and cannot be called, or be compared, anywhere."""
    try:
        found = bench.reference(home.id, uncalled=True)
    except ModelError:
        return None
    say(f"{home.id}: it loads; its outputs are not compared")
    return found


def _tables(
    bench: Bench, artifact: Artifact, chosen: Sequence[Environment], cells: Mapping[str, Cell], writer: str = ""
) -> "Tables":
    """Cells of a file, judged, with their causes.

    :param writer: what wrote it, where that is not what gives the reference: causes are about what it wrote.
    """
    # pandas takes longer to import than a prediction to make, and what was only read of a file needs none.
    from crossload.results.tables import Tables

    matrix = Matrix(tuple(chosen), (bench.work(artifact.format),))
    states = {item.id: bench.places.state(item.id) for item in chosen}
    with inspector(bench.store) as inspect:
        writers = {artifact.saved_with: writer or artifact.saved_with}
        return Tables(matrix, bench.config, states, {artifact.key: artifact}, cells, inspect, writers)


def _with_peak(row: Mapping[str, Any], bench: Bench) -> dict[str, Any]:
    """A row with the most memory that loading took, ``peak_mb``; None where nothing was loaded."""
    return dict(row) | {"peak_mb": bench.peaks.get(str(row["loaded_with"])) or None}


def compare(bench: Bench, saver: Environment, target: Environment, only: Sequence[str]) -> Mapping[str, Any]:
    """Load a file in one environment by some attempts alone, and compare it with what it gives in its saver.

    :param only: what worked for files that are made alike; the plain attempt first.
    :return: the row of that environment, as in :attr:`Check.rows`.
    :raises ModelError: the file cannot be measured in its saver.
    """
    artifact = bench.reference(saver.id)
    state = bench.places.state(target.id)
    chosen = sorted({item.id: item for item in (saver, target)}.values(), key=lambda item: item.sort_key)
    cells = {}
    if state.state == "ready":
        cells[cell_key(artifact.key, state)] = bench.load(artifact, target.id, only)
    rows = _tables(bench, artifact, chosen, cells).rows()
    found = next(row for row in rows if (row["saved_with"], row["loaded_with"]) == (saver.id, target.id))
    return _with_peak(found, bench)


def measure(
    bench: Bench,
    writer: Writer,
    loaders: Sequence[Environment],
    say: Callable[[str], None],
    only: Collection[str] | None = None,
) -> dict[str, Any]:
    """Load a file in every environment asked for.

    The reference is what the file gives where it was written; where that cannot be had or cannot load it, what it gives in
    the nearest of the others that can.

    :param only: environments that it is loaded in, where the others are known already; the reference is measured in any case.
    :return: fields of :class:`Check`: those of the reference, and those that come after it.
    :raises ModelError: it cannot be measured where it was written, nor anywhere else.
    :raises NothingCouldRunError: none of the environments can be had.
    """
    wanted = {item.id for item in loaders} if only is None else set(only)
    bench.places.announce(dict.fromkeys([writer.environment.id, *(item.id for item in loaders if item.id in wanted)]))
    saver, artifact, why, exact = _reference(bench, writer, loaders, say)
    everywhere = {item.id: item for item in [*loaders, writer.environment, saver]}
    if only is not None:
        everywhere = {name: item for name, item in everywhere.items() if name in wanted or name == saver.id}
    chosen = sorted(everywhere.values(), key=lambda item: item.sort_key)
    cells = {}
    for environment in sorted(chosen, key=lambda item: item.id != saver.id):
        if only is not None and environment.id not in wanted:
            continue
        state = bench.places.state(environment.id)
        if state.state != "ready":
            say(f"{environment.id}: unavailable: {state.reason}")
            continue
        say(f"{environment.id}: loading")
        cell = bench.load(artifact, environment.id)
        cells[cell_key(artifact.key, state)] = cell
    if not cells:
        raise NothingCouldRunError("nothing could run: every environment is unavailable (see above).")
    states = {item.id: bench.places.state(item.id) for item in chosen}
    tables = _tables(bench, artifact, chosen, cells, writer.environment.id)
    asked = wanted
    # Cells of other savers do not exist: only this file was loaded.
    rows = [
        _with_peak(row, bench)
        for row in tables.rows()
        if row["saved_with"] == saver.id and row["loaded_with"] in asked | {saver.id, writer.environment.id}
    ]
    return {
        "saver": saver.id,
        "why": why,
        "exact": exact,
        "reference": bench.facts,
        "rows": rows,
        "attempts": [dict(row) for row in tables.attempt_rows()],
        "environments": [states[item.id].describe() for item in chosen],
        "named": bench.given.named,
    }
