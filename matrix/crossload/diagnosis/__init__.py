"""Why a cell is bad: causes are data (``causes.toml``), matching them is a pure function over what was stored."""

from crossload.diagnosis.case import Case, Pins
from crossload.diagnosis.catalogue import UNKNOWN, Catalogue, Cause, load_catalogue
from crossload.diagnosis.matching import Diagnosis, Matcher, diagnose

__all__ = ["UNKNOWN", "Case", "Catalogue", "Cause", "Diagnosis", "Matcher", "Pins", "diagnose", "load_catalogue"]
