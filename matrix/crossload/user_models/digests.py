"""SHA-256 of models: of a file, of a folder, of the files of a checkpoint."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from crossload.user_models.model_file import files_of
from crossload.util.files import below


def digest_of_model(path: Path) -> dict[str, Any]:
    """``sha256`` of a file; of a folder or a checkpoint that of the names and digests of its ``files``.

    :param path: as a load call is given it; need not exist itself where it is the prefix of a checkpoint.
    :raises OSError: a file cannot be read.
    """
    if path.is_dir():
        return _digest_of([item for item in below(path) if item.is_file()], path)
    return _digest_of(files_of(path))


def _digest_of(files: Sequence[Path], root: Path | None = None) -> dict[str, Any]:
    digests = {str(path.relative_to(root)) if root else path.name: sha256_of(path) for path in files}
    if root is None and len(files) == 1:
        return {"sha256": digests[files[0].name]}
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(digests.items()))
    return {"sha256": hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest(), "files": digests}


def sha256_of(path: Path) -> str:
    """SHA-256 of one file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
