"""``crossload data check``: whether the shipped measurements hold on this machine."""

import random
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from crossload.backends import choose_backend
from crossload.config import load_config
from crossload.domain.cells import SIDES
from crossload.environments.selection import all_environments, select
from crossload.errors import SelectionError
from crossload.execution.provisioner import Provisioner
from crossload.resources import MEASURED
from crossload.scenario_index import index_scenarios
from crossload.shipped.checking import Checked, Checker, sample
from crossload.shipped.file_format import read
from crossload.store.database import Store
from crossload.util.terminal import Say


def check_shipped(
    count: int, seed: int | None, tf: Sequence[str] | None, backend: str, config: Path, say: Say
) -> list[Checked]:
    """Run a random sample of the shipped cells again.

    :param seed: of the random choice; None for another one each time.
    :param tf: only cells between these versions; None for all.
    :param say: receives a line for every step.
    :raises SelectionError: no shipped cell can be compared here.
    """
    settings = load_config(config)
    measured = read(MEASURED)
    environments = all_environments(settings)
    if tf is not None:
        environments = {item.id: item for item in select(environments, tf)}
    scenarios = index_scenarios(config.parent / name for name in settings.scenario_folders)
    seed = random.randrange(10**6) if seed is None else seed
    rows, left_out = sample(measured, count, seed, environments, scenarios)
    if not rows:
        raise SelectionError("no shipped cell can be compared here: other pins, or other versions asked for.")
    used = sorted({row[side] for row in rows for side in SIDES})
    place, reason = choose_backend(backend, settings, config.parent, [environments[name] for name in used])
    say(f"Backend: {reason}")
    say(f"{len(rows)} cells of the shipped measurements of {measured.date}, seed {seed}. {left_out}".rstrip())
    with (
        tempfile.TemporaryDirectory(prefix="crossload-") as folder,
        closing(Store(Path(folder))) as store,
        Provisioner(place, environments, say) as places,
    ):
        places.announce(used)
        return Checker(settings, places, store, scenarios, say).run(rows)
