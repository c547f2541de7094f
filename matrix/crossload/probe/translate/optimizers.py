"""Optimizers of Keras 2, the old ones up to 2.10 and the new ones since, as Keras 3 has them, with their state."""

import re

import numpy as np

from ..errors import NotTranslatableError
from ..own_classes import bare

_COMMON = (
    "clipnorm",
    "clipvalue",
    "global_clipnorm",
    "use_ema",
    "ema_momentum",
    "ema_overwrite_frequency",
    "weight_decay",
)
# For each class: arguments that both know, and its slots: name in old files, name in new files, attribute in Keras 3. Slots in
# one group are written variable by variable, the groups one after the other, by the optimizers since 2.11.
KNOWN = {
    "SGD": (("momentum", "nesterov"), [[("momentum", "m", "momentums")]]),
    "RMSprop": (("rho", "momentum", "epsilon", "centered"), [
        [("rms", "velocity", "_velocities")], [("momentum", "momentum", "_momentums")],
        [("mg", "average_gradient", "_average_gradients")]]),
    "Adam": (("beta_1", "beta_2", "epsilon", "amsgrad"), [
        [("m", "m", "_momentums"), ("v", "v", "_velocities")], [("vhat", "v_hat", "_velocity_hats")]]),
    "AdamW": (("beta_1", "beta_2", "epsilon", "amsgrad"), [
        [("m", "m", "_momentums"), ("v", "v", "_velocities")], [("vhat", "v_hat", "_velocity_hats")]]),
    "Adamax": (("beta_1", "beta_2", "epsilon"), [[("m", "m", "_m"), ("v", "u", "_u")]]),
    "Nadam": (("beta_1", "beta_2", "epsilon"), [[("m", "m", "_momentums"), ("v", "v", "_velocities")]]),
    "Adagrad": (("initial_accumulator_value", "epsilon"), [[("accumulator", "accumulator", "_accumulators")]]),
    "Adadelta": (("rho", "epsilon"), [
        [("accum_grad", "accumulated_grad", "_accumulated_grads"),
         ("accum_var", "accumulated_delta_var", "_accumulated_delta_vars")]]),
    "Ftrl": (("learning_rate_power", "initial_accumulator_value", "l1_regularization_strength", "l2_regularization_strength",
              "l2_shrinkage_regularization_strength", "beta"), [
        [("accumulator", "accumulator", "_accumulators"), ("linear", "linear", "_linears")]]),
}  # fmt: skip
_SCHEDULES = {
    "ExponentialDecay": ("initial_learning_rate", "decay_steps", "decay_rate", "staircase", "name"),
    "PiecewiseConstantDecay": ("boundaries", "values", "name"),
    "PolynomialDecay": ("initial_learning_rate", "decay_steps", "end_learning_rate", "power", "cycle", "name"),
    "InverseTimeDecay": ("initial_learning_rate", "decay_steps", "decay_rate", "staircase", "name"),
    "CosineDecay": ("initial_learning_rate", "decay_steps", "alpha", "name", "warmup_target", "warmup_steps"),
    "CosineDecayRestarts": ("initial_learning_rate", "first_decay_steps", "t_mul", "m_mul", "alpha", "name"),
}
_ALIASES = {"sgd": "SGD", "rmsprop": "RMSprop", "adam": "Adam", "adamw": "AdamW", "adamax": "Adamax", "nadam": "Nadam",
            "adagrad": "Adagrad", "adadelta": "Adadelta", "ftrl": "Ftrl"}  # fmt: skip
# Optimizers that square gradients.
_SQUARING = ("Adam", "AdamW", "Nadam", "RMSprop", "Adagrad", "Adadelta", "Ftrl")
_AVERAGES = "_model_variables_moving_average"


def build(keras, stored, own, notes):
    """An optimizer, from what the compile settings say.

    :param stored: ``{"class_name", "config"}``, or a name.
    :param notes: receives in words what is said otherwise.
    :raises NotTranslatableError: Keras 3 has no equal.
    """
    if isinstance(stored, str):
        return keras.optimizers.get(_ALIASES.get(stored.lower(), stored))
    kind = bare(stored["class_name"])
    config = dict(stored.get("config") or {})
    if kind in ("LossScaleOptimizer", "LossScaleOptimizerV1", "LossScaleOptimizerV3"):
        return _scaled(keras, config, own, notes)
    found = own.find(stored["class_name"], stored.get("registered_name"))
    if found is not None:
        return found.from_config(config)
    if kind not in KNOWN:
        raise NotTranslatableError("the optimizer %s is not part of Keras 3" % stored["class_name"])
    found = getattr(keras.optimizers, kind)
    names, _ = KNOWN[kind]
    made = {key: config[key] for key in (*names, *_COMMON) if config.get(key) is not None}
    if kind == "RMSprop" and _is_old(config) and not config.get("momentum") and made.get("epsilon"):
        # Without momentum the old one divides by sqrt(v) + epsilon, Keras 3 by sqrt(v + epsilon): with the square of epsilon
        # both agree where v is 0 and where it is large.
        notes.append("epsilon of RMSprop squared, since Keras 3 adds it under the root")
        made["epsilon"] = made["epsilon"] ** 2
    if kind == "Nadam":
        notes.append("Keras 3 writes Nadam's product of momentums to no file, so that its next steps are others")
    made["learning_rate"] = _rate(keras, config, own)
    made["name"] = config.get("name") or kind
    return found(**made)


def _is_old(config):
    """Whether a configuration is one of the optimizers up to 2.10."""
    return bool(config.get("is_legacy_optimizer", "use_ema" not in config))


def _rate(keras, config, own):
    rate = config.get("learning_rate", config.get("lr", 0.001))
    decay = float(config.get("decay") or 0.0)
    if isinstance(rate, dict):
        return _schedule(keras, rate, own)
    rate = float(np.asarray(rate))
    if decay:
        # What ``decay`` meant up to 2.10: rate / (1 + decay * steps).
        return keras.optimizers.schedules.InverseTimeDecay(rate, decay_steps=1, decay_rate=decay)
    return rate


def _schedule(keras, stored, own):
    kind = bare(stored["class_name"])
    config = dict(stored.get("config") or {})
    found = own.find(stored["class_name"], stored.get("registered_name"))
    if found is not None:
        return found.from_config(config)
    if kind not in _SCHEDULES:
        raise NotTranslatableError("the learning rate schedule %s is not part of Keras 3" % kind)
    made = {key: config[key] for key in _SCHEDULES[kind] if config.get(key) is not None}
    return getattr(keras.optimizers.schedules, kind)(**made)


def _scaled(keras, config, own, notes):
    inner = build(keras, config.get("inner_optimizer") or config["optimizer"], own, notes)
    if config.get("dynamic", True) is False:
        raise NotTranslatableError("a loss scale that does not change")
    scale = config.get("initial_scale")
    steps = config.get("dynamic_growth_steps")
    return keras.optimizers.LossScaleOptimizer(
        inner, **({"initial_scale": scale} if scale else {}), **({"dynamic_growth_steps": steps} if steps else {})
    )


def fill(optimizer, state, variables, trainable):
    """Set the state of a built optimizer.

    :param state: ``stored.OptimizerState``.
    :param variables: trainable variables in the order in which the writer trained them.
    :param trainable: trainable variables in the order in which the optimizer was built.
    :raises NotTranslatableError: the state does not fit.
    """
    outer, inner = optimizer, getattr(optimizer, "inner_optimizer", None)
    kind = type(inner or outer).__name__
    if kind not in KNOWN:
        raise NotTranslatableError("the state of %s" % kind)
    groups = KNOWN[kind][1]
    if inner is not None:
        state = _without_scale(outer, state)
    target = inner or outer
    if state.slots is not None:
        slots, single, iterations = dict(state.slots), dict(getattr(state, "single", {})), state.iterations
        slots = {name: [held.get(place) for place in range(len(variables))] for name, held in slots.items()}
    elif state.names is not None and not _is_new(state.names):
        slots, single, iterations = _old(state, len(variables), groups)
    else:
        slots, single, iterations = _new(state, groups, len(variables), target)
    places = {id(variable): place for place, variable in enumerate(trainable)}
    if iterations is not None:
        target.iterations.assign(
            np.asarray(iterations).astype("int64" if "int64" in str(target.iterations.dtype) else "int32")
        )
    for group in groups:
        for old, new, attribute in group:
            held = getattr(target, attribute, None)
            arrays = slots.get(old, slots.get(new))
            if not held:
                continue
            if arrays is None:
                if int(np.asarray(iterations if iterations is not None else 0)) == 0:
                    continue
                raise NotTranslatableError("the file holds no %s of its optimizer" % old)
            for variable, array in zip(variables, arrays):
                slot = held[places[id(variable)]]
                if array is None:
                    continue
                if np.size(array) != np.prod(tuple(slot.shape)):
                    raise NotTranslatableError("the optimizer's %s of %s has another shape" % (old, variable.path))
                slot.assign(np.reshape(array, tuple(slot.shape)))
    averages = getattr(target, _AVERAGES, None)
    if averages and slots.get("average"):
        for variable, array in zip(variables, slots["average"]):
            averages[places[id(variable)]].assign(array)
    if kind == "Nadam":
        product = single.get("momentum_cache", single.get("_m_cache", single.get("u_product")))
        if product is not None:
            target._u_product.assign(np.asarray(product))


def steps_of_rows(model):
    """What a compiled model's next steps do otherwise on both sides of Keras 3, where nothing can make them equal; in words."""
    optimizer = getattr(model.optimizer, "inner_optimizer", None) or model.optimizer
    if type(optimizer).__name__ not in _SQUARING or not any(
        _is_trained_embedding(item) for item in _inner_layers(model)
    ):
        return []
    return [
        "where a batch uses a row of an Embedding more than once, its next step is another one: Keras 3 squares each gradient by "
        "itself, Keras 2 their sum"
    ]


def _inner_layers(model):
    for layer in model.layers:
        yield layer
        if hasattr(layer, "layers"):
            for inner in _inner_layers(layer):
                yield inner


def _is_trained_embedding(layer):
    return type(layer).__name__ == "Embedding" and bool(layer.trainable_weights)


def _without_scale(outer, state):
    """Set the loss scale, and give what is left for the optimizer inside."""
    from .stored import OptimizerState

    if state.slots is not None:
        single = getattr(state, "single", {})
        for name, target in (("current_loss_scale", outer.dynamic_scale), ("good_steps", outer.step_counter)):
            if name in single:
                target.assign(np.asarray(single[name]))
        return state
    if state.names is not None:
        kept = []
        for name, array in zip(state.names, state.arrays):
            if "current_loss_scale" in name:
                outer.dynamic_scale.assign(array)
            elif "good_steps" in name:
                outer.step_counter.assign(array)
            else:
                kept.append((name, array))
        return OptimizerState([array for _, array in kept], [name for name, _ in kept])
    # A zip of Keras 2 holds no scale: its LossScaleOptimizer hands on the variables of the one inside and none of its own.
    return state


def _is_new(names):
    """Whether the optimizer is one of those since 2.11, which put the slot before the variable: ``Adam/m/dense/kernel:0``."""
    return any(
        re.match(r"(iteration|learning_rate)(:0)?$", name.split("/")[-1]) and "/" not in name for name in names[:2]
    )


def _old(state, count, groups=()):
    """Slots by name out of an HDF5 file of the optimizers up to 2.10: one slot of all variables after the other.

    :param groups: names of the optimizer's slots, as in ``KNOWN``.
    """
    slots, single, iterations = {}, {}, None
    for name, array in zip(state.names, state.arrays):
        last = re.sub(r"(_\d+)?(:\d+)?$", "", name.split("/")[-1])
        if last in ("iter", "iteration", "iterations"):
            iterations = array
        elif (np.ndim(array) == 0 and last in ("momentum_cache", "decay", "learning_rate")) or name.count("/") == 0:
            single[last] = array
        else:
            slots.setdefault(last, []).append(array)
    if set(slots) == {"Variable"} and count:
        slots = _unnamed(slots["Variable"], count, groups)
    for name, arrays in slots.items():
        if len(arrays) != count:
            raise NotTranslatableError(
                "the file holds %d arrays of its optimizer's %s for %d trained variables" % (len(arrays), name, count)
            )
    return slots, single, iterations


def _unnamed(arrays, count, groups):
    """Slots by name of standalone Keras up to 2.2, which gives their variables none: in the order of its optimizers' ``weights``.

    Where Adam has no ``vhat``, a single number stands for that of each variable.
    """
    names = [old for group in groups for old, _, _ in group]
    if len(arrays) % count or len(arrays) > count * len(names):
        return {"Variable": arrays}
    return {name: arrays[place : place + count] for name, place in zip(names, range(0, len(arrays), count))}


def _new(state, groups, count, target):
    """Slots by name out of the one list that the optimizers since 2.11 write."""
    arrays = list(state.arrays)
    if not arrays:
        return {}, {}, None
    iterations = arrays.pop(0)
    single, slots = {}, {}
    product = type(target).__name__ == "Nadam"
    names = list(state.names[1:]) if state.names is not None else None
    scalars = 0
    while arrays and np.ndim(arrays[0]) == 0 and not _all_scalars(arrays, count) and scalars < 2:
        scalars += 1
        value = arrays.pop(0)
        name = (
            names.pop(0)
            if names is not None
            else ("u_product" if product and (scalars == 2 or not _is_rate(value, target)) else "learning_rate")
        )
        single["u_product" if "u_product" in name or (product and name == "Variable:0") else "learning_rate"] = value
    order = []
    if getattr(target, "use_ema", False):
        order += [["average"]]
    order += [[new for _, new, attribute in group] for group in groups if getattr(target, group[0][2], None)]
    wanted = sum(len(group) for group in order) * count
    if wanted != len(arrays):
        if not arrays or is_unused(type(target).__name__, wanted, arrays, count):
            return {}, single, iterations
        raise NotTranslatableError("the file holds %d arrays of its optimizer, %d belong to it" % (len(arrays), wanted))
    for group in order:
        for _ in range(count):
            for name in group:
                slots.setdefault(name, []).append(arrays.pop(0))
    return slots, single, iterations


def is_unused(kind, wanted, arrays, count):
    """Whether arrays say nothing that an optimizer needs.

    :param wanted: what it needs.
    """
    if wanted or not arrays:
        return not wanted
    # SGD without momentum has no slots in some versions, and the last step there in others.
    return len(arrays) == count and (kind == "SGD" or not any(np.any(array) for array in arrays))


def _all_scalars(arrays, count):
    return len(arrays) >= count and all(np.ndim(array) == 0 for array in arrays)


def _is_rate(value, target):
    try:
        return abs(float(value) - float(np.asarray(target.learning_rate))) < 1e-9
    except Exception:
        return False
