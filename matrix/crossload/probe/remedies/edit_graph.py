"""How a functional model's configuration says which layer feeds which, and how to say it to Keras 2 or 3.

A tensor is named by its layer, the number of the layer's call, and its place among what that call gave. A model inside another
one is where the two differ: Keras 2 counts the call on its own inputs, which is made when it is built, as the first (number
0), Keras 3 does not, or not everywhere. Either waits for ever for a call that never comes
(https://github.com/keras-team/keras/pull/19669).
"""

_TENSOR = "__keras_tensor__"


def rewrite_for_keras_2(config):
    """Write connections between layers, in place, the way Keras 2 reads them.

    :param config: the ``config`` of a functional model.
    :return: whether anything was changed. A call that takes tensors by keyword is left as it is.
    """
    changed = False
    layers = [layer for layer in config.get("layers") or [] if isinstance(layer, dict)]
    shifts = {layer.get("name"): _shifts(layer, layers, config) for layer in layers if _is_model(layer)}
    for layer in layers:
        nodes = _nodes(layer)
        rewritten = [_node(node, shifts) for node in nodes]
        if rewritten and all(rewritten):
            layer["inbound_nodes"] = rewritten
            changed = True
    shifts = shifts if changed else {}  # otherwise the calls are numbered by Keras 2
    for key in ("input_layers", "output_layers"):
        ends = config.get(key)
        if _is_history(ends):
            config[key] = ends = [ends]
            changed = True
        if isinstance(ends, list):
            config[key] = [_shifted(end, shifts, 1) for end in ends]
    return changed


def renumber_for_keras_3(config):
    """Number calls of nested models, in place, as Keras 3 does, where Keras 2 has numbered them.

    :param config: the ``config`` of a functional model.
    :return: whether anything was changed.
    """
    layers = [layer for layer in config.get("layers") or [] if isinstance(layer, dict)]
    written = [layer for layer in layers if layer.get("inbound_nodes") and not _nodes(layer)]
    taken = [history for layer in written for node in layer["inbound_nodes"] for history in _list(node)]
    ends = config.get("output_layers")
    shifts = {}
    for layer in written:
        numbers = {
            history[1] for history in taken + _ends(config) if _is_history(history) and history[0] == layer["name"]
        }
        # Layers that are no models, and a Sequential without inputs of its own, are counted from 0 everywhere.
        if "layers" in (layer.get("config") or {}) and numbers == set(range(1, len(layer["inbound_nodes"]) + 1)):
            shifts[layer["name"]] = (-1, -1 if _is_sequential(layer) else 0)
    if not shifts:
        return False
    for layer in written:
        layer["inbound_nodes"] = [
            [_shifted(item, shifts, 0) for item in _list(node)] for node in layer["inbound_nodes"]
        ]
    if isinstance(ends, list):
        shifted = [_shifted(end, shifts, 1) for end in _ends(config)]
        config["output_layers"] = shifted[0] if _is_history(ends) else shifted
    return True


def _nodes(layer):
    """Calls of a layer as Keras 3 writes them; none where they are written otherwise."""
    nodes = layer.get("inbound_nodes") or []
    return nodes if all(isinstance(node, dict) for node in nodes) else []


def _is_sequential(layer):
    return layer.get("class_name") == "Sequential"


def _is_history(value):
    """Whether a value is ``[layer, call, tensor]``, perhaps with keywords."""
    return isinstance(value, list) and len(value) >= 3 and isinstance(value[0], str) and isinstance(value[1], int)


def _list(value):
    return value if isinstance(value, list) else [value]


def _ends(config):
    """What a model gives out, as a list; a single tensor is written without one at times."""
    ends = config.get("output_layers") or []
    return [ends] if _is_history(ends) else _list(ends)


def _is_model(layer):
    """Whether a layer is a model with inputs of its own, which is called on them when it is built."""
    layers = (layer.get("config") or {}).get("layers")
    return bool(layers) and isinstance(layers[0], dict) and layers[0].get("class_name") == "InputLayer"


def _shifts(layer, layers, config):
    """What to add to the numbers of a nested model's calls, for layers that take its tensors and for the outputs.

    Keras 3 counts those of a Sequential from 0; those of a functional model from 1 in the outputs, and for layers from 0. Only
    3.0 goes on counting from calls made elsewhere. Every call is used somewhere, which tells the two apart.
    """
    if _is_sequential(layer):
        return 1, 1
    name, calls = layer.get("name"), set(range(1, len(layer.get("inbound_nodes") or []) + 1))
    taken = [history for other in layers for node in _nodes(other) for history in _histories(node)]
    given = [end for end in _ends(config) if _is_history(end)]
    from_0 = {history[1] + 1 for history in taken if history[0] == name} | {end[1] for end in given if end[0] == name}
    return int(from_0 == calls), 0


def _shifted(history, shifts, place):
    """``[layer, call, tensor]`` with the call counted in the other way; anything else as it is."""
    if not _is_history(history) or history[0] not in shifts:
        return history
    return [history[0], history[1] + shifts[history[0]][place]] + history[2:]


def _histories(node):
    """``[layer, call, tensor]`` of each tensor that a call takes by position."""
    return [list(tensor["config"]["keras_history"]) for tensor in _tensors(node) if _is_tensor(tensor)]


def _tensors(node):
    arguments = node.get("args") or []
    return arguments[0] if len(arguments) == 1 and isinstance(arguments[0], list) else arguments


def _node(node, shifts):
    """``[[layer, node, tensor, keywords], ...]`` for the tensors of one call; None where that cannot say it."""
    tensors = _tensors(node)
    keywords = {key: value for key, value in (node.get("kwargs") or {}).items() if value is not None}
    if not tensors or not all(_is_tensor(tensor) for tensor in tensors) or _mentions_tensor(keywords):
        return None
    return [_shifted(history, shifts, 0) + [keywords] for history in _histories(node)]


def _is_tensor(value):
    return isinstance(value, dict) and value.get("class_name") == _TENSOR


def _mentions_tensor(value):
    if isinstance(value, dict):
        return _is_tensor(value) or any(_mentions_tensor(item) for item in value.values())
    return isinstance(value, list) and any(_mentions_tensor(item) for item in value)
