"""A reader never sees half of a file, and who reads the old one reads it to its end."""

from pathlib import Path

import pytest

from crossload.util.files import write_atomically, write_text_atomically


def test_who_reads_the_old_file_reads_it_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    write_text_atomically(path, "old " * 10_000)
    with path.open(encoding="utf-8") as reader:
        assert reader.read(4) == "old "
        write_text_atomically(path, "new")
        assert reader.read() == "old " * 9_999
    assert path.read_text(encoding="utf-8") == "new"
    assert [item.name for item in tmp_path.iterdir()] == ["results.json"]


def test_a_writer_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = write_text_atomically(tmp_path / "results.json", "old")

    def fail(unfinished: Path) -> None:
        unfinished.write_text("ne", encoding="utf-8")
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        write_atomically(path, fail)
    assert path.read_text(encoding="utf-8") == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["results.json"]
