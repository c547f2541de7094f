"""A user's file as it was given, and the bench that it is measured on, thrown away at the end."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from crossload.backends import choose_backend
from crossload.config import MatrixConfig
from crossload.environments.model import Environment
from crossload.execution.provisioner import Provisioner
from crossload.store.database import Store
from crossload.user_models.bench import Bench, limits_for, read_inputs
from crossload.user_models.model_file import UserModel
from crossload.user_models.seat import Seat
from crossload.user_models.user_code import prepare_code
from crossload.util.terminal import Say


@dataclass(frozen=True)
class ModelOptions:
    """A user's file and what goes with it.

    :param custom_objects: a file or a dotted module that defines its classes and functions.
    :param build: ``FILE:FUNCTION``, which builds the model.
    :param inputs: an npz to call it with; None where inputs are to be made.
    :param saved_with: the version that wrote it; None where the file says so.
    :param trust: load a file that carries code even where nothing confines it.
    """

    model: Path
    config: Path
    custom_objects: str | None = None
    build: str | None = None
    inputs: Path | None = None
    saved_with: str | None = None
    backend: str = "auto"
    trust: bool = False


@dataclass(frozen=True)
class SeatOptions:
    """What files have in common that are measured one after the other.

    :param largest: bytes of the largest of them: no process may take more memory than that one needs.
    :param most_workers: as many processes stay warm, each with a TensorFlow in memory.
    """

    config: Path
    custom_objects: str | None = None
    build: str | None = None
    backend: str = "auto"
    trust: bool = False
    largest: int = 0
    most_workers: int = 2


@contextmanager
def open_seat(
    options: SeatOptions, settings: MatrixConfig, environments: Mapping[str, Environment], say: Say
) -> Iterator[Seat]:
    """Where files are measured that the same code goes with; a store of its own, thrown away at the end.

    :raises ModelError: the code cannot be used.
    """
    with tempfile.TemporaryDirectory(prefix="crossload-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        code = prepare_code(folder / "package", options.custom_objects, options.build)
        # Containers see the folders of scenarios, and the user's code is one here.
        limits = limits_for(settings.limits, options.largest)
        visible = settings.model_copy(update={"scenario_folders": [str(code.package.resolve())], "limits": limits})
        backend, reason = choose_backend(options.backend, visible, options.config.parent, [], folder)
        (folder / "store").mkdir()
        staging = folder / "store" / "staging"
        staging.mkdir()
        confinement = backend.confine(code.readable, [staging])
        say(f"Backend: {reason}; confinement: {confinement}")
        workers = options.most_workers
        with closing(Store(folder / "store")) as store, Provisioner(backend, environments, say, workers) as places:
            yield Seat(code, settings, places, store, confinement, options.trust)


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
    arrays = read_inputs(options.inputs) if options.inputs is not None else None
    wanted = SeatOptions(
        config=options.config,
        custom_objects=options.custom_objects,
        build=options.build,
        backend=options.backend,
        trust=options.trust,
        largest=opened.bytes,
    )
    with open_seat(wanted, settings, environments, say) as seat:
        yield seat.bench(opened, arrays, options.model)
