"""The scripts of the page as one: ES modules in, one script without an `import` out.

The page has to open from a mail without a network, and whoever renders it has no node. So this joins modules that keep to a
few forms: an import is ``import { a, b } from "./name.js";`` on a line of its own, an export stands before a declaration at
the start of a line, and what is exported is never assigned again. Anything else is an error here, and the linter's business
before that. Every module keeps a scope of its own, so that two may use the same name.
"""

import re
from collections.abc import Callable

_IMPORT = re.compile(r'^import \{ ([\w$, ]+) \} from "\./([\w-]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async function|function|const|class) )", re.MULTILINE)
_NAMED = re.compile(r"^export (?:async function|function|const|class) (\w+|\{[^}]*\})", re.MULTILINE)
_OTHER = re.compile(r"^\s*(?:import|export)\b.*|\bimport\s*\(.*", re.MULTILINE)


class BundleError(Exception):
    """A module does something that the bundler does not know, or asks for what is not there."""


def bundle(entry: str, read: Callable[[str], str]) -> str:
    """Return the script that does what the module `entry` and all that it imports do.

    :param read: gives the text of a module by its file name.
    :raises BundleError: modules import each other, a name is not exported, or a form is not known.
    """
    exported: dict[str, list[str]] = {}
    parts: list[str] = []

    def add(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise BundleError(f"{' imports '.join((*path, name))}: modules that import each other have no order.")
        if name in exported:
            return
        text = read(name)
        imports = [(found[1].split(", "), found[2]) for found in _IMPORT.finditer(text)]
        for names, source in imports:
            add(source, (*path, name))
            missing = [one for one in names if one not in exported[source]]
            if missing:
                raise BundleError(f"{name} imports {', '.join(missing)}, which {source} does not export.")
        exported[name] = [one for found in _NAMED.finditer(text) for one in _names(found[1])]
        body = _EXPORT.sub("", _IMPORT.sub("", text)).strip()
        unknown = _OTHER.search(body)
        if unknown:
            raise BundleError(f"{name}: {unknown[0].strip()!r} is a form that the bundler does not know.")
        given = [f"const {{ {', '.join(names)} }} = {_variable(source)};" for names, source in imports]
        told = f"return {{ {', '.join(exported[name])} }};"
        parts.append("\n".join([f"const {_variable(name)} = await (async () => {{", *given, body, told, "})();"]))

    add(entry, ())
    return "\n".join(["'use strict';", "(async () => {", *parts, "})();"])


def _names(declared: str) -> list[str]:
    """Return the names that a declaration makes: one, or those of `{ cells: CELLS, words }`."""
    return [part.rpartition(":")[2].strip() for part in declared.strip("{}").split(",")]


def _variable(name: str) -> str:
    return "$" + re.sub(r"\W", "_", name.removesuffix(".js"))
