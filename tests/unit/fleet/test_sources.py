"""Models are found in files, folders, patterns, lists and URLs; what is none is counted, and no link is followed."""

import os
import time
from pathlib import Path

import pytest

from crossload.errors import ConfigError, CrossloadError, SelectionError
from crossload.fleet.downloads import DownloadError, Downloads
from crossload.fleet.reading import groups_of, read_all
from crossload.fleet.settings import FleetSettings, read_settings
from crossload.fleet.sources import Finds, find, is_single
from crossload.user_models.seat import Given
from tests.unit.inspection import files


def nowhere(url: str) -> Path:
    raise AssertionError(url)


def checkpoint(folder: Path, name: str) -> None:
    (folder / f"{name}.index").write_bytes(files.table(["kernel"]) if hasattr(files, "table") else b"")
    (folder / f"{name}.data-00000-of-00002").write_bytes(b"0")
    (folder / f"{name}.data-00001-of-00002").write_bytes(b"0")
    (folder / "checkpoint").write_text(f'model_checkpoint_path: "{name}"', encoding="utf-8")


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """A folder as teams leave it: five models, one damaged, one that was never fetched, and three other files."""
    root = tmp_path / "fleet"
    (root / "team ä" / "2021").mkdir(parents=True)
    files.hdf5(root / "team ä" / "2021" / "old model.h5", files.KERAS_2)
    files.keras_zip(root / "new.keras")
    saved = root / "graph"
    (saved / "variables").mkdir(parents=True)
    (saved / "saved_model.pb").write_bytes(b"")
    (saved / "variables" / "variables.index").write_bytes(b"")
    (saved / "variables" / "variables.data-00000-of-00001").write_bytes(b"")
    pair = root / "pair"
    pair.mkdir()
    (pair / "model.json").write_text('{"class_name": "Sequential", "config": {"layers": []}}', encoding="utf-8")
    files.hdf5(pair / "model.weights.h5", layout="new")
    (pair / "readme.md").write_text("a pair", encoding="utf-8")
    steps = root / "steps"
    steps.mkdir()
    checkpoint(steps, "ckpt-7")
    (root / "broken.h5").write_bytes((root / "team ä" / "2021" / "old model.h5").read_bytes()[:600])
    (root / "pointer.keras").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0", encoding="utf-8")
    (root / "notes.txt").write_text("nothing", encoding="utf-8")
    (root / "data.csv").write_text("1,2", encoding="utf-8")
    return root


def names(finds: Finds) -> set[str]:
    return {item.name for item in finds.found}


EVERY = {"team ä/2021/old model.h5", "new.keras", "graph", "pair", "steps/ckpt-7", "broken.h5", "pointer.keras"}


def test_a_folder_and_what_in_it_is_no_model(fleet: Path) -> None:
    finds = find([str(fleet)], nowhere)
    assert names(finds) == EVERY
    assert finds.others == {".md": 1, ".txt": 1, ".csv": 1}


def test_links_and_pipes_are_left_alone(fleet: Path) -> None:
    (fleet / "round").symlink_to(fleet, target_is_directory=True)
    os.mkfifo(fleet / "pipe.h5")
    (fleet / "dangling.h5").symlink_to(fleet / "nothing.h5")
    finds = find([str(fleet)], nowhere)
    assert names(finds) == EVERY | {"dangling.h5"}
    assert [item.opened for item in read_all(finds, FleetSettings(), 2) if item.found.name == "dangling.h5"] == [None]


def test_patterns_lists_and_what_two_sources_name(fleet: Path, tmp_path: Path) -> None:
    listed = tmp_path / "models.txt"
    listed.write_text("# ours\n\nfleet/new.keras\nfleet/*.h5\n", encoding="utf-8")
    finds = find([f"@{listed}", str(fleet / "**" / "*.keras"), str(fleet / "new.keras")], nowhere)
    assert names(finds) == {"new.keras", "broken.h5", "pointer.keras"}
    with pytest.raises(SelectionError, match="no such file"):
        find([str(fleet / "*.pb")], nowhere)
    listed.write_text("@models.txt", encoding="utf-8")
    with pytest.raises(SelectionError, match="too deep"):
        find([f"@{listed}"], nowhere)


def test_names_that_two_sources_have_are_told_apart(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        files.hdf5(tmp_path / folder / "model.h5", files.KERAS_2)
    finds = find([str(tmp_path / "one"), str(tmp_path / "two")], nowhere)
    assert names(finds) == {f"{tmp_path / 'one'}: model.h5", f"{tmp_path / 'two'}: model.h5"}


def test_one_model_is_no_fleet(fleet: Path) -> None:
    single = ["new.keras", "graph", "pair", "steps", "steps/ckpt-7", "steps/ckpt-7.index", "broken.h5", "missing.h5"]
    assert [name for name in single if not is_single([str(fleet / name)])] == []
    assert not is_single([str(fleet)])
    assert not is_single([str(fleet / "new.keras"), str(fleet / "graph")])
    assert not is_single([str(fleet / "*.keras")])
    assert not is_single(["s3://bucket/models"])
    assert not is_single(["models:/ranker/3"])
    assert not is_single(["@list.txt"])


def test_a_checkpoint_does_not_stand_for_the_models_beside_it(fleet: Path) -> None:
    assert is_single([str(fleet / "steps")])
    files.keras_zip(fleet / "steps" / "final.keras")
    assert not is_single([str(fleet / "steps")])
    assert names(find([str(fleet / "steps")], nowhere)) == {"ckpt-7", "final.keras"}


def test_everything_is_read_and_what_is_broken_is_said(fleet: Path) -> None:
    (fleet / "sensor.h5").write_bytes(b"")
    import h5py

    with h5py.File(fleet / "sensor.h5", "w") as file:
        file["values"] = [1.0, 2.0]
    finds = find([str(fleet)], nowhere)
    read = {item.found.name: item for item in read_all(finds, FleetSettings(), 2)}
    assert set(read) == EVERY
    assert finds.others[".h5"] == 1
    assert {name for name, item in read.items() if item.opened is None} >= {"broken.h5", "pointer.keras"}
    assert "LFS" in read["pointer.keras"].problem
    assert read["new.keras"].digest
    assert read["new.keras"].opened is not None


def test_models_that_are_made_alike_are_one_group(tmp_path: Path) -> None:
    for name in ("a.h5", "b.h5", "c.h5"):
        files.hdf5(tmp_path / name, files.KERAS_2)
    files.hdf5(tmp_path / "d.h5", files.KERAS_2, files.TRAINING)
    settings = FleetSettings(patterns=(read_pattern(tmp_path, "c.h5"),))
    groups = groups_of(read_all(find([str(tmp_path)], nowhere), settings, 1))
    assert [[item.found.name for item in group] for group in groups] == [["a.h5", "b.h5"], ["c.h5"], ["d.h5"]]


def test_a_pattern_is_not_led_round_in_circles(fleet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abcd":
        (fleet / "team ä" / name).symlink_to(".", target_is_directory=True)
    (fleet / ".hidden").mkdir()
    files.keras_zip(fleet / ".hidden" / "old.keras")
    monkeypatch.chdir(fleet.parent)
    assert names(find([str(fleet / "**" / "*.h5")], nowhere)) == {"old model.h5", "broken.h5", "model.weights.h5"}
    assert names(find(["**/*.keras"], nowhere)) == {"new.keras", "pointer.keras"}
    assert names(find(["fl*/t*/2021/[n-p]*"], nowhere)) == {"old model.h5"}
    assert names(find([str(fleet / "**")], nowhere)) == EVERY | {".hidden/old.keras"}
    for word in ("**/nothing*", "~no-such-user/*.h5", "~no-such-user/a.h5"):
        with pytest.raises(SelectionError):
            find([word], nowhere)


def test_a_folder_of_many_checkpoints_is_read_in_bearable_time(tmp_path: Path) -> None:
    for number in range(4000):
        (tmp_path / f"a.data-x{number}.index").touch()
        (tmp_path / f"a.data-x{number}.data-00000-of-00001").touch()
    started = time.monotonic()
    finds = find([str(tmp_path)], nowhere)
    assert time.monotonic() - started < 10
    assert (len(finds.found), finds.others) == (4000, {})


def read_pattern(folder: Path, match: str):  # type: ignore[no-untyped-def]
    path = folder / "fleet.toml"
    path.write_text(f'[[model]]\nmatch = "{match}"\ncustom_objects = "layers.py"\n', encoding="utf-8")
    (pattern,) = read_settings(path, Given()).patterns
    return pattern


def test_settings_by_pattern(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_settings(None, Given("all.py")).of("x").custom_objects == "all.py"
    Path("fleet.toml").write_text(
        '[[model]]\nmatch = "rank/*"\ncustom_objects = "layers.py"\nbuild = "make.py:make"\n'
        '[[model]]\nmatch = "*"\nsaved_with = "2.10"\ninputs = "x.npz"\n',
        encoding="utf-8",
    )
    found = read_settings(None, Given("all.py")).of("rank/a/b.h5")
    assert found == Given(f"{tmp_path}/layers.py", f"{tmp_path}/make.py:make", tmp_path / "x.npz", "2.10")
    assert read_settings(None, Given("all.py")).of("other.h5").custom_objects == "all.py"
    Path("fleet.toml").write_text('[[model]]\nmatch = "*"\ncustom_object = "x.py"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"unknown key.*custom_objects"):
        read_settings(None, Given())
    with pytest.raises(ConfigError, match="cannot be read"):
        read_settings(tmp_path / "none.toml", Given())


# Behind URLs


def test_a_folder_and_a_zip_behind_urls(fleet: Path, tmp_path: Path) -> None:
    import shutil

    packed = shutil.make_archive(str(tmp_path / "packed"), "zip", fleet)
    downloads = Downloads(tmp_path / "laid", tmp_path / "cache")
    for url in (fleet.as_uri(), f"zip://::{Path(packed).as_uri()}"):
        finds = find([url], downloads.fetch)
        assert names(finds) == EVERY, url
        assert {item.source for item in finds.found} == {url}
    (one,) = find([(fleet / "new.keras").as_uri()], downloads.fetch).found
    assert one.path.read_bytes() == (fleet / "new.keras").read_bytes()


def test_what_was_fetched_is_not_fetched_again_and_what_changed_is(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    files.hdf5(source / "model.h5", files.KERAS_2)
    cache = tmp_path / "cache"
    Downloads(tmp_path / "one", cache).fetch(source.as_uri())
    (content,) = (cache / "content").glob("*/*")
    before = content.stat().st_ino
    second = Downloads(tmp_path / "two", cache).fetch(source.as_uri())
    assert (second / "model.h5").stat().st_ino == before
    content.write_bytes(b"other" + content.read_bytes()[5:])
    third = Downloads(tmp_path / "three", cache).fetch(source.as_uri())
    assert (third / "model.h5").read_bytes() == (source / "model.h5").read_bytes()
    files.hdf5(source / "model.h5", files.KERAS_2, files.TRAINING)
    fourth = Downloads(tmp_path / "four", cache).fetch(source.as_uri())
    assert (fourth / "model.h5").read_bytes() == (source / "model.h5").read_bytes()


def test_a_url_leads_to_no_pipe_and_no_device(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    files.hdf5(source / "model.h5", files.KERAS_2)
    os.mkfifo(source / "pipe.h5")
    downloads = Downloads(tmp_path / "laid", tmp_path / "cache")
    for url in ("zip://a.h5::/dev/zero", "zip://a.h5::file:///dev/zero", (source / "pipe.h5").as_uri(), "/proc/kmsg"):
        with pytest.raises(DownloadError, match=r"a device|a named pipe|the kernel makes up"):
            downloads.fetch(url)
    assert [item.name for item in downloads.fetch(source.as_uri()).iterdir()] == ["model.h5"]


def test_lists_name_each_place_once_and_not_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files.keras_zip(tmp_path / "a.keras")
    (tmp_path / "list").write_text("a.keras\n" * 100_000, encoding="utf-8")
    (tmp_path / "more").write_text("".join(f"@{'./' * count}list\n" for count in range(20)), encoding="utf-8")
    assert names(find([f"@{tmp_path / 'more'}"], nowhere)) == {"a.keras"}
    monkeypatch.setattr("crossload.fleet.sources._MOST_PLACES", 10)
    with pytest.raises(SelectionError, match="more than 10 names"):
        find([f"@{tmp_path / 'more'}"], nowhere)


def test_downloads_have_a_bound_and_errors_are_a_line(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "model.h5").write_bytes(b"0" * 2000)
    with pytest.raises(DownloadError, match="more than is left"):
        Downloads(tmp_path / "laid", tmp_path / "cache", largest=1000).fetch(source.as_uri())
    assert not (tmp_path / "cache" / "content").exists()
    for url in ((tmp_path / "none").as_uri(), "nonsense://x/y", "zip://*.h5::file:///none.zip"):
        with pytest.raises(CrossloadError) as raised:
            Downloads(tmp_path / "laid", tmp_path / "cache").fetch(url)
        assert len(str(raised.value).splitlines()) == 1


def test_no_secret_of_a_url_is_shown(tmp_path: Path) -> None:
    with pytest.raises(CrossloadError) as raised:
        Downloads(tmp_path / "laid", tmp_path / "cache").fetch("nonsense://user:secret@host/models?token=secret")
    assert "secret" not in str(raised.value)
