"""Which of the files that a model names are let through to it: what a hostile file could learn, it must not."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from crossload.inspection.carried import NAMED_FILE, TFSM_LAYER, VOCABULARY_PATH, Carried, in_configuration
from crossload.probe.operations.attempt_state import beside_named
from crossload.user_models.bench import Bench, Inputs
from crossload.user_models.model_file import ModelError, UserModel
from crossload.user_models.security import Named, allowed_paths, named_files


def _model(folder: Path, name: str, construct: str = VOCABULARY_PATH) -> UserModel:
    folder.mkdir(exist_ok=True)
    found = SimpleNamespace(carries=(Carried(construct, "lookup", name),))
    return cast(UserModel, SimpleNamespace(path=folder / "m.keras", found=found))


def _one(model: UserModel, *allowed: Path) -> Named:
    (found,) = named_files(model, allowed_paths(allowed))
    return found


@pytest.mark.parametrize("written", ["words.txt", "sub/words.txt", "{folder}/words.txt", "./words.txt"])
def test_what_lies_beside_the_model_is_let_through(written: str, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    model = _model(folder, written.format(folder=folder))
    (folder / "sub").mkdir()
    for place in (folder, folder / "sub"):
        (place / "words.txt").write_text("a\nb\n")
    found = _one(model)
    assert found.source is not None
    assert found.source.name == "words.txt"
    assert "beside the model" in found.why


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("{home}/.ssh/id_rsa", "does not lie in the model's folder"),
        ("../home/.ssh/id_rsa", "does not lie in the model's folder"),
        ("sub/../../home/.ssh/id_rsa", "does not lie in the model's folder"),
        ("{folder}/../home/.ssh/id_rsa", "does not lie in the model's folder"),
        ("link.txt", "a link"),
        ("out/id_rsa", "a link"),
        (".env", "begins with a dot"),
        ("saved", "holds a link"),
    ],
)
def test_a_hostile_file_reads_nothing_by_naming_it(written: str, reason: str, tmp_path: Path) -> None:
    """And what it names is said, with the option that lets it through."""
    folder, home = tmp_path / "model", tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "id_rsa").write_text("secret")
    model = _model(folder, written.format(home=home, folder=folder))
    (folder / "sub").mkdir()
    (folder / ".env").write_text("secret")
    (folder / "link.txt").symlink_to(home / ".ssh" / "id_rsa")
    (folder / "out").symlink_to(home / ".ssh")
    (folder / "saved").mkdir()
    (folder / "saved" / "key").symlink_to(home / ".ssh" / "id_rsa")
    found = _one(model)
    assert found.source is None
    assert reason in found.why
    assert "--allow-read" in str(found)


def test_nothing_beside_a_model_in_a_home_folder_is_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "passwords.txt").write_text("secret")
    assert "home folder" in _one(_model(tmp_path, "passwords.txt")).why


def test_what_is_allowed_is_let_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "data"
    other.mkdir()
    (other / "words.txt").write_text("a")
    folder = tmp_path / "model"
    assert _one(_model(folder, str(other / "words.txt")), other / "words.txt").source == other / "words.txt"
    assert _one(_model(folder, str(other / "words.txt")), other).source == other / "words.txt"
    assert _one(_model(folder, "words.txt"), other).source == other / "words.txt"
    assert _one(_model(folder, "data/words.txt"), other / "words.txt").source == other / "words.txt"
    monkeypatch.chdir(other)
    assert _one(_model(folder, "words.txt"), Path("words.txt")).source == other / "words.txt"
    with pytest.raises(ModelError, match=r"--allow-read .*there is no such"):
        allowed_paths([tmp_path / "nowhere"])


def test_what_is_allowed_is_no_way_to_anything_else(tmp_path: Path) -> None:
    """Neither by climbing out of an allowed folder, nor by a link in it."""
    other = tmp_path / "data"
    other.mkdir()
    (tmp_path / "secret").write_text("secret")
    (other / "secret").symlink_to(tmp_path / "secret")
    folder = tmp_path / "model"
    for name in ("../secret", str(other / "secret"), str(other / ".." / "secret"), "secret"):
        assert _one(_model(folder, name), other).source is None


def test_what_is_not_here_and_what_is_a_url_are_told_apart(tmp_path: Path) -> None:
    assert "which is not here, beside the model" in str(_one(_model(tmp_path / "model", "words.txt")))
    assert "which is not here: put it there" in str(_one(_model(tmp_path / "model", "/nowhere/words.txt")))
    assert "a URL: nothing is fetched" in str(_one(_model(tmp_path / "model", "https://host/words.txt")))


def test_a_name_that_may_be_anything_is_not_told_unless_it_leads_somewhere(tmp_path: Path) -> None:
    assert named_files(_model(tmp_path / "model", "block/dense", NAMED_FILE)) == []


@pytest.mark.parametrize(
    ("kind", "config", "expected"),
    [
        ("TextVectorization", {"vocabulary": "words.txt"}, (VOCABULARY_PATH, "words.txt")),
        ("IntegerLookup", {"vocabulary": [1, 2]}, None),
        ("TFSMLayer", {"filepath": "saved/inner"}, (TFSM_LAYER, "saved/inner")),
        ("Tokenizer", {"vocab_file": "assets/vocab.txt"}, (NAMED_FILE, "assets/vocab.txt")),
        ("Tokenizer", {"merges": "merges.txt"}, (NAMED_FILE, "merges.txt")),
        ("KerasLayer", {"handle": "/models/encoder"}, (NAMED_FILE, "/models/encoder")),
        ("Dense", {"name": "a.b/c", "units": 3}, None),
        ("Tokenizer", {"vocab_size": 3, "vocab_type": "bytes"}, None),
    ],
)
def test_names_are_found_in_configurations(kind: str, config: dict[str, Any], expected: tuple[str, str] | None) -> None:
    nested = {"class_name": "Sequential", "config": {"layers": [{"class_name": kind, "config": config}]}}
    found = [(item.construct, item.names) for item in in_configuration(nested) if item.names]
    assert found == ([expected] if expected else [])


def test_what_loads_a_model_works_where_its_files_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "words.txt").write_text("a")
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "part").write_text("b")
    (tmp_path / "saved" / "link").symlink_to(tmp_path / "words.txt")
    named = (Named("sub/words.txt", "", tmp_path / "words.txt", ""), Named("saved", "", tmp_path / "saved", ""))
    bench = Bench(cast(Inputs, SimpleNamespace(named=named)), cast(Any, None), cast(Any, None), cast(Any, None))
    artifact = tmp_path / "artifact"
    bench._lay_out_named(artifact)
    with beside_named(str(artifact)):
        assert Path("sub/words.txt").read_text() == "a"
        assert [path.name for path in Path("saved").iterdir()] == ["part"]
    assert Path.cwd() == tmp_path
    with beside_named(str(tmp_path)):
        assert Path.cwd() == tmp_path


def test_what_is_hidden_is_said_only_where_something_hides_it() -> None:
    named = (Named("/etc/words", "lookup", None, "which is hidden"), Named("a.b", "", None, "perhaps", surely=False))
    assert (
        Inputs(cast(Any, None), cast(Any, None), None, named).hidden == "It names /etc/words (lookup), which is hidden"
    )
    assert Inputs(cast(Any, None), cast(Any, None), None, named, confined=False).hidden == ""
