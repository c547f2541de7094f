"""One more update, again and again from the same file: is it left to chance, what of it is noise, and what the fused kernel's.

The rung ``training`` asks whether training goes on as where the file was written. One number answers that only where the same
update ends at the same number at home: chance is taken out (rates of dropout become zero, on both sides), and what the loss moves
by when every weight moves by one unit in the last place is measured beside it.
"""

import gc

import numpy as np

from . import measuring, noise, scenario_code

# Two losses after one more update under other seeds that differ by more than this share were made by chance: what is left to
# nothing but numerics ends ten times closer, and a little dropout in a small step not much farther away.
_REPEATS_WITHIN = 1e-6
_NUDGES = 2


class Updates(object):
    """Updates of one file in the environment that wrote it, each from the beginning.

    :param load: function that gives the model of the file anew, from a text: where that differs, what layers draw when they
        are made differs too.
    """

    def __init__(self, load, code, inputs, targets, names):
        self._load, self._code = load, code
        self._inputs, self._targets, self._names = inputs, targets, names
        self._model, self._kept, self._made_for = None, {}, ""

    @property
    def model(self):
        """The model of the last update."""
        return self._model

    def _fresh(self):
        """The model as it is in the file: what an update changed is put back, or it is loaded again."""
        if self._model is not None and self._kept and set(_variables(self._model)) == set(self._kept):
            for variable, value in self._kept.values():
                variable.assign(value)
            return self._model
        # A large model is not held twice.
        self._model, self._kept = None, {}
        gc.collect()
        self._model = self._load(self._made_for)
        scenario_code.forward(self._model, self._inputs, self._names)
        try:
            self._kept = {key: (item, np.array(item.numpy())) for key, item in _variables(self._model).items()}
        except MemoryError:
            raise
        except Exception:  # tables of words and the like have no value: what holds some is loaded anew each time
            self._kept = {}
        return self._model

    def loss(self, seed, prepare=lambda model: None, anew=False):
        """The loss after one more update.

        :param prepare: what is done to the model before it.
        :param anew: load the model again, under this seed.
        """
        if anew:
            self._model, self._made_for = None, seed
        model = self._fresh()
        undo = prepare(model)
        scenario_code.seed(seed)
        scenario_code.update(model, self._inputs, self._targets, self._names)
        loss = self._code.loss(self._targets, scenario_code.forward(model, self._inputs, self._names))
        if undo is not None:
            undo()
        return loss


def _variables(model):
    found = list(model.weights)
    if measuring.is_compiled(model):
        found += measuring.optimizer_variables(model.optimizer)
    return {id(variable): variable for variable in found}


def _alike(one, other):
    return abs(one - other) <= _REPEATS_WITHIN * max(1.0, abs(other))


def _nudge(seed):
    def prepare(model):
        generator = np.random.RandomState(seed)
        for variable in model.weights:
            value = np.asarray(variable.numpy())
            if value.dtype.kind == "f" and value.size:
                variable.assign(noise.nudged(value, generator))

    return prepare


def _unfuse(model):
    """Have BatchNormalization computed without the fused kernel; a function that undoes it."""
    fused = [layer for layer in scenario_code.all_layers(model) if getattr(layer, "fused", None) is True]
    for layer in fused:
        layer.fused = False

    def undo():
        for layer in fused:
            layer.fused = True

    return undo


def facts_of_training(updates, first):
    """What is known of the next loss: facts for the reference.

    :param first: the loss after one more update, of the model that the reference was measured of.
    :return: ``loss_after_update``; ``without_chance`` where it is one without dropout; ``noise_of_loss``; ``unfused_loss`` where
        layers use the fused kernel. Empty where chance cannot be taken out.
    """
    facts = {"loss_after_update": first}
    if not _alike(updates.loss("another", anew=True), first):
        quiet = updates.loss("one", scenario_code.without_chance)
        if not _alike(updates.loss("two", scenario_code.without_chance, anew=True), quiet):
            return {}
        facts.update(loss_after_update=quiet, without_chance=True)
    prepare = scenario_code.without_chance if "without_chance" in facts else (lambda model: None)

    def both(change):
        def prepared(model):
            prepare(model)
            return change(model)

        return prepared

    def besides(change):
        """The loss with a change that the file does not ask for; None where that fails, which says nothing of the file."""
        try:
            return updates.loss("another", both(change))
        except MemoryError:
            raise
        except Exception:
            return None

    moved = [besides(_nudge(seed)) for seed in range(_NUDGES)]
    if None not in moved:
        facts["noise_of_loss"] = max(abs(loss - facts["loss_after_update"]) for loss in moved)
    if any(getattr(layer, "fused", None) is True for layer in scenario_code.all_layers(updates.model)):
        unfused = besides(_unfuse)
        if unfused is not None:
            facts["unfused_loss"] = unfused
    return facts
