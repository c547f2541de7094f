# /// script
# requires-python = ">=3.11"
# dependencies = ["nox>=2024.10"]
# ///
"""Sessions only, no logic: what they run is in the packages."""

from pathlib import Path

import nox

WORKFLOWS = Path(".github") / "workflows"

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["matrix"]
nox.needs_version = ">=2024.10"


def _install(session: nox.Session, pins: str) -> None:
    """Crossload as it lies here, and what its development needs as it was pinned: a run of today is the same tomorrow."""
    session.install("--require-hashes", "-r", f"requirements/{pins}.txt")
    session.install("--no-deps", "--no-build-isolation", "-e", ".")


def _crossload(session: nox.Session, *arguments: str) -> None:
    session.install("-e", ".")
    session.run("crossload", *arguments, *session.posargs)


@nox.session
def matrix(session: nox.Session) -> None:
    """Save every scenario in every TensorFlow, load it in all the others, and render the report."""
    _crossload(session, "run")


@nox.session
def nightly(session: nox.Session) -> None:
    """The scheduled run: the matrix with the newest nightly, compared with the accepted run."""
    session.install("-e", ".[notify]")
    session.run("crossload", "nightly", *session.posargs)


@nox.session
def plan(session: nox.Session) -> None:
    """Plan an upgrade with the results of a run: `-- --from 2.10 --to 2.21`."""
    _crossload(session, "plan")


@nox.session
def report(session: nox.Session) -> None:
    """Render again what the store holds, without running anything."""
    _crossload(session, "report")


@nox.session
def images(session: nox.Session) -> None:
    """Build the Docker images of the quick profile, or of `-- --tf 2.10,2.16 --hardware cpu`; `-- --prune` removes old ones."""
    _crossload(session, "images", "--build")


@nox.session
def tests(session: nox.Session) -> None:
    """Unit tests and end-to-end tests on real TensorFlow, two at a time; `-- tests/unit` runs the fast ones only."""
    _install(session, "tests")
    # Two, whatever the machine has: one computes while the other downloads, installs or waits, and each run of the
    # tests' own has workers too. What shares a costly fixture stays together: tests/conftest.py.
    session.run("pytest", "-n", "2", *(session.posargs or ["tests"]))


@nox.session
def kills(session: nox.Session) -> None:
    """Kill runs at random 500 times, or `-- N` times: every store must be whole, and going on must end the same."""
    _install(session, "tests")
    session.run("python", "-m", "tests.kills.harness", *session.posargs)


@nox.session
def mutants(session: nox.Session) -> None:
    """Inject deliberate faults, one at a time: the unit tests have to notice. `-- --first plan` takes less time."""
    _install(session, "tests")
    session.run("python", "-m", "tests.mutants", *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Feed every reader of untrusted files with what a coverage-guided fuzzer makes up; `-- keras hdf5 --minutes 60`."""
    _install(session, "fuzz")
    session.run("python", "-m", "tests.fuzz", *session.posargs)


@nox.session
def breaks(session: nox.Session) -> None:
    """Reproduce every publicly documented break on its real versions."""
    _install(session, "tests")
    session.run("pytest", "-m", "", *(session.posargs or ["tests/breaks"]))


@nox.session
def damage(session: nox.Session) -> None:
    """Change a byte in every region of each format and cut it at each tenth, in six versions; `-- --tf 2.10 --format h5`."""
    _install(session, "tests")
    session.run("python", "-m", "benchmarks.damage", *session.posargs)


@nox.session
def models(session: nox.Session) -> None:
    """Check ten models of ten versions against plain Keras; convert back; convert the networks of keras.applications.

    CROSSLOAD_TEST_NETWORKS names a file to which each network's row goes: what it holds is not measured again.
    """
    _install(session, "tests")
    files = [f"tests/e2e/test_{name}.py" for name in ("user_models", "rollback", "applications")]
    session.run("pytest", "-m", "models", "-s", *(session.posargs or files))


@nox.session
def sources(session: nox.Session) -> None:
    """Read models from a real S3 server and a real MLflow store, which the tests start."""
    _install(session, "sources")
    session.run("pytest", "-m", "sources", *(session.posargs or ["tests/sources"]))


@nox.session
def fleet(session: nox.Session) -> None:
    """Check and convert a thousand generated files, killed on the way, from a folder, a bucket and a registry: hours.

    `-- all FOLDER` does every step; `-- fleet FOLDER --each 24 --writers 2.15` makes a smaller one.
    """
    _install(session, "sources")
    session.run("python", "-m", "benchmarks.acceptance", *(session.posargs or ["all", "build/acceptance"]))


@nox.session
def lint(session: nox.Session) -> None:
    """ruff, mypy --strict, the direction of imports, schemas of what CI reads, and biome (node comes from a wheel)."""
    _install(session, "lint")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy", "matrix/crossload", "reports/crossload_reports", "benchmarks", "tests", "noxfile.py")
    session.run("lint-imports")
    session.run("check-jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml")
    session.run(
        "check-jsonschema", "--builtin-schema", "vendor.github-workflows", *sorted(map(str, WORKFLOWS.glob("*.yml")))
    )
    session.run("npm", "ci", "--prefix", "reports", "--no-fund", "--no-audit", "--silent")
    session.run("npm", "run", "lint", "--prefix", "reports", "--silent")


@nox.session
def bench(session: nox.Session) -> None:
    """Measure the engine against a fresh process per cell, and print a table."""
    _install(session, "tests")
    session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """Measure which of the host's code the unit tests run; less than pyproject.toml asks for is a failure."""
    _install(session, "tests")
    session.run("coverage", "run", "-m", "pytest", *(session.posargs or ["tests/unit"]))
    session.run("coverage", "combine")
    session.run("coverage", "report")


@nox.session
def pins(session: nox.Session) -> None:
    """Pin what development needs anew, after a change of the dependencies; `-- --upgrade` takes the newest of everything."""
    session.install("uv")
    compile = ("uv", "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-emit-index-url",
               "--python-version", "3.11", "--custom-compile-command", "nox -s pins")  # fmt: skip
    tests, lint = "requirements/tests.txt", "requirements/lint.txt"
    more = session.posargs
    session.run(*compile, "pyproject.toml", "requirements/tests.in", "--extra", "tests", "--output-file", tests, *more)
    session.run(*compile, "pyproject.toml", "requirements/lint.in", "--constraint", tests, "--extra", "tests",
                "--extra", "lint", "--output-file", lint, *more)  # fmt: skip
    session.run(*compile, "pyproject.toml", "requirements/tests.in", "requirements/fuzz.in", "--constraint", tests,
                "--extra", "tests", "--output-file", "requirements/fuzz.txt", *more)  # fmt: skip
    # Not held to the others: what speaks S3 wants older packages.
    session.run(*compile, "pyproject.toml", "requirements/tests.in", "requirements/sources.in", "--extra", "tests",
                "--output-file", "requirements/sources.txt", *more)  # fmt: skip
