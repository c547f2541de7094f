"""A user's file as it was given, and the bench that it is measured on, thrown away at the end."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from crossload.backends import choose_backend
from crossload.config import MatrixConfig
from crossload.environments.model import Environment
from crossload.execution.memory import limits_for
from crossload.execution.provisioner import Provisioner
from crossload.store.database import Store
from crossload.user_models.bench import Bench, read_inputs
from crossload.user_models.model_file import UserModel
from crossload.user_models.seat import NOTHING_GIVEN, Conditions, Given, Seat
from crossload.user_models.security import allowed_paths, named_files
from crossload.user_models.user_code import prepare_code
from crossload.util.files import remove_folder
from crossload.util.terminal import Say


@dataclass(frozen=True)
class ModelOptions:
    """A user's file, what goes with it, and how it is measured.

    :param allow_read: files and folders that the model may read where it names them, besides what lies next to it.
    """

    model: Path
    conditions: Conditions
    given: Given = NOTHING_GIVEN
    allow_read: tuple[Path, ...] = ()


@dataclass(frozen=True)
class SeatOptions:
    """What files have in common that are measured one after the other.

    :param given: the code that goes with them.
    :param largest: bytes of the largest of them: no process may take more memory than that one needs.
    :param most_workers: as many processes stay warm, each with a TensorFlow in memory.
    :param named: files and folders that the models name by absolute paths, and may read.
    """

    conditions: Conditions
    given: Given = NOTHING_GIVEN
    largest: int = 0
    most_workers: int = 2
    named: tuple[Path, ...] = ()


@contextmanager
def open_seat(
    options: SeatOptions, settings: MatrixConfig, environments: Mapping[str, Environment], say: Say
) -> Iterator[Seat]:
    """Where files are measured that the same code goes with; a store of its own, thrown away at the end.

    :raises ModelError: the code cannot be used.
    """
    with tempfile.TemporaryDirectory(prefix="crossload-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        how = options.conditions
        code = prepare_code(folder / "package", options.given.custom_objects, options.given.build)
        # Containers see the folders of scenarios, and the user's code is one here.
        limits = limits_for(settings.limits, options.largest, how.memory_mb)
        visible = settings.model_copy(update={"scenario_folders": [str(code.package.resolve())], "limits": limits})
        backend, reason = choose_backend(how.backend, visible, how.config.parent, [], folder)
        (folder / "store").mkdir()
        staging = folder / "store" / "staging"
        staging.mkdir()
        confinement = backend.confine(code.readable, [staging], options.named)
        say(f"Backend: {reason}; confinement: {confinement}")
        workers = options.most_workers
        try:
            with closing(Store(folder / "store")) as store, Provisioner(backend, environments, say, workers) as places:
                yield Seat(code, settings, places, store, confinement, how.trust, how.memory_mb)
        finally:
            # What a model's code left there may be more than the temporary folder knows how to remove.
            remove_folder(staging)


@contextmanager
def open_bench(
    options: ModelOptions,
    opened: UserModel,
    settings: MatrixConfig,
    environments: Mapping[str, Environment],
    say: Say,
) -> Iterator[Bench]:
    """A bench with a store of its own.

    :raises ModelError: the code or the inputs cannot be used.
    """
    arrays = read_inputs(options.given.inputs) if options.given.inputs is not None else None
    named = named_files(opened, allowed_paths(options.allow_read))
    for item in named:
        say(str(item))
    shown = tuple(item.source for item in named if item.source and Path(item.path).is_absolute())
    wanted = SeatOptions(options.conditions, options.given, largest=opened.bytes, named=shown)
    with open_seat(wanted, settings, environments, say) as seat:
        yield seat.bench(opened, arrays, options.model, named)
