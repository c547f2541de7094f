"""The files of artifacts, by the digest of their content. What is in it survives ``kill -9``."""

import hashlib
import os
import shutil
import tempfile
import uuid
from pathlib import Path

from crossload.errors import StoreError
from crossload.store.records import Artifact, Cell

# Bytes that must be free for a failed save to count as the model's own fault.
_LEAST_FREE = 1 << 20


def digest_folder(folder: Path) -> tuple[str, int]:
    """SHA-256 over names and contents of all files, and the bytes of the model's own ones."""
    digest, size = hashlib.sha256(), 0
    for path in sorted(item for item in folder.rglob("*") if item.is_file()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder)}\0{len(content)}\0".encode())
        digest.update(content)
        if not path.name.startswith("reference."):
            size += len(content)
    return digest.hexdigest(), size


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
        folder = self.folder / "staging" / uuid.uuid4().hex
        try:
            folder.mkdir()
        except OSError as error:
            raise StoreError(f"{folder}: {error.strerror}. Free some space and run the same command again.") from None
        return folder

    def clear_staging(self) -> None:
        """Remove what a run that was killed left half written."""
        for leftover in (self.folder / "staging").iterdir():
            shutil.rmtree(leftover, ignore_errors=True)

    def artifact_folder(self, artifact: Artifact) -> Path:
        """Where the files of an artifact lie."""
        return self.folder_of(artifact.folder)

    def folder_of(self, digest: str) -> Path:
        """Where the files with a digest lie."""
        return self.folder / "artifacts" / digest[:2] / digest

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
            shutil.rmtree(staging)  # the same bytes are there already
        return digest, size

    def put_artifact(self, artifact: Artifact) -> None:
        """Its files are all that is kept here; a :class:`Store` keeps its row too."""

    def put_cell(self, cell: Cell) -> None:
        """Nothing of a cell is kept here; a :class:`Store` keeps its row."""
