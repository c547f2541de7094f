"""Where the files lie that come with Crossload: the one place that knows how a checkout is laid out."""

from pathlib import Path

# The package of the host, with the probe in it.
PACKAGE = Path(__file__).parent
_CHECKOUT = PACKAGE.parent.parent

# What is handed to an environment's Python: it imports nothing of the host.
PROBE = PACKAGE / "probe"
SCENARIOS = _CHECKOUT / "scenarios"
TEMPLATES = _CHECKOUT / "docker"
REPORTS = _CHECKOUT / "reports" / "crossload_reports"

LOCKS = PACKAGE / "environments" / "locks"
ADVISORIES = PACKAGE / "inspection" / "advisories.toml"
CAUSES = PACKAGE / "diagnosis" / "causes.toml"
DURATIONS = PACKAGE / "execution" / "durations.toml"
MEASURED = PACKAGE / "shipped" / "measured.xz"
