"""Write the names of every Keras: ``python -m tests.unit.inspection.write_keras_names SOURCES``.

SOURCES is a folder with one folder for each release, unpacked and never imported:

- ``main/VERSION`` for what `import tensorflow as tf; tf.keras` is or `import keras` of the same line: up to 2.5 the files of
  the TensorFlow wheel of that version below ``tensorflow/python/keras`` and its API, from 2.6 on the ``keras`` wheel;
- ``standalone/VERSION`` for the ``keras`` package of 2.0 to 2.3, which was another code base.

``pip download keras==VERSION --no-deps`` and ``unzip`` make them.
"""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from packaging.version import Version

from crossload.resources import KERAS_NAMES

KINDS = ("layers", "models", "optimizers", "losses", "metrics", "initializers", "regularizers", "constraints", "activations",
         "applications", "callbacks", "dtype_policies", "mixed_precision", "quantizers")  # fmt: skip
# Folders and files of the source that hold classes which end up in saved files without being public.
_INNER = re.compile(r"(^|/)(layers|engine|models|ops|premade_models|feature_column|mixed_precision)(/|\.py$)")
_SKIPPED = re.compile(r"(_test|_tests|/tests?/.*|conftest|/benchmarks?/.*|/integration_tests/.*)\.py$|_pb2\.py$")
Found = dict[str, dict[str, set[str]]]


def sources(folder: Path) -> Iterator[tuple[str, Path]]:
    """Source files with their path below the root of the code base."""
    for base in (folder / "keras" / "src", folder / "tensorflow" / "python" / "keras", folder / "keras"):
        if base.is_dir():
            for path in sorted(base.rglob("*.py")):
                name = path.relative_to(base).as_posix()
                if not _SKIPPED.search(f"/{name}") and not name.startswith(("api/", "_tf_keras/", "_api/")):
                    yield name, path
            return


def public(folder: Path) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Exported names by kind: of the API, and of the TensorFlow 1 API beside it."""
    apis = [folder / "tensorflow" / "python" / "keras" / "api" / "_v2" / "keras", folder / "keras" / "api" / "_v2" / "keras",
            folder / "keras" / "api"]  # fmt: skip
    now = [root for root in apis if (root / "layers").is_dir()] or [folder / "keras"]
    old = [
        folder / "tensorflow" / "python" / "keras" / "api" / "_v1" / "keras",
        folder / "keras" / "api" / "_v1" / "keras",
    ]
    return _exports(now), _exports(old)


def _exports(roots: list[Path]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for root in roots:
        for kind in KINDS:
            for path in (root / kind).rglob("__init__.py"):
                found[kind] |= {name for name in _imported(path) if not name.startswith("_")}
        if (root / "__init__.py").exists():
            found["models"] |= {name for name in _imported(root / "__init__.py") if name in ("Model", "Sequential")}
    return found


def _imported(path: Path) -> Iterator[str]:
    for node in ast.parse(path.read_text("utf-8", "replace")).body:
        if isinstance(node, ast.ImportFrom):
            yield from (item.asname or item.name for item in node.names if item.name != "*")


def written_out(folder: Path) -> dict[str, set[str]]:
    """Public names of standalone Keras, which lists no API: what its modules define."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, path in sources(folder):
        kind = name.removesuffix(".py").partition("/")[0]
        kind = "models" if name in ("engine/training.py", "engine/sequential.py", "models.py") else kind
        if kind in KINDS:
            for node in ast.parse(path.read_text("utf-8", "replace")).body:
                if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
                    found[kind].add(node.name)
                elif isinstance(node, ast.Assign):
                    found[kind] |= {
                        item.id for item in node.targets if isinstance(item, ast.Name) and item.id[:1].isalpha()
                    }
    return found


class Classes:
    """The classes of one release by name: their bases, and what their constructors and configurations name."""

    def __init__(self, folder: Path) -> None:
        self.bases: dict[str, set[str]] = defaultdict(set)
        self.own: dict[str, set[str]] = defaultdict(set)
        self.inner: set[str] = set()
        for name, path in sources(folder):
            for node in ast.walk(ast.parse(path.read_text("utf-8", "replace"))):
                if isinstance(node, ast.ClassDef):
                    self._note(node)
                    if _INNER.search(name):
                        self.inner.add(node.name)

    def _note(self, node: ast.ClassDef) -> None:
        self.bases[node.name] |= {base.attr if isinstance(base, ast.Attribute) else base.id for base in node.bases
                                  if isinstance(base, ast.Attribute | ast.Name)}  # fmt: skip
        for part in node.body:
            if isinstance(part, ast.FunctionDef) and part.name == "__init__":
                arguments = part.args
                self.own[node.name] |= {item.arg for item in (*arguments.args, *arguments.kwonlyargs)} - {"self"}
            elif isinstance(part, ast.FunctionDef) and part.name == "get_config":
                self.own[node.name] |= set(_keys(part))

    def arguments(self, name: str, seen: frozenset[str] = frozenset()) -> set[str]:
        """Names that the constructor or the configuration of a class has, those of its bases included."""
        if name in seen or name not in self.bases:
            return set()
        found = set(self.own[name])
        for base in self.bases[name]:
            if base not in ("Layer", "Module", "Operation", "object"):
                found |= self.arguments(base, seen | {name})
        return found


def _keys(function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Dict):
            yield from (key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str))
        elif (
            isinstance(node, ast.Subscript)
            and isinstance(node.slice, ast.Constant)
            and isinstance(node.slice.value, str)
        ):
            yield node.slice.value


def ranges(present: set[str], order: list[str]) -> str:
    """``2.1-2.15,3.2-``: runs of consecutive releases; one that reaches the last release is open."""
    runs: list[list[int]] = []
    for index, version in enumerate(order):
        if version in present:
            if runs and runs[-1][1] == index - 1:
                runs[-1][1] = index
            else:
                runs.append([index, index])
    last = len(order) - 1
    return ",".join(f"{order[start]}-{'' if end == last else order[end]}" for start, end in runs)


def main(root: Path) -> None:
    """Read every release and write the file."""
    lines = ["# What each Keras has: kind.name, then versions of the line of tf.keras and Keras 3, of TensorFlow 1's API",
             "# (tf.compat.v1.keras), and of standalone Keras 2. Arguments of a class are indented below it, several that",
             "# have the same versions in one line. Written by tests/unit/inspection/write_keras_names.py."]  # fmt: skip
    order = {
        line: sorted((item.name for item in (root / line).iterdir()), key=Version) for line in ("main", "standalone")
    }
    names: Found = defaultdict(lambda: defaultdict(set))
    arguments: dict[str, Found] = defaultdict(lambda: defaultdict(lambda: defaultdict(set)))
    for line, versions in order.items():
        for version in versions:
            _release(root / line / version, line, version, names, arguments)
    lines += [f"!{line} {' '.join(versions)}" for line, versions in order.items()]
    for name in sorted(names):
        columns = [ranges(names[name]["main"], order["main"]), ranges(names[name]["v1"], order["main"]),
                   ranges(names[name]["standalone"], order["standalone"])]  # fmt: skip
        lines.append(" ".join([name, *(column or "." for column in columns)]))
        grouped: dict[str, list[str]] = defaultdict(list)
        for argument, where in arguments[name].items():
            both = f"{ranges(where['main'], order['main']) or '.'} {ranges(where['standalone'], order['standalone']) or '.'}"
            grouped[both].append(argument)
        lines += [f" {both} {' '.join(sorted(found))}" for both, found in sorted(grouped.items())]
    KERAS_NAMES.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(names):,} names, {KERAS_NAMES.stat().st_size:,} bytes")


def _release(folder: Path, line: str, version: str, names: Found, arguments: dict[str, Found]) -> None:
    now, old = (written_out(folder), {}) if line == "standalone" else public(folder)
    classes = Classes(folder)
    known = {name for kind in now for name in now[kind]}
    for kind, found in now.items():
        for name in found:
            names[f"{kind}.{name}"][line].add(version)
            for argument in classes.arguments(name):
                arguments[f"{kind}.{name}"][argument][line].add(version)
    for kind, found in old.items():
        for name in found - known:
            names[f"{kind}.{name}"]["v1"].add(version)
    for name in classes.inner - known:
        if not name.startswith("_"):
            names[f"inner.{name}"][line].add(version)
    for name, _ in sources(folder):
        module = name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        prefix = "keras.src" if (folder / "keras" / "src").is_dir() else "keras"
        prefix = "tensorflow.python.keras" if (folder / "tensorflow").is_dir() else prefix
        names[f"module.{prefix}{'' if module == '__init__' else f'.{module}'}"][line].add(version)
    for package in ("keras",):
        for path in (folder / package).rglob("__init__.py"):
            parts = path.parent.relative_to(folder).parts
            if len(parts) < 5 and "api" not in parts and "_tf_keras" not in parts:
                names[f"module.{'.'.join(parts)}"][line].add(version)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
