"""Compile settings of Keras 3 for ``compile`` of Keras 2."""

import inspect

from ..errors import NotTranslatableError


def notes(optimizer):
    """What an optimizer of this Keras does otherwise, in words."""
    old = type(optimizer).__name__ == "RMSprop" and not hasattr(optimizer, "build")
    if old and not optimizer.get_config().get("momentum"):
        return ["RMSprop adds epsilon outside of the root here, so that its next steps are a little different"]
    return []


def arguments(said, configurations):
    """Keyword arguments of ``compile``.

    :param said: compile settings as the file has them.
    :raises NotTranslatableError: Keras 2 has no equal of one.
    """
    stored = said.get("optimizer_config") or said.get("optimizer")
    made = {
        "optimizer": _optimizer(stored, configurations),
        "loss": _each(said.get("loss"), lambda value: _object(value, configurations, "losses")),
        "loss_weights": said.get("loss_weights"),
        "metrics": _each(said.get("metrics"), lambda value: _object(value, configurations, "metrics")),
        "weighted_metrics": _each(
            said.get("weighted_metrics"), lambda value: _object(value, configurations, "metrics")
        ),
    }
    steps = said.get("steps_per_execution")
    if isinstance(steps, int) and steps > 1:
        made["steps_per_execution"] = steps
    return {key: value for key, value in made.items() if value is not None}


def _each(value, function):
    if isinstance(value, list):
        return [_each(item, function) for item in value]
    if isinstance(value, dict) and "class_name" not in value:
        return {key: _each(item, function) for key, item in value.items()}
    return None if value is None else function(value)


def _object(value, configurations, place):
    if isinstance(value, dict) and value["class_name"] == "function":
        value = value["config"]
    if isinstance(value, str):
        return configurations.given.get(value, value)
    found = configurations.find(value)
    config = {key: item for key, item in value["config"].items() if key != "dtype" or place == "metrics"}
    return found.from_config(configurations.arguments(found, dict(value, config=config)))


def _optimizer(stored, configurations):
    if isinstance(stored, str):
        return stored
    keras = configurations.keras
    found = configurations.find(stored)
    config = dict(stored["config"])
    rate = config.get("learning_rate")
    if isinstance(rate, dict):
        schedule = getattr(keras.optimizers.schedules, rate["class_name"], None)
        if schedule is None:
            raise NotTranslatableError("the learning rate schedule %s is not part of this Keras" % rate["class_name"])
        config["learning_rate"] = schedule(**rate["config"])
    known = inspect.signature(found.__init__).parameters
    made = {}
    for key, value in config.items():
        # The optimizers up to 2.10 take what limits gradients among their further arguments.
        if key in known or (key in ("clipnorm", "clipvalue", "global_clipnorm") and value is not None):
            made[key] = value
        elif value not in (None, False) and key not in ("ema_momentum", "is_legacy_optimizer"):
            raise NotTranslatableError("the optimizer's %s=%r is not known to this Keras" % (key, value))
    return found(**made)
