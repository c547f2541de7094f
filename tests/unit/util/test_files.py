"""A reader never sees half of a file, and who reads the old one reads it to its end."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from crossload.util.files import (
    UnreadableError,
    below,
    read_plain,
    remove_folder,
    special_kind,
    toml_table,
    walk,
    write_atomically,
    write_text_atomically,
)


def test_who_reads_the_old_file_reads_it_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    write_text_atomically(path, "old " * 10_000)
    with path.open(encoding="utf-8") as reader:
        assert reader.read(4) == "old "
        write_text_atomically(path, "new")
        assert reader.read() == "old " * 9_999
    assert path.read_text(encoding="utf-8") == "new"
    assert [item.name for item in tmp_path.iterdir()] == ["results.json"]


def test_a_device_and_what_is_open_stay_what_they_are(tmp_path: Path) -> None:
    """Who is root would have replaced `/dev/null`: written to here by a name of its own, so that nobody's is at stake."""
    device, before = tmp_path / "null", Path("/dev/null").stat()
    try:
        os.mknod(device, before.st_mode, before.st_rdev)
    except PermissionError:
        pytest.skip("only root makes devices")
    assert write_text_atomically(device, "text") == device
    assert device.lstat().st_rdev == before.st_rdev
    assert [item.name for item in tmp_path.iterdir()] == ["null"]


def test_what_a_shell_opened_is_written_to(tmp_path: Path) -> None:
    script = """
from pathlib import Path
from crossload.util.files import write_text_atomically
write_text_atomically(Path("/proc/self/fd/1"), "x")
"""
    with (tmp_path / "out.txt").open("w") as out:
        subprocess.run([sys.executable, "-c", script], stdout=out, check=True)
    assert (tmp_path / "out.txt").read_text() == "x"


def test_a_pipe_is_replaced_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    write_text_atomically(tmp_path / "pipe", "text")
    assert (tmp_path / "pipe").read_text() == "text"


def test_a_writer_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = write_text_atomically(tmp_path / "results.json", "old")

    def fail(unfinished: Path) -> None:
        unfinished.write_text("ne", encoding="utf-8")
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        write_atomically(path, fail)
    assert path.read_text(encoding="utf-8") == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["results.json"]


def _deep(root: Path, levels: int) -> Path:
    """Folders within each other; made one by one, since no path to the last could be given at once."""
    here = os.open(root, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    return root


@pytest.mark.parametrize("target", ["/proc/kmsg", "/proc/self/status", "/proc/self/mem"])
def test_what_the_kernel_makes_up_is_not_read(tmp_path: Path, target: str) -> None:
    (tmp_path / "a.h5").symlink_to(target)
    assert special_kind(tmp_path / "a.h5") == "something that the kernel makes up"
    with pytest.raises(UnreadableError, match="the kernel makes up"):
        read_plain(tmp_path / "a.h5")


def test_a_file_by_way_of_the_kernel_is_that_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"words")
    with (tmp_path / "a.txt").open("rb") as stream:
        assert read_plain(Path(f"/proc/self/fd/{stream.fileno()}")) == b"words"


def test_folders_within_each_other_are_walked_however_deep(tmp_path: Path) -> None:
    assert len(below(_deep(tmp_path, 1500))) == 1500
    subprocess.run(["rm", "-rf", str(tmp_path / "d")], check=True)


def test_everything_below_a_folder_in_order_and_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "b" / "c").mkdir(parents=True)
    (tmp_path / "b" / "c" / "file").touch()
    (tmp_path / "a").symlink_to("b")
    assert [str(path.relative_to(tmp_path)) for path in below(tmp_path)] == ["a", "b", "b/c", "b/c/file"]
    seen = []
    for _, folders, others in walk(tmp_path):
        seen += others
        folders.clear()
    assert seen == ["a"]


def test_what_is_named_is_read_with_an_end(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert read_plain(tmp_path / "a", 5) == b"12345"
    with pytest.raises(UnreadableError, match="more than"):
        read_plain(tmp_path / "a", 4)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnreadableError, match="a named pipe"):
        read_plain(tmp_path / "pipe")
    with pytest.raises(tomllib.TOMLDecodeError, match="nested too deep"):
        toml_table("x = " + "[" * 100_000)


def test_a_folder_is_removed_whatever_was_made_in_it(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("kept", encoding="utf-8")
    folder = tmp_path / "folder"
    folder.mkdir()
    _deep(folder, 3000)
    (folder / "locked" / "inner").mkdir(parents=True)
    (folder / "locked" / "inner" / "file").touch()
    os.mkfifo(folder / "locked" / "pipe")
    (folder / "locked" / "out").symlink_to(tmp_path)
    (folder / "locked").chmod(0)
    folder.chmod(0)
    remove_folder(folder)
    assert [item.name for item in tmp_path.iterdir()] == ["kept"]


def test_a_link_to_a_folder_and_nothing_at_all_are_left(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder")
    for name in ("link", "nothing"):
        remove_folder(tmp_path / name)
    assert {item.name for item in tmp_path.iterdir()} == {"folder", "link"}


@pytest.mark.parametrize("text", ["a = " + "9" * 5000, "a = " + "[" * 3000, "a = 1\na = 2", "d = 2024-02-31"])
def test_what_toml_cannot_be_is_one_kind_of_error(text: str) -> None:
    with pytest.raises(tomllib.TOMLDecodeError):
        toml_table(text)
