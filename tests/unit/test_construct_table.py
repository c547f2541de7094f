"""The table of constructs holds every public name of Keras that a saved model can hold, but for those excused with a reason."""

import csv
import re
from collections import Counter
from pathlib import Path

import pytest
from packaging.version import Version

from crossload.construct_table import COLUMNS, FAMILY, ConstructLine, read_table
from crossload.errors import ConfigError
from crossload.inspection.keras_names import keras_names
from crossload.resources import SCENARIOS
from crossload.scenario_index import index_scenarios

TABLE = SCENARIOS / "constructs.csv"
# Modules of Keras by the kinds of constructs that come from them.
MODULES = {
    **{"layer": ("layers",), "model": ("models",), "activation": ("activations",), "initializer": ("initializers",)},
    **{"regularizer": ("regularizers",), "constraint": ("constraints",), "loss": ("losses",), "metric": ("metrics",)},
    **{"policy": ("dtype_policies", "mixed_precision"), "optimizer": ("optimizers", "mixed_precision")},
    **{"schedule": ("optimizers",), "operation": ()},
}
EVERY_MODULE = (*dict.fromkeys(name for names in MODULES.values() for name in names), "quantizers")
# What is public and is nothing that a saved model could name: namespaces, and functions that read, write, set or look up.
NAMESPACES = {"experimental", "preprocessing", "legacy", "schedules"}
FUNCTIONS = {
    *("deserialize", "serialize", "get", "get_layer_policy", "global_policy", "set_dtype_policy", "set_global_policy"),
    *(
        "set_policy",
        "clone_model",
        "load_model",
        "save_model",
        "model_from_config",
        "model_from_json",
        "model_from_yaml",
    ),
    *("abs_max_quantize", "abs_max_quantize_grouped_with_zero_point", "compute_float8_amax_history", "pack_int4"),
    *("compute_float8_scale", "fake_quant_with_min_max_vars", "unpack_int4", "quantize_and_dequantize"),
}
NO_CONSTRUCTS = NAMESPACES | FUNCTIONS | {"InputSpec", "Reduction"}
MOST_EXCUSED = 0.1
# What a line gives, and what every class takes.
GIVEN = re.compile(r"(\w+)=(?!=)")
PURPOSE = re.compile(r"(?:^|_)(initializer|regularizer|constraint|activation)$")
OF_EVERYTHING = {"name", "dtype", "trainable", "args", "kwargs"}


@pytest.fixture(scope="module")
def lines() -> list[ConstructLine]:
    return [line for line, _ in read_table(TABLE)]


def excused(what: str = "constructs") -> dict[str, str]:
    """Reasons by name."""
    with (Path(__file__).parent / f"excused_{what}.csv").open(encoding="utf-8") as stream:
        return dict(list(csv.reader(stream))[1:])


def public_names() -> set[str]:
    """``layers.Dense`` and the like of every Keras that was `tf.keras`, as its sources export them."""
    return {
        f"{found.kind}.{name}"
        for name, kinds in keras_names().by_name.items()
        for found in kinds
        if found.kind in EVERY_MODULE and found.main and name not in NO_CONSTRUCTS
    }


def covered(lines: list[ConstructLine]) -> set[str]:
    return {
        f"{module}.{name}"
        for line in lines
        for module in MODULES[line.kind]
        for name in (line.name.rpartition(".")[2], *line.aliases)
    }


def test_every_public_name_is_a_construct_or_excused_with_a_reason(lines: list[ConstructLine]) -> None:
    names, reasons = public_names(), excused()
    missing = names - covered(lines) - set(reasons)
    assert not missing, f"neither in {TABLE.name} nor excused: {', '.join(sorted(missing))}"
    assert all(reasons.values())
    assert len(set(reasons) & names) <= MOST_EXCUSED * len(names)
    by_module = Counter(name.partition(".")[0] for name in names)
    held = Counter(name.partition(".")[0] for name in names - set(reasons))
    said = ", ".join(f"{module} {held[module]} of {count}" for module, count in sorted(by_module.items()))
    print(f"constructs cover {sum(held.values())} of {len(names)} public names: {said}")


def test_nothing_is_excused_that_is_in_the_table_or_is_no_name_of_keras(lines: list[ConstructLine]) -> None:
    assert not set(excused()) & covered(lines)
    assert set(excused()) <= public_names()


def purpose(argument: str) -> str:
    """What it is for: one class measured with an initializer says how the others do, as `prediction` has it."""
    found = PURPOSE.search(argument)
    return found[1] if found else argument


def test_every_argument_is_given_in_some_line_or_excused_with_a_reason(lines: list[ConstructLine]) -> None:
    """Of constructors of every public name in every Keras: off its default, or under a name that serves the same purpose."""
    given = {purpose(name) for line in lines for name in GIVEN.findall(line.arguments)}
    named = {(module, line.name.rpartition(".")[2]) for line in lines for module in MODULES[line.kind]}
    known = {
        argument: f"{found.kind}.{name}"
        for name, kinds in keras_names().by_name.items()
        for found in kinds
        if (found.kind, name) in named
        for argument, (main, _) in found.arguments.items()
        if main and argument not in OF_EVERYTHING
    }
    reasons = excused("arguments")
    missing = {
        owner + ": " + name for name, owner in known.items() if purpose(name) not in given and name not in reasons
    }
    assert not missing, f"neither given in {TABLE.name} nor excused: {', '.join(sorted(missing))}"
    assert all(reasons.values())
    needless = {name for name in reasons if name not in known or purpose(name) in given}
    assert not needless, f"excused for nothing: {', '.join(sorted(needless))}"


def test_a_line_covers_the_versions_that_have_its_name(lines: list[ConstructLine]) -> None:
    """Of all lines of a name the first begins no later than the name does, but for what had another constructor before."""
    late = []
    for line in lines:
        if line.variant or line.form == "string" or line.name not in keras_names().by_name:
            continue
        spans = [found.main for found in keras_names().objects(line.name, MODULES[line.kind]) if found.main]
        first = min((Version(span.first) for span in spans), default=Version("2.0"))
        if Version(line.since) < first and first >= Version("2.1"):
            late.append(line.scenario)
    assert not late, "begin before Keras has the name"


def test_each_line_is_a_scenario(lines: list[ConstructLine]) -> None:
    found = index_scenarios()
    names = [line.scenario for line in lines]
    assert len(set(names)) == len(names)
    assert "construct-layer-Bidirectional" in names
    for line in lines:
        item = found[line.scenario]
        assert (item.family, item.tags, item.module) == (FAMILY, ("constructs",), "scenarios.constructs")
        assert item.only_builds
        assert item.options["since"]
    dense = found["construct-layer-Embedding"]
    assert dense.options["inputs"] == (("int", (4,), 12),)
    assert found["construct-loss-list"].options["targets"] == ((3,), (3,))


def test_adding_a_line_leaves_the_others_what_they_were(tmp_path: Path) -> None:
    text = TABLE.read_text(encoding="utf-8")
    longer = tmp_path / "constructs.csv"
    longer.write_text(text + "layer,Dense,wide,,units=40,float 8,2.0,,\n", encoding="utf-8")
    before, after = [{text: line for line, text in read_table(path)} for path in (TABLE, longer)]
    (added,) = set(after) - set(before)
    assert after[added].scenario == "construct-layer-Dense-wide"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("layer,Dense,,,units=4,float 8,2.0,", "8 values"),
        ("player,Dense,,,units=4,float 8,2.0,,", "'player' is no kind of construct"),
        ("layer,Dense,,,units=4,flaot 8,2.0,,", "'flaot 8' is no input"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, line: str, said: str) -> None:
    table = tmp_path / "constructs.csv"
    table.write_text(f"{','.join(COLUMNS)}\n{line}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="line 2") as caught:
        list(read_table(table))
    assert said in str(caught.value)
