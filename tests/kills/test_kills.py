"""A sample of what `nox -s kills` does 500 times."""

from pathlib import Path

import pytest

from tests.kills.harness import Real, Scripted, one_kill


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> Scripted:
    return Scripted(tmp_path_factory.mktemp("scripted"))


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Real:
    return Real(tmp_path_factory.mktemp("real"))


@pytest.mark.parametrize("seed", range(1000, 1004))
@pytest.mark.parametrize("kind", Scripted.kinds)
def test_a_killed_run_leaves_a_whole_store_and_goes_on(
    scripted: Scripted, kind: str, seed: int, tmp_path: Path
) -> None:
    one_kill(scripted, kind, seed, tmp_path)


@pytest.mark.e2e
@pytest.mark.parametrize("kind", Real.kinds)
def test_so_does_one_with_real_tensorflow(real: Real, kind: str, tmp_path: Path) -> None:
    one_kill(real, kind, 1000, tmp_path)
