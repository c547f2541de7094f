import os
import platform
import shutil
from pathlib import Path

import pytest

from crossload.backends import confinement
from crossload.backends.confinement import Visible, confined


@pytest.mark.parametrize("user", [0, 1000])
def test_only_what_is_named_is_visible(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, user: int) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(os, "chown", lambda *names, **options: None)
    visible = Visible((tmp_path / "read",), (tmp_path / "write",))

    command, variables = confined(["python", "probe"], {"A": "1"}, visible, 100, 50)

    text = " ".join(command)
    assert "bwrap" in command[:5]
    assert "--seccomp" in command or platform.machine() != "x86_64"
    assert f"--ro-bind {tmp_path / 'read'} {tmp_path / 'read'}" in text
    assert f"--bind {tmp_path / 'write'} {tmp_path / 'write'}" in text
    assert "--bind / /" not in text
    assert {"--unshare-net", "--unshare-pid", "--die-with-parent", "--cap-drop"} <= set(command)
    assert f"--data={100 << 20}" in command
    assert command[-2:] == ["python", "probe"]
    assert variables == {"A": "1", "HOME": str(tmp_path / "write"), "CROSSLOAD_TOGETHER_MB": "50"}
    # As root, another user runs it: root is above the limit of processes.
    assert ("setpriv" in command) is (user == 0)
    assert ("--unshare-user" in command) is (user != 0)


def test_inner_folders_lie_on_top_of_outer_ones(tmp_path: Path) -> None:
    inner, outer = tmp_path / "store" / "staging", tmp_path / "store"
    inner.mkdir(parents=True)

    command, _ = confined(["true"], {}, Visible((outer,), (inner,)), 1, 1)

    assert command.index(str(outer)) < len(command) - 1 - command[::-1].index(str(inner))
    assert command.index("--bind") > command.index("--ro-bind")


def test_without_bubblewrap_the_reason_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    confinement.why_not.cache_clear()
    monkeypatch.setattr(shutil, "which", lambda name: None)

    assert "the package `bubblewrap`" in confinement.why_not()
    confinement.why_not.cache_clear()
