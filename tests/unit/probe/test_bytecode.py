import subprocess
import sys
from pathlib import Path

PROBE = Path(__file__).parents[3] / "matrix" / "crossload" / "probe" / "process"


def test_bytecode_is_kept_of_the_environment_and_not_of_a_users_folder(tmp_path: Path) -> None:
    environment, user = tmp_path / "environment", tmp_path / "user"
    for folder, name in ((environment, "installed"), (user, "written")):
        folder.mkdir()
        (folder / f"{name}.py").write_text("VALUE = 1\n")
    program = f"""
import sys
sys.path[:0] = [{str(PROBE)!r}, {str(environment)!r}, {str(user)!r}]
import bytecode
sys.prefix = {str(environment)!r}
bytecode.keep_for_environment()
import installed, written
"""
    before = set(PROBE.glob("__pycache__/bytecode.*"))
    subprocess.run([sys.executable, "-B", "-c", program], check=True)

    assert [file.name.split(".")[0] for file in environment.glob("__pycache__/*")] == ["installed"]
    assert not list(user.glob("__pycache__"))
    assert set(PROBE.glob("__pycache__/bytecode.*")) == before
