"""The table of operations is complete against what real TensorFlow put into graphs: ``recorded_symbols.json``.

Made by ``tests/e2e/user_models/idioms.py``, in each environment of Keras 2: the networks of keras.applications with their
``preprocess_input``, and the lines that people write between layers.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from crossload.probe.translate import operations, raw_operations

RECORDED = json.loads((Path(__file__).parent / "recorded_symbols.json").read_text(encoding="utf-8"))
_CODE = "holds a function of Python, which no file has"
_LENGTH = "its result has a size that only the running model knows"
_NONE = "keras.ops has no operation that gives the same numbers"
_UNNAMED = "the file does not name its operands"
# What is not translated, and why. Each is named, with its place, by whoever meets it.
EXCUSED = {
    "foldl": _CODE,
    "scan": _CODE,
    "gather_nd": "places as rows of indices",
    "meshgrid": _UNNAMED,
    "debugging.check_numerics": "stops the model, which no operation of Keras 3 does",
    "dynamic_partition": _LENGTH,
    "unique_with_counts": _LENGTH,
    "extract_volume_patches": _NONE,
    "histogram_fixed_width": _NONE,
    "math.bessel_i0": _NONE,
    "math.confusion_matrix": _NONE,
    "math.cumulative_logsumexp": _NONE,
    "math.digamma": _NONE,
    "math.lgamma": _NONE,
    "math.nextafter": _NONE,
    "signal.frame": _NONE,
    "random.normal": "random numbers",
    "random.uniform": "random numbers",
}


def bare(symbol: str) -> str:
    return symbol.removeprefix("compat.v1.")


def recorded() -> Iterator[tuple[str, str, str, str]]:
    for version, kinds in RECORDED.items():
        for kind, symbols in kinds.items():
            for symbol, holders in symbols.items():
                yield version, kind, symbol, holders[0]


def is_translated(kind: str, symbol: str) -> bool:
    if kind == "TensorFlowOpLayer":
        return symbol in raw_operations.NODES
    return kind in ("TFOpLambda", "SlicingOpLambda") and bool(operations.row(operations.rows(), symbol))


@pytest.mark.parametrize("version", RECORDED)
def test_every_recorded_operation_is_translated_or_excused(version: str) -> None:
    missing = [
        f"{kind} {symbol} ({holder})"
        for of, kind, symbol, holder in recorded()
        # The one Lambda of keras.applications is known by its module and arguments.
        if of == version and kind != "Lambda" and not is_translated(kind, symbol) and bare(symbol) not in EXCUSED
    ]
    assert not missing


def test_no_excuse_is_stale() -> None:
    met = {(kind, symbol) for _, kind, symbol, _ in recorded()}
    needed = {bare(symbol) for kind, symbol in met if not is_translated(kind, symbol)}
    assert set(EXCUSED) <= needed


def test_the_record_is_of_networks_and_lines() -> None:
    held = {
        name
        for kinds in RECORDED.values()
        for symbols in kinds.values()
        for names in symbols.values()
        for name in names
    }
    assert len({symbol for _, _, symbol, _ in recorded()}) >= 200
    assert {"ResNet50", "tf.unstack(x, axis=1)[2]"} <= held
