"""Loads one artifact in every way asked for, and measures each rung of the fidelity ladder against the reference."""

import inspect
import json
import os
import time

import numpy as np

from .. import agreement, attempts, errors
from ..errors import NotApplicableError, NotAvailableError, NotTranslatableError
from ..formats import (
    ARCHITECTURE,
    EVALUATE,
    FIT,
    FORMATS,
    INFERENCE,
    OPTIMIZER,
    OUTPUTS,
    PREDICT,
    REBUILT,
    TRAINING,
    USE,
    WEIGHTS,
)
from ..translate import operations as stored_operations
from ..translate.layers import bears_name
from . import attempt_state, compile_settings, measuring, sample_inputs, save, scenario_code, tracing, use


class Reference(object):
    """What the saver measured: arrays by kind, and ``facts``."""

    def __init__(self, directory):
        with open(os.path.join(directory, "reference.json")) as stream:
            self.facts = json.load(stream)
        self._arrays = np.load(os.path.join(directory, "reference.npz"))

    def arrays(self, kind):
        return [self._arrays["%s_%d" % (kind, index)] for index in range(self.facts.get(kind, 0))]

    @property
    def names(self):
        """Names of the inputs, where they are known."""
        return self.facts.get("input_names") or ()


class LoadContext(object):
    """What a format's load function may ask for."""

    def __init__(self, code, attempt, reference, form):
        self.code = code
        self.attempt = attempt
        self.gives = attempts.gives(attempt, form)
        self.inputs = reference.arrays("inputs")
        self.names = getattr(reference, "names", ())

    def custom_objects(self):
        """The scenario's mapping for plain attempts and remedies; None for ``bare`` and ``imported``."""
        return None if self.attempt in attempts.EVIDENCE else self.code.custom_objects()

    def load_arguments(self):
        """Keyword arguments of ``load_model`` for this attempt. Raises NotAvailableError where this version lacks one."""
        from tensorflow import keras

        arguments = attempts.arguments(self.attempt)
        missing = [name for name in arguments if name not in inspect.signature(keras.models.load_model).parameters]
        if missing:
            raise NotAvailableError("load_model has no argument %s here" % ", ".join(missing))
        custom = self.custom_objects()
        if custom:
            arguments["custom_objects"] = custom
        return arguments

    def rebuild(self):
        """The model from the scenario's code, built by a call so that every weight exists.

        Its seed is not the saver's: a weight that is silently not loaded must not have the right value by chance.
        """
        scenario_code.seed(self.code.name + " rebuilt")
        model = self.code.build()
        self.call(model)
        return model

    def call(self, model):
        return scenario_code.forward(model, self.inputs, self.names)

    def as_inference_function(self, loaded):
        """A function of ``(tensors, training)`` for what ``tf.saved_model.load`` gave back."""

        def function(tensors, training=False):
            if hasattr(loaded, "serve"):
                return loaded.serve(tensors)
            signature = loaded.signatures["serving_default"]
            names = sorted(signature.structured_input_signature[1])
            values = tensors if isinstance(tensors, list) else [tensors]
            return signature(**dict(zip(names, values)))

        return function


def load(request, emit):
    """Run a load request: emits ``begin`` before and ``attempt`` after each attempt, ``skipped`` where it makes no sense."""
    code = scenario_code.ScenarioCode(request["scenario"])
    reference = Reference(request["directory"])
    code.hide_modules()
    copies = attempt_state.Copies(os.path.join(request["directory"], request["file"]))
    progress = attempt_state.Progress()
    try:
        for name in request["attempts"]:
            pieces = attempts.parts(name)
            if progress.is_pointless(pieces):
                continue
            emit({"event": "begin", "attempt": name})
            started = time.monotonic()
            try:
                with attempt_state.beside_named(request["directory"]):
                    record = _attempt(request, code, name, reference, copies, emit)
            except NotApplicableError as error:
                progress.note_unfit(error.piece or pieces[-1])
                emit({"event": "skipped", "attempt": name})
                continue
            record.update(event="attempt", attempt=name, seconds=time.monotonic() - started)
            emit(record)
            progress.note(name, record, request["near"])
    finally:
        copies.remove()


def _attempt(request, code, name, reference, copies, emit):
    form = FORMATS[request["format"]]
    pieces = attempts.parts(name)
    context = LoadContext(code, name, reference, request["format"])
    stage, notes = "import", ()
    scenario_code.start_over(code, " loaded")
    try:
        if attempts.sees_code(name):
            code.import_modules()
            if code.options["custom_objects"] or context.gives == REBUILT:
                code.module()
                if name != attempts.IMPORTED:
                    context.custom_objects()
        stage = "prepare"
        path, notes = copies.make(pieces, context)
        if notes:
            # Looking into a configuration builds layers, which take names that the model's own should have.
            scenario_code.start_over(code, " loaded")
        stage = "load"
        model, notes = call_loader(pieces, path, notes, form, context, copies)
    except NotApplicableError:
        raise
    except NotAvailableError as error:
        return {"outcome": "not-available", "error": str(error)}
    except MemoryError as error:
        return dict(errors.describe(error), outcome="crashed", signal="memory limit", stage=stage)
    except NotTranslatableError as error:
        # The message of the exception is the finding; where it was raised says nothing.
        return {
            "outcome": "raised",
            "error_type": "NotTranslatableError",
            "error": copies.hide(str(error)),
            "stage": stage,
        }
    except Exception as error:  # whatever TensorFlow raises here is the finding
        if stage == "prepare":
            raise errors.ProbeFault("a remedy could not be prepared: %r" % error) from error
        if any(attempts.PIECES[piece].load for piece in pieces) and errors.is_our_fault(error):
            raise
        record = dict(errors.describe(error), outcome="raised", stage=stage)
        return _with_notes(dict(record, error=copies.hide(record["error"])), notes)
    if context.gives != INFERENCE and not (callable(model) and hasattr(model, "get_weights")):
        message = "what was loaded is not a Keras model: %s" % type(model).__name__
        return {"outcome": "raised", "error_type": "NotAModel", "error": message, "stage": "load"}
    wanted = [OUTPUTS] if name in attempts.EVIDENCE or context.gives == INFERENCE else list(form.rungs)

    def before(rung, so_far):
        # What may kill the process must not take along what was measured before.
        said = {"event": "measured", "attempt": name, "outcome": "loaded", "rungs": so_far, "pending": rung}
        emit(_with_notes(said, notes))

    is_traced = attempts.TRACED in pieces or reference.facts.get("traced")
    taken_apart = tracing.TAKEN_APART if is_traced else ()
    rungs = measure_rungs(model, wanted, reference, code, context.gives, request.get("use", ()), before, taken_apart)
    return _with_notes({"outcome": "loaded", "rungs": rungs}, notes)


def call_loader(pieces, path, notes, form, context, copies):
    """What was loaded, and what was done in words."""
    for piece in pieces:
        if attempts.PIECES[piece].load:
            model, note = attempts.PIECES[piece].load(path, context, copies.folder())
            return model, notes + ((note,) if note else ())
    if context.code.options["load_with"] and form.gives != REBUILT:
        function = context.code.attribute(context.code.options["load_with"])
        return function(path, context.custom_objects()), notes
    return form.load(path, context), notes


def _with_notes(record, notes):
    return dict(record, note="; ".join(notes)) if notes else record


def measure_rungs(model, wanted, reference, code, gives, steps=(), before=lambda rung, so_far: None, taken_apart=()):
    """What each wanted rung shows of a model. Training, where it is wanted, changes the model.

    :param steps: what the rung ``use`` tries.
    :param before: called with the name of a rung that may kill the process, and what was measured so far.
    :param taken_apart: classes of layers that are not compared.
    """
    facts = reference.facts
    unmeasured = facts.get("unmeasured", {})
    inputs, targets = reference.arrays("inputs"), reference.arrays("targets")
    measures = {
        ARCHITECTURE: lambda: _compare_architectures(facts["architecture"], measuring.architecture(model), taken_apart),
        WEIGHTS: lambda: _compare_weights(model, reference),
        OUTPUTS: lambda: measuring.compare_arrays(
            reference.arrays("outputs"), _outputs(model, inputs, gives, reference.names), reference.arrays("noise")
        ),
        OPTIMIZER: lambda: _compare_optimizers(model, reference),
        TRAINING: lambda: _train_on(model, inputs, targets, reference, code),
    }
    results = {}

    def measure(rung):
        if rung not in wanted:
            return
        if rung in unmeasured:
            results[rung] = {"not_applicable": unmeasured[rung]}
            return
        if rung == TRAINING:
            before(TRAINING, dict(results))
        try:
            results[rung] = measures[rung]()
        except Exception as error:  # a rung that raises is lost; the message says why
            if errors.is_our_fault(error):
                raise
            results[rung] = dict(errors.describe(error))

    # Calling comes first: a subclassed model has no weights before it. What changes the model comes last.
    for rung in (OUTPUTS, ARCHITECTURE, WEIGHTS, OPTIMIZER):
        measure(rung)
    eagerness = use.Eagerness(model)
    steps = [step for step in steps if USE in wanted and "bit_equal" in results.get(OUTPUTS, {})]
    if PREDICT in steps:
        _use(PREDICT, model, reference, results, before)
    measure(TRAINING)
    eagerness.put_back(model)
    for step in steps:
        if step != PREDICT:
            _use(step, model, reference, results, before)
    return results


def _use(step, model, reference, results, before):
    """Run one step of the rung ``use``. What fails where the file was written says nothing of the load."""
    found = results.setdefault(USE, {})
    at_home = (reference.facts.get("use") or {}).get(step, "not tried where it was written")
    untried = at_home in (save.NOT_COMPILED, save.FUNCTION_ONLY)
    if at_home and not (untried and _can_be_tried(step, model)):
        found[step] = {"not_applicable": at_home}
        return
    before("%s:%s" % (USE, step), dict(results))
    inputs, targets = reference.arrays("inputs"), reference.arrays("targets")
    if untried and step in (EVALUATE, FIT):
        targets = sample_inputs.make_targets(reference.arrays("outputs"), measuring.compile_config(model))
    try:
        given = use.run(step, model, inputs, targets, reference.names)
        found[step] = {"works": True}
        if given is not None and not untried:
            found[step] = _compare_predicted(model, reference, inputs, given)
    except Exception as error:
        if errors.is_our_fault(error):
            raise
        found[step] = dict(errors.describe(error))
        chosen = untried and step in (EVALUATE, FIT)
        if chosen and not use.works_compiled_anew(step, model, inputs, targets, reference.names):
            found[step] = {"not_applicable": "%s, and made-up targets do not fit its loss" % at_home}


def _compare_predicted(model, reference, inputs, given):
    """What ``predict`` gives, beside the saver's outputs.

    Where it is a little off, what the same graph gives as it was traced counts: TensorFlow and XLA put a graph's arithmetic in
    another order, and that may multiply rounding errors which the saver's order did not.

    :return: ``rewritten`` is how far ``predict`` is off, as a share of the scale, where the rest is of its graph as traced.
    """
    outputs, noises = reference.arrays("outputs"), reference.arrays("noise")
    compared = measuring.compare_arrays(outputs, given, noises)
    off = compared.get("of_scale") or 0.0
    if compared.get("mismatch") or not agreement.ROUNDING_OF_SCALE < off <= agreement.MOST_OF_SCALE:
        return compared
    try:
        traced = measuring.compare_arrays(outputs, use.predict_as_traced(model, inputs, reference.names), noises)
    except MemoryError:
        raise
    except Exception:  # what cannot be run otherwise is judged as it runs
        return compared
    if traced.get("mismatch") or not (traced.get("of_scale") or 0.0) < off:
        return compared
    return dict(traced, rewritten=off)


def _can_be_tried(step, model):
    """Whether a step that was not tried where the file was written can be tried here."""
    return hasattr(model, step) and (step not in (EVALUATE, FIT) or measuring.is_compiled(model))


def _outputs(model, inputs, gives, names=()):
    if gives == INFERENCE:
        return measuring.flat_arrays(model(scenario_code.as_tensors(inputs)))
    return scenario_code.forward(model, inputs, names)


def _compare_architectures(expected, actual, taken_apart=()):
    expected, actual = _layers(expected, taken_apart), _layers(actual, taken_apart)
    if expected == actual:
        return {"same": True}
    if len(expected) != len(actual):
        return {"same": False, "note": "%d layers instead of %d" % (len(actual), len(expected))}
    for one, other in zip(expected, actual):
        if one[:1] + one[2:] != other[:1] + other[2:] or not bears_name(other[1], one[1]):
            return {"same": False, "note": "%s (%s) is %s (%s)" % (one[1], one[0], other[1], other[0])}
    return {"same": True, "note": "names that this Keras does not take are others"}


def _layers(rows, taken_apart):
    """Rows of an architecture without operations on tensors: those are layers in Keras 2 and none in Keras 3."""
    return [row for row in rows if row[0] not in stored_operations.KINDS and row[0] not in taken_apart]


def _without_counts(model, arrays):
    """Weights without the numbers of batches that Normalization was adapted to: Keras 3 keeps mean and variance alone."""
    adapted = sum(row[0] == "Normalization" and len(row[3]) == 2 for row in measuring.architecture(model))
    counts = [place for place, array in enumerate(arrays) if array.shape == () and array.dtype.kind == "i"]
    return arrays if len(counts) != adapted else [array for place, array in enumerate(arrays) if place not in counts]


def _compare_weights(model, reference):
    expected, actual = reference.arrays("weights"), measuring.weights(model)
    if len(expected) > len(actual):
        expected = _without_counts(model, expected)
    same = len(expected) == len(actual) and all(map(measuring.same_bits, expected, actual))
    if same:
        return {"same": True}
    if measuring.same_arrays_any_order(expected, actual):
        return {"same": True, "note": "the same arrays in another order"}
    if measuring.same_arrays_any_order([array.ravel() for array in expected], [array.ravel() for array in actual]):
        return {"same": True, "note": "the same values in other shapes"}
    return {"same": False, "expected": [list(a.shape) for a in expected], "actual": [list(a.shape) for a in actual]}


def _compare_optimizers(model, reference):
    expected = reference.facts["optimizer"]
    actual = measuring.optimizer_state(model)
    compiled = measuring.compile_config(model)
    if expected is None:
        return {"not_applicable": "the saved model has no optimizer"}
    if actual is None:
        return {"same": False, "note": "not compiled"}
    slots = actual.pop("slots")
    differences = compile_settings.optimizer_differences(expected, actual)
    sizes = [array.shape[-1] for array in reference.arrays("outputs") if array.ndim]
    differences.update(compile_settings.differences(reference.facts["compile"] or {}, compiled or {}, sizes))
    stored = reference.arrays("slots")
    if expected["optimizer"] == compile_settings.SGD and not (expected.get("arguments") or {}).get("momentum"):
        # Some versions keep slots for a momentum that nobody uses, others none.
        stored, slots = ([array for array in arrays if np.any(array)] for arrays in (stored, slots))
    if not measuring.same_arrays_any_order(stored, slots):
        differences["slots"] = [[list(a.shape) for a in stored], [list(a.shape) for a in slots]]
    return {"same": not differences, "differences": differences}


def _train_on(model, inputs, targets, reference, code):
    expected = reference.facts["loss_after_update"]
    if not measuring.is_compiled(model):
        return {"same": False, "note": "not compiled"}
    if reference.facts.get("without_chance"):
        scenario_code.without_chance(model)
    scenario_code.update(model, inputs, targets, reference.names)
    actual = code.loss(targets, scenario_code.forward(model, inputs, reference.names))
    found = {"expected": expected, "actual": actual, "difference": abs(actual - expected)}
    found.update((key, reference.facts[key]) for key in ("noise_of_loss", "unfused_loss") if key in reference.facts)
    return found
