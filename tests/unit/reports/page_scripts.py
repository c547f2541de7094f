"""The scripts of the page in a browser, module by module: the page's own text, and its modules as files beside it."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
from playwright.sync_api import Browser, Page, Route

from crossload_reports.html.page import render
from crossload_reports.html.templating import static
from tests.unit.reports import sample_run

_HOST = "http://page.test"


class Scripts:
    """A page whose script does not run by itself: modules are imported when a test asks for them."""

    def __init__(self, browser: Browser, html: str) -> None:
        self._html = re.sub(
            r'<meta http-equiv="Content-Security-Policy"[^>]*>|<script>.*?</script>', "", html, flags=re.DOTALL
        )
        self.page: Page = browser.new_page()
        self.page.route("**/*", self._answer)
        self.page.goto(f"{_HOST}/")

    def _answer(self, route: Route) -> None:
        name = urlsplit(route.request.url).path.strip("/")
        if name.endswith(".js"):
            route.fulfill(body=static(name), content_type="text/javascript")
        else:
            route.fulfill(body=self._html, content_type="text/html; charset=utf-8")

    def run(self, modules: Sequence[str], body: str, argument: Any = None) -> Any:
        """Return what a function body gives, in which every export of the modules is a name and the argument is `given`."""
        program = """async ([modules, body, given]) => {
            const scope = Object.assign({}, ...await Promise.all(modules.map((name) => import(`/${name}.js`))));
            const names = Object.keys(scope);
            return new (Object.getPrototypeOf(async () => {}).constructor)(...names, "given", body)(
                ...names.map((name) => scope[name]), given);
        }"""
        return self.page.evaluate(program, [list(modules), body, argument])

    def show(self, fragment: str) -> None:
        """Open the page anew with a fragment in its address."""
        self.page.goto("about:blank")
        self.page.goto(f"{_HOST}/#{fragment}")


def page_of(
    folder: Path, results: pd.DataFrame, attempts: pd.DataFrame, versions: tuple[str, ...] = sample_run.VERSIONS
) -> str:
    """Return the text of the page of a run."""
    run = sample_run.run_info()
    path = render(
        results, attempts, sample_run.environments(versions), run, folder / "page.html", sample_run.scenarios()
    )
    return path.read_text(encoding="utf-8")
