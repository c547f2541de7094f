"""The Chromium that tests drive: Playwright's own where it is there, the system's, or Playwright's, downloaded now."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest
from playwright.sync_api import Browser, Error, Playwright, sync_playwright

_ARGUMENTS = ["--no-sandbox", "--disable-background-networking"]
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_SECONDS_TO_DOWNLOAD = 300


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser. Where none can be had, the test is skipped; it fails where ``CROSSLOAD_TEST_BROWSER=required``."""
    with sync_playwright() as playwright:
        browser, why = _launch(playwright)
        if browser is None:
            required = os.environ.get("CROSSLOAD_TEST_BROWSER") == "required"
            (pytest.fail if required else pytest.skip)(f"no Chromium (Debian: apt install chromium): {why}")
        try:
            yield browser
        finally:
            browser.close()


def _launch(playwright: Playwright) -> tuple[Browser | None, str]:
    """A browser, or the last reason why there is none."""
    own, system = playwright.chromium.executable_path, [shutil.which(name) for name in _NAMES]
    why = ""
    for path in [own, *system]:
        if path and os.path.exists(path):
            try:
                return playwright.chromium.launch(executable_path=path, args=_ARGUMENTS), ""
            except Error as error:
                # Downloaded where the system lacks its libraries, mostly: the other one may do.
                why = f"{path} does not start: {_first_line(str(error))}"
    if why:
        return None, why
    if why := _download():
        return None, why
    try:
        return playwright.chromium.launch(args=_ARGUMENTS), ""
    except Error as error:
        return None, f"Playwright's own does not start: {_first_line(str(error))}"


@cache
def _download() -> str:
    """Let Playwright download its browser, once in a session; returns why that is not possible, or an empty text."""
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS_TO_DOWNLOAD, check=False)
    except subprocess.TimeoutExpired:
        return f"downloading Playwright's own took more than {_SECONDS_TO_DOWNLOAD} s"
    said = [line for line in (done.stderr or done.stdout).splitlines() if "rror" in line]
    return "" if done.returncode == 0 else f"downloading Playwright's own failed: {said[0].strip() if said else ''}"


def _first_line(text: str) -> str:
    return next((line for line in text.splitlines() if line.strip()), "")
