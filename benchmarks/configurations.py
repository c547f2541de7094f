"""Which constructs neighbouring versions of Keras write otherwise.

``python -m benchmarks.configurations 3.5=PYTHON 3.6=PYTHON`` takes interpreters of environments, ``bin/python`` of each.
Every line of ``scenarios/constructs.csv`` is built in each of them, oldest first, and its configuration, compile
settings and shapes of weights are compared with those of the version before: the quick way to what is worth measuring between
two versions. Prints a line for each kind of difference: how many constructs, the keys that differ, some of the constructs.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parent.parent
_NAMED = 4
# What numbers its objects by itself, and is another one in every process.
_UNSAID = ("name", "shared_object_id")
_NEW, _GONE = "only in the newer", "only in the older"

# Runs inside an environment, with nothing of Crossload but its scenarios.
_INSIDE = """
import csv, json, re, sys, warnings
warnings.simplefilter("ignore")
import keras
from scenarios import constructs

def plain(value):
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if key not in sys.argv[2].split(",")}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return re.sub(r"_\\d+$", "", value) if isinstance(value, str) else value

found = {}
with open("scenarios/constructs.csv") as stream:
    for line in csv.DictReader(stream):
        construct = constructs.Construct(line)
        try:
            model = construct.build()
            compiled = model.get_compile_config() if getattr(model, "compiled", False) else None
            said = {"model": json.loads(model.to_json())["config"], "compiled": json.loads(json.dumps(compiled, default=str))}
            found[construct.scenario] = dict(plain(said), weights=[list(item.shape) for item in model.weights])
        except Exception as error:
            found[construct.scenario] = None
        if len(found) % 200 == 0:
            keras.backend.clear_session()
with open(sys.argv[1], "w") as stream:
    json.dump(found, stream)
"""


def configurations(python: str, kept: Path) -> Mapping[str, Any]:
    """What each construct says of itself in an environment; None for one that is not built there.

    :param kept: file that holds the answer, and is read where it is there already.
    """
    if not kept.exists():
        environment = dict(os.environ, TF_CPP_MIN_LOG_LEVEL="3", PYTHONPATH=f"{_ROOT}{os.pathsep}{_ROOT / 'matrix'}")
        command = [python, "-c", _INSIDE, str(kept), ",".join(_UNSAID)]
        subprocess.run(command, cwd=_ROOT, env=environment, check=True, capture_output=True)
    found: Mapping[str, Any] = json.loads(kept.read_text())
    return found


def _leaves(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for name, item in value.items():
            yield from _leaves(item, f"{key}.{name}")
    elif isinstance(value, list) and value:
        for item in value:
            yield from _leaves(item, f"{key}[]")
    else:
        yield key, repr(value)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Mapping[str, Sequence[str]]:
    """Constructs by what differs: the last names of the keys, or which of the two has it."""
    found = defaultdict(list)
    for scenario in sorted(before.keys() & after.keys()):
        one, two = before[scenario], after[scenario]
        if one == two:
            continue
        if one is None or two is None:
            found[_NEW if one is None else _GONE].append(scenario)
            continue
        keys = {key.rpartition(".")[2] for key, _ in set(_leaves(one)) ^ set(_leaves(two))}
        found[", ".join(sorted(keys)) or "order"].append(scenario)
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))


def main(arguments: Sequence[str]) -> int:
    """Print what differs between neighbours. The folder that ``CONFIGURATIONS`` names keeps the answers for the next time."""
    if len(arguments) < 2 or not all("=" in item for item in arguments):
        print(__doc__)
        return 2
    folder = Path(os.environ.get("CONFIGURATIONS") or tempfile.mkdtemp()).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    given = [item.partition("=")[::2] for item in arguments]
    known = [(name, configurations(python, folder / f"{name}.json")) for name, python in given]
    for (older, before), (newer, after) in pairwise(known):
        found = differences(before, after)
        print(f"{older} > {newer}: {sum(map(len, found.values()))} of {len(before.keys() & after.keys())}")
        for what, scenarios in found.items():
            named = ", ".join(scenarios[:_NAMED])
            print(f"  {len(scenarios)}: {what}: {named}{', ...' if len(scenarios) > _NAMED else ''}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
