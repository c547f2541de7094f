"""What a saved file really is."""

from pathlib import Path

_MAGIC = ((b"\x89HDF\r\n\x1a\n", "hdf5"), (b"PK\x03\x04", "zip"))


def container_of(path: Path) -> str:
    """What a saved file really is, read from its first bytes; ``missing`` where there is nothing."""
    if path.is_dir():
        return "directory"
    # First, because TensorFlow keeps a small text file called `checkpoint` beside its checkpoints.
    if path.with_name(path.name + ".index").exists():
        return "tf-checkpoint"
    try:
        with path.open("rb") as stream:
            head = stream.read(8)
    except (FileNotFoundError, NotADirectoryError):
        return "missing"
    return next((name for magic, name in _MAGIC if head.startswith(magic)), "other")
