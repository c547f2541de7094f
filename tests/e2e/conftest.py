"""Fixtures of the tests that need a browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium. Not for the whole session: a second one beside it, as other tests start it, is refused by Playwright."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that must stay silent: whatever it logs or asks the network for is a failure of the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    heard: list[str] = []
    page.on("console", lambda message: heard.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: heard.append(f"error: {error}"))
    page.on("request", lambda request: heard.append(request.url) if not request.url.startswith("file:") else None)
    page.on("requestfailed", lambda request: heard.append(f"failed: {request.url}"))
    page.heard = heard  # type: ignore[attr-defined]
    yield page
    context.close()
    assert heard == []
