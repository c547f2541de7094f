"""A user's own file: measured where it was written, as the reference for every other place, and saved again on a way."""

import gc
import os
import time

from .. import attempts, errors
from ..errors import NotApplicableError, NotAvailableError
from ..formats import FORMATS, INFERENCE, OPTIMIZER, OUTPUTS, REBUILT, RUNGS, TRAINING, USE, WEIGHTS
from . import attempt_state, load, measuring, noise, repeating, sample_inputs, save, scenario_code, tracing

# It is not the same function where two calls differ by more than this share of the output's scale.
_CHANCE = 1e-4
# The step count of the optimizers since 2.11 in a checkpoint.
_STEPS = "optimizer/_iterations/.ATTRIBUTES/VARIABLE_VALUE"


class _Inputs(object):
    """Stands for a reference that has only inputs so far."""

    def __init__(self, arrays=()):
        self._arrays = list(arrays)

    def arrays(self, kind):
        return list(self._arrays) if kind == "inputs" else []


class _WriterContext(load.LoadContext):
    """Loading where the file was written."""

    def rebuild(self):
        # Another seed than elsewhere: a weight that does not come from the file must not have the value it gets there.
        scenario_code.seed(self.code.name + " where it was written")
        model = self.code.build()
        self.call(model)
        return model


class StageError(Exception):
    """A stage that failed, and the error that says why."""

    def __init__(self, stage, error):
        Exception.__init__(self, str(error))
        self.stage = stage
        self.error = error


def staged(stage, emit, function, *arguments):
    """What a function gives, after saying that its stage begins; raises StageError where it raises."""
    emit({"event": "stage", "stage": stage})
    try:
        return function(*arguments)
    except MemoryError:
        raise
    except StageError:
        raise
    except Exception as error:
        raise StageError(stage, error) from error


def reference(request, emit):
    """Measure a file in the environment that wrote it; emits ``stage`` events and one ``referenced`` or ``raised``.

    :param request: as for a load, and ``inputs`` (name of an npz in the directory, or empty), ``names`` of its arrays, and
        ``output``, an empty folder that receives ``reference.npz`` and ``reference.json``. With ``uncalled``, a model that cannot
        be called, or gives other outputs each time, is measured without its outputs.
    """
    started = time.monotonic()
    code = scenario_code.ScenarioCode(request["scenario"])
    copies = attempt_state.Copies(os.path.join(request["directory"], request["file"]))
    try:
        with attempt_state.beside_named(request["directory"]):
            found = _reference(request, emit, code, copies)
        emit(dict(found, event="referenced", seconds=time.monotonic() - started))
    except StageError as failure:
        said = errors.describe(failure.error)
        said["error"] = copies.hide(said["error"])
        emit(dict(said, event="raised", stage=failure.stage, seconds=time.monotonic() - started))
    finally:
        copies.remove()


def _reference(request, emit, code, copies):
    form = FORMATS[request["format"]]
    staged("import", emit, import_code, code)
    given = None
    if request["inputs"]:
        given = sample_inputs.read(os.path.join(request["directory"], request["inputs"]), request["names"])
    inputs = given[1] if given else []
    if form.gives == REBUILT:
        built = staged("build", emit, code.build)
        specs = sample_inputs.specs_of(built)
        inputs = staged("inputs", emit, _first_inputs, built, specs, given)
    name, notes, model, gives = staged("load", emit, _load, request, code, copies, inputs)
    specs = sample_inputs.specs_of(model, copies.make((), None)[0])
    names = [spec.name for spec in specs or ()]
    uncalled = ""
    try:
        inputs = staged("inputs", emit, sample_inputs.choose, model, specs, given, _caller(gives, names))
        outputs = staged("call", emit, _call_twice, model, inputs, gives, names)
    except StageError as failure:
        # No input can mend that: a table or variable of the model has no content, because the file does not hold it.
        if type(failure.error).__name__ == "FailedPreconditionError":
            failure.stage = "call"
        if not request.get("uncalled") or gives == INFERENCE or not _weights(model):
            raise
        uncalled = "%s: %s" % (type(failure.error).__name__, " ".join(str(failure.error).split())[:300])
        inputs, outputs = [], []
    options = code.options
    facts = {"compile": None, "input_names": names}
    without = dict(request.get("without") or {})
    arrays = {}
    wanted = set(form.rungs) if gives != INFERENCE else {OUTPUTS}
    if TRAINING in wanted:
        facts["compile"] = save.compile_config(model)
    targets = sample_inputs.make_targets(outputs, facts["compile"])
    first = None
    if gives == INFERENCE:
        save.keep(facts, arrays, "inputs", inputs)
        save.keep(facts, arrays, "targets", targets)
        save.keep(facts, arrays, "outputs", outputs)
        save.keep(facts, arrays, "noise", noise.of_outputs(model, inputs, outputs, _caller(gives)))
        facts["unmeasured"] = {rung: save.FUNCTION_ONLY for rung in RUNGS if rung != OUTPUTS}
        facts["use"] = dict.fromkeys(request.get("use", ()), save.FUNCTION_ONLY)
    else:
        steps = request.get("use", ()) if USE in form.rungs else ()
        if uncalled:
            without.update(dict.fromkeys([TRAINING] + ["%s:%s" % (USE, step) for step in steps], uncalled))

        def before(rung):
            emit({"event": "stage", "stage": rung})

        save.measure(model, facts, arrays, inputs, targets, outputs, code, steps, names, before, without, loaded=True)
        first = facts.get("loss_after_update")
        if uncalled:
            facts["unmeasured"] = dict(facts.get("unmeasured") or {}, **{OUTPUTS: uncalled})
    if gives != INFERENCE and _state_stays_in_file(copies.make((), None)[0], facts.get("optimizer")):
        # Held against this, whatever does restore it would be called a loss.
        why = "where it was written, Keras does not restore the optimizer's state of a SavedModel either"
        facts["unmeasured"] = dict(facts.get("unmeasured") or {}, **{OPTIMIZER: why, TRAINING: why})
        facts.pop("loss_after_update", None)
        first = None
    emit({"event": "stage", "stage": "repeat"})
    said = {
        "attempt": name,
        "notes": list(notes),
        "custom_objects": list(options["custom_objects"]),
        "precision": _precision(model),
        "inputs": [sample_inputs.describe(array) for array in inputs],
        "made_up": given is None,
        "outputs": [sample_inputs.describe(array) for array in outputs],
        "parameters": measuring.parameters(model) if gives != INFERENCE else None,
        "compiled": bool(gives != INFERENCE and measuring.is_compiled(model)),
        "use": facts.get("use") or {},
    }
    # A large model is not held twice: what follows loads it anew.
    save.write_arrays(request["output"], arrays)
    arrays.clear()
    del model
    gc.collect()
    trains = first is not None and TRAINING in wanted
    if trains:
        del facts["loss_after_update"]

        def again(purpose):
            # Under another seed from the beginning: a layer of Keras 3 draws its own when it is made, and no file holds that.
            return _load(request, code, copies, inputs, " " + purpose)[2]

        updates = repeating.Updates(again, code, inputs, targets, names)
        facts.update(repeating.facts_of_training(updates, first))
        if "loss_after_update" not in facts:
            facts.setdefault("unmeasured", {})[TRAINING] = "one more update is random by nature"
    save.write_facts(request["output"], facts)
    return dict(said, unmeasured=facts.get("unmeasured", {}), without_chance=facts.get("without_chance", False))


def _weights(model):
    """The model's weights; none where it has yet to be called for them, or is no model at all."""
    try:
        return list(model.weights)
    except Exception:  # a model that is not built says so in as many ways as there are releases
        return []


def _state_stays_in_file(path, optimizer):
    """Whether a SavedModel holds the state of an optimizer that came without any: that of every Keras 2 starts anew."""
    if optimizer is None or optimizer["steps"] or not os.path.isdir(path):
        return False
    import tensorflow as tf

    checkpoint = os.path.join(path, "variables", "variables")
    try:
        stored = [name for name, _ in tf.train.list_variables(checkpoint)]
        if _STEPS in stored:
            return int(tf.train.load_variable(checkpoint, _STEPS)) > 0
    except Exception:  # without a list of what is stored, nothing is known to be left behind
        return False
    return any(".OPTIMIZER_SLOT" in name for name in stored)


def import_code(code):
    """Import the user's code; what it defines is passed as custom objects."""
    module = code.module()
    code.options["custom_objects"] = sorted(module.OBJECTS)


def _load(request, code, copies, inputs, purpose=""):
    """The model by the first attempt that gives one: name, notes, model, and what kind it is.

    :param purpose: where it differs, what layers draw when they are made differs too.
    """
    first = None
    form = FORMATS[request["format"]]
    for name in request["attempts"]:
        context = _WriterContext(code, name, _Inputs(inputs), request["format"])
        try:
            model, notes = _load_by(name, form, context, copies, purpose)
        except (NotApplicableError, NotAvailableError):
            continue
        except MemoryError:
            raise
        except Exception as error:
            first = first or error
            continue
        if context.gives != INFERENCE and not (callable(model) and hasattr(model, "get_weights")):
            first = first or TypeError("what was loaded is not a Keras model: %s" % type(model).__name__)
            continue
        return name, notes, model, context.gives
    raise first or NotAvailableError("nothing here can load this file")


def _load_by(name, form, context, copies, purpose=""):
    scenario_code.start_over(context.code, purpose)
    pieces = attempts.parts(name)
    path, notes = copies.make(pieces, context)
    if notes:
        scenario_code.start_over(context.code, purpose)
    return load.call_loader(pieces, path, notes, form, context, copies)


def _first_inputs(model, specs, given):
    """Inputs for a model that has no weights from the file yet: they only bring its weights into being."""
    return sample_inputs.choose(model, specs, given, _caller(None))


def _caller(gives, names=()):
    def call(model, inputs):
        if gives == INFERENCE:
            return measuring.flat_arrays(model(scenario_code.as_tensors(inputs)))
        return scenario_code.forward(model, inputs, names)

    return call


def _call_twice(model, inputs, gives, names):
    call = _caller(gives, names)
    scenario_code.seed("one")
    first = call(model, inputs)
    scenario_code.seed("two")
    compared = measuring.compare_arrays(first, call(model, inputs))
    chance = compared["of_scale"]
    if not compared["bit_equal"] and (compared["mismatch"] or chance is None or chance > _CHANCE):
        raise RuntimeError("the model gives other outputs each time it is called: there is nothing to compare with")
    return first


def _precision(model):
    for layer in [model] + list(getattr(model, "layers", None) or []):
        kind = getattr(layer, "compute_dtype", None) or getattr(layer, "_compute_dtype", None)
        if kind is not None and "float16" in str(kind):
            return "mixed_float16"
    return "float32"


def resave(request, emit):
    """Load a file by one attempt, measure what came, and save it in another format.

    Emits ``stage`` events, an ``attempt`` event as a load does, and one ``saved`` or ``raised``.

    :param request: as for a load, with ``attempt``, ``save_as`` (a format) and ``output``, an empty folder;
        ``trace`` where the functions of Lambda layers are to be run, so that they become operations.
    """
    started = time.monotonic()
    code = scenario_code.ScenarioCode(request["scenario"])
    known = load.Reference(request["directory"])
    copies = attempt_state.Copies(os.path.join(request["directory"], request["file"]))
    name, form = request["attempt"], FORMATS[request["format"]]
    context = load.LoadContext(code, name, known, request["format"])
    try:
        with attempt_state.beside_named(request["directory"]):
            staged("import", emit, code.module)
            model, notes = staged("load", emit, _load_by, name, form, context, copies)
            wanted = [rung for rung in (OUTPUTS, WEIGHTS, OPTIMIZER) if rung in form.rungs]
            rungs = staged("call", emit, load.measure_rungs, model, wanted, known, code, context.gives)
            emit({"event": "attempt", "attempt": name, "outcome": "loaded", "rungs": rungs, "note": "; ".join(notes)})
            target = FORMATS[request["save_as"]]
            path = os.path.join(request["output"], target.file_name)
            layers = []
            if request.get("trace"):
                model, layers = staged("trace", emit, tracing.traced, model)
            staged("save", emit, target.save, model, path)
            emit({"event": "saved", "file": target.file_name, "traced": layers, "seconds": time.monotonic() - started})
    except StageError as failure:
        said = errors.describe(failure.error)
        said["error"] = copies.hide(said["error"])
        emit(dict(said, event="raised", stage=failure.stage, seconds=time.monotonic() - started))
    finally:
        copies.remove()
