"""Scenarios are read as text: what a decorator may hold, and when results of a scenario become stale."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.version import Version

from crossload import scenario_index
from crossload.config import Tolerances
from crossload.errors import ConfigError, SelectionError
from crossload.probe.formats import FORMATS
from crossload.scenario_index import BUILT_IN, Scenario, index_scenarios, own_controls, select
from crossload.util.import_roots import import_root

HEADER = "from scenarios import scenario\n\n"
DENSE = '@scenario("my-dense", "mine", title="Dense")\ndef my_dense():\n    return 1\n\n\n'
OTHER = '@scenario("my-other", "mine", title="Other", training_steps=3)\ndef my_other():\n    return 2\n'

Package = Callable[..., Path]


@pytest.fixture
def built_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with the real decorator and no scenarios in place of Crossload's own: reading that takes a while."""
    monkeypatch.setenv("CROSSLOAD_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "crossload" / "scenarios"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text((BUILT_IN / "__init__.py").read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(scenario_index, "BUILT_IN", folder)
    return folder


@pytest.fixture
def package(tmp_path: Path, built_in: Path) -> Package:
    """Writes modules of a package of scenarios; the last call wins."""

    def write(**modules: str) -> Path:
        folder = tmp_path / "more_scenarios"
        for name, text in {"__init__": "", **modules}.items():
            path = folder / (name.replace("__in__", "/") + ".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return folder

    return write


def mine(folder: Path) -> dict[str, Scenario]:
    return {name: found for name, found in index_scenarios([folder]).items() if found.family == "mine"}


def digests(folder: Path) -> dict[str, str]:
    return {name: found.digest for name, found in mine(folder).items()}


def complaint(folder: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        index_scenarios([folder])
    assert len(str(caught.value).splitlines()) <= 2
    return str(caught.value)


# The package that comes with Crossload


def test_the_built_in_scenarios_say_what_they_are() -> None:
    found = index_scenarios()
    assert len(found) >= 20
    assert "dense" in found
    for name, item in found.items():
        assert name == item.name
        assert name == name.replace("_", "-"), name
        assert name == name.lower() or item.family == "constructs", name
        assert item.family, name
        assert item.options["title"], name
        assert Version(item.options["since"]) >= Version("2.0"), name
        assert not item.options["until"] or Version(item.options["until"]) >= Version(item.options["since"]), name
        assert item.options["precision"] in Tolerances.model_fields, name
        assert set(item.options["formats"]) <= set(FORMATS), name
        assert item.source.startswith("@scenario(") or item.family == "constructs", name
        assert item.module.startswith("scenarios."), name
        assert [os.listdir(root) for root in item.roots] == [["scenarios"]], name
    assert len({item.digest for item in found.values()}) == len(found)


def test_the_modules_that_built_in_scenarios_name_exist() -> None:
    files = {".".join(path.relative_to(BUILT_IN.parent).with_suffix("").parts) for path in BUILT_IN.rglob("*.py")}
    for name, item in index_scenarios().items():
        references = [entry if isinstance(entry, str) else entry[1] for entry in item.options["custom_objects"]]
        references += [item.options[key] for key in ("load_with", "save_with")]
        modules = {reference.partition(":")[0] for reference in references if ":" in reference}
        assert modules <= files, name


def test_a_scenario_is_what_its_decorator_says(package: Package, built_in: Path) -> None:
    folder = package(models=HEADER + DENSE + OTHER)
    found = mine(folder)
    assert list(found) == ["my-dense", "my-other"]
    assert found["my-dense"].options["training_steps"] == 2
    assert found["my-other"].options["training_steps"] == 3
    assert found["my-other"].module == "more_scenarios.models"
    assert found["my-other"].roots == (str(built_in.parent), str(import_root(folder)))
    assert [os.listdir(root) for root in found["my-other"].roots] == [["scenarios"], ["more_scenarios"]]
    assert found["my-other"].source == OTHER.strip()
    request = found["my-other"].request()
    assert (request["name"], request["options"]["title"]) == ("my-other", "Other")


def test_modules_are_never_imported(package: Package) -> None:
    folder = package(models="raise SystemExit('imported')\n" + HEADER + DENSE)
    assert list(mine(folder)) == ["my-dense"]


def test_functions_without_the_decorator_are_no_scenarios(package: Package) -> None:
    folder = package(models=HEADER + "import functools\n\n@functools.cache\ndef helper():\n    return 1\n\n" + DENSE)
    assert list(mine(folder)) == ["my-dense"]


# Mistakes


@pytest.mark.parametrize("value", ["title()", "NAME", "'a' + 'b'", "f'{1}'", "[x for x in ()]"])
def test_arguments_must_be_literals(package: Package, value: str) -> None:
    message = complaint(package(models=HEADER + DENSE.replace('title="Dense"', f"case={value}")))
    assert "models.py, line 3: argument 'case' of scenario() must be a literal value" in message


@pytest.mark.parametrize(
    ("written", "meant"), [("famly", "family"), ("custom_object", "custom_objects"), ("tag", "tags")]
)
def test_an_unknown_argument_is_told_the_nearest(package: Package, written: str, meant: str) -> None:
    message = complaint(package(models=HEADER + DENSE.replace("title=", f"{written}=")))
    assert f"line 3: scenario() has no argument '{written}'. Did you mean '{meant}'?" in message


@pytest.mark.parametrize(("arguments", "missing"), [("", "name"), ('"x"', "family"), ('family="mine"', "name")])
def test_a_missing_argument_is_named(package: Package, arguments: str, missing: str) -> None:
    message = complaint(package(models=HEADER + f"@scenario({arguments})\ndef x():\n    return 1\n"))
    assert f"needs the argument '{missing}'" in message


def test_a_forgotten_comma_is_explained(package: Package) -> None:
    message = complaint(package(models=HEADER + DENSE.replace('title="Dense"', 'tags=("quick")')))
    assert "argument 'tags' of scenario() must be a tuple; for one item write ('quick',)" in message


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("since=2.10", "since"),
        ('since="two"', "since"),
        ('since=""', "since"),
        ("until=2.9", "until"),
        ('precision="float64"', "precision"),
        (r'title="a\x1b[31m"', "title"),
        ("title=7", "title"),
    ],
)
def test_a_value_that_would_fail_later_is_said_at_once(package: Package, written: str, name: str) -> None:
    assert repr(name) in complaint(package(models=HEADER + DENSE.replace('title="Dense"', written)))


def test_the_same_name_twice_is_an_error(package: Package) -> None:
    twice = HEADER + DENSE + OTHER.replace("my-other", "my-dense")
    assert "line 8: scenario 'my-dense' is defined twice" in complaint(package(models=twice))


def test_a_name_that_crossload_itself_uses_is_an_error(package: Package, built_in: Path) -> None:
    (built_in / "core.py").write_text(HEADER + DENSE, encoding="utf-8")
    assert "more_scenarios/models.py, line 3: scenario 'my-dense' is defined" in complaint(
        package(models=HEADER + DENSE)
    )


def test_a_module_that_does_not_parse_is_named_with_its_line(package: Package) -> None:
    message = complaint(package(models=HEADER + "def broken(:\n"))
    assert "models.py, line 3" in message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("x = " + "-" * 100_000 + "1", "nested too deep"),
        ("(" * 100_000, "too many nested"),
        (b"\xff\xfe", "cannot be read"),
    ],
)
def test_a_module_that_cannot_be_read_is_named(package: Package, content: str | bytes, said: str) -> None:
    folder = package(models=HEADER + DENSE)
    (folder / "odd.py").write_bytes(content if isinstance(content, bytes) else content.encode())
    assert said in complaint(folder)


def test_what_is_no_file_is_no_module(package: Package) -> None:
    folder = package(models=HEADER + DENSE)
    os.mkfifo(folder / "pipe.py")
    (folder / "folder.py").mkdir()
    for name, target in (("gone", "nothing"), ("zero", "/dev/zero"), ("kernel", "/proc/kmsg")):
        (folder / f"{name}.py").symlink_to(target)
    assert list(mine(folder)) == ["my-dense"]


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    assert "no such folder" in complaint(tmp_path / "nowhere")


# Digests


def test_the_digest_is_the_same_for_the_same_text(package: Package) -> None:
    assert digests(package(models=HEADER + DENSE)) == digests(package(models=HEADER + DENSE))


@pytest.mark.parametrize(("old", "new"), [("return 2", "return 3"), ("training_steps=3", "training_steps=4")])
def test_a_change_makes_only_its_own_scenario_stale(package: Package, old: str, new: str) -> None:
    before = digests(package(models=HEADER + DENSE + OTHER))
    after = digests(package(models=HEADER + DENSE + OTHER.replace(old, new)))
    assert before["my-dense"] == after["my-dense"]
    assert before["my-other"] != after["my-other"]


def test_a_scenario_that_is_added_changes_no_other(package: Package) -> None:
    before = digests(package(models=HEADER + OTHER))
    after = digests(package(models=HEADER + DENSE + OTHER))
    assert before["my-other"] == after["my-other"]


def test_code_that_scenarios_of_a_module_share_belongs_to_all_of_them(package: Package) -> None:
    before = digests(package(models=HEADER + "WIDTH = 3\n\n" + DENSE + OTHER))
    after = digests(package(models=HEADER + "WIDTH = 4\n\n" + DENSE + OTHER))
    assert not set(before.values()) & set(after.values())


def test_comments_between_scenarios_make_nothing_stale(package: Package) -> None:
    before = digests(package(models=HEADER + DENSE + OTHER))
    assert before == digests(package(models=HEADER + "# a remark\n\n\n" + DENSE + "# another\n" + OTHER))


def with_import(line: str) -> str:
    return HEADER + DENSE.replace("    return 1", f"    {line}\n    return 1") + OTHER


@pytest.mark.parametrize(
    "line",
    [
        "from more_scenarios.helper import thing",
        "from more_scenarios import helper",
        "import more_scenarios.helper",
        "import more_scenarios.helper as short",
        "from .helper import thing",
        "from . import helper",
    ],
)
def test_a_module_that_a_scenario_imports_is_part_of_it(package: Package, line: str) -> None:
    before = digests(package(models=with_import(line), helper="thing = 1\n"))
    after = digests(package(models=with_import(line), helper="thing = 2\n"))
    assert before["my-dense"] != after["my-dense"]
    assert before["my-other"] == after["my-other"]


def test_so_is_one_that_is_imported_by_way_of_another(package: Package) -> None:
    line, middle = (
        "import more_scenarios.middle",
        "from more_scenarios.deep__in__far import thing\n".replace("__in__", "."),
    )
    before = digests(package(models=with_import(line), middle=middle, deep__in__far="thing = 1\n"))
    after = digests(package(models=with_import(line), middle=middle, deep__in__far="thing = 2\n"))
    assert before["my-dense"] != after["my-dense"]
    assert before["my-other"] == after["my-other"]


def test_modules_that_import_each_other_are_read_once(package: Package) -> None:
    first, second = "import more_scenarios.second\n", "import more_scenarios.first\n"
    found = digests(package(models=with_import("import more_scenarios.first"), first=first, second=second))
    assert found["my-dense"] != found["my-other"]


@pytest.mark.parametrize(
    "argument",
    [
        'custom_objects=("more_scenarios.helper:thing",)',
        'custom_objects=(("Key", "more_scenarios.helper:thing"),)',
        'load_with="more_scenarios.helper:thing"',
        'save_with="more_scenarios.helper:thing"',
        'loss="more_scenarios.helper:thing"',
        'import_modules=("more_scenarios.helper",)',
    ],
)
def test_a_module_that_only_the_decorator_names_is_part_of_the_scenario(package: Package, argument: str) -> None:
    text = HEADER + DENSE.replace('title="Dense"', argument) + OTHER
    before = digests(package(models=text, helper="thing = 1\n"))
    after = digests(package(models=text, helper="thing = 2\n"))
    assert before["my-dense"] != after["my-dense"]
    assert before["my-other"] == after["my-other"]


def test_a_module_that_nothing_reaches_makes_nothing_stale(package: Package) -> None:
    before = digests(package(models=HEADER + DENSE, unrelated="x = 1\n"))
    assert before == digests(package(models=HEADER + DENSE, unrelated="x = 2\n"))


def test_a_built_in_module_that_a_further_package_imports_is_part_of_its_scenario(
    package: Package, built_in: Path
) -> None:
    folder = package(models=with_import("from scenarios.helper import thing"))
    (built_in / "helper.py").write_text("thing = 1\n", encoding="utf-8")
    before = digests(folder)
    (built_in / "helper.py").write_text("thing = 2\n", encoding="utf-8")
    after = digests(folder)
    assert before["my-other"] == after["my-other"]
    assert before["my-dense"] != after["my-dense"]


# Selection


def test_scenarios_by_glob(package: Package) -> None:
    found = mine(package(models=HEADER + DENSE + OTHER))
    assert [item.name for item in select(found, "my-*")] == ["my-dense", "my-other"]
    assert [item.name for item in select(found, "my-other, my-d*,my-other")] == ["my-other", "my-dense"]


@pytest.mark.parametrize("pattern", ["my-dens", "my-dense,my-dens", "", "MY-*"])
def test_a_pattern_that_matches_nothing_is_an_error(package: Package, pattern: str) -> None:
    with pytest.raises(SelectionError, match="crossload scenarios") as caught:
        select(mine(package(models=HEADER + DENSE)), pattern)
    if "dens" in pattern:
        assert "Did you mean 'my-dense'?" in str(caught.value)


def test_whether_a_scenario_is_a_control_changes_no_result_of_it_or_of_others(package: Package) -> None:
    arguments = '@scenario(\n    "my-dense",\n    "mine",\n{}    title="Dense",\n)\ndef my_dense():\n    return 1\n\n\n'
    sound = mine(package(models=HEADER + arguments.format("") + OTHER))
    marked = mine(package(models=HEADER + arguments.format("    control=True,\n") + OTHER))

    assert [scenario.control for scenario in (*sound.values(), *marked.values())] == [False, False, True, False]
    assert {name: scenario.digest for name, scenario in sound.items()} == {
        name: scenario.digest for name, scenario in marked.items()
    }


def test_a_control_is_said_with_true_or_false(package: Package) -> None:
    assert "must be True or False, not 'yes'" in complaint(
        package(models=HEADER + DENSE.replace('title="Dense"', 'control="yes"'))
    )


def test_controls_are_the_same_as_the_index_says() -> None:
    own = {name for name, scenario in index_scenarios().items() if scenario.control}
    assert own
    assert own_controls() == own
