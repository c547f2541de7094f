"""Compile settings of a newer Keras for ``compile`` of Keras 2."""

import inspect

from ..errors import NotTranslatableError
from ..translate import optimizers

# So small that what it adds is lost in rounding, and a number of float32.
NO_MOMENTUM = 1e-30
# What Keras 2 writes of a function that was given in the place of an object.
_WRAPPERS = ("LossFunctionWrapper", "MeanMetricWrapper", "SumOverBatchSizeMetricWrapper")
_SCALED = ("LossScaleOptimizer", "LossScaleOptimizerV3")
# Settings that have no effect as long as no average of the weights is kept, and how a step is compiled.
_OF_NO_EFFECT = ("ema_momentum", "ema_overwrite_frequency", "is_legacy_optimizer", "jit_compile")


def notes(model):
    """What the optimizer of a model does otherwise here, in words."""
    optimizer = getattr(model.optimizer, "inner_optimizer", None) or model.optimizer
    kind, said = type(optimizer).__name__, []
    if kind == "RMSprop" and optimizer.get_config().get("momentum") == NO_MOMENTUM:
        said.append(
            "RMSprop has a momentum of %g, with which it adds its epsilon under the root as Keras 3 does" % NO_MOMENTUM
        )
    return said + optimizers.steps_of_rows(model)


def arguments(said, configurations, is_scaled=False):
    """Keyword arguments of ``compile``.

    :param said: compile settings as the file has them.
    :param is_scaled: whether the loss is scaled, whatever they say: Keras 3 says the optimizer that ``compile`` was given, and
        puts the scale around it by itself.
    :raises NotTranslatableError: Keras 2 has no equal of one.
    """
    stored = said.get("optimizer_config") or said.get("optimizer")
    if is_scaled and isinstance(stored, dict) and stored["class_name"] not in _SCALED:
        stored = {"class_name": _SCALED[0], "config": {"inner_optimizer": stored}}
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
    if value["class_name"] in _WRAPPERS and value["config"].get("fn") is not None:
        return _object(value["config"]["fn"], configurations, place)
    found = configurations.find(value)
    value = dict(value, config={key: item for key, item in value["config"].items() if key != "fn"})
    config = {key: item for key, item in value["config"].items() if key != "dtype" or place == "metrics"}
    return found.from_config(configurations.arguments(found, dict(value, config=config)))


def _optimizer(stored, configurations):
    if isinstance(stored, str):
        return stored
    keras = configurations.keras
    if stored["class_name"] in _SCALED:
        return _scaled(stored["config"], configurations)
    found = configurations.find(stored)
    config = dict(stored["config"])
    rate = config.get("learning_rate")
    if isinstance(rate, dict):
        schedule = getattr(keras.optimizers.schedules, rate["class_name"], None)
        if schedule is None:
            raise NotTranslatableError("the learning rate schedule %s is not part of this Keras" % rate["class_name"])
        config["learning_rate"] = schedule(**rate["config"])
    known = inspect.signature(found.__init__).parameters
    # The optimizers up to 2.10 take what limits gradients among their further arguments, and divide by sqrt(v) + epsilon only
    # where they keep no momentum.
    old = "use_ema" not in known
    if old and found.__name__ == "RMSprop" and not config.get("momentum") and not config.get("is_legacy_optimizer"):
        config["momentum"] = NO_MOMENTUM
    made = {}
    for key, value in config.items():
        further = ("clipnorm", "clipvalue", "global_clipnorm") + (("decay",) if old else ())
        if key in known or (key in further and value):
            made[key] = value
        elif key in _OF_NO_EFFECT and not config.get("use_ema"):
            continue
        elif value not in (None, False) or (value == 0 and value is not False and key not in ("weight_decay", "decay")):
            raise NotTranslatableError("the optimizer's %s=%r is not known to this Keras" % (key, value))
    return found(**made)


def _scaled(config, configurations):
    """An optimizer behind a scale of the loss that adapts itself."""
    place = configurations.keras.mixed_precision
    if not hasattr(place, "LossScaleOptimizer"):
        raise NotTranslatableError("LossScaleOptimizer is not part of this Keras")
    if config.get("dynamic", True) is False:
        raise NotTranslatableError("a loss scale that does not change")
    inner = _optimizer(config["inner_optimizer"], configurations)
    own = {key: config[key] for key in ("initial_scale", "dynamic_growth_steps") if config.get(key)}
    return place.LossScaleOptimizer(inner, **own)
