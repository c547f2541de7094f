"""The table in the docs is the one that `crossload data canaries` prints."""

from typer.testing import CliRunner

from crossload.cli.main import app
from crossload.inspection.security.canaries import Flight, table
from tests.e2e.running import REPOSITORY


def test_the_docs_have_what_was_measured() -> None:
    printed = CliRunner().invoke(app, ["data", "canaries"])
    assert printed.exit_code == 0
    told = (REPOSITORY / "docs" / "canaries.md").read_text(encoding="utf-8")
    assert printed.output in told, "crossload data canaries, without options, prints the table for docs/canaries.md"


def test_versions_that_follow_each_other_are_one_range() -> None:
    def flight(keras: str, ending: str, unsafe: str = "", error: str = "", package: str = "keras") -> Flight:
        return Flight("lambda", "h5", f"{package}{keras}-cpu", package, keras, "d", ending, unsafe, error, 1)

    guard = "ValueError: not without safe_mode=False"
    flights = [
        flight("3.11.2", "runs"),
        flight("2.10.0", "runs"),
        flight("3.9.2", "runs"),
        flight("3.11.3", "refused", "runs", guard),
        flight("3.12.0", "refused", "refused", guard),
        flight("3.13.2", "died", "died", "SIGSEGV"),
        flight("3.14.1", "cannot-be-made"),
        flight("2.21.0", "runs", package="tf_keras"),
    ]
    assert table(flights) == [
        ("lambda", "h5", "2.10.0 – 3.11.2, tf_keras 2.21.0", "3.11.3", "3.12.0", "3.13.2"),
    ]
