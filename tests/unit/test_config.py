"""``matrix.toml``: what is accepted, and what each mistake is told."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from crossload.config import load_config
from crossload.environments.lock_files import lock_path
from crossload.errors import ConfigError
from crossload.planning.matrix import expand_formats

GOOD = """\
# python = "3.9" and formats = ["h5"] in a comment are no keys
[environments]
"2.9-cpu" = { python = "3.9", as_of = "2022-11-30", requirements = ["tensorflow-cpu==2.9.3"] }
"2.10-cpu" = { python = "3.9", as_of = 2022-11-30, requirements = ["tensorflow-cpu==2.10.1"] }

[profiles.quick]
environments = ["2.10-cpu"]
formats = ["h5"]
tags = ["quick"]

[profiles.full]
environments = ["2.9-cpu", "2.10-cpu"]
formats = ["h5", "keras"]
tags = []
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "matrix.toml"
    path.write_text(text, encoding="utf-8")
    return path


def complaint(folder: Path, text: str) -> str:
    """What is said about a bad file: one line that begins with its path."""
    path = write(folder, text)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert len(message.splitlines()) <= 2
    assert caught.value.exit_code == 2
    return message.removeprefix(str(path))


def test_a_good_file(tmp_path: Path) -> None:
    found = load_config(write(tmp_path, GOOD))
    assert list(found.environments) == ["2.9-cpu", "2.10-cpu"]
    assert found.environments["2.9-cpu"].as_of == found.environments["2.10-cpu"].as_of
    assert found.profiles["full"].formats == ["h5", "keras"]
    assert (found.tolerances.float32.atol, found.tolerances.float32.rtol) == (1e-6, 1e-5)
    assert found.limits.seconds > 0


def test_values_are_frozen(tmp_path: Path) -> None:
    found = load_config(write(tmp_path, GOOD))
    with pytest.raises(ValidationError):
        found.limits.seconds = 1


def test_the_file_that_comes_with_crossload() -> None:
    found = load_config(Path(__file__).parents[2] / "matrix.toml")
    assert {"quick", "full"} <= set(found.profiles)
    for profile in found.profiles.values():
        assert expand_formats(profile.formats)
    unlocked = [name for name in found.environments if not (lock_path(name).is_file() or name.startswith("nightly"))]
    assert [name for name in unlocked if not found.environments[name].unavailable] == []


def test_relative_paths_start_from_the_files_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sub").mkdir()
    path = write(tmp_path / "sub", GOOD + '\n[docker]\nca_bundle = "company.pem"\n')
    path.write_text(f'scenario_folders = ["mine", "/abs/yours"]\n{path.read_text(encoding="utf-8")}', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    found = load_config(Path("sub/matrix.toml"))
    assert found.scenario_folders == [str(tmp_path / "sub" / "mine"), "/abs/yours"]
    assert found.docker.ca_bundle == str(tmp_path / "sub" / "company.pem")
    assert found.lock_folder == tmp_path / "sub" / "locks"


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"No such file.*--config FILE"):
        load_config(tmp_path / "matrix.toml")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "matrix.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_config(path)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "matrix.toml").write_text(GOOD + "# more\n" * 400_000, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"cannot be read \(more than 1 MB\)"):
        load_config(tmp_path / "matrix.toml")


def test_folders_that_cannot_be(tmp_path: Path) -> None:
    assert "a path has a NUL in it" in complaint(tmp_path, 'scenario_folders = ["a\\u0000"]\n' + GOOD)
    path = write(tmp_path, 'scenario_folders = ["~no-such-user/x"]\n' + GOOD)
    assert load_config(path).scenario_folders == [str(tmp_path / "~no-such-user" / "x")]


def test_bad_toml_says_the_line(tmp_path: Path) -> None:
    message = complaint(tmp_path, GOOD + "[limits\n")
    assert "not valid TOML" in message
    assert "line 15" in message


def test_a_key_given_twice_is_bad_toml(tmp_path: Path) -> None:
    assert "not valid TOML" in complaint(tmp_path, GOOD + "tags = []\n")


@pytest.mark.parametrize(
    ("addition", "key", "meant"),
    [
        ("[tolerence]\n", "tolerence", "tolerances"),
        ("[limits]\nsecond = 3\n", "limits.second", "seconds"),
        ("[limits]\nmemory = 3\n", "limits.memory", "memory_mb"),
        ("[tolerances]\nfloat23 = { atol = 1.0, rtol = 1.0 }\n", "tolerances.float23", "float32"),
        ("[tolerances.float32]\natoll = 1.0\nrtol = 1.0\n", "atoll", "atol"),
        ("wide_tag = []\n", "profiles.full.wide_tag", "wide_tags"),
    ],
)
def test_an_unknown_key_is_told_the_nearest(tmp_path: Path, addition: str, key: str, meant: str) -> None:
    if "atoll" in addition:
        addition = addition.replace("atoll", "atol = 1.0\natoll")
    message = complaint(tmp_path, GOOD + addition)
    assert f"{key}'" in message
    assert "unknown key" in message
    assert f"Did you mean '{meant}'?" in message


def test_an_unknown_key_of_an_environment(tmp_path: Path) -> None:
    message = complaint(
        tmp_path, GOOD.replace('requirements = ["tensorflow-cpu==2.10.1"]', 'requirements = ["x"], pyton = ""')
    )
    assert message.startswith(", line 4: unknown key 'environments.2.10-cpu.pyton'. Did you mean 'python'?")


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("as_of = 2022-11-30", 'as_of = "soon"', 4, "environments.2.10-cpu.as_of"),
        ('python = "3.9", as_of = 2022', "python = 3.9, as_of = 2022", 4, "environments.2.10-cpu.python"),
        ('python = "3.9", as_of = 2022', 'python = "39", as_of = 2022', 4, "environments.2.10-cpu.python"),
        ('["tensorflow-cpu==2.10.1"]', "[]", 4, "environments.2.10-cpu.requirements"),
        ('["tensorflow-cpu==2.10.1"]', '"tensorflow-cpu==2.10.1"', 4, "environments.2.10-cpu.requirements"),
        ('formats = ["h5"]\ntags', 'formats = "h5"\ntags', 8, "profiles.quick.formats"),
        ('formats = ["h5", "keras"]', 'formats = "h5"', 13, "profiles.full.formats"),
        ('formats = ["h5", "keras"]', "formats = [1]", 13, "profiles.full.formats"),
        ("tags = []", "tag = []", 14, "unknown key 'profiles.full.tag'. Did you mean 'tags'?"),
        ('environments = ["2.9-cpu", "2.10-cpu"]', "environments = []", 12, "profiles.full.environments"),
    ],
)
def test_a_bad_value_is_told_with_its_own_line(tmp_path: Path, old: str, new: str, line: int, words: str) -> None:
    assert GOOD.count(old) == 1
    message = complaint(tmp_path, GOOD.replace(old, new))
    assert words in message
    assert message.startswith(f", line {line}:")


@pytest.mark.parametrize(
    ("addition", "words"),
    [
        ("[limits]\nseconds = 0\n", "limits.seconds"),
        ("[limits]\nseconds = true\nmemory_mb = 0.5\n", "limits.memory_mb"),
        ("[limits]\nmemory_mb = -1\n", "limits.memory_mb"),
        ("[tolerances]\nfloat32 = { atol = -1, rtol = 0 }\n", "tolerances.float32.atol"),
        ("[tolerances]\nfloat32 = { atol = 1 }\n", "tolerances.float32.rtol"),
        ("[tolerances]\nfloat32 = 1e-6\n", "tolerances.float32"),
        ("[profiles.more]\nformats = ['h5']\n", "profiles.more.environments"),
    ],
)
def test_values_out_of_range_and_missing_ones(tmp_path: Path, addition: str, words: str) -> None:
    assert words in complaint(tmp_path, GOOD + addition)


@pytest.mark.parametrize("text", ["", "[profiles]\n", "environments = 3\nprofiles = 4\n"])
def test_a_file_without_its_tables(tmp_path: Path, text: str) -> None:
    assert "environments" in complaint(tmp_path, text)


def test_a_profile_that_names_an_unknown_environment(tmp_path: Path) -> None:
    message = complaint(tmp_path, GOOD.replace('environments = ["2.9-cpu"', 'environments = ["2.99-cpu"'))
    assert message.startswith(", line 12: profile 'full' names environment '2.99-cpu'")
    assert "Did you mean '2.9-cpu'?" in message


# Environments that vary one thing

VARIED = GOOD.replace(
    "[profiles.quick]",
    """\
"2.10+h5py2-cpu" = { like = "2.10-cpu", pins = ["h5py==2.10.0"] }
"2.10+py3.8-cpu" = { like = "2.10-cpu", python = "3.8" }

[profiles.quick]""",
    1,
)


def test_an_environment_is_like_another_but_for_what_it_says(tmp_path: Path) -> None:
    found = load_config(write(tmp_path, VARIED)).environments
    base, pinned, older = (found[name] for name in ("2.10-cpu", "2.10+h5py2-cpu", "2.10+py3.8-cpu"))
    assert pinned == base.model_copy(update={"like": "2.10-cpu", "pins": ["h5py==2.10.0"]})
    assert older == base.model_copy(update={"like": "2.10-cpu", "python": "3.8"})
    assert not base.like


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            '{ like = "2.11-cpu", python = "3.8" }',
            "is like '2.11-cpu', which [environments] does not have. Did you mean",
        ),
        ('{ like = "2.10+py3.8-cpu", python = "3.9" }', "is like '2.10+py3.8-cpu', which has no pins of its own"),
        ('{ like = "2.10-cpu" }', "is '2.10-cpu' again. Say what it varies"),
        ('{ like = "2.10-cpu", python = "3.9" }', "is '2.10-cpu' again. Say what it varies"),
        ('{ like = "2.10-cpu", pins = ["h5py<3"] }', "pins.0"),
        ('{ like = ["2.10-cpu"] }', "is like more than one, or none"),
        ("{ like = { a = 1 } }", "is like more than one, or none"),
        ('{ like = "2.10-cpu", pin = ["h5py==3.1.0"] }', "is '2.10-cpu' again"),
        (
            '{ like = "2.10-cpu", python = "3.8", pin = [] }',
            "unknown key 'environments.2.10+h5py2-cpu.pin'. Did you mean 'pins'?",
        ),
    ],
)
def test_mistakes_in_what_an_environment_varies(tmp_path: Path, line: str, said: str) -> None:
    text = VARIED.replace('{ like = "2.10-cpu", pins = ["h5py==2.10.0"] }', line)
    told = complaint(tmp_path, text)
    assert said in told
    assert told.startswith(", line 6:")
