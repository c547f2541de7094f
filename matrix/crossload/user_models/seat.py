"""Where files are measured one after the other that the same code goes with: its store, its environments, its confinement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crossload.config import MatrixConfig
from crossload.execution.provisioner import Provisioner
from crossload.store.database import Store
from crossload.user_models.bench import Bench, Inputs
from crossload.user_models.model_file import ModelError, UserModel
from crossload.user_models.security import Named, carried_rows, named_files, runs_code
from crossload.user_models.user_code import UserCode
from crossload.util.files import remove_folder


@dataclass(frozen=True)
class Given:
    """What goes with a model.

    :param custom_objects: a file or a dotted module that defines its classes and functions.
    :param build: ``FILE:FUNCTION``, which builds the model, for files of weights alone.
    :param inputs: an npz to call it with; None where inputs are to be made.
    :param saved_with: the version that wrote it; None where the file says so.
    """

    custom_objects: str | None = None
    build: str | None = None
    inputs: Path | None = None
    saved_with: str | None = None


NOTHING_GIVEN = Given()


@dataclass(frozen=True)
class Conditions:
    """Under which users' files are measured.

    :param config: the ``matrix.toml``.
    :param backend: ``auto``, ``docker`` or ``venv``.
    :param trust: load a file that carries code even where nothing confines it.
    :param memory_mb: what a process may take; None for what the file needs, and the machine has.
    """

    config: Path
    backend: str = "auto"
    trust: bool = False
    memory_mb: int | None = None


@dataclass(frozen=True)
class Seat:
    """One place to measure at. Belongs to one thread.

    :param confinement: how what is loaded is confined, in words; ``none: WHY`` where it is not.
    :param trust: load files that carry code even where nothing confines them.
    :param memory_mb: what a process may take; None for what each file needs.
    """

    code: UserCode
    settings: MatrixConfig
    places: Provisioner
    store: Store
    confinement: str
    trust: bool
    memory_mb: int | None = None

    def bench(
        self,
        opened: UserModel,
        arrays: Mapping[str, Any] | None,
        shown: Path,
        named: Sequence[Named] | None = None,
    ) -> Bench:
        """A bench for one file.

        :param named: what becomes of the files that it names, where what has an absolute path was shown when this place was
            opened; None for what can still be let through.
        :param shown: how the file is called.
        :raises ModelError: it carries code, and nothing confines it here.
        """
        if self.confinement.startswith("none") and runs_code(opened) and not self.trust:
            raise ModelError(
                f"{shown}: carries code ({'; '.join(carried_rows(opened.found.carries)[:2])}), and nothing confines it here "
                f"({self.confinement.removeprefix('none: ')}). Do that, use --backend docker, or pass --trust if you trust it."
            )
        if named is None:
            named = [item for item in named_files(opened) if not Path(item.path).is_absolute()]
        given = Inputs(opened, self.code, arrays, tuple(named), confined=not self.confinement.startswith("none"))
        return Bench(given, self.settings, self.places, self.store, self.memory_mb)

    def clear(self) -> None:
        """Drop the copies of files that were measured: a fleet of them would fill the disk."""
        for folder in (self.store.folder / "artifacts").glob("*"):
            remove_folder(folder)
        self.store.clear_staging()
