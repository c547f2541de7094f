"""The page of one checked model: what it is, what was expected of it, and what was measured, version by version."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from crossload.diagnosis.catalogue import UNKNOWN, load_catalogue
from crossload.user_models.text import expected, measured_row, model_rows, spent, summary
from crossload.util.files import write_atomically
from crossload_reports.html.content import tolerance_text
from crossload_reports.html.templating import static, templates
from crossload_reports.html.words import MEANINGS, SIGNS

if TYPE_CHECKING:
    from crossload.user_models.check import Check


def render_check(check: "Check", tolerances: Mapping[str, Any], destination: Path) -> Path:
    """Write the page to `destination` and return that path."""
    causes = load_catalogue().by_id()
    occurring = dict.fromkeys(row["cause"] for row in check.rows if row.get("cause"))
    html = (
        templates()
        .get_template("check.html.j2")
        .render(
            style=Markup("\n".join(static(name) for name in ("base.css", "first.css", "causes.css", "print.css"))),
            name=check.model.path.name,
            summary=summary(check),
            model=model_rows(check.model),
            check=check,
            reference=_reference(check),
            rows=[{**row, "difference": measured_row(row)[4], "took": spent(row)} for row in check.rows],
            expected=expected(check),
            causes=[causes[name].to_dict() for name in occurring if name != UNKNOWN],
            environments=check.environments,
            signs=SIGNS,
            meanings={row["verdict"]: MEANINGS[row["verdict"]] for row in check.rows},
            tolerances="; ".join(f"{name}: {tolerance_text(value)}" for name, value in tolerances.items()),
        )
    )
    destination.parent.mkdir(parents=True, exist_ok=True)
    return write_atomically(destination, lambda path: path.write_text(html, encoding="utf-8"))


def _reference(check: "Check") -> list[tuple[str, str]]:
    """What was measured where the file was written, in names and values."""
    found = check.reference
    made = " (made up from its signature)" if found.get("made_up") else " (given)"
    rows = [
        ("environment", f"{check.saver}, {check.why}"),
        ("loaded by", str(found.get("attempt", ""))),
        ("inputs", ", ".join(found.get("inputs", ())) + made),
        ("outputs", ", ".join(found.get("outputs", ()))),
        ("parameters", f"{found['parameters']:,}" if found.get("parameters") is not None else ""),
        ("precision", str(found.get("precision", ""))),
        ("custom objects passed", ", ".join(found.get("custom_objects", ()))),
        ("not compared", "; ".join(f"{rung}: {why}" for rung, why in found.get("unmeasured", {}).items())),
    ]
    return [(name, value) for name, value in rows if value]
