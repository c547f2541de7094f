"""A thousand files, checked, converted, and killed on the way: ``python -m benchmarks.acceptance STEP FOLDER``.

The steps, in their order; each can be stopped and goes on where it was:

- ``originals``: models of twelve kinds are written by six TensorFlows, each with weights of its own (``fleet_maker.py``).
- ``fleet``: a thousand files are made of them: 5 % damaged in five ways, 3 % no models, names with spaces and non-ASCII letters.
- ``check``: the fleet into two targets; the process is killed three times, at random.
- ``bucket``: the same from an S3 server that is started here, with what was measured known by digest; nothing is killed.
  ``registry``: twenty of them from MLflow, measured anew.
- ``convert``: every model into the newer target; killed three times, too.
- ``plain``: a hundred of the converted ones, drawn at random, are called by Keras alone, and so is what they were made of.
- ``summary``: compares the tables, with those of an unkilled scan of the same files, too (``--like``); prints what was measured.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.fleet import memory_mb
from benchmarks.s3_server import bucket_of
from crossload.backends.venv import VenvBackend
from crossload.config import config_in_use, load_config
from crossload.environments.selection import all_environments
from crossload.fleet.sources import find

HERE = Path(__file__).parent
WRITERS = ("2.4", "2.10", "2.13", "2.15", "2.16", "2.21")
TARGETS, TARGET = "2.16,2.21", "2.21"
# Of a thousand files: models of each writer; damaged ones; what is no model.
OF_EACH, DAMAGED, OTHERS = 162, 50, 28
WIDTH, KILLS, SAMPLE, OF_REGISTRY = 256, 3, 100, 20
# Exit code of a step that used up its seconds.
UNFINISHED = 75
# How far two environments may be apart in a model of the fleet, whose outputs are of the order of one.
NEAR = 1e-4

_CODE = '''"""What goes with the models of this fleet."""

from tensorflow import keras


class Scale(keras.layers.Layer):
    def build(self, shape):
        self.factor = self.add_weight(name="factor", shape=(int(shape[-1]),), initializer="ones")
        super().build(shape)

    def call(self, inputs):
        return inputs * self.factor


def build():
    layers = keras.layers
    return keras.Sequential(
        [layers.Dense({width}, activation="relu", input_shape=(32,)), layers.Dense({width}), layers.Dense(1)]
    )
'''


def _settings() -> str:
    """``fleet.toml``: files of weights do not say which version wrote them."""
    custom = '[[model]]\nmatch = "*custom *"\ncustom_objects = "team_code.py"\n'
    return custom + "".join(
        f'\n[[model]]\nmatch = "*/{writer}/{kind} *"\nbuild = "team_code.py:build"\nsaved_with = "{writer}"\n'
        for writer in WRITERS
        for kind in ("weights", "checkpoint")
    )


def python_of(version: str) -> Path:
    """The Python of an environment, which is built unless it is there."""
    settings = load_config(config_in_use())
    environment = all_environments(settings)[f"{version}-cpu"]
    backend = VenvBackend.create(settings, Path())
    backend.provide(environment, print, lambda: print(f"{version}: building"))
    return backend.folder(environment) / "bin" / "python"


def originals(folder: Path) -> None:
    """Models of every kind, written by every writer."""
    for number, writer in enumerate(WRITERS, 1):
        done = folder / f"made {writer}"
        if done.exists():
            continue
        script = [str(python_of(writer)), str(HERE / "fleet_maker.py"), str(folder / "made")]
        subprocess.run([*script, writer, str(OF_EACH), str(number * 1000), str(WIDTH)], check=True)
        done.touch()


def fleet(folder: Path, each: int = OF_EACH, writers: Sequence[str] = WRITERS, seed: int = 22) -> None:
    """A thousand files of the originals, some of them damaged, and files that are no models among them.

    :param each: so many models of each writer, of every kind as many; for a smaller fleet.
    """
    chance = random.Random(seed)
    made, place = folder / "made", folder / "fleet"
    shutil.rmtree(place, ignore_errors=True)
    whole = [
        item
        for item in find([str(made)], lambda url: made).found
        if Path(item.name).parts[-2] in writers and int(Path(item.name).name.split()[1][:3]) < each
    ]
    share = len(whole) / (OF_EACH * len(WRITERS))
    single = [item.name for item in whole if item.path.is_file()]
    damaged = set(chance.sample(single, round(DAMAGED * share)))
    others = round(OTHERS * share)
    for number, item in enumerate(whole):
        target = place / f"jahr {2015 + number % 9}" / item.name
        target.parent.mkdir(parents=True, exist_ok=True)
        if item.name in damaged:
            target.write_bytes(_damaged(item.path.read_bytes(), number % 5, chance))
        elif item.path.is_dir():
            shutil.copytree(item.path, target, copy_function=os.link)
        elif item.path.is_file():
            os.link(item.path, target)
        else:
            for file in item.path.parent.glob(f"{item.path.name}.*"):
                os.link(file, target.with_name(target.name + file.name[len(item.path.name) :]))
    for number in range(others):
        suffix, content = (("txt", b"notes"), ("csv", b"a,b\n1,2\n"), ("json", b"{}"), ("png", b"\x89PNG\r\n"))[
            number % 4
        ]
        path = place / f"jahr {2015 + number % 9}" / f"Anhang ß {number}.{suffix}"
        path.write_bytes(content + chance.randbytes(1000))
    (folder / "team_code.py").write_text(_CODE.replace("{width}", str(WIDTH)), encoding="utf-8")
    (folder / "fleet.toml").write_text(_settings(), encoding="utf-8")
    print(f"{len(whole)} models, {len(damaged)} of them damaged, and {others} other files")


def _damaged(content: bytes, kind: int, chance: random.Random) -> bytes:
    """A file as it looks after an accident: cut short, a pointer, an error page, empty, its beginning overwritten."""
    if kind == 0:
        return content[: chance.randrange(100, len(content) - 100)]
    if kind == 1:
        return f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize {len(content)}\n".encode()
    if kind == 2:
        return b"<!DOCTYPE html><html><body>404 Not Found</body></html>"
    return b"" if kind == 3 else bytes(512) + content[512:]


class Step:
    """A command of Crossload that is run in slices, killed on the way, and measured.

    :param kills: how often it is killed in all, at times drawn at random.
    """

    def __init__(self, folder: Path, name: str, kills: int) -> None:
        self._folder, self._name, self._kills = folder, name, kills
        self._path = folder / f"{name}.step.json"
        empty: dict[str, Any] = {"seconds": 0.0, "memory_mb": 0, "killed_after": [], "slices": 0, "exit": None}
        self.state = json.loads(self._path.read_text(encoding="utf-8")) if self._path.exists() else empty

    def run(self, arguments: Sequence[str], seconds: float, variables: Mapping[str, str] | None = None) -> bool:
        """Go on for at most so many seconds; whether it has come to its end."""
        chance = random.Random(f"{self._name} {self.state['slices']} {os.getpid()}")
        deadline = time.monotonic() + seconds
        while self.state["exit"] is None:
            left = deadline - time.monotonic()
            if left < 5:
                return False
            dies = len(self.state["killed_after"]) < self._kills
            # Later each time: while it reads, among the first of each group, among the others.
            limit = min(left, chance.uniform(5, 100 * 3 ** len(self.state["killed_after"]))) if dies else left
            started = time.monotonic()
            code = self._once(arguments, limit, signal.SIGKILL if dies else signal.SIGINT, variables)
            spent = time.monotonic() - started
            self.state["seconds"] += spent
            self.state["slices"] += 1
            if code == -signal.SIGKILL:
                self.state["killed_after"].append(round(spent, 1))
            elif code not in (130, -signal.SIGINT):
                self.state["exit"] = code
            self._path.write_text(json.dumps(self.state), encoding="utf-8")
        return True

    def _once(self, arguments: Sequence[str], limit: float, ending: int, variables: Mapping[str, str] | None) -> int:
        log = (self._folder / f"{self._name}.log").open("ab")
        process = subprocess.Popen(
            [sys.executable, "-m", "crossload", *arguments],
            cwd=self._folder,
            env={**os.environ, **(variables or {})},
            stdout=log,
            stderr=log,
        )
        stopped = threading.Event()

        def watch() -> None:
            while not stopped.wait(1):
                self.state["memory_mb"] = max(self.state["memory_mb"], round(memory_mb(process)))

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            return process.wait(limit)
        except subprocess.TimeoutExpired:
            process.send_signal(ending)
            try:
                return process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        finally:
            stopped.set()
            watcher.join()
            log.close()


def check(folder: Path, seconds: float, kills: int = KILLS) -> bool:
    arguments = ("check", "fleet", "--tf", TARGETS, "--out", "checked")
    return Step(folder, "check", kills).run(arguments, seconds)


def convert(folder: Path, seconds: float, kills: int = KILLS) -> bool:
    arguments = ("convert", "fleet", "--to", TARGET, "--out", "converted")
    return Step(folder, "convert", kills).run(arguments, seconds)


def bucket(folder: Path, seconds: float) -> bool:
    """The same from an S3 server: what was measured is known by digest, and nothing is measured twice."""
    place = folder / "from bucket"
    if not place.exists():
        place.mkdir()
        shutil.copyfile(folder / "checked" / "journal.jsonl", place / "journal.jsonl")
    with bucket_of(folder / "fleet") as variables:
        arguments = ("check", "s3://fleet/years", "--tf", TARGETS, "--out", "from bucket")
        return Step(folder, "bucket", 0).run(arguments, seconds, variables)


def registry(folder: Path, seconds: float) -> bool:
    """Twenty models of the fleet from a store of MLflow, each the version of a registered model."""
    import mlflow

    os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
    store, listed = folder / "mlruns", folder / "registry.txt"
    variables = {"MLFLOW_TRACKING_URI": store.as_uri(), "MLFLOW_REGISTRY_URI": store.as_uri()}
    os.environ.update(variables)
    if not listed.exists():
        shutil.rmtree(store, ignore_errors=True)
        client = mlflow.MlflowClient()
        addresses = []
        for number, path in enumerate(_of_registry(folder)):
            with mlflow.start_run() as run:
                name = "model"
                (mlflow.log_artifacts if path.is_dir() else mlflow.log_artifact)(str(path), name)
            client.create_registered_model(f"model-{number}")
            client.create_model_version(f"model-{number}", f"{run.info.artifact_uri}/{name}", run.info.run_id)
            addresses.append(f"models:/model-{number}/1")
        listed.write_text("\n".join(addresses) + "\n", encoding="utf-8")
    arguments = ("check", "@registry.txt", "--tf", TARGETS, "--out", "from registry")
    return Step(folder, "registry", 0).run(arguments, seconds, variables)


def _of_registry(folder: Path) -> list[Path]:
    """Twenty sound models of one file or folder that need nothing beside them, the same ones each time."""
    rows = _table(folder / "checked")
    root = folder / "fleet"
    fit = [name for name, row in sorted(rows.items()) if row["outcome"] != "unreadable" and "build" not in row["reason"]
           and not any(kind in name for kind in ("custom", "weights", "checkpoint"))]  # fmt: skip
    return [root / name for name in random.Random(22).sample(fit, min(OF_REGISTRY, len(fit)))]


def _table(folder: Path) -> dict[str, dict[str, Any]]:
    """What a scan says of each model, without what may differ between two scans of the same: times, names of leaders."""
    document = json.loads((folder / "fleet.json").read_text(encoding="utf-8"))
    told = ("outcome", "reason", "format", "sha256", "saved_with", "group_size", "loads")
    rows = {}
    for item in document["models"]:
        row = {name: item[name] for name in told}
        row["loads"] = {
            name: {key: load[key] for key in ("verdict", "attempt", "cause", "cost", "lost", "run")}
            for name, load in item["loads"].items()
        }
        rows[item["name"]] = row
    return rows


def plain(folder: Path, seed: int = 22) -> dict[str, Any]:
    """Call a hundred converted models by Keras alone, and what they were made of where that was written."""
    manifest = json.loads((folder / "converted" / "manifest.json").read_text(encoding="utf-8"))
    made = [item for item in manifest["models"] if item["state"] in ("converted", "up to date")]
    sample = random.Random(seed).sample(made, min(SAMPLE, len(made)))
    jobs: dict[str, list[tuple[str, str, str]]] = {}
    for number, item in enumerate(sample):
        parts = Path(item["name"]).parts
        writer, kind = parts[-2], parts[-1].split()[0]
        jobs.setdefault(writer, []).append((f"before{number}", str(folder / "fleet" / item["name"]), kind))
        jobs.setdefault(f"{TARGET}!", []).append((f"after{number}", str(folder / item["out"]), kind))
    found: dict[str, Any] = {}
    for writer, entries in jobs.items():
        listed, outputs = folder / f"plain {writer}.json", folder / f"plain {writer}.npz"
        listed.write_text(json.dumps(entries), encoding="utf-8")
        command = [str(python_of(writer.rstrip("!"))), str(HERE / "fleet_plain.py"), str(listed), str(outputs)]
        subprocess.run(command, check=True, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"})
        with np.load(outputs) as stored:
            found |= {name: stored[name] for name in stored.files}
    worst, wrong = 0.0, {}
    for number, item in enumerate(sample):
        before = [found[name] for name in sorted(found) if name.startswith(f"before{number}/")]
        after = [found[name] for name in sorted(found) if name.startswith(f"after{number}/")]
        texts = [str(value) for value in (*before, *after) if value.dtype.kind == "U"]
        if texts or not before or len(before) != len(after):
            wrong[item["name"]] = texts or "other outputs"
            continue
        apart = max(float(np.abs(one - two).max()) for one, two in zip(before, after, strict=True))
        worst = max(worst, apart)
        if apart > NEAR:
            wrong[item["name"]] = [f"apart by {apart}"]
    said = {"called": len(sample), "worst": worst, "wrong": wrong}
    (folder / "plain.json").write_text(json.dumps(said, indent=1), encoding="utf-8")
    return said


def _differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def _conversions(folder: Path) -> dict[str, tuple[str, str]]:
    """What became of each model, whether it was there already or not, and where its file lies."""
    models = json.loads((folder / "converted" / "manifest.json").read_text(encoding="utf-8"))["models"]
    states = {"up to date": "converted"}
    return {item["name"]: (states.get(item["state"], item["state"]), item["out"]) for item in models}


def summary(folder: Path, like: Path | None = None) -> dict[str, Any]:
    """What was measured, and whether the tables agree.

    :param like: a folder with the same fleet, where nothing was killed.
    """
    told: dict[str, Any] = {}
    for name in ("check", "bucket", "registry", "convert"):
        path = folder / f"{name}.step.json"
        if path.exists():
            told[name] = json.loads(path.read_text(encoding="utf-8"))
    document = json.loads((folder / "checked" / "fleet.json").read_text(encoding="utf-8"))
    told["found"] = {name: document[name] for name in ("counts", "groups", "others")} | {
        "models": len(document["models"])
    }
    here = _table(folder / "checked")
    if told.get("bucket", {}).get("exit") is not None:
        there = _table(folder / "from bucket")
        told["bucket differs in"] = _differing(here, there)
    if told.get("registry", {}).get("exit") is not None:
        there = {row["sha256"]: row["outcome"] for row in _table(folder / "from registry").values()}
        same = {row["sha256"]: row["outcome"] for row in here.values() if row["sha256"] in there}
        told["registry"]["models"] = len(there)
        told["registry differs in"] = sorted(digest for digest in there if there[digest] != same.get(digest))
    manifest = folder / "converted" / "manifest.json"
    if manifest.exists():
        models = json.loads(manifest.read_text(encoding="utf-8"))["models"]
        told["converted"] = dict(Counter(item["state"] for item in models))
        reasons = Counter(item["why"].split(":")[-1][:100] for item in models if item["state"] == "failed")
        told["why not"] = dict(reasons.most_common(8))
    if like is not None:
        told["differs from the unkilled in"] = _differing(here, _table(like / "checked"))
        if manifest.exists() and (like / "converted" / "manifest.json").exists():
            told["converts otherwise"] = _differing(_conversions(folder), _conversions(like))
    if (folder / "plain.json").exists():
        told["plain"] = json.loads((folder / "plain.json").read_text(encoding="utf-8"))
    return told


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given: argparse.Namespace
    slices: dict[str, Callable[[Path, float], bool]] = {
        "check": lambda folder, seconds: check(folder, seconds, given.kills),
        "bucket": bucket,
        "registry": registry,
        "convert": lambda folder, seconds: convert(folder, seconds, given.kills),
    }
    order = ("originals", "fleet", "check", "bucket", "registry", "convert", "plain", "summary")
    parser.add_argument("step", choices=(*order, "all"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=1e9, help="at most so long; exit code 75 where more is to do")
    parser.add_argument("--each", type=int, default=OF_EACH, help="a smaller fleet: so many models of each writer")
    parser.add_argument("--writers", default=",".join(WRITERS), help="a smaller fleet: of these writers")
    parser.add_argument("--kills", type=int, default=KILLS, help="how often `check` and `convert` are killed")
    parser.add_argument(
        "--like", type=Path, help="`summary`: a folder whose tables must be the same, of an unkilled scan"
    )
    given = parser.parse_args()
    once: dict[str, Callable[[Path], dict[str, Any] | None]] = {
        "originals": originals,
        "fleet": lambda folder: fleet(folder, given.each, given.writers.split(",")),
        "plain": plain,
        "summary": lambda folder: summary(folder, given.like),
    }
    # In the background of a shell it is ignored, and what is started here would ignore it, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    folder = given.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    for step in order if given.step == "all" else (given.step,):
        if step in slices:
            if not slices[step](folder, given.seconds):
                return UNFINISHED
            continue
        said = once[step](folder)
        if said is not None:
            print(json.dumps(said, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
