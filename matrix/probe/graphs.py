"""How a functional model's configuration says which layer feeds which, and how to say it to Keras 2."""

_TENSOR = "__keras_tensor__"


def rewrite_for_keras_2(config):
    """Write connections between layers, in place, the way Keras 2 reads them.

    :param config: the ``config`` of a functional model.
    :return: whether anything was changed. A call that takes tensors by keyword is left as it is.
    """
    changed = False
    for layer in config.get("layers") or []:
        nodes = layer.get("inbound_nodes") if isinstance(layer, dict) else None
        if not nodes or not all(isinstance(node, dict) for node in nodes):
            continue
        rewritten = [_node(node) for node in nodes]
        if all(rewritten):
            layer["inbound_nodes"] = rewritten
            changed = True
    for key in ("input_layers", "output_layers"):
        ends = config.get(key)
        if isinstance(ends, list) and len(ends) == 3 and isinstance(ends[0], str):
            config[key] = [ends]
            changed = True
    return changed


def _node(node):
    """``[[layer, node, tensor, keywords], ...]`` for the tensors of one call; None where that can not say it."""
    arguments = node.get("args") or []
    tensors = arguments[0] if len(arguments) == 1 and isinstance(arguments[0], list) else arguments
    keywords = {key: value for key, value in (node.get("kwargs") or {}).items() if value is not None}
    if not tensors or not all(_is_tensor(tensor) for tensor in tensors) or _mentions_tensor(keywords):
        return None
    return [list(tensor["config"]["keras_history"]) + [keywords] for tensor in tensors]


def _is_tensor(value):
    return isinstance(value, dict) and value.get("class_name") == _TENSOR


def _mentions_tensor(value):
    if isinstance(value, dict):
        return _is_tensor(value) or any(_mentions_tensor(item) for item in value.values())
    return isinstance(value, list) and any(_mentions_tensor(item) for item in value)
