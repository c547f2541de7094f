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
from crossload.user_models.bench import Bench, Inputs, limits_for, read_inputs
from crossload.user_models.model_file import ModelError, UserModel
from crossload.user_models.security import carried_rows, runs_code
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
    with tempfile.TemporaryDirectory(prefix="crossload-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        code = prepare_code(folder / "package", options.custom_objects, options.build)
        # Containers see the folders of scenarios, and the user's code is one here.
        limits = limits_for(settings.limits, opened.bytes)
        visible = settings.model_copy(update={"scenario_folders": [str(code.package.resolve())], "limits": limits})
        backend, reason = choose_backend(options.backend, visible, options.config.parent, [], folder)
        (folder / "store").mkdir()
        staging = folder / "store" / "staging"
        staging.mkdir()
        confinement = backend.confine(code.readable, [staging])
        say(f"Backend: {reason}; confinement: {confinement}")
        if confinement.startswith("none") and runs_code(opened) and not options.trust:
            raise ModelError(
                f"{options.model}: carries code ({'; '.join(carried_rows(opened.found.carries)[:2])}), and nothing confines it "
                f"here ({confinement.removeprefix('none: ')}). Do that, use --backend docker, or pass --trust if you trust it."
            )
        with closing(Store(folder / "store")) as store, Provisioner(backend, environments, say) as places:
            yield Bench(Inputs(opened, code, arrays), settings, places, store)
