"""Constructs, errors and pairs as pages, as JSON and as a package: of the shipped measurements, or of a run in their place."""

from pathlib import Path

from crossload import __version__
from crossload.diagnosis.catalogue import load_catalogue
from crossload.errors import StoreError
from crossload.resources import MEASURED
from crossload.shipped.answers import read_known
from crossload.shipped.construct_data import read_constructs
from crossload.shipped.file_format import read

LICENCE = "Apache-2.0"


def write_lookup(folder: Path, out: Path | None = None) -> tuple[Path, int, int, int]:
    """Write the pages and ``api/v1``.

    :param out: the folder of a run, whose cells stand in the place of shipped ones.
    :returns: the index page; how many constructs, errors and pairs there are.
    :raises StoreError: there are no measurements, or the folder cannot be written.
    """
    from crossload_reports.analysis.lookup import constructs_of, errors_of, facts_of, pairs_of
    from crossload_reports.exports.api import write_api
    from crossload_reports.html.lookup_pages import write_pages

    known, data = read_known(out), read_constructs()
    about = {
        "measured": known.dates,
        "origin": f"{known.origin} Constructs: {data.origin}.",
        "licence": LICENCE,
        "version": __version__,
    }
    rows = list(known.rows)
    constructs, errors, pairs = constructs_of(data), errors_of(rows, load_catalogue().cause), pairs_of(rows)
    order = list(dict.fromkeys([*known.environment_ids, *data.measured.environment_ids]))
    try:
        write_api(folder, about, facts_of(known.environments), constructs, errors, pairs)
        page = write_pages(folder, about, order, constructs, errors)
    except OSError as error:
        raise StoreError(f"{folder}: cannot be written ({error.strerror or error}).") from None
    return page, len(constructs), len(errors), len(pairs)


def build_data_package(folder: Path) -> Path:
    """Build ``crossload-data`` of the shipped measurements; returns the wheel.

    :raises StoreError: there are no measurements, or it could not be built.
    """
    from crossload.shipped.data_package import build_wheel, content, version_of
    from crossload_reports.analysis.lookup import constructs_of

    measured, data = read(MEASURED), read_constructs()
    said = [
        (strip["saved_with"], strip["format"], cell["loaded_with"], entry["name"], cell)
        for entry in constructs_of(data)
        for strip in entry["strips"]
        for cell in strip["cells"]
    ]
    return build_wheel(content(measured, data, said, LICENCE), version_of(measured), folder)
