"""The table in the docs is the one that `crossload data canaries` prints."""

from typer.testing import CliRunner

from crossload.cli.main import app
from crossload.inspection.security.canaries import Flight, Flights, table
from crossload.inspection.security.standing import contradictions
from tests.e2e.running import REPOSITORY


def test_the_docs_have_what_was_measured() -> None:
    printed = CliRunner().invoke(app, ["data", "canaries"])
    assert printed.exit_code == 0
    told = (REPOSITORY / "docs" / "canaries.md").read_text(encoding="utf-8")
    assert all(part in told for part in printed.output.strip().split("\n\n")), (
        "crossload data canaries prints the tables"
    )


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


def test_what_advisories_and_canaries_say_differently_is_told() -> None:
    def flight(canary: str, form: str, keras: str, ending: str, error: str = "") -> Flight:
        return Flight(canary, form, f"keras{keras}-cpu", "keras", keras, "d", ending, "", error, 1)

    guard = "ValueError: not allowed"
    flights = Flights(
        [
            # Published for .keras before 3.9.0, and for h5 nowhere.
            flight("foreign-class", "h5", "3.8.0", "runs"),
            flight("foreign-class", "keras", "3.8.0", "runs"),
            flight("foreign-class", "keras", "3.9.2", "refused", guard),
            # Published up to 3.11.3.
            flight("lambda", "h5", "3.9.2", "runs"),
            flight("lambda", "h5", "3.10.0", "refused", guard),
            flight("lambda", "h5", "3.11.0", "refused", "OSError: another"),
        ]
    )
    assert contradictions(flights) == [("foreign-module", "h5", "3.8.0", ""), ("lambda-bytecode", "h5", "", "3.10.0")]
