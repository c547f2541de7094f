"""Modules of the page joined into one script."""

import re
from collections.abc import Mapping
from importlib.resources import files

import pytest

from crossload_reports.html.bundling import BundleError, bundle
from crossload_reports.html.templating import static

MODULES = {
    "main.js": 'import { one } from "./one.js";\nimport { sum, two } from "./two.js";\n\nwindow.said = sum(one, two);\n',
    "one.js": "const hidden = 1;\nexport const one = hidden;\n",
    "two.js": 'import { one } from "./one.js";\nconst hidden = await one;\nexport const { a: two } = { a: hidden };\n'
    "export async function later() {}\nexport function sum(...all) { return all; }\n",
}


def joined(**changed: str) -> str:
    modules: Mapping[str, str] = MODULES | {f"{name}.js": text for name, text in changed.items()}
    return bundle("main.js", lambda name: modules[name])


def test_what_is_needed_comes_first_and_once() -> None:
    script = joined()

    assert re.findall(r"^const (\$\w+) = await", script, re.MULTILINE) == ["$one", "$two", "$main"]
    assert "return { two, later, sum };" in script
    assert not re.search(r"^\s*(import|export)\b", script, re.MULTILINE)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('import { main } from "./main.js";\nexport const one = 1;\n', "main.js imports one.js imports main.js"),
        ("const one = 1;\n", "main.js imports one, which one.js does not export"),
        ("export let one = 1;\n", "one.js: 'export let one = 1;' is a form that the bundler does not know"),
        ('import * as all from "./two.js";\nexport const one = 1;\n', "is a form that the bundler does not know"),
        ('export const one = await import("./two.js");\n', "is a form that the bundler does not know"),
    ],
)
def test_what_the_bundler_does_not_know_is_an_error_when_the_page_is_made(text: str, said: str) -> None:
    with pytest.raises(BundleError, match=re.escape(said)):
        joined(one=text)


def test_every_script_of_the_page_is_reached_from_its_entry() -> None:
    read = []
    bundle("main.js", lambda name: read.append(name) or static(name))  # type: ignore[func-returns-value]

    there = {one.name for one in (files("crossload_reports") / "static").iterdir() if one.name.endswith(".js")}
    there -= {"fleet.js", "lookup.js"}  # pages of their own, with one script each
    assert sorted(read) == sorted(there)
