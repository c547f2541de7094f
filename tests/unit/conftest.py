"""Fixtures of many unit tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from crossload.store.database import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    opened = Store(tmp_path / "store")
    yield opened
    opened.close()
