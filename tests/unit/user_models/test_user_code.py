"""What a confined child has to see of this machine, so that the user's code and the decorator can be imported."""

from pathlib import Path

import pytest

from crossload.user_models.model_file import ModelError
from crossload.user_models.user_code import prepare_code


def test_what_a_root_leads_to_is_readable_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSLOAD_CACHE", str(tmp_path / "cache"))
    code = prepare_code(tmp_path / "package", None, None)
    readable = code.readable
    assert {Path(root) for root in code.roots} <= set(readable)
    for root in code.roots:
        for package in Path(root).iterdir():
            assert any(package.resolve().is_relative_to(folder) for folder in readable), package


@pytest.mark.parametrize("name", ["code.py", "types.py", "keras.py"])
def test_a_file_that_is_called_like_a_module_of_python_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("def make():\n    return None\n", encoding="utf-8")
    with pytest.raises(ModelError, match="is there already"):
        prepare_code(tmp_path / "package", None, f"{tmp_path / name}:make")
    with pytest.raises(ModelError, match="Rename it"):
        prepare_code(tmp_path / "other", str(tmp_path / name), None)
