"""Compile settings of Keras 2 for ``compile`` of Keras 3."""

from ..errors import NotTranslatableError
from ..own_classes import bare
from . import configuration, optimizers

_WRAPPERS = ("MeanMetricWrapper", "LossFunctionWrapper")
_ACCURACY = ("accuracy", "acc")


class Settings(object):
    """Reads the compile settings of one model.

    :param keras: the package, of this environment.
    :param training: ``training_config`` of HDF5, or ``compile_config`` of a zip.
    :param own: the user's own classes and functions: ``own.Own``.
    :param outputs: names of the model's outputs as Keras 2 calls them, in order, or a dictionary's keys.
    """

    def __init__(self, keras, training, own, outputs, by_name):
        self._keras, self._training, self._own = keras, training, own
        self._outputs, self._by_name = outputs, by_name
        self._values = configuration.Values(keras, own)
        self.notes = []

    def arguments(self):
        """Keyword arguments of ``compile``.

        :raises NotTranslatableError: Keras 3 has no equal of one.
        """
        training = self._training
        stored = training.get("optimizer_config") or training.get("optimizer")
        made = {
            "optimizer": optimizers.build(self._keras, self._values.plain(stored), self._own, self.notes),
            "loss": self._by_output(training.get("loss"), self._loss),
            "loss_weights": self._by_output(training.get("loss_weights"), lambda value: value),
            "metrics": self._metrics(training.get("metrics")),
            "weighted_metrics": self._metrics(training.get("weighted_metrics")),
            # Keras 2 compiles by XLA only where it is told to.
            "jit_compile": bool(training.get("jit_compile") or False),
        }
        steps = training.get("steps_per_execution")
        if isinstance(steps, int) and steps > 1:
            made["steps_per_execution"] = steps
        return {key: value for key, value in made.items() if value is not None}

    def _by_output(self, value, function):
        """A setting with a value for each output, as Keras 3 takes it: outputs are called otherwise there."""
        if isinstance(value, dict) and not _is_object(value):
            if self._by_name:
                return {key: function(item) for key, item in value.items()}
            return (
                [function(value.get(name)) for name in self._outputs]
                if len(self._outputs) > 1
                else function(next(iter(value.values())))
            )
        if isinstance(value, list) and not (len(self._outputs) == 1 and len(value) == 1):
            return [function(item) for item in value]
        if isinstance(value, list):
            return function(value[0])
        return None if value is None else function(value)

    def _loss(self, stored):
        if stored is None:
            return None
        stored = self._values.plain(stored)
        if isinstance(stored, dict) and stored.get("class_name") == "function":
            stored = stored["config"]
        if isinstance(stored, str):
            own = self._own.find(stored)
            if own is None:
                self._known("losses", stored)
            return own or stored
        kind, config = bare(stored["class_name"]), dict(stored.get("config") or {})
        own = self._own.find(stored["class_name"], stored.get("registered_name"))
        if own is not None:
            return own.from_config(config)
        if config.get("reduction") in ("auto", "sum_over_batch_size", None):
            config["reduction"] = "sum_over_batch_size"
        if kind in _WRAPPERS:
            return self._loss(config.get("fn"))
        found = getattr(self._keras.losses, kind, None)
        if found is None:
            raise NotTranslatableError("the loss %s is not part of Keras 3 and was not given" % kind)
        config.pop("fn", None)
        return found(**{key: value for key, value in config.items() if value is not None})

    def _known(self, place, name):
        try:
            getattr(self._keras, place).get(name)
        except Exception:
            raise NotTranslatableError(
                "the name %s among its %s is not part of Keras 3 and was not given" % (name, place)
            ) from None

    def _metrics(self, stored):
        if not stored:
            return None
        count = len(self._outputs)
        if isinstance(stored, dict) and not _is_object(stored):
            made = {key: self._list(item) for key, item in stored.items()}
            if self._by_name:
                return made
            return [made.get(name) or [] for name in self._outputs] if count > 1 else next(iter(made.values()))
        if not isinstance(stored, list):
            stored = [stored]
        nested = any(isinstance(item, list) for item in stored)
        if count > 1 and not nested:
            made = [self._list(stored) for _ in range(count)]
        elif count > 1:
            made = [self._list(item) for item in stored]
        else:
            return self._list([item for inner in stored for item in (inner if isinstance(inner, list) else [inner])])
        if self._by_name:
            return dict(zip(self._outputs, made))
        return made

    def _list(self, stored):
        stored = stored if isinstance(stored, list) else [stored]
        return [self._metric(item) for item in stored if item is not None]

    def _metric(self, stored):
        stored = self._values.plain(stored)
        if isinstance(stored, dict) and stored.get("class_name") == "function":
            stored = stored["config"]
        if isinstance(stored, str):
            own = self._own.find(stored)
            if own is None and stored.lower() not in (*_ACCURACY, "ce", "crossentropy"):
                self._known("metrics", stored)
            return own or stored
        kind, config = bare(stored["class_name"]), dict(stored.get("config") or {})
        own = self._own.find(stored["class_name"], stored.get("registered_name"))
        if own is not None:
            return own.from_config(config)
        if kind in _WRAPPERS:
            # Keras 2 writes what it made of a name: ``accuracy`` of an output ``a`` is called ``a_accuracy``.
            name, function = str(config.get("name") or ""), self._metric(config.get("fn"))
            last = name.split("_")[-1]
            return last if last in _ACCURACY and isinstance(function, str) and "accuracy" in function else function
        found = getattr(self._keras.metrics, kind, None)
        if found is None:
            raise NotTranslatableError("the metric %s is not part of Keras 3 and was not given" % kind)
        return found.from_config(config)


def _is_object(value):
    return isinstance(value.get("class_name"), str) and "config" in value
