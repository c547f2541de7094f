"""Why a cell is bad: causes are data (``matrix/causes.toml``), matching them is a pure function over what was stored."""

from matrix.diagnosis.case import Case, Pins
from matrix.diagnosis.catalogue import UNKNOWN, Catalogue, Cause, load_catalogue
from matrix.diagnosis.matching import Diagnosis, Matcher, diagnose

__all__ = ["UNKNOWN", "Case", "Catalogue", "Cause", "Diagnosis", "Matcher", "Pins", "diagnose", "load_catalogue"]
