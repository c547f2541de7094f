"""Under which names a file may know what is the user's own."""

from types import SimpleNamespace
from typing import Any

import pytest

from crossload.probe.translate.own import Own

GIVEN, REGISTERED = object(), object()


def of_keras(name: str) -> Any:
    return {"mine>Layer": REGISTERED}.get(name)


OWN = Own(SimpleNamespace(saving=SimpleNamespace(get_registered_object=of_keras)), {"Given": GIVEN})


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["Given"], GIVEN),
        (["package>Given"], GIVEN),
        (["mine>Layer"], REGISTERED),
        (["Layer", "mine>Layer"], REGISTERED),
        (["Dense", None], None),
        (["other>Layer"], None),
        ([], None),
    ],
)
def test_what_a_name_means(names: list[str | None], found: object) -> None:
    assert OWN.find(*names) is found
