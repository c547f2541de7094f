"""Reads which scenarios exist, from the text of their modules: the host never imports them, for they import TensorFlow.

A scenario's digest covers its function, the decorator, and the scenario modules that it can reach by imports, so that
changing one scenario makes exactly its own results stale.
"""

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from crossload.construct_table import FAMILY, Bouquet, ConstructLine, bouquets, read_table
from crossload.errors import ConfigError, SelectionError, nearest
from crossload.resources import SCENARIOS
from crossload.util.files import read_plain, special_kind
from crossload.util.import_roots import import_root
from crossload.util.source import parse

BUILT_IN = SCENARIOS
CONSTRUCTS = "constructs.csv"
PRECISIONS = ("float32", "mixed_float16")
_VERSION = re.compile(r"^\d+\.\d+$")
# Says how results are shown and changes none of them, so it is in no digest.
_CONTROL = re.compile(r"^\s*control=(?:True|False),\n", re.MULTILINE)


@cache
def _signature(path: Path) -> Mapping[str, Any]:
    tree = parse(path.read_text(encoding="utf-8"), str(path))
    function = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "scenario")
    names = [argument.arg for argument in function.args.args]
    defaults = [ast.literal_eval(node) for node in function.args.defaults]
    required = names[: len(names) - len(defaults)]
    return MappingProxyType(dict.fromkeys(required) | dict(zip(names[len(required) :], defaults, strict=True)))


def defaults() -> Mapping[str, Any]:
    """What a scenario gets for the arguments that it does not set; None for those it must set."""
    return _signature(BUILT_IN / "__init__.py")


@dataclass(frozen=True, eq=False)
class Scenario:
    """One scenario as its module declares it.

    :param module: dotted name, importable when ``roots`` are on the path.
    :param roots: folders that hold one package each and nothing else.
    :param options: every argument of the decorator, defaults included.
    :param digest: SHA-256 of everything its results depend on.
    :param only_builds: True where importing its code changes nothing in the process: no class of its own, nothing that is
        decorated, nothing imported from another scenario module.
    """

    name: str
    module: str
    roots: tuple[str, ...]
    options: Mapping[str, Any]
    digest: str
    source: str
    only_builds: bool = False

    @property
    def family(self) -> str:
        return str(self.options["family"])

    @property
    def is_construct(self) -> bool:
        """Whether it is made of what Keras itself has, by a line of the table of constructs."""
        return self.family == FAMILY

    @property
    def control(self) -> bool:
        """Whether it is meant to fail or to differ; see the decorator."""
        return bool(self.options.get("control", False))

    @property
    def tags(self) -> tuple[str, ...]:
        return tuple(self.options["tags"])

    def request(self) -> dict[str, Any]:
        """What the probe is told about it."""
        return {"name": self.name, "module": self.module, "roots": list(self.roots), "options": dict(self.options)}


class _Package:
    """The modules of one scenario folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = folder.name
        # A pipe, a device or a link that leads nowhere is no module, whatever it is called.
        modules = [path for path in sorted(folder.rglob("*.py")) if path.is_file() and not special_kind(path)]
        self.files = {self._dotted(path): path for path in modules}
        self._imported: dict[str, list[str]] = {}

    def _dotted(self, path: Path) -> str:
        parts = path.relative_to(self.folder.parent).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @cached_property
    def trees(self) -> dict[str, ast.Module]:
        trees = {}
        for module, path in self.files.items():
            try:
                trees[module] = parse(read_plain(path).decode("utf-8"), str(path))
            except SyntaxError as error:
                raise ConfigError(f"{path}, line {error.lineno}: {error.msg}. Mend the scenario module.") from None
            except (RecursionError, MemoryError):
                raise ConfigError(f"{path}: is no Python: nested too deep. Mend the scenario module.") from None
            except (OSError, ValueError) as error:
                raise ConfigError(f"{path}: cannot be read ({error}). Mend the scenario module.") from None
        return trees

    def imports(self, module: str) -> list[str]:
        """What a module of this package imports, relative imports resolved."""
        if module not in self._imported:
            is_package = self.files[module].name == "__init__.py"
            package = module if is_package else module.rpartition(".")[0]
            self._imported[module] = _imports(self.trees[module], package)
        return self._imported[module]


def _reachable(packages: Sequence[_Package], start: Iterable[str]) -> list[Path]:
    """Files of the scenario packages that the named modules are or import, at any depth.

    A package's own ``__init__`` does not count: it holds the decorator, and every module would reach it.
    """
    owners = {module: package for package in packages for module in package.files}
    roots = {package.name for package in packages}
    pending, seen = list(start), set()
    while pending:
        module = pending.pop()
        while module and module not in owners:
            module = module.rpartition(".")[0]
        if module and module not in roots and module not in seen:
            seen.add(module)
            pending.extend(owners[module].imports(module))
    return sorted({owners[module].files[module] for module in seen})


def _imports(tree: ast.AST, package: str) -> list[str]:
    """Dotted names that a tree imports; ``package`` is what its relative imports start from."""
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            names += [module, *(f"{module}.{alias.name}" for alias in node.names)]
    return names


def _modules_named(options: Mapping[str, Any]) -> list[str]:
    references = [item if isinstance(item, str) else item[1] for item in options["custom_objects"]]
    references += [options["load_with"], options["save_with"], options["loss"]]
    modules = [reference.rpartition(":")[0] for reference in references if ":" in reference]
    return [*modules, *options["import_modules"], *options["hidden_modules"]]


def _decorator(function: ast.FunctionDef) -> ast.Call | None:
    for node in function.decorator_list:
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "scenario":
            return node
    return None


def _declared(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef, ast.Call]]:
    """The scenarios of a module: each function with its decorator."""
    for node in tree.body:
        call = _decorator(node) if isinstance(node, ast.FunctionDef) else None
        if isinstance(node, ast.FunctionDef) and call is not None:
            yield node, call


def _options(call: ast.Call, defaults: Mapping[str, Any], where: str) -> dict[str, Any]:
    options = dict(defaults)
    named = [(keyword.arg, keyword.value) for keyword in call.keywords]
    for key, node in [*zip(defaults, call.args, strict=False), *named]:
        if key not in defaults:
            raise ConfigError(f"{where}: scenario() has no argument {key!r}.{nearest(str(key), defaults)}")
        try:
            options[str(key)] = ast.literal_eval(node)
        except ValueError:
            raise ConfigError(f"{where}: argument {key!r} of scenario() must be a literal value.") from None
    for key, value in options.items():
        if value is None:
            raise ConfigError(f"{where}: scenario() needs the argument {key!r}.")
        if isinstance(defaults[key], tuple) and not isinstance(value, (tuple, list)):
            raise ConfigError(
                f"{where}: argument {key!r} of scenario() must be a tuple; for one item write ({value!r},)."
            )
    for key in ("name", "family", "title"):  # they are shown, and name files
        if not isinstance(options[key], str) or not options[key].isprintable():
            raise ConfigError(
                f"{where}: argument {key!r} of scenario() must be a text of one line, not {options[key]!r:.80}."
            )
    for key in ("since", "until"):
        no_limit = key == "until" and options[key] == ""
        if not no_limit and not (isinstance(options[key], str) and _VERSION.match(options[key])):
            raise ConfigError(
                f'{where}: argument {key!r} of scenario() must be a text such as "2.10", not {options[key]!r}.'
            )
    if not isinstance(options["control"], bool):
        raise ConfigError(
            f"{where}: argument 'control' of scenario() must be True or False, not {options['control']!r}."
        )
    if options["precision"] not in PRECISIONS:
        raise ConfigError(f"{where}: argument 'precision' of scenario() must be one of {', '.join(PRECISIONS)}.")
    return options


def _shared(tree: ast.Module, package: str) -> tuple[list[str], list[str]]:
    """A module's code outside of scenarios: what it imports, and its text."""
    nodes = [node for node in tree.body if not (isinstance(node, ast.FunctionDef) and _decorator(node) is not None)]
    return _imports(ast.Module(body=nodes, type_ignores=[]), package), [ast.unparse(node) for node in nodes]


def _digest(
    function: ast.FunctionDef,
    source: str,
    packages: Sequence[_Package],
    module: str,
    options: Mapping[str, Any],
    outside: tuple[list[str], list[str]],
) -> str:
    """Hash of the function, the module's code outside of other scenarios, and all scenario modules it reaches.

    :param outside: what the module's code outside of scenarios imports, and its text.
    """
    package = packages[-1]
    imported, texts = outside
    measured = [item for item in sorted(options.items()) if item[0] != "control"]
    parts = [_CONTROL.sub("", source), repr(measured), *texts]
    own = _imports(function, module.rpartition(".")[0])
    reached = _reachable(packages, [*imported, *own, *_modules_named(options)])
    parts += [_CONTROL.sub("", path.read_text(encoding="utf-8")) for path in reached if path != package.files[module]]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _constructs(package: _Package, known: Mapping[str, Any], root: str) -> Iterator[Scenario]:
    """A scenario for each line of the table of constructs, where a package has one.

    A line's digest covers the line and the code that builds all of them: adding a line leaves the others what they were.
    """
    table = package.folder / CONSTRUCTS
    if not table.is_file():
        return
    module = f"{package.name}.{table.stem}"
    code = hashlib.sha256()
    for path in _reachable([package], [module]):
        code.update(path.read_bytes())
    texts = dict(read_table(table))
    made: list[tuple[ConstructLine | Bouquet, str]] = [*texts.items()]
    made += [(item, "\n".join(texts[line] for line in item.lines)) for item in bouquets(texts)]
    for item, text in made:
        digest = hashlib.sha256(f"{code.hexdigest()}\0{text}".encode()).hexdigest()
        yield Scenario(item.scenario, module, (root,), {**known, **item.options}, digest, text, only_builds=True)


def _only_builds(tree: ast.Module) -> bool:
    """Whether a module holds nothing but imports from Keras and functions, scenarios or plain ones."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            decorators = [item for item in node.decorator_list if _decorator(node) is not item]
            if decorators or any(isinstance(inner, ast.ClassDef) for inner in ast.walk(node)):
                return False
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [name.split(".")[0] for name in _imports(node, "")]
            if not set(names) <= {"tensorflow", "numpy", "scenarios"}:
                return False
        elif not isinstance(node, ast.Expr | ast.Assign) or any(isinstance(n, ast.Call) for n in ast.walk(node)):
            return False
    return True


def index_scenarios(folders: Iterable[Path] = ()) -> dict[str, Scenario]:
    """All scenarios of Crossload's own package and of further package folders, by name.

    :raises ConfigError: a folder is missing, a module does not parse, or a decorator holds something that is not allowed.
    """
    known = defaults()
    found: dict[str, Scenario] = {}
    built_in = _Package(BUILT_IN.resolve())
    for folder in [BUILT_IN, *folders]:
        folder = folder.resolve()
        if not folder.is_dir():
            raise ConfigError(f"{folder}: there is no such folder of scenarios.")
        package = built_in if folder == built_in.folder else _Package(folder)
        packages = [built_in] if package is built_in else [built_in, package]
        roots = tuple(dict.fromkeys([str(import_root(BUILT_IN)), str(import_root(folder))]))
        for module, tree in package.trees.items():
            text = package.files[module].read_text(encoding="utf-8")
            outside = _shared(tree, module.rpartition(".")[0])
            # Only our own modules are known to leave a process as they found it.
            tame = package is built_in and _only_builds(tree)
            for node, call in _declared(tree):
                where = f"{package.files[module]}, line {call.lineno}"
                options = _options(call, known, where)
                name = str(options["name"])
                if name in found:
                    raise ConfigError(f"{where}: scenario {name!r} is defined twice.")
                source = "\n".join(text.splitlines()[call.lineno - 1 : node.end_lineno])
                digest = _digest(node, source, packages, module, options, outside)
                alone = tame and not (options["custom_objects"] or options["import_modules"])
                found[name] = Scenario(name, module, roots, options, digest, source, alone)
        if package is built_in:
            found |= {item.name: item for item in _constructs(package, known, roots[0])}
    return found


def own_controls() -> frozenset[str]:
    """Names of Crossload's own scenarios that are meant to fail or to differ; only modules that say so of one are parsed."""
    known, found = defaults(), set()
    for path in sorted(BUILT_IN.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "control=True" not in text:
            continue
        for _, call in _declared(parse(text, str(path))):
            options = _options(call, known, f"{path}, line {call.lineno}")
            if options["control"]:
                found.add(str(options["name"]))
    return frozenset(found)


def select(scenarios: Mapping[str, Scenario], pattern: str) -> list[Scenario]:
    """Scenarios whose name matches a glob such as ``q1-*``; several may be given, separated by commas.

    :raises SelectionError: a pattern matches nothing.
    """
    from fnmatch import fnmatchcase

    chosen: dict[str, Scenario] = {}
    for part in pattern.split(","):
        matches = {name: scenario for name, scenario in scenarios.items() if fnmatchcase(name, part.strip())}
        if not matches:
            raise SelectionError(
                f"no scenario matches {part.strip()!r}.{nearest(part.strip(), scenarios)} "
                "`crossload scenarios` lists them."
            )
        chosen |= matches
    return list(chosen.values())
