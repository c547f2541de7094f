"""No layer of Keras is taken for a class of somebody's own."""

import json
import subprocess

import pytest

from crossload.domain.keras_classes import HIDDEN_LAYERS
from crossload.shipped.construct_data import read_constructs
from tests.e2e.user_files import python_of

# Every module of Keras is imported, so that every layer is a subclass of the base class.
_LISTS = """
import importlib, json, pkgutil
from tensorflow import keras

for root in ("keras", "tensorflow.python.keras"):
    try:
        package = importlib.import_module(root)
    except ImportError:
        continue
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not any(word in module.name for word in ("test", "integration", "benchmark", "torch", "jax", "openvino", "_numpy")):
            try:
                importlib.import_module(module.name)
            except BaseException:  # what needs a package that is not there has no layer that a file could name
                pass
found, pending = set(), [keras.layers.Layer]
while pending:
    fresh = set(pending.pop().__subclasses__()) - found
    found |= fresh
    pending.extend(fresh)
print(json.dumps(sorted(item.__name__ for item in found if "keras" in item.__module__)))
"""


@pytest.mark.parametrize("version", ["2.10", "2.14", "today"])
def test_every_layer_of_keras_is_a_construct_or_known_to_be_hidden(version: str) -> None:
    listed = subprocess.run([python_of(version), "-c", _LISTS], capture_output=True, text=True, check=True)
    names = json.loads(listed.stdout.strip().rpartition("\n")[2])
    assert len(names) > 150
    measured = {mark for mark in read_constructs().measured.facts["marks"] if mark.isidentifier()}
    assert [name for name in names if name[0] != "_" and name not in measured | HIDDEN_LAYERS] == []
