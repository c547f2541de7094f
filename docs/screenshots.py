"""Takes the pictures of the README from the report of a real run: `python docs/screenshots.py build/report/index.html`.

Needs what the browser tests need: `pip install -e .[tests]` and Debian's chromium.
"""

import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

CHROMIUM = "/usr/bin/chromium"
PICTURES = Path(__file__).parent / "pictures"
# Name, fragment, width, height and colours. The panel shows a cell that a remedy repairs.
VIEWS = (
    ("report-light", "", 1280, 900, "light"),
    ("report-dark", "", 1280, 900, "dark"),
    ("report-phone", "", 390, 844, "light"),
    ("report-panel", "#cell=2.10-cpu,2.16-cpu,h5,dense", 1280, 900, "light"),
    ("report-upgrade", "#page=upgrade", 1280, 900, "light"),
)


def take(browser: Browser, page_file: Path, view: tuple[str, str, int, int, str]) -> Path:
    """Take one picture; returns where it lies."""
    name, fragment, width, height, scheme = view
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(page_file.resolve().as_uri() + fragment)
    page.wait_for_selector("html.scripted")
    page.wait_for_timeout(500)
    place = PICTURES / f"{name}.png"
    page.screenshot(path=place)
    context.close()
    return place


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for view in VIEWS:
            place = take(browser, Path(sys.argv[1]), view)
            print(f"{place.name}: {place.stat().st_size / 1000:.0f} kB")
        browser.close()


if __name__ == "__main__":
    main()
