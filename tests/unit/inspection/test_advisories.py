import pytest

from crossload.inspection import carried
from crossload.inspection.carried import Carried
from crossload.inspection.security.advisories import TF_KERAS, exposures, load_advisories


def _ids(construct: str, form: str, keras: str, package: str = "keras") -> set[str]:
    return {item.advisory.id for item in exposures([Carried(construct, "x")], form, keras, package)}


@pytest.mark.parametrize(
    ("construct", "form", "keras", "known"),
    [
        (carried.FOREIGN_MODULE, "keras", "3.8.0", True),
        (carried.FOREIGN_MODULE, "keras", "3.9.0", False),
        (carried.FOREIGN_MODULE, "h5", "3.8.0", False),
        (carried.LAMBDA, "h5", "2.15.0", True),
        (carried.LAMBDA, "h5", "3.11.2", True),
        (carried.TFSM_LAYER, "keras", "3.12.0", True),
        (carried.TFSM_LAYER, "keras", "3.12.1", False),
        (carried.TFSM_LAYER, "keras", "3.13.1", True),
        (carried.TFSM_LAYER, "keras", "3.13.2", False),
        (carried.HDF5_LINK, "h5", "3.12.4", False),
        (carried.HDF5_LINK, "h5", "3.15.0", True),
        (carried.HDF5_LINK, "h5", "3.15.1", False),
        (carried.VOCABULARY_PATH, "keras", "no version", False),
    ],
)
def test_a_loader_is_judged_by_its_own_version(construct: str, form: str, keras: str, known: bool) -> None:
    assert bool(_ids(construct, form, keras)) is known


def test_lines_that_were_mended_apart() -> None:
    (found,) = exposures([Carried(carried.TFSM_LAYER, "tfsm")], "keras", "3.13.0")

    assert (found.carried.where, found.fixed) == ("tfsm", ("3.12.1", "3.13.2"))


def test_only_the_patched_lines_have_every_guard() -> None:
    every = [Carried(name) for name in carried.MEANINGS]
    open_in = {
        version: {
            item.advisory.id for form in ("h5", "keras", "weights.h5") for item in exposures(every, form, version)
        }
        for version in ("3.11.3", "3.12.3", "3.12.4", "3.13.2", "3.14.1", "3.15.0", "3.15.1")
    }

    assert [version for version, ids in open_in.items() if not ids] == ["3.12.4", "3.15.1"]


def test_legacy_keras_is_another_package() -> None:
    assert _ids(carried.LAMBDA, "h5", "2.21.0", TF_KERAS)
    assert not _ids(carried.LAMBDA, "h5", "2.21.0") - {"CVE-2024-3660 (h5, SavedModel)"}


def test_every_advisory_can_be_reached() -> None:
    for item in load_advisories():
        version = item.affected[0].introduced
        assert exposures([Carried(item.constructs[0])], item.formats[0], version, item.package)
