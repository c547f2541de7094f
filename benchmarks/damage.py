"""What happens to damaged files: for every format one byte changed in each region, and a cut at each tenth.

``python -m benchmarks.damage`` saves a small model in every environment asked for, damages copies of it, loads each where it was
saved, and writes ``damage.csv``; with ``--ship`` that goes into the package, where the report, the claims and the docs read it. A
file that loads without an error and gives something else than the whole one is *silently wrong*.
"""

import argparse
import random
import re
import shutil
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np

from crossload.backends.venv import VenvBackend
from crossload.config import MatrixConfig, Tolerance, load_config
from crossload.domain.damage import (
    CUT,
    DIED,
    DIRECTORY,
    FORMATS,
    HARMLESS,
    HEADER,
    METADATA,
    NOTICED,
    SILENT,
    WEIGHTS,
    Damage,
    Finding,
    read,
    table,
    write,
)
from crossload.domain.verdicts import CRASHES, FAILS, HARNESS_ERROR, LOADS, Verdict, verdict
from crossload.environments.selection import all_environments, select
from crossload.execution.provisioner import Provisioner
from crossload.execution.runner import Runner
from crossload.execution.tasks import LoadTask, SaveTask
from crossload.planning.keys import artifact_key
from crossload.planning.matrix import Work
from crossload.probe import attempts
from crossload.resources import DAMAGE
from crossload.scenario_index import Scenario, index_scenarios
from crossload.store.database import Store
from crossload.store.records import Artifact, content_key
from crossload.util.clock import today

FILE = "damage.csv"
# Its h5 loads plainly in every version: what does not load whole says nothing of damage.
SCENARIO = "dense-loss-object"
ENVIRONMENTS = "2.4,2.10,2.15,keras3.0,keras3.9,keras3.15"
_NEAR = Tolerance(atol=1e-6, rtol=1e-5)
# Bytes that are changed in each region of each file, and where it is cut.
_FLIPS = 3
_TENTHS = range(1, 10)
# Bytes of a file that is worth cutting so often.
_SMALLEST = 200

Spans = Mapping[str, Sequence[tuple[int, int]]]

# What a folder's files are for.
_BY_NAME = (
    (r"variables\.data|\.data-\d", WEIGHTS),
    (r"\.index$", DIRECTORY),
    (r"^checkpoint$|fingerprint", HEADER),
    (r"", METADATA),
)
# The superblock of an HDF5 file.
_SUPERBLOCK = 96
_TEXT = re.compile(rb'[{"][\x20-\x7e]{40,}')


def apply(damage: Damage, folder: Path) -> None:
    """Damage a file there."""
    path = folder / damage.path
    data = bytearray(path.read_bytes())
    if damage.region == CUT:
        data = data[: len(data) * damage.place // 10]
    else:
        data[damage.place] ^= 0xFF
    path.write_bytes(bytes(data))


def regions(path: Path, arrays: Sequence[bytes]) -> Spans:
    """What the bytes of a file are for.

    :param arrays: bytes of weights, which are looked for where nothing else says where they are.
    """
    data = path.read_bytes()
    if zipfile.is_zipfile(path):
        return _of_archive(path, data)
    if data[:8] == b"\x89HDF\r\n\x1a\n":
        return _of_hdf5(data, arrays)
    region = next(region for pattern, region in _BY_NAME if re.search(pattern, path.name))
    return {region: [(0, len(data))]}


def _of_archive(path: Path, data: bytes) -> Spans:
    found: dict[str, list[tuple[int, int]]] = {HEADER: [], METADATA: [], WEIGHTS: []}
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            # The name and the extra field of the header before the data may be longer than the directory says.
            lengths = (
                int.from_bytes(data[info.header_offset + at : info.header_offset + at + 2], "little") for at in (26, 28)
            )
            begin = info.header_offset + 30 + sum(lengths)
            found[HEADER].append((info.header_offset, begin))
            found[METADATA if info.filename.endswith(".json") else WEIGHTS].append((begin, begin + info.compress_size))
        found[DIRECTORY] = [(archive.start_dir, len(data))]
    return found


def _of_hdf5(data: bytes, arrays: Sequence[bytes]) -> Spans:
    weights = sorted({(at, at + len(item)) for item in arrays if (at := data.find(item)) >= 0})
    texts = [match.span() for match in _TEXT.finditer(data)]
    taken = sorted([(0, _SUPERBLOCK), *weights, *texts])
    between, end = [], 0
    for begin, until in taken:
        if begin > end:
            between.append((end, begin))
        end = max(end, until)
    between.append((end, len(data)))
    return {
        HEADER: [(0, _SUPERBLOCK)],
        METADATA: texts,
        WEIGHTS: weights,
        DIRECTORY: [item for item in between if item[0] < item[1]],
    }


def _bytes_of(folder: Path) -> list[bytes]:
    """What the weights of an artifact look like, but for those that a file has many of."""
    with np.load(folder / "reference.npz") as arrays:
        kept = [arrays[name] for name in arrays.files if not name.startswith(("inputs", "outputs"))]
    return [item.tobytes() for item in kept if item.size >= 4 and np.any(item)]


def damages(folder: Path, name: str, seed: str) -> Iterator[Damage]:
    """Every damage that is done to an artifact."""
    arrays, chance = _bytes_of(folder), random.Random(seed)
    model = folder / name
    # A checkpoint is several files that begin alike.
    files = sorted(path for path in folder.rglob("*") if path.is_file() and str(path).startswith(str(model)))
    for path in files:
        where, size = str(path.relative_to(folder)), path.stat().st_size
        for region, spans in regions(path, arrays).items():
            places = [place for begin, end in spans for place in range(begin, end)]
            for place in sorted(chance.sample(places, min(_FLIPS, len(places)))):
                yield Damage(where, region, place)
        for tenth in _TENTHS if size >= _SMALLEST else ():
            yield Damage(where, CUT, tenth)


def _said(found: Verdict) -> tuple[str, tuple[str, ...], bool]:
    resting = found.resting
    return found.verdict, tuple(found.lost), bool(resting and resting.bit_equal)


def outcome_of(found: Verdict, whole: Verdict) -> str:
    """What a damage came to, against the whole file in the same environment."""
    if found.verdict == FAILS:
        return NOTICED
    if found.verdict == CRASHES:
        return DIED
    return HARMLESS if _said(found) == _said(whole) else SILENT


def _load(runner: Runner, work: Work, artifact: Artifact, environment: str, key: str) -> Verdict:
    task = LoadTask(key, work, artifact, environment, _NEAR, only=(attempts.PLAIN,))
    return verdict(runner.load(task).records, _NEAR)


def _of_format(
    runner: Runner, store: Store, scenario: Scenario, form: str, places: Provisioner, name: str
) -> list[Finding]:
    work = Work(scenario, form)
    artifact = runner.save(SaveTask(artifact_key(work, places.state(name)), work, name))
    if artifact.state != "saved":
        return []
    folder = store.artifact_folder(artifact)
    whole = _load(runner, work, artifact, name, content_key(artifact.key, "whole"))
    if whole.verdict not in LOADS:
        print(f"{name}: {form}: does not load whole ({whole.verdict}): left out")
        return []
    found = []
    for damage in damages(folder, artifact.file, f"{name} {form}"):
        staging = store.staging_folder()
        shutil.copytree(folder, staging, dirs_exist_ok=True)
        apply(damage, staging)
        digest, _ = store.keep_artifact(staging)
        key = content_key(artifact.key, damage.path, damage.region, damage.place)
        damaged = replace(artifact, key=key, folder=digest)
        store.put_artifact(damaged)
        result = _load(runner, work, damaged, name, content_key(key, "load"))
        if result.verdict == HARNESS_ERROR:
            raise SystemExit(f"{name} {form} {damage}: a fault of Crossload: {result.reason}")
        error = " ".join(str(result.reason).split())[:120]
        found.append(Finding(name, form, damage, outcome_of(result, whole), result.verdict, error, str(today())))
    return found


def measure(config: MatrixConfig, labels: Sequence[str], formats: Sequence[str], out: Path) -> list[Finding]:
    """Damage files and load them, in each environment that saves the format; what is known is written after each.

    What an earlier run wrote there stays, and is not measured again.

    :raises SystemExit: a fault of Crossload.
    """
    environments, scenario = all_environments(config), index_scenarios()[SCENARIO]
    found = read(out / FILE)
    known = {item.environment for item in found}
    with (
        tempfile.TemporaryDirectory(prefix="crossload-") as name,
        closing(Store(Path(name))) as store,
        Provisioner(VenvBackend.create(config, Path()), environments, print) as places,
    ):
        for environment in [item for item in select(environments, labels) if item.id not in known]:
            if (state := places.state(environment.id)).state != "ready":
                print(f"{environment.id}: unavailable: {state.reason}")
                continue
            with places.runner(environment.id, store, config.limits) as runner:
                for form in formats:
                    found += _of_format(runner, store, scenario, form, places, environment.id)
            write(found, out / FILE)
            counts = Counter(item.outcome for item in found if item.environment == environment.id)
            print(f"{environment.id}: {dict(counts)}", flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tf", default=ENVIRONMENTS)
    parser.add_argument("--format", default=",".join(FORMATS))
    parser.add_argument("--out", type=Path, default=Path("build") / "damage")
    parser.add_argument(
        "--ship", action="store_true", help="put what is known there in the place of what comes with Crossload"
    )
    options = parser.parse_args()
    found = measure(load_config(Path("matrix.toml")), options.tf.split(","), options.format.split(","), options.out)
    if not found:
        raise SystemExit("nothing could be damaged: no environment is there, or none saves these formats.")
    print(table(found))
    if options.ship:
        write(found, DAMAGE)


if __name__ == "__main__":
    main()
