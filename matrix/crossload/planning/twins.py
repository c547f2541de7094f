"""Files of different environments that hold the same, but for the version that they name: they are loaded once.

The loads of such a file are measured on one of them, its twin, and its rows say so. That a loader does not care for the version
is checked, not believed: a share of the cells, drawn by their names, is run all the same, and so is every load where a file was
written.
"""

import hashlib

from crossload.config import SampleConfig
from crossload.domain.attempts import AttemptRecord
from crossload.planning.matrix import Work
from crossload.planning.sample import Name
from crossload.probe import protocol
from crossload.store.records import Artifact, Cell, content_key


def class_of(work: Work, artifact: Artifact, hardware: str, content: str) -> str:
    """What artifacts have in common that every loader takes for the same.

    :param hardware: of the environment that wrote it: the tolerance of a cell depends on it.
    :param content: as :func:`crossload.inspection.content.content_digest` gives it.
    """
    parts = (protocol.PROBE_VERSION, work.scenario.digest, work.format, artifact.file, artifact.container, hardware)
    return content_key(*parts, content)


def is_drawn(cell: Name, settings: SampleConfig) -> bool:
    """Whether a cell is run although a twin of its file was. Its name and the seed decide: every run draws the same."""
    digest = hashlib.blake2b(f"twins {settings.seed} {chr(0).join(cell)}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") < settings.share * 2**64


def copy_of(cell: Cell, key: str, artifact: Artifact, saver: str) -> Cell:
    """What was measured of a cell, for the cell of an artifact that holds the same; it took no time.

    :param saver: the environment that wrote the file that was loaded.
    """
    records: list[AttemptRecord] = [{**record, "seconds": 0.0, "twin": saver} for record in cell.records]
    return Cell(key, artifact.key, cell.loaded_with, cell.requested, tuple(records), 0.0)
