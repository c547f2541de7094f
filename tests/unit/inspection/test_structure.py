"""What two files have in common that differ in the values of their weights alone."""

import copy
from typing import Any

from crossload.inspection.structure import structure_of

# As Keras 3 writes an input that two layers read: the address is where it lay in memory.
MODEL: dict[str, Any] = {
    "class_name": "Functional",
    "config": {
        "layers": [
            {
                "name": "dense_7",
                "config": {"dtype": {"class_name": "DTypePolicy", "shared_object_id": 140058433021264}},
            },
            {
                "name": "dense_8",
                "config": {"dtype": {"class_name": "DTypePolicy", "shared_object_id": 140058433021264}},
            },
            {
                "name": "dense_9",
                "config": {"dtype": {"class_name": "DTypePolicy", "shared_object_id": 140058433021999}},
            },
        ]
    },
}


def at(*addresses: int) -> dict[str, Any]:
    found = copy.deepcopy(MODEL)
    for layer, address in zip(found["config"]["layers"], addresses, strict=True):
        layer["config"]["dtype"]["shared_object_id"] = address
    return found


def test_where_an_object_lay_in_memory_says_nothing_but_which_are_the_same() -> None:
    assert structure_of([at(1, 1, 2)], []) == structure_of([MODEL], [])
    assert structure_of([at(1, 2, 2)], []) != structure_of([MODEL], [])


def test_layers_are_numbered_from_the_first_of_their_kind() -> None:
    later = copy.deepcopy(MODEL)
    for number, layer in enumerate(later["config"]["layers"]):
        layer["name"] = f"dense_{number + 20}"
    assert structure_of([later], []) == structure_of([MODEL], [])


def test_variables_of_an_export_come_in_any_order() -> None:
    one = ["_all_variables/0/.ATTRIBUTES/VARIABLE_VALUE 8x1", "_all_variables/1/.ATTRIBUTES/VARIABLE_VALUE 1"]
    two = ["_all_variables/0/.ATTRIBUTES/VARIABLE_VALUE 1", "_all_variables/1/.ATTRIBUTES/VARIABLE_VALUE 8x1"]
    other = ["_all_variables/0/.ATTRIBUTES/VARIABLE_VALUE 1", "_all_variables/1/.ATTRIBUTES/VARIABLE_VALUE 9x1"]
    assert structure_of([], one) == structure_of([], two) != structure_of([], other)
    # Where a tensor's place is that of a layer, it counts.
    assert structure_of([], ["layer-0/kernel 8x1", "layer-1/kernel 1"]) != structure_of(
        [], ["layer-0/kernel 1", "layer-1/kernel 8x1"]
    )
