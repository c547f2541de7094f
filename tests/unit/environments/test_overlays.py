"""What makes an environment another one's overlay, and what of its lock has to be installed."""

import pytest

from crossload.environments.model import Environment
from crossload.environments.overlays import entries_of, exchanged
from tests.unit.doubles import environment

BASE = """\
# made by a resolver
absl-py==2.1.0 \\
    --hash=sha256:aa
keras==3.4.1 \\
    --hash=sha256:bb \\
    --hash=sha256:cc
tensorflow-cpu==2.16.2 \\
    --hash=sha256:dd
"""
OTHER_KERAS = BASE.replace("keras==3.4.1", "keras==3.7.0").replace("bb", "ee").replace("cc", "ff")


def test_one_package_is_exchanged() -> None:
    assert exchanged(OTHER_KERAS, BASE) == ("keras",)
    assert entries_of(OTHER_KERAS, ["keras"]) == "keras==3.7.0 \\\n    --hash=sha256:ee \\\n    --hash=sha256:ff\n"


def test_what_the_new_package_needs_comes_with_it() -> None:
    assert exchanged(OTHER_KERAS + "dm_tree==0.1.8 --hash=sha256:12\n", BASE) == ("dm-tree", "keras")


@pytest.mark.parametrize(
    ("lock", "why"),
    [
        (BASE, "nothing differs"),
        (OTHER_KERAS.replace("absl-py==2.1.0", "wrapt==1.0"), "absl-py of the base would stay importable"),
        (OTHER_KERAS.replace("2.16.2", "2.17.1"), "TensorFlow is another one"),
    ],
)
def test_what_is_no_overlay_is_installed_whole(lock: str, why: str) -> None:
    assert exchanged(lock, BASE) == (), why


def test_the_same_version_with_one_known_file_is_the_same_and_with_none_is_not() -> None:
    assert exchanged(OTHER_KERAS.replace("sha256:aa", "sha256:aa --hash=sha256:ab"), BASE) == ("keras",)
    assert exchanged(OTHER_KERAS.replace("sha256:aa", "sha256:ab"), BASE) == ("absl-py", "keras")


def over(base: Environment, lock: str = OTHER_KERAS, python: str = "3.11") -> Environment:
    made = Environment("2.16+keras3.7-cpu", environment("2.16-cpu", python).config, base=base)
    made.__dict__["lock_text"] = lock
    return made


def test_an_environment_knows_what_stands_in_front_of_its_base() -> None:
    base = environment("2.16-cpu", "3.11", BASE)
    assert over(base).overlay == ("keras",)
    assert over(base, BASE).overlay == ()
    assert base.overlay == ()


def test_another_python_is_installed_whole() -> None:
    assert over(environment("2.16-cpu", "3.12", BASE)).overlay == ()


def test_an_overlay_has_the_identity_of_its_whole_lock() -> None:
    base = environment("2.16-cpu", "3.11", BASE)
    whole = environment("2.16+keras3.7-cpu", "3.11", OTHER_KERAS)
    assert over(base).digest == whole.digest
