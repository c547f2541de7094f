"""The house's rules: imports go one way, no circles, small packages; and the contract notices when one is broken."""

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rustworkx

ROOT = Path(__file__).parents[2]
PACKAGES = {"crossload": ROOT / "matrix", "crossload_reports": ROOT / "reports"}
MOST_MODULES = 15


def modules() -> dict[str, Path]:
    """Every module of ours by its name."""
    found = {}
    for package, folder in PACKAGES.items():
        for path in (folder / package).rglob("*.py"):
            parts = path.relative_to(folder).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imported(name: str) -> Iterator[str]:
    """Names of modules that one imports, wherever in it, but not for types alone."""
    path = MODULES[name]
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    waiting: list[ast.AST] = [ast.parse(path.read_text("utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            waiting += node.orelse
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                yield f"{module}.{alias.name}" if f"{module}.{alias.name}" in MODULES else module
        else:
            waiting += ast.iter_child_nodes(node)


def test_no_circle_of_files() -> None:
    graph: rustworkx.PyDiGraph[str, None] = rustworkx.PyDiGraph()
    places = {name: graph.add_node(name) for name in MODULES}
    for name in MODULES:
        for other in imported(name):
            if other in places and other != name:
                graph.add_edge(places[name], places[other], None)
    circles = [sorted(graph[place] for place in part) for part in rustworkx.strongly_connected_components(graph)]
    assert [circle for circle in circles if len(circle) > 1] == []
    assert graph.num_edges() > len(MODULES)


def test_a_package_has_at_most_fifteen_modules() -> None:
    counts = Counter(path.parent for path in MODULES.values() if path.name != "__init__.py")
    assert {str(folder): count for folder, count in counts.items() if count > MOST_MODULES} == {}


def test_the_probe_imports_nothing_but_itself_the_standard_library_and_tensorflow_s_own() -> None:
    allowed = {*sys.stdlib_module_names, "tensorflow", "keras", "tf_keras", "numpy", "h5py", "scenarios"}
    allowed.add("crossload_probe")  # by this name its own folder is imported, inside environments
    for name in MODULES:
        if name.startswith("crossload.probe"):
            foreign = {one for one in imported(name) if not one.startswith("crossload.probe")}
            assert {one.split(".")[0] for one in foreign} <= allowed, name


def test_every_package_stands_in_a_layer() -> None:
    (contract,) = (one for one in contracts() if one["type"] == "layers")
    layered = {part.strip() for line in contract["layers"] for part in line.split("|")}
    own = {name for name in MODULES if name.count(".") == 1 and name.startswith("crossload.")}
    assert own - {"crossload.__main__"} == {name for name in layered if name.startswith("crossload.")}


def contracts() -> list[dict[str, Any]]:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    found: list[dict[str, Any]] = told["tool"]["importlinter"]["contracts"]
    return found


# Turned round: a module, and what it must not import.
ARROWS = {
    "crossload/domain/cells.py": "crossload.store.database",
    "crossload/store/records.py": "crossload.planning.keys",
    "crossload/upgrade/plan.py": "crossload.results.tables",
    "crossload/app/run.py": "crossload.cli.main",
    "crossload/planning/keys.py": "crossload_reports.exports",
    "crossload/probe/formats.py": "crossload.domain.verdicts",
}


def check_contract(folder: Path) -> "subprocess.CompletedProcess[str]":
    paths = {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    return subprocess.run(
        [*command, "--no-cache"], cwd=folder, env=os.environ | paths, capture_output=True, text=True, timeout=120
    )


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for package, folder in PACKAGES.items():
        shutil.copytree(folder / package, tmp_path / package, ignore=shutil.ignore_patterns("locks", "static", "*.xz"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_an_arrow_that_is_turned_round_is_noticed(copied: Path) -> None:
    before = check_contract(copied)
    assert before.returncode == 0, before.stdout + before.stderr
    for path, other in ARROWS.items():
        with (copied / path).open("a", encoding="utf-8") as module:
            module.write(f"\nimport {other}\n")
    after = check_contract(copied)
    assert after.returncode == 1
    said = after.stdout.replace("\n", " ")
    for path, other in ARROWS.items():
        # What stands nearest above in the layers is named, so the module itself is looked for in its chain.
        assert f"{path.removesuffix('.py').replace('/', '.')} -> {other}" in said, said
