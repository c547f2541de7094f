"""Where the files lie that come with Crossload: the one place that knows how a checkout and an installed wheel are laid out."""

from pathlib import Path

# The package of the host, with the probe in it.
PACKAGE = Path(__file__).parent
# A wheel brings what lies outside of the package in a checkout (pyproject.toml: force-include).
BUNDLED = PACKAGE / "_bundled"
IS_CHECKOUT = not BUNDLED.is_dir()
_CHECKOUT = PACKAGE.parent.parent

# What is handed to an environment's Python: it imports nothing of the host.
PROBE = PACKAGE / "probe"
SCENARIOS = _CHECKOUT / "scenarios" if IS_CHECKOUT else BUNDLED / "scenarios_root" / "scenarios"
TEMPLATES = _CHECKOUT / "docker" if IS_CHECKOUT else BUNDLED / "docker"
CONFIG = (_CHECKOUT if IS_CHECKOUT else BUNDLED) / "matrix.toml"
REPORTS = (_CHECKOUT / "reports" if IS_CHECKOUT else PACKAGE.parent) / "crossload_reports"

LOCKS = PACKAGE / "environments" / "locks"
ADVISORIES = PACKAGE / "inspection" / "security" / "advisories.toml"
CANARIES = PACKAGE / "inspection" / "security" / "canaries.csv"
DAMAGE = PACKAGE / "domain" / "damage.csv"
CAUSES = PACKAGE / "diagnosis" / "causes.toml"
KNOWN_NAMES = PACKAGE / "diagnosis" / "known_names.toml"
KERAS_MESSAGES = PACKAGE / "diagnosis" / "keras_messages.txt"
KERAS_NAMES = PACKAGE / "inspection" / "keras_names.txt"
DURATIONS = PACKAGE / "execution" / "durations.toml"
MEASURED = PACKAGE / "shipped" / "measured.xz"
CONSTRUCTS_MEASURED = PACKAGE / "shipped" / "constructs.xz"
