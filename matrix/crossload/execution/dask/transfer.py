"""How artifacts travel between machines: packed as bytes, by themselves or over a depot that an fsspec URL names."""

import io
import shutil
import tarfile
import uuid
from pathlib import Path
from typing import Any

from crossload.errors import ClusterError
from crossload.store.artifact_files import ArtifactFiles, digest_folder
from crossload.util.files import below


def pack(folder: Path, part: str = "") -> bytes:
    """A folder as an uncompressed tar archive, or one part of it with its name."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for path in below(folder / part):
            if "__pycache__" not in path.parts:
                archive.add(path, str(path.relative_to(folder)), recursive=False)
    return stream.getvalue()


def unpack(content: bytes, folder: Path) -> None:
    """Write what :func:`pack` read into an existing folder. Nothing is written outside of it.

    :raises OSError: it cannot be written.
    """
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        archive.extractall(folder, filter="data")


def keep(content: bytes, digest: str, files: ArtifactFiles) -> None:
    """Put a packed artifact among the files, unless it is there.

    :raises ClusterError: what arrived is not what was sent.
    :raises OSError, StoreError: it cannot be written.
    """
    if files.folder_of(digest).is_dir():
        return
    staging = files.staging_folder()
    try:
        unpack(content, staging)
        if digest_folder(staging)[0] != digest:
            raise ClusterError(f"artifact {digest[:16]} has arrived damaged.")
        files.keep_artifact(staging)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


class Depot:
    """Packed artifacts at an fsspec URL that the host and all workers can reach.

    :raises ClusterError: the URL is not understood, or its filesystem is not installed.
    """

    def __init__(self, url: str) -> None:
        import fsspec  # comes with Dask

        try:
            self._files, self._root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError, OSError) as error:
            raise ClusterError(f"--artifacts {url}: {error}") from None

    def _path(self, digest: str) -> str:
        return f"{self._root.rstrip('/')}/{digest[:2]}/{digest}.tar"

    def put(self, digest: str, content: bytes) -> None:
        """Put an artifact there, unless it is. A reader never sees half of it."""
        path = self._path(digest)
        if self._files.exists(path):
            return
        unfinished = f"{path}.{uuid.uuid4().hex}.part"
        self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
        self._files.pipe_file(unfinished, content)
        self._files.mv(unfinished, path)

    def has(self, digest: str) -> bool:
        """Whether it is there."""
        return bool(self._files.exists(self._path(digest)))

    def get(self, digest: str) -> bytes | None:
        """A packed artifact; None where it is not there."""
        try:
            content: Any = self._files.cat_file(self._path(digest))
        except FileNotFoundError:
            return None
        return bytes(content)
