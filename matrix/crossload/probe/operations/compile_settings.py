"""What a model is compiled with, by what each setting does: strings, functions, classes, wrappers and configurations alike.

A setting is told as ``{"name": "binary_crossentropy", "with": {"from_logits": True}}``: the function that is computed, and the
arguments that are known. ``accuracy`` stands for another function by the outputs' shape (``Model.compile``), which is looked up
when two settings are compared.
"""

from ..own_classes import bare

_SAME_NAME = {
    "mse": "mean_squared_error",
    "m_s_e": "mean_squared_error",
    "mae": "mean_absolute_error",
    "m_a_e": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "m_a_p_e": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "m_s_l_e": "mean_squared_logarithmic_error",
    "bce": "binary_crossentropy",
    "kld": "kl_divergence",
    "k_l_d": "kl_divergence",
    "k_l_divergence": "kl_divergence",
    "kullback_leibler_divergence": "kl_divergence",
    "logcosh": "log_cosh",
    "cosine_proximity": "cosine_similarity",
    "acc": "accuracy",
    "ce": "crossentropy",
    "auc": "a_u_c",
}
# What only carries another function.
_WRAPPERS = ("mean_metric_wrapper", "loss_function_wrapper", "sum_over_batch_size_metric_wrapper")
# Arguments that change no value.
_NOT_COMPARED = ("name", "dtype", "fn", "reduction")
# What an argument is where it is not said: a string or a function carries none.
_UNSAID = {
    "from_logits": False,
    "label_smoothing": 0.0,
    "axis": -1,
    "threshold": 0.5,
    "delta": 1.0,
    "ignore_class": None,
}
_OF_SHAPE = ("accuracy", "crossentropy")


def plain_name(value):
    """A name for a loss, metric or optimizer, the same for a string, a function, a class and an instance."""
    return describe(value)["name"] if value is not None else None


def describe(value):
    """What a loss or metric does: its name and arguments."""
    if isinstance(value, dict):
        return _of_config(value)
    config = {}
    # Losses and metrics made from a name wrap a function; what they wrap is what the name meant.
    function = getattr(value, "fn", None) or getattr(value, "_fn", None)
    if not isinstance(value, (str, type)) and hasattr(value, "get_config"):
        try:
            config = value.get_config()
        except Exception:  # one of the user's own need not have a configuration
            config = {}
    wrapped = function is not None and (_snake(type(value).__name__) in _WRAPPERS or not config)
    named = function if wrapped else value
    if not isinstance(named, str):
        named = getattr(named, "__name__", None) or type(named).__name__
    return {"name": _snake(named), "with": _arguments(config)}


def _of_config(value):
    """A setting as a file or ``get_compile_config`` says it: a function is ``{"class_name": "function", "config": "mse"}``."""
    config = value.get("config")
    name = value.get("class_name") or value.get("registered_name") or "?"
    if not isinstance(config, dict):
        return {"name": _snake(config or name), "with": {}}
    if _snake(name) in _WRAPPERS and config.get("fn") is not None:
        inner = config["fn"]
        name = _of_config(inner)["name"] if isinstance(inner, dict) else inner
    return {"name": _snake(name), "with": _arguments(config)}


def _snake(name):
    short = bare(str(name))
    snake = "".join(("_" + c.lower()) if c.isupper() else c for c in short).lstrip("_")
    return _SAME_NAME.get(snake, _SAME_NAME.get(short.lower(), snake))


def _arguments(config):
    return {
        key: value
        for key, value in config.items()
        if key not in _NOT_COMPARED and isinstance(value, (bool, int, float, str, type(None)))
    }


def same(expected, actual, sizes=()):
    """Whether two settings do the same.

    :param sizes: last axes of the model's outputs, which decide what ``accuracy`` means.
    """
    one, two = expected["name"], actual["name"]
    if one != two and two not in _meant(one, sizes) and one not in _meant(two, sizes):
        return False
    arguments, others = expected["with"], actual["with"]
    for key in set(arguments) | set(others):
        if key in arguments and key in others:
            if not _alike(arguments[key], others[key]):
                return False
        elif key in _UNSAID and not _alike(arguments.get(key, others.get(key)), _UNSAID[key]):
            return False
    return True


def _meant(name, sizes):
    """The functions that a name of ``_OF_SHAPE`` may stand for; it depends on targets, too, which are not in the file."""
    if name not in _OF_SHAPE:
        return ()
    found = []
    for size in sizes or (1, 2):
        found.extend(["binary_" + name] if size == 1 else ["categorical_" + name, "sparse_categorical_" + name])
    return found


def _alike(one, two):
    numbers = all(isinstance(value, (int, float)) for value in (one, two))
    return abs(one - two) <= 1e-6 * max(abs(one), abs(two)) if numbers else one == two


def same_lists(expected, actual, sizes=(), ordered=True):
    """Whether two lists of settings do the same. Metrics may come in another order: a dictionary has none."""
    if len(expected) != len(actual):
        return False
    if ordered:
        return all(same(one, two, sizes) for one, two in zip(expected, actual))
    left = list(actual)
    for one in expected:
        found = next((two for two in left if same(one, two, sizes)), None)
        if found is None:
            return False
        left.remove(found)
    return True


def in_words(setting):
    """``binary_crossentropy(from_logits=True)``"""
    said = ", ".join("%s=%r" % item for item in sorted(setting["with"].items()) if item[1] is not None)
    return "%s(%s)" % (setting["name"], said) if said else setting["name"]


def of_model(model):
    """Losses and metrics of a compiled model, and their weights: lists of settings, None for what is not said."""
    if hasattr(model, "get_compile_config"):
        config = model.get_compile_config() or {}
        loss, metrics, weighted = (config.get(key) for key in ("loss", "metrics", "weighted_metrics"))
        weights = config.get("loss_weights")
    else:
        loss = model.loss
        container = getattr(model, "compiled_metrics", None)
        holder, name = (model, "_compile_metrics") if container is None else (container, "_user_metrics")
        metrics, weighted = getattr(holder, name, None), getattr(container, "_user_weighted_metrics", None)
        weights = getattr(getattr(model, "compiled_loss", None), "_user_loss_weights", None)
    return {
        "loss": [describe(leaf) for leaf in _leaves(loss)],
        "metrics": [describe(leaf) for leaf in _leaves(metrics)],
        "weighted_metrics": [describe(leaf) for leaf in _leaves(weighted)],
        "loss_weights": [float(leaf) for leaf in _leaves(weights) if isinstance(leaf, (int, float))],
    }


def _leaves(value):
    if isinstance(value, dict) and "class_name" not in value:
        return [leaf for key in sorted(value) for leaf in _leaves(value[key])]
    if isinstance(value, (list, tuple)):
        return [leaf for item in value for leaf in _leaves(item)]
    return [] if value is None else [value]


def differences(expected, actual, sizes=()):
    """What two models are compiled with differently: pairs in words by what it is."""
    found = {}
    for key, ordered in (("loss", True), ("metrics", False), ("weighted_metrics", False)):
        one, two = expected.get(key) or [], actual.get(key) or []
        if not same_lists(one, two, sizes, ordered):
            found[key] = [[in_words(setting) for setting in one], [in_words(setting) for setting in two]]
    one, two = expected.get("loss_weights") or [], actual.get("loss_weights") or []
    if len(one) != len(two) or not all(_alike(*pair) for pair in zip(one, two)):
        found["loss_weights"] = [one, two]
    return found


def optimizer_differences(expected, actual):
    """What two optimizers do differently, but for their slots: pairs by what it is. Arguments of only one count for nothing."""
    found = {}
    for key in ("optimizer", "steps", "learning_rate"):
        if expected[key] != actual[key] and (key != "learning_rate" or not _alike(expected[key], actual[key])):
            found[key] = [expected[key], actual[key]]
    one, two = expected.get("arguments") or {}, actual.get("arguments") or {}
    for key in sorted(set(one) & set(two)):
        if key == "epsilon" and expected["optimizer"] == RMSPROP and _alike(one[key] ** 2, two[key]):
            # The translation says so what stands beside the root in one and under it in the other.
            continue
        if not _alike(one[key], two[key]):
            found[key] = [one[key], two[key]]
    return found


# How a few optimizers are called here.
SGD, RMSPROP = plain_name("SGD"), plain_name("RMSprop")

# How it is computed, not what; or said elsewhere.
_NOT_OPTIMIZER = ("name", "jit_compile", "is_legacy_optimizer", "learning_rate", "use_ema", "ema_momentum", "decay")
_NOT_OPTIMIZER += (
    "ema_overwrite_frequency",
    "loss_scale_factor",
    "gradient_accumulation_steps",
    "initial_accumulator_value",
)


def optimizer_arguments(optimizer):
    """Numbers and switches of an optimizer, by name."""
    try:
        config = optimizer.get_config()
    except Exception:  # one of the user's own need not have a configuration
        return {}
    return {
        key: float(value)
        for key, value in config.items()
        if key not in _NOT_OPTIMIZER and isinstance(value, (bool, int, float))
    }
