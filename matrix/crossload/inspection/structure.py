"""A digest of what a model is made of: two files that share it differ in the values of their weights, and in nothing else."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

_NUMBERED = re.compile(r"(.*?)_\d+$", re.DOTALL)
# Where an object that is used several times lay in the memory of the process that saved it.
_ADDRESS = "shared_object_id"
# Exports of Keras 3 list variables in the order of a set, which is another one each time.
_PLACE_IN_LIST = re.compile(r"(_\w*variables)/\d+/")


def structure_of(configurations: Sequence[Any], tensors: Iterable[str]) -> str:
    """SHA-256 over configurations and the kinds of tensors; empty where a file says neither.

    Names that Keras numbers through a process (``dense_7``) count from the first of their kind: the second model of a program is
    built like the first one. So do the addresses of shared objects, and the places of variables in lists without an order.

    :param configurations: JSON of models, layers and compile settings, in the order of the file.
    :param tensors: a word for each stored array, such as its shape and type; their order does not matter.
    """
    kinds = sorted(Counter(_PLACE_IN_LIST.sub(r"\1/#/", tensor) for tensor in tensors).items())
    if not configurations and not kinds:
        return ""
    names: dict[str, str] = {}
    seen: Counter[str] = Counter()
    _number(configurations, names, seen)
    addresses: dict[str, int] = {}
    text = json.dumps([_renamed(configurations, names, addresses), kinds], sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _number(value: Any, names: dict[str, str], seen: Counter[str]) -> None:
    """Note what every name that stands under ``name`` is called, in the order of the file."""
    if isinstance(value, dict):
        name = value.get("name")
        if isinstance(name, str) and name not in names:
            numbered = _NUMBERED.match(name)
            base = numbered[1] if numbered else name
            names[name] = f"{base}#{seen[base]}"
            seen[base] += 1
        for item in value.values():
            _number(item, names, seen)
    elif isinstance(value, list | tuple):
        for item in value:
            _number(item, names, seen)


def _renamed(value: Any, names: dict[str, str], addresses: dict[str, int]) -> Any:
    if isinstance(value, dict):
        renamed = {str(key): _renamed(item, names, addresses) for key, item in value.items()}
        if _ADDRESS in renamed:
            renamed[_ADDRESS] = addresses.setdefault(str(renamed[_ADDRESS]), len(addresses))
        return renamed
    if isinstance(value, list | tuple):
        return [_renamed(item, names, addresses) for item in value]
    return names.get(value, value) if isinstance(value, str) else value
