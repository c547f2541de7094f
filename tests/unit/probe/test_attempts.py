"""The names of the attempts, what they are made of, and which of them are worth trying."""

from pathlib import Path
from typing import Any

import pytest

from crossload.planning.process_sharing import BARE, COMMON, first_group, share_key
from crossload.probe import attempts, formats, protocol
from crossload.probe.errors import NotApplicableError
from crossload.probe.operations import attempt_state
from crossload.probe.remedies import file_kinds
from tests.unit.doubles import loaded, raised, scenario

NEAR = {"atol": 1e-6, "rtol": 1e-5, "spread": 100.0}


@pytest.mark.parametrize(
    ("attempt", "parts"),
    [
        ("plain", []),
        ("bare", []),
        ("compile=False", ["compile=False"]),
        ("translate", ["translate"]),
        ("rename+edit-config+compile=False", ["rename", "edit-config", "compile=False"]),
        ("rebuild+weights", ["rebuild+weights"]),
        ("TFSMLayer", ["TFSMLayer"]),
    ],
)
def test_an_attempt_is_made_of_pieces(attempt: str, parts: list[str]) -> None:
    assert attempts.parts(attempt) == parts
    assert "+".join(attempts.parts(attempt)) in (attempt, "")


def test_remedies_are_made_of_known_pieces_and_of_each_only_once() -> None:
    assert all("+".join(attempts.parts(name)) == name for name in attempts.REMEDIES)
    assert len(set(attempts.REMEDIES)) == len(attempts.REMEDIES)
    assert {part for name in attempts.REMEDIES for part in attempts.parts(name)} == set(attempts.PIECES)


def test_what_is_combined_is_tried_after_its_parts() -> None:
    for place, name in enumerate(attempts.REMEDIES):
        parts = attempts.parts(name)
        # A traced copy is for the translation alone.
        assert all(attempts.REMEDIES.index(part) < place for part in parts if len(parts) > 1 and part != "traced")


def test_translating_keeps_everything_and_is_tried_before_a_configuration_is_cut() -> None:
    assert attempts.REMEDIES.index("translate") < attempts.REMEDIES.index("edit-config")
    assert attempts.gives("translate", "h5") == formats.WHOLE_MODEL
    assert attempts.edits("translate") == {"translate"}
    assert "translate" not in attempts.remedies_for("weights-h5")


def test_a_lambda_is_taken_apart_before_code_is_run_where_the_file_is_loaded() -> None:
    assert attempts.REMEDIES.index("translate") < attempts.REMEDIES.index("traced+translate")
    assert attempts.REMEDIES.index("traced+translate") < attempts.REMEDIES.index("safe_mode=False")
    assert attempts.costs("traced+translate") == [attempts.TRUSTED_ONLY, attempts.TRANSLATED_COPY]
    assert attempts.edits("traced+translate") == {"translate"}


def test_a_traced_copy_is_taken_where_it_lies_and_makes_no_sense_elsewhere(tmp_path: Path) -> None:
    copy = attempts.PIECES["traced"].prepare
    with pytest.raises(NotApplicableError):
        copy(str(tmp_path / "model.h5"), str(tmp_path), None)
    (tmp_path / "traced").mkdir()
    (tmp_path / "traced" / "model.h5").write_bytes(b"copy")
    path, note = copy(str(tmp_path / "model.keras"), str(tmp_path), None)
    assert Path(path).read_bytes() == b"copy"
    assert "Lambda" in note


def test_every_piece_costs_something() -> None:
    assert all(piece.costs for piece in attempts.PIECES.values())


@pytest.mark.parametrize("form", formats.FORMATS)
def test_what_a_remedy_gives_is_what_its_last_piece_gives(form: str) -> None:
    assert attempts.gives("compile=False", form) == formats.FORMATS[form].gives
    assert attempts.gives("TFSMLayer", form) == formats.INFERENCE
    assert attempts.gives("rebuild+weights", form) == formats.REBUILT


# Which processes attempts may share


def groups(**options: Any) -> dict[str, str | None]:
    work = scenario(**options)
    names = ["bare", "plain", "edit-config", "TFSMLayer", "rebuild+weights"]
    return {name: share_key(work, "savedmodel", protocol.LOAD, name) for name in names}


def test_code_of_a_scenario_is_never_imported_where_something_must_not_see_it() -> None:
    keys = groups(custom_objects=("Scale",))
    assert keys["bare"] == keys["TFSMLayer"] == BARE
    assert keys["plain"] == keys["edit-config"] != keys["rebuild+weights"]
    assert BARE not in (keys["plain"], keys["rebuild+weights"])


def test_hidden_modules_stay_with_their_scenario() -> None:
    keys = groups(hidden_modules=("scenarios.objects.before_move",))
    assert len(set(keys.values())) == 3
    assert all("dense" in str(key) for key in keys.values())


def test_the_attempts_of_a_request_share_a_process() -> None:
    names = ["bare", "imported", "plain", "edit-config", "TFSMLayer", "rebuild+weights"]
    work = scenario(custom_objects=("Scale",))
    found = []
    while names:
        _, together, names = first_group(work, "savedmodel", names)
        found.append(together)
    assert found == [["bare"], ["imported", "plain", "edit-config"], ["TFSMLayer"], ["rebuild+weights"]]
    assert COMMON not in groups(custom_objects=("Scale",)).values()


# Which remedies are spared


def progress(*records: dict[str, Any], unfit: tuple[str, ...] = ()) -> Any:
    made: Any = attempt_state.Progress()  # the probe carries no annotations
    for record in records:
        made.note(record["attempt"], record, NEAR)
    for piece in unfit:
        made.note_unfit(piece)
    return made


def left(made: Any) -> list[str]:
    return [name for name in attempts.REMEDIES if not made.is_pointless(attempts.parts(name))]


def test_all_are_tried_when_nothing_is_known_yet() -> None:
    assert left(progress(raised())) == list(attempts.REMEDIES)


def test_nothing_is_tried_after_matching_outputs() -> None:
    assert left(progress(raised(), loaded("edit-config", "within"))) == []
    assert left(progress(loaded("plain", "beyond"), loaded("edit-config", "beyond")))
    assert left(progress(loaded("bare"), raised()))  # evidence decides nothing


def test_a_translation_alone_is_tried_where_what_loads_has_lost_what_it_keeps() -> None:
    for states in ({"optimizer": "lost"}, {"training": "lost"}, {"optimizer": "n/a", "training": "lost"}):
        assert left(progress(loaded(**states))) == ["translate", "traced+translate"]
    for states in ({}, {"weights": "lost"}, {"optimizer": "n/a", "training": "n/a"}):
        assert left(progress(loaded(**states))) == []
    assert left(progress(raised(), loaded("rename", optimizer="lost"))) == ["translate", "traced+translate"]
    assert left(progress(loaded(optimizer="lost"), loaded("translate"))) == []


def test_a_piece_that_makes_no_sense_makes_none_in_a_combination() -> None:
    found = left(progress(raised(), unfit=("rename", "translate", "safe_mode=False")))
    assert found == ["edit-config", "compile=False", "edit-config+compile=False", "TFSMLayer", "rebuild+weights"]


def test_a_combination_is_spared_when_one_of_its_parts_loaded() -> None:
    found = left(progress(raised(), loaded("compile=False", "beyond")))
    assert not [name for name in found if "compile=False+" in name or "+compile=False" in name]


def test_a_copy_that_left_the_error_as_it_was_is_not_combined() -> None:
    found = left(progress(raised(error="a"), raised("edit-config", "a")))
    assert not [name for name in found if name.startswith("edit-config+")]
    assert "rename+edit-config" in found
    found = left(progress(raised(error="a"), raised("rename", "b"), raised("rename+edit-config", "b")))
    assert not [name for name in found if name.startswith("rename+edit-config+")]


def test_only_the_renamed_copy_goes_on_where_the_name_was_in_the_way() -> None:
    found = left(progress(raised(error="not a zip"), raised("rename", "unknown layer")))
    assert [name for name in found if not name.startswith("rename")] == [
        "translate",
        "traced+translate",
        "TFSMLayer",
        "rebuild+weights",
    ]


# Copies


def copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    def rename(path: str, folder: str, context: Any) -> tuple[str, str]:
        made = Path(folder, "model.h5")
        made.write_text(Path(path).read_text() + " renamed")
        return str(made), "renamed"

    def refuse(path: str, folder: str, context: Any) -> tuple[str, str]:
        raise NotApplicableError("no")

    monkeypatch.setattr(attempts.PIECES["rename"], "prepare", rename)
    monkeypatch.setattr(attempts.PIECES["edit-config"], "prepare", refuse)
    (tmp_path / "model.keras").write_text("as saved")
    return attempt_state.Copies(str(tmp_path / "model.keras"))  # type: ignore[no-untyped-call, unused-ignore]


def test_a_copy_is_made_once_and_the_original_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = copies(tmp_path, monkeypatch)
    path, notes = made.make(["rename", "compile=False"], None)
    assert (Path(path).read_text(), notes) == ("as saved renamed", ("renamed",))
    assert made.make(["rename"], None)[0] == path
    assert made.make(["compile=False"], None)[0] == str(tmp_path / "model.keras")
    assert (tmp_path / "model.keras").read_text() == "as saved"
    assert made.hide(f"cannot read {path}!") == f"cannot read {tmp_path / 'model.h5'}!"
    made.remove()
    assert not Path(path).exists()


def test_a_piece_that_makes_no_sense_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = copies(tmp_path, monkeypatch)
    with pytest.raises(NotApplicableError) as caught:
        made.make(["rename", "edit-config", "compile=False"], None)
    assert caught.value.piece == "edit-config"
    made.remove()


def test_safe_mode_is_switched_off_only_for_what_it_may_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    piece = attempts.PIECES["safe_mode=False"]
    assert piece.prepare is not None
    monkeypatch.setattr(file_kinds, "read_config", lambda path: '{"class_name": "Dense", "config": {}}')
    with pytest.raises(NotApplicableError):
        piece.prepare("model.keras", "folder", None)
    for carried in ('{"class_name": "Lambda"}', '{"class_name": "StringLookup", "vocabulary": "/words.txt"}'):
        monkeypatch.setattr(file_kinds, "read_config", lambda path, text=carried: text)
        assert piece.prepare("model.keras", "folder", None)[0] == "model.keras"


def test_an_attempt_passes_what_each_of_its_pieces_does() -> None:
    assert attempts.arguments("plain") == {}
    assert attempts.arguments("edit-config+compile=False+safe_mode=False") == {"compile": False, "safe_mode": False}


def test_a_file_is_trusted_only_where_nothing_safer_helps() -> None:
    place = attempts.REMEDIES.index
    trusting = [name for name in attempts.REMEDIES if attempts.TRUSTED_ONLY in attempts.costs(name)]
    assert trusting
    for safer in ("rename", "translate", "edit-config", "rename+edit-config"):
        assert place(safer) < min(map(place, trusting))


@pytest.mark.parametrize(
    ("one", "two", "does"),
    [
        ("traced+translate", "translate", True),
        ("translate", "traced+translate", False),
        ("translate", "rename", True),
        ("edit-config", "rename", False),
        ("edit-config+compile=False", "compile=False", True),
        ("rebuild+weights", "compile=False", True),
        ("TFSMLayer", "compile=False", True),
        ("rebuild+weights", "translate", False),
        ("translate", "compile=False", False),
        ("TFSMLayer", "safe_mode=False", False),
    ],
)
def test_what_does_all_that_another_does(one: str, two: str, does: bool) -> None:
    assert attempts.covers(one, two) is does
    assert attempts.covers(one, one)
