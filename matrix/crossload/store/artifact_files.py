"""The files of artifacts, by the digest of their content. What is in it survives ``kill -9``."""

import hashlib
import os
import shutil
import stat
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from crossload.errors import StoreError
from crossload.store.records import Artifact, Cell
from crossload.util.files import below, remove_folder

# Bytes that must be free for a failed save to count as the model's own fault.
_LEAST_FREE = 1 << 20
# Folders within each other: whoever copies or removes deeper ones calls itself too often.
_DEEPEST = 50


def digest_folder(folder: Path) -> tuple[str, int]:
    """SHA-256 over names and contents of all files, and the bytes of the model's own ones."""
    digest, size = hashlib.sha256(), 0
    for path in [item for item in below(folder) if item.is_file()]:
        content = path.read_bytes()
        name = str(path.relative_to(folder))
        digest.update(f"{name}\0{len(content)}\0".encode("utf-8", "surrogateescape"))
        digest.update(content)
        if not path.name.startswith("reference."):
            size += len(content)
    return digest.hexdigest(), size


class ChangedError(StoreError):
    """The files of an artifact are not those that were stored. They are gone now: the next run writes them again."""


def _private_copy(source: Path, destination: Path) -> None:
    """Copy a folder, by sharing its blocks where the file system can do that. A hard link would let the copy's user write
    to the original.
    """

    def copy(one: str, other: str) -> str:
        if not stat.S_ISREG(os.lstat(one).st_mode):
            raise OSError(f"{one} is no file")
        with open(one, "rb") as reading, open(other, "xb") as writing:
            size = os.fstat(reading.fileno()).st_size
            try:
                while size and (done := os.copy_file_range(reading.fileno(), writing.fileno(), size)):
                    size -= done
            except OSError:
                shutil.copyfileobj(reading, writing)
        return other

    shutil.copytree(source, destination, symlinks=True, copy_function=copy)


def not_files(folder: Path) -> str:
    """What in a folder is neither a file nor a folder, by its name; empty where there is no such thing.

    A link could lead to any file of this machine, and whoever opens a pipe waits for ever.
    """
    for path in below(folder):
        deep = len(path.parts) - len(folder.parts) > _DEEPEST
        if deep or path.is_symlink() or not (path.is_dir() or path.is_file()):
            return str(path.relative_to(folder))
    return ""


class ArtifactFiles:
    """The files of artifacts under one folder, by digest. Safe to use from several threads and processes.

    :raises OSError: the folder cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "artifacts").mkdir(parents=True, exist_ok=True)
        (folder / "staging").mkdir(exist_ok=True)

    def check_space(self, message: str = "") -> None:
        """Raise StoreError when the disk is full: what fails for that reason is no finding about TensorFlow.

        :param message: an error that came from writing, which may say so itself.
        """
        if "No space left on device" in message or shutil.disk_usage(self.folder).free < _LEAST_FREE:
            where = f" ({' '.join(message.split())[:200]})" if message else ""
            raise StoreError(
                f"{self.folder}: the disk is full{where}, or that of {tempfile.gettempdir()}. Results so far are kept; "
                "free some space and run the same command again."
            )

    def staging_folder(self) -> Path:
        """A new empty folder for an artifact that is being written."""
        return self._new_folder("staging")

    def held_folder(self) -> Path:
        """A new empty folder for files that become an artifact as they are, out of reach of what runs meanwhile: where things are
        staged a confined child may write, also beside what it was given.
        """
        return self._new_folder("held")

    def _new_folder(self, kind: str) -> Path:
        folder = self.folder / kind / uuid.uuid4().hex
        try:
            folder.parent.mkdir(exist_ok=True)
            folder.mkdir()
        except OSError as error:
            raise StoreError(f"{folder}: {error.strerror}. Free some space and run the same command again.") from None
        return folder

    def clear_staging(self) -> None:
        """Remove what a run that was killed left half written."""
        for kind in ("staging", "held"):
            for leftover in (self.folder / kind).glob("*"):
                remove_folder(leftover)

    def artifact_folder(self, artifact: Artifact) -> Path:
        """Where the files of an artifact lie."""
        return self.folder_of(artifact.folder)

    def folder_of(self, digest: str) -> Path:
        """Where the files with a digest lie."""
        return self.folder / "artifacts" / digest[:2] / digest

    @contextmanager
    def lend(self, folder: Path) -> Iterator[Path]:
        """A private copy of a folder: what is written to it goes away with it.

        :raises OSError: it cannot be copied.
        """
        place = self.staging_folder()
        try:
            _private_copy(folder, place / "artifact")
            yield place / "artifact"
        finally:
            remove_folder(place)

    @contextmanager
    def lent(self, artifact: Artifact) -> Iterator[Path]:
        """A private copy of an artifact, for one load.

        :raises ChangedError: its files are not those that were stored.
        """
        folder = self.artifact_folder(artifact)
        with ExitStack() as stack:
            try:
                copy = stack.enter_context(self.lend(folder))
                found = digest_folder(copy)[0]
            except OSError as error:
                self.check_space(str(error))
                found = ""
            if found != artifact.folder:
                # As bytes of another content they are of no use to anybody, and would keep their place from being filled again.
                shutil.rmtree(folder, ignore_errors=True)
                raise ChangedError(
                    f"{folder}: the files are not those that were stored; the next run writes them again."
                )
            yield copy

    def keep_artifact(self, staging: Path) -> tuple[str, int]:
        """Move a written artifact to its place. Returns its digest and the bytes of the model's own files."""
        digest, size = digest_folder(staging)
        destination = self.folder_of(digest)
        try:
            destination.parent.mkdir(exist_ok=True)
            os.rename(staging, destination)
        except OSError as error:
            if not destination.is_dir():
                raise StoreError(
                    f"{destination}: {error.strerror}. Results so far are kept; mend that and run the same command again."
                ) from None
            if digest_folder(destination)[0] == digest:
                shutil.rmtree(staging)  # the same bytes are there already
            else:
                shutil.rmtree(destination)
                os.rename(staging, destination)
        return digest, size

    def put_artifact(self, artifact: Artifact) -> None:
        """Its files are all that is kept here; a :class:`Store` keeps its row too."""

    def put_cell(self, cell: Cell) -> None:
        """Nothing of a cell is kept here; a :class:`Store` keeps its row."""
