"""The report: one HTML file that needs nothing else, not even a network; or a folder with the data beside it."""

import base64
import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from crossload.domain.cells import ATTEMPT_COLUMNS, RESULT_COLUMNS
from crossload.domain.verdicts import FAITHFUL, LOADS, SCORED, SEVERITY, UNSCORED, USABLE
from crossload.probe.attempts import CODE_NEEDED, OPTIMIZER_LOST
from crossload.probe.formats import INFERENCE, REBUILT, RUNGS
from crossload.upgrade.plan import WAYS
from crossload.upgrade.text import ASSUMPTION
from crossload.util.files import write_atomically, write_text_atomically
from crossload_reports import analysis
from crossload_reports.analysis import causes as causes_of
from crossload_reports.analysis.answers import answers
from crossload_reports.analysis.frame import tidy
from crossload_reports.analysis.standing import FILES, counted
from crossload_reports.html.bundling import bundle
from crossload_reports.html.content import content
from crossload_reports.html.earlier_runs import told_runs
from crossload_reports.html.packing import pack
from crossload_reports.html.payload import payload
from crossload_reports.html.remedy_code import remedy_code
from crossload_reports.html.templating import static, templates
from crossload_reports.html.words import CHANGES, MEANINGS, PAGES, SIGNS

_STYLES = ("base.css", "first.css", "grid.css", "cell.css", "causes.css", "upgrade.css", "changes.css", "print.css")
_ENTRY = "main.js"
_DOWNLOADS = ("results.csv", "results.json", "results.parquet", "attempts.csv", "results.junit.xml", "summary.md")


@dataclass(frozen=True)
class Report:
    """A report that can be written in more than one form."""

    data: bytes
    script: str
    style: str
    variables: Mapping[str, Any]

    def write_page(self, destination: Path) -> Path:
        """Write one self-contained file; returns its path."""
        destination.parent.mkdir(parents=True, exist_ok=True)
        embedded = base64.b64encode(self.data).decode()
        return write_text_atomically(
            destination, self._html(data=embedded, data_file="", script_file="", style_file="")
        )

    def write_site(self, folder: Path, tables: Path) -> Path:
        """Write a folder for a web server: a small page, its data, script and style beside it, and the tables to download.

        :param tables: the folder of the run's tables; those that are there are copied.
        :return: the page.
        """
        folder.mkdir(parents=True, exist_ok=True)
        files = {
            "data_file": (f"data-{hashlib.sha256(self.data).hexdigest()[:16]}.bin", self.data),
            "script_file": ("crossload.js", self.script.encode()),
            "style_file": ("crossload.css", self.style.encode()),
        }
        for name, written in files.values():
            write_atomically(folder / name, lambda path, written=written: path.write_bytes(written))  # type: ignore[misc]
        offered = [name for name in _DOWNLOADS if (tables / name).is_file()]
        for name in offered:
            write_atomically(folder / name, lambda path, name=name: shutil.copyfile(tables / name, path))  # type: ignore[misc]
        names = {key: name for key, (name, _) in files.items()}
        page = write_text_atomically(folder / "index.html", self._html(data="", downloads=offered, **names))
        # The page names its data, so the data of the page before it can go once the new page is there.
        for old in folder.glob("data-*.bin"):
            if old.name != names["data_file"]:
                old.unlink()
        return page

    def _html(self, **form: Any) -> str:
        # The policy lets this one script run and nothing else: a name or a message that slipped through as markup
        # still could not run, and no address but those of a site's own files can be fetched.
        digest = base64.b64encode(hashlib.sha256(self.script.encode()).digest()).decode()
        told = {
            "downloads": [], **self.variables, "script": Markup(self.script), "style": Markup(self.style),
            "script_digest": digest, **form,
        }  # fmt: skip
        return templates().get_template("report.html.j2").render(told)


def make_report(  # noqa: PLR0913 - the parts of a page, each by its name
    results: pd.DataFrame,
    attempts: pd.DataFrame,
    environments: list[dict[str, Any]],
    run: dict[str, Any],
    scenarios: list[dict[str, Any]],
    causes: Sequence[Mapping[str, Any]] = (),
    claims: Sequence[Mapping[str, Any]] = (),
    past: Sequence[Mapping[str, Any]] = (),
) -> Report:
    """Make the report.

    :param causes: the catalogue: `id`, `title`, `explanation`, `remedies`, and `links` as pairs of text and address.
    :param claims: each `id`, `question`, `sentence`, `verdict` (holds, fails, mixed, not-run), `numbers` and `cells`.
    :param past: earlier runs, the newest first, as `crossload.runs.earlier.PastRun.to_dict` gives them.
    """
    results, attempts = tidy(results, RESULT_COLUMNS), tidy(attempts, ATTEMPT_COLUMNS)
    head, columns, strings = payload(results, attempts, environments, scenarios)
    judged = counted(results)
    squares = analysis.squares(judged)
    names = [str(environment["id"]) for environment in head["environments"]]
    sampled = {str(one["id"]): str(one["sample"]["text"]) for one in head["environments"] if one["sample"]}
    said = answers(judged, squares, names, sampled)
    variables = content(results, head, said, squares, run, causes, claims, past)
    tried = sorted({str(name) for name in attempts["attempt"].unique()})
    head |= {
        "words": {
            "scored": SCORED, "unscored": UNSCORED, "loadable": USABLE, "plain": LOADS, "faithful": FAITHFUL,
            "severity": SEVERITY, "rungs": RUNGS, "ways": WAYS, "signs": SIGNS,
            "meanings": MEANINGS, "changes": CHANGES, "pages": PAGES, "causes": _causes_told(results, causes),
            "files": FILES,
        },
        "code": {
            f"{name}|{form['name']}": code
            for name in tried for form in head["formats"] if (code := remedy_code(name, form["name"]))
        },
        "terms": {
            "inference": INFERENCE, "rebuilt": REBUILT, "optimizer_lost": OPTIMIZER_LOST, "code_needed": CODE_NEEDED,
            "assumption": ASSUMPTION,
        },
        "pair": variables["pair"],
        "answers": [[strings.place(part) for part in (one.sentence, one.more)] for one in said.values()],
        "past": told_runs(past, strings),
        "finished": run.get("finished", ""),
        "strings": strings.items,
    }  # fmt: skip
    style = "\n".join(static(name) for name in _STYLES)
    return Report(pack(head, columns), bundle(_ENTRY, static), style, variables)


def render(  # noqa: PLR0913 - the parts of a page, each by its name
    results: pd.DataFrame,
    attempts: pd.DataFrame,
    environments: list[dict[str, Any]],
    run: dict[str, Any],
    destination: Path,
    scenarios: list[dict[str, Any]],
    causes: Sequence[Mapping[str, Any]] = (),
    claims: Sequence[Mapping[str, Any]] = (),
    past: Sequence[Mapping[str, Any]] = (),
) -> Path:
    """Make the report and write it to `destination` as one file; returns that path. See :func:`make_report`."""
    return make_report(results, attempts, environments, run, scenarios, causes, claims, past).write_page(destination)


def _causes_told(results: pd.DataFrame, causes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the causes that occur, as the panel of a cell shows them."""
    occurring = {str(name) for name in results["cause"].unique()}
    return {name: about for name, about in causes_of.described(causes).items() if name in occurring}
