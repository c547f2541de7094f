"""How much a file may make its reader do, each bound by itself."""

import os
import resource
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from crossload.inspection import bounds, guarded, inspect
from crossload.inspection.bounds import json_object, printable, read_within
from crossload.inspection.guarded import GuardedReader
from crossload.util.files import UnreadableError, special_kind


def test_what_belongs_to_a_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "a").write_bytes(b"12345")
    (tmp_path / "model" / "b").symlink_to("a")
    for name in ("a", "b"):
        assert read_within(tmp_path / "model" / name, tmp_path / "model", 5) == b"12345"


@pytest.mark.parametrize("target", ["../secret", "/etc/hostname"])
def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path, target: str) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "secret").write_bytes(b"key")
    (tmp_path / "model" / "a").symlink_to(target)
    with pytest.raises(UnreadableError, match="a link out of the folder"):
        read_within(tmp_path / "model" / "a", tmp_path / "model", 99)


def test_what_is_too_large_or_no_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"123456")
    with pytest.raises(UnreadableError, match="more than"):
        read_within(tmp_path / "a", tmp_path, 5)
    os.mkfifo(tmp_path / "pipe")
    assert special_kind(tmp_path / "pipe") == "a named pipe"
    with pytest.raises(UnreadableError, match="a named pipe"):
        read_within(tmp_path / "pipe", tmp_path, 5)


@pytest.mark.parametrize("text", ["[]", '"a"', "1", "null", "true"])
def test_json_of_another_shape_is_said(text: str) -> None:
    with pytest.raises(UnreadableError, match="no object but"):
        json_object(text)


def test_json_without_end_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "LARGEST_JSON", 10)
    with pytest.raises(UnreadableError, match="MB of JSON"):
        json_object('{"a": "0123456789"}')


def test_nothing_of_a_file_reaches_a_terminal_as_it_is() -> None:
    assert printable("plain ü") == "plain ü"
    assert printable("\x1b[31mred\r\n") == "\\x1b[31mred\\r\\n"
    assert printable("\ud800") == "\\ud800"
    assert len(printable("a" * 1000)) == bounds.LONGEST_TEXT


def test_a_reader_has_a_bound_of_memory_from_its_start(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[int, tuple[int, int]] = {}
    monkeypatch.setattr(resource, "setrlimit", lambda which, limits: asked.update({which: limits}))
    for name in ("dup", "dup2"):
        monkeypatch.setattr(os, name, lambda *descriptors: 1)
    monkeypatch.setattr(os, "fdopen", lambda *arguments: None)
    monkeypatch.setattr(guarded, "_serve", lambda answers, read: None)
    guarded._main(100)
    own = guarded._held()
    soft, hard = asked[resource.RLIMIT_DATA]
    assert soft == hard <= own + (100 << 20)
    assert asked[resource.RLIMIT_CORE] == (0, 0)


def test_what_a_reader_imports_is_not_the_time_of_its_first_file(tmp_path: Path) -> None:
    script = """
import sys
from crossload.inspection import guarded
guarded._serve = lambda answers, read: answers.write(b"%d" % ("h5py" in sys.modules))
guarded._main(100)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout == b"1"


def test_a_reader_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    hangs = "import sys, time; print(flush=True); sys.stdin.readline(); time.sleep(60)"
    real = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda command, **options: real([sys.executable, "-c", hangs], **options))
    (tmp_path / "a.h5").write_bytes(b"")
    with GuardedReader(seconds=0.2) as reader:
        assert reader.inspect(tmp_path / "a.h5").damage == "reading it takes longer than 0.2 s"


def test_an_encrypted_member_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "{}")
    content = bytearray(path.read_bytes())
    # The flags of the local header and of the directory (APPNOTE.TXT, 4.3.7 and 4.3.12): bit 0 says encrypted.
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    assert "config.json: is encrypted" in inspect(path).damage


def test_an_archive_that_unpacks_to_far_more_than_it_holds_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", " " * (4 << 20) + "{}")
        archive.writestr("metadata.json", '{"keras_version": "3.4.1"}')
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *arguments: pytest.fail("it is unpacked"))
    found = inspect(path)
    assert "config.json: unpacks to 4 MB out of" in found.damage
    assert [item.construct for item in found.carries] == ["archive-bomb"]


@pytest.mark.parametrize(
    ("names", "construct", "said"),
    [
        (["config.json", "../config.json"], "archive-path", "../config.json: its name leads out of the archive"),
        (["config.json", "/etc/passwd"], "archive-path", "/etc/passwd: its name leads out of the archive"),
        (["config.json", "..\\config.json"], "archive-path", "its name leads out of the archive"),
        (["config.json", "config.json"], "archive-duplicate", "config.json: is in the archive 2 times"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_members_that_lead_out_or_are_there_twice_are_said(
    tmp_path: Path, names: list[str], construct: str, said: str
) -> None:
    with zipfile.ZipFile(tmp_path / "a.keras", "w") as archive:
        for name in names:
            archive.writestr(name, "{}")
    found = inspect(tmp_path / "a.keras")
    assert said in found.damage
    assert [item.construct for item in found.carries] == [construct]
