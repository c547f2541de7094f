"""The damage table: which bytes are for what, and what counts as silently wrong."""

import zipfile
from pathlib import Path

import h5py
import numpy as np

from benchmarks.damage import apply, damages, outcome_of, regions
from crossload.domain.damage import (
    CUT,
    DIED,
    DIRECTORY,
    HARMLESS,
    HEADER,
    METADATA,
    NOTICED,
    SILENT,
    WEIGHTS,
    Damage,
    Finding,
    read,
    rows,
    shipped,
    table,
    write,
)
from crossload.domain.verdicts import CRASHES, DIFFERS, EXACT, FAILS, LOSSY, Verdict
from tests.e2e.running import REPOSITORY

WEIGHT = np.arange(1, 13, dtype="float32").reshape(4, 3)


def _bytes(path: Path, region: str, *arrays: bytes) -> bytes:
    data = path.read_bytes()
    return b"".join(data[begin:end] for begin, end in regions(path, arrays)[region])


def test_regions_of_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "the configuration")
        archive.writestr("model.weights.h5", "the weights")
    assert _bytes(path, METADATA) == b"the configuration"
    assert _bytes(path, WEIGHTS) == b"the weights"
    assert _bytes(path, HEADER).count(b"PK\x03\x04") == 2
    assert _bytes(path, DIRECTORY).startswith(b"PK\x01\x02")
    assert sum(len(_bytes(path, region)) for region in (HEADER, METADATA, WEIGHTS, DIRECTORY)) == path.stat().st_size


def test_regions_of_hdf5(tmp_path: Path) -> None:
    path = tmp_path / "model.h5"
    config = '{"class_name": "Sequential", "config": {"name": "a name that is long enough"}}'
    with h5py.File(path, "w") as file:
        file["kernel"] = WEIGHT
        file.attrs["model_config"] = config
    raw = WEIGHT.tobytes()
    assert _bytes(path, WEIGHTS, raw) == raw
    assert config.encode() in _bytes(path, METADATA, raw)
    assert _bytes(path, HEADER, raw).startswith(b"\x89HDF")
    assert raw not in _bytes(path, DIRECTORY, raw)


def test_every_file_of_a_folder_is_damaged_and_the_reference_is_not(tmp_path: Path) -> None:
    np.savez(tmp_path / "reference.npz", weights_0=WEIGHT, inputs_0=WEIGHT)
    (tmp_path / "model" / "variables").mkdir(parents=True)
    for name in ("saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001"):
        (tmp_path / "model" / name).write_bytes(bytes(range(256)) * 2)
    found = list(damages(tmp_path, "model", "seed"))
    assert found == list(damages(tmp_path, "model", "seed"))
    assert {(item.path.rpartition("/")[2], item.region) for item in found if item.region != CUT} == {
        ("saved_model.pb", METADATA),
        ("variables.index", DIRECTORY),
        ("variables.data-00000-of-00001", WEIGHTS),
    }
    assert sorted(item.place for item in found if item.region == CUT) == sorted(list(range(1, 10)) * 3)


def test_a_damage_changes_one_byte_or_leaves_some_tenths(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(20))
    apply(Damage("file", WEIGHTS, 3), tmp_path)
    assert path.read_bytes() == bytes(3) + b"\xff" + bytes(16)
    apply(Damage("file", CUT, 3), tmp_path)
    assert len(path.read_bytes()) == 6


def test_what_loads_and_says_nothing_is_silent_unless_it_gives_what_the_whole_file_gives() -> None:
    whole = Verdict(EXACT, None, None)
    assert outcome_of(Verdict(FAILS, None, None), whole) == NOTICED
    assert outcome_of(Verdict(CRASHES, None, None), whole) == DIED
    assert outcome_of(Verdict(EXACT, None, None), whole) == HARMLESS
    for verdict in (DIFFERS, LOSSY):
        assert outcome_of(Verdict(verdict, None, None), whole) == SILENT
    assert outcome_of(Verdict(LOSSY, None, None), Verdict(LOSSY, None, None)) == HARMLESS


def test_what_an_earlier_run_wrote_is_read_again(tmp_path: Path) -> None:
    found = [
        Finding("2.10-cpu", "h5", Damage("model.h5", WEIGHTS, 1), NOTICED, FAILS, 'said "no", twice', "2026-11-27")
    ]
    write(found, tmp_path / "build" / "damage.csv")
    assert read(tmp_path / "build" / "damage.csv") == found
    assert read(tmp_path / "elsewhere.csv") == []


def test_the_table_has_the_share_of_silent_damage() -> None:
    def finding(outcome: str, region: str = WEIGHTS) -> Finding:
        return Finding("2.10-cpu", "h5", Damage("model.h5", region, 1), outcome, "", "")

    told = table([finding(SILENT), finding(SILENT), finding(NOTICED), finding(HARMLESS), finding(NOTICED, CUT)])
    assert "| h5 | a byte of the weights | 4 | 1 | 0 | 2 | 1 | 50 % |" in told
    assert "| every | cut | 1 | 1 | 0 | 0 | 0 | 0 % |" in told


def test_the_docs_have_what_was_measured() -> None:
    told = (REPOSITORY / "docs" / "damage.md").read_text(encoding="utf-8")
    found = shipped()
    environments = ", ".join(dict.fromkeys(item.environment for item in found))
    days = sorted({item.measured for item in found})
    assert table(found) in told, "python -m benchmarks.damage --ship prints the table for docs/damage.md"
    assert (
        f"Measured on {' to '.join(dict.fromkeys((days[0], days[-1])))}, on CPU: {len(found)} loads in {environments}."
        in told
    )


def test_every_row_says_how_many_of_how_many() -> None:
    made = rows(shipped())
    whole = [row for row in made if row.format == "every"]
    assert sum(row.loads for row in whole) == sum(row.loads for row in made) / 2 == len(shipped())
    assert len({item.environment for item in shipped()}) >= 6
