"""An option that several commands take is declared once, and commands are functions that can be called."""

import inspect
from collections import defaultdict
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import pytest
from typer.testing import CliRunner

from crossload.cli import data, main, options, store
from crossload.execution.options import RunOptions, Selection

COMMANDS = {
    **main.COMMANDS,
    **{f"{name} {command.callback.__name__}": command.callback
       for name, app in (("data", data.app), ("store", store.app))
       for command in app.registered_commands if command.callback is not None},
}  # fmt: skip


def declared(command: Any) -> dict[str, Any]:
    """The annotations of a command's parameters, by their names."""
    found = {name: item.annotation for name, item in inspect.signature(command).parameters.items()}
    return {name: item for name, item in found.items() if get_origin(item) is Annotated}


def test_what_is_said_of_an_option_in_two_places_is_said_once() -> None:
    shared = {id(value) for value in vars(options).values() if get_origin(value) is Annotated}
    said: dict[tuple[str, str], list[tuple[str, Any]]] = defaultdict(list)
    for name, command in COMMANDS.items():
        for option, annotation in declared(command).items():
            said[option, get_args(annotation)[1].help].append((name, annotation))
    copies = {
        key: [name for name, _ in places]
        for key, places in said.items()
        if len(places) > 1 and not all(id(annotation) in shared for _, annotation in places)
    }
    assert copies == {}


@pytest.mark.parametrize("kind", [Selection, RunOptions])
def test_a_run_takes_every_part_of_what_a_run_is_asked_for(kind: Any) -> None:
    told = {"format": "formats"}
    named = {told.get(name, name) for name in declared(COMMANDS["run"])}
    assert set(kind.__dataclass_fields__) - {"selection"} <= named


def test_every_command_says_what_it_does_in_one_line() -> None:
    for name, command in COMMANDS.items():
        first = (command.__doc__ or "").strip().splitlines()[0]
        assert first.endswith("."), name


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "--scenario", "dense", "--scenario=lstm"], "--scenario is given twice. Separate several with commas"),
        (["run", "--out", "a", "--out", "b"], "--out is given twice.\n"),
        (
            ["data", "canaries", "x", "--tf", "2.10", "--tf", "2.15"],
            "--tf is given twice. Separate several with commas",
        ),
        (["store", "check", "--out", "a", "--out", "b"], "--out is given twice.\n"),
    ],
)
def test_an_option_of_one_value_is_not_given_twice(arguments: list[str], says: str) -> None:
    result = CliRunner().invoke(main.app, arguments)
    assert result.exit_code == 2
    assert says in result.stderr


def test_options_that_take_several_values_are_given_often(tmp_path: Path) -> None:
    """Several ``--allow-read`` are several; the word of an option after ``--`` is a name of a file."""
    result = CliRunner().invoke(main.app, ["check", str(tmp_path / "no.h5"), "--allow-read", "a", "--allow-read", "b"])
    assert "twice" not in result.stderr
    result = CliRunner().invoke(main.app, ["inspect", "--", "--json", "--json"])
    assert "twice" not in result.stderr
