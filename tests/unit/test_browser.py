"""Where no browser can be had, tests are skipped with one line that says why, or fail where all of them are meant to run."""

from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Error

from tests import browser


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without any Chromium, and without a way to download one."""
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr(browser, "_download", lambda: "downloading Playwright's own failed: no network")
    monkeypatch.setattr(browser, "sync_playwright", _Playwright)


class _Playwright:
    def __enter__(self) -> Any:
        return SimpleNamespace(chromium=SimpleNamespace(executable_path="/nowhere/chrome", launch=self._launch))

    def __exit__(self, *error: object) -> None:
        pass

    def _launch(self, **options: Any) -> None:
        raise Error("error while loading shared libraries: libnss3.so\nmore")


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(("required", "raised"), [("", pytest.skip.Exception), ("required", pytest.fail.Exception)])
def test_without_a_browser_one_line_says_so(
    monkeypatch: pytest.MonkeyPatch, required: str, raised: type[BaseException]
) -> None:
    monkeypatch.setenv("CROSSLOAD_TEST_BROWSER", required)
    with pytest.raises(raised, match=r"apt install chromium.*no network") as caught, browser.chromium():
        pass
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.usefixtures("bare")
def test_a_browser_that_does_not_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CROSSLOAD_TEST_BROWSER", raising=False)
    monkeypatch.setattr("os.path.exists", lambda path: path == "/nowhere/chrome")
    with pytest.raises(pytest.skip.Exception, match=r"/nowhere/chrome does not start: .*libnss3"), browser.chromium():
        pass
