"""A child's path holds one package and nothing of what lies beside it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from crossload.util import import_roots
from crossload.util.import_roots import import_root


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CROSSLOAD_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "site-packages" / "models"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("NAME = __name__\n", encoding="utf-8")
    (folder.parent / "numpy.py").write_text("raise SystemExit('of another Python')\n", encoding="utf-8")
    return folder


def test_what_lies_beside_a_package_cannot_be_imported(package: Path, cache: Path) -> None:
    root = import_root(package)
    assert os.listdir(root) == ["models"]
    assert root.is_relative_to(cache)
    code = "import models, importlib.util as u; print(models.NAME, u.find_spec('numpy'))"
    found = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(root)!r}); {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout == "models None\n"


def test_a_package_that_stands_alone_is_left_where_it_is(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "root" / "scenarios").mkdir(parents=True)
    assert import_root(tmp_path / "root" / "scenarios") == tmp_path / "root"
    assert not cache.exists()


def test_the_same_package_keeps_its_folder_in_every_process(package: Path) -> None:
    first = import_root(package)
    import_root.cache_clear()
    assert import_root(package) == first
    assert import_root(package.parent / ".." / "site-packages" / "models") == first


@pytest.mark.parametrize("damage", ["more", "gone", "elsewhere"])
def test_a_folder_that_somebody_changed_is_made_anew(package: Path, tmp_path: Path, damage: str) -> None:
    root = import_root(package)
    import_root.cache_clear()
    if damage == "more":
        (root / "numpy.py").write_text("", encoding="utf-8")
    else:
        (root / "models").unlink()
    if damage == "elsewhere":
        (root / "models").symlink_to(tmp_path)
    assert import_root(package) == root
    assert os.listdir(root) == ["models"]
    assert (root / "models").resolve() == package
    assert os.listdir(root.parent) == [root.name]


def test_one_that_another_process_made_at_the_same_moment_is_taken(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = import_root(package)
    import_root.cache_clear()
    answers = iter([False, True])
    monkeypatch.setattr(import_roots, "_is_right", lambda *arguments: next(answers))
    assert import_root(package) == root
    assert os.listdir(root.parent) == [root.name]


def test_without_a_cache_it_lasts_as_long_as_the_process(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be", encoding="utf-8")
    root = import_root(package)
    assert os.listdir(root) == ["models"]
    assert not root.is_relative_to(tmp_path)
