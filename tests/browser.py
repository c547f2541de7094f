"""The Chromium that tests drive: the system's, or the one that Playwright has of its own."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Error, sync_playwright

_ARGUMENTS = ["--no-sandbox", "--disable-background-networking"]
_NONE = "no Chromium: `apt install chromium`, or `playwright install chromium`"


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser. Where there is none, the test is skipped; it fails where ``CROSSLOAD_TEST_BROWSER=required``."""
    with sync_playwright() as playwright:
        try:
            found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
            browser = playwright.chromium.launch(executable_path=found, args=_ARGUMENTS)
        except Error as error:
            if found:
                raise
            required = os.environ.get("CROSSLOAD_TEST_BROWSER") == "required"
            (pytest.fail if required else pytest.skip)(f"{_NONE} ({str(error).splitlines()[0]})")
        try:
            yield browser
        finally:
            browser.close()
