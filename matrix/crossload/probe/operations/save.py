"""Builds, trains and saves one scenario in one format, and writes the reference that loads are compared with."""

import json
import os
import shutil
import time

import numpy as np

from .. import errors
from ..errors import NotTranslatableError
from ..formats import EVALUATE, FIT, FORMATS, PREDICT, TRAINING, USE, takes_load_arguments
from ..process import kernel_cache
from ..remedies import traced_copy
from . import measuring, noise, scenario_code, tracing, use

# `predict` is the same function as a call where they differ by no more than this share of the output's scale.
_LIKE_A_CALL = 1e-4


# Why a step of the rung ``use`` was not tried where the file was written: what is loaded elsewhere may have it all the same.
NOT_COMPILED = "the model is not compiled"
FUNCTION_ONLY = "only a function was loaded"


class UnmeasurableError(Exception):
    """The model does not have what a rung is about."""


def save(request, emit):
    """Run a save request; emits ``stage`` events as it goes and one ``saved`` or ``raised`` event.

    :param request: ``scenario``, ``format`` and ``directory``, an empty folder that receives the artifact: the model's file
        or folder, ``reference.npz`` and ``reference.json``.
    """
    code = scenario_code.ScenarioCode(request["scenario"])
    options = code.options
    form = FORMATS[request["format"]]
    directory = request["directory"]
    started = time.monotonic()
    stage = "import"
    try:
        emit({"event": "stage", "stage": stage})
        code.module()
        stage = "build"
        emit({"event": "stage", "stage": stage})
        # What is written must not depend on what ran before in any way.
        kernel_cache.note_stateful()
        scenario_code.start_over(code)
        model = code.build()
        inputs, targets = scenario_code.make_data(code.name, options)
        stage = "fit"
        emit({"event": "stage", "stage": stage})
        file_name = form.file_name
        if form.callback_options is not None:
            file_name = options["checkpoint_path"] or file_name
            _fit_with_callback(model, os.path.join(directory, file_name), form.callback_options, inputs, targets)
        for _ in range(options["training_steps"] if form.callback_options is None else 0):
            scenario_code.update(model, inputs, targets)
        stage = "save"
        emit({"event": "stage", "stage": stage})
        compiled = compile_config(model) if form.callback_options is None else None
        path = os.path.join(directory, file_name)
        if form.callback_options is None:
            writer = code.attribute(options["save_with"]) if options["save_with"] else form.save
            writer(model, path)
        if not os.listdir(directory):
            raise RuntimeError("the call returned, and nothing was written")
        copy = _set_aside(model, path, request["format"]) if not options["after_save"] else None
        stage = "call"
        emit({"event": "stage", "stage": stage})
        reference = {"compile": compiled or compile_config(model)}
        arrays = {}
        outputs = scenario_code.forward(model, inputs)
    except MemoryError:
        raise  # the limit was hit: that is a crash, told by the caller
    except Exception as error:  # whatever the scenario or TensorFlow raises is a finding
        emit(dict(errors.describe(error), event="raised", stage=stage, seconds=time.monotonic() - started))
        return
    steps = request.get("use", ()) if USE in form.rungs else ()
    measure(model, reference, arrays, inputs, targets, outputs, code, steps)
    if copy is not None:
        _trace(copy, code, reference)
    file_name = _alter(directory, file_name, options["after_save"])
    write_reference(directory, reference, arrays)
    emit({"event": "saved", "file": file_name, "seconds": time.monotonic() - started})


def compile_config(model):
    """What the model is compiled with; that it cannot be read is a fault of ours."""
    try:
        return measuring.compile_config(model)
    except Exception as error:
        raise errors.ProbeFault("the compile config cannot be read: %r" % error) from error


def _set_aside(model, path, form):
    """Write a model with Lambda layers as HDF5, too, for :func:`_trace`; None where there is nothing to trace."""
    if not takes_load_arguments(form) or not tracing.can_trace(model):
        return None
    copy = traced_copy.beside(path)
    os.mkdir(os.path.dirname(copy))
    try:
        FORMATS["h5"].save(model, copy)
    except Exception:  # what HDF5 cannot hold is no finding here: it was not asked for
        shutil.rmtree(os.path.dirname(copy))
        return None
    return copy


def _trace(copy, code, reference):
    """Replace a copy by one whose Lambda layers are operations, or say why there is none. Code of a scenario is trusted.

    It is loaded anew: the model itself has trained since, and calling its layers once more would give them two outputs.
    """
    from tensorflow import keras

    try:
        FORMATS["h5"].save(tracing.traced(keras.models.load_model(copy, custom_objects=code.custom_objects()))[0], copy)
    except Exception as error:  # code of the model may fail in any way, and so may loading it where it was written
        if errors.is_our_fault(error) and not isinstance(error, NotTranslatableError):
            raise
        shutil.rmtree(os.path.dirname(copy))
        reference["untraced"] = "%s: %s" % (type(error).__name__, " ".join(str(error).split())[:300])


def _fit_with_callback(model, path, callback_options, inputs, targets):
    from tensorflow import keras

    callback = keras.callbacks.ModelCheckpoint(path, **callback_options)
    model.run_eagerly = True
    features = inputs[0] if len(inputs) == 1 else list(inputs)
    if any(array.dtype.kind in "US" for array in inputs):
        features = scenario_code.as_tensors(inputs)
    goals = targets[0] if len(targets) == 1 else list(targets)
    model.fit(
        features, goals, batch_size=scenario_code.BATCH // 2, epochs=1, verbose=0, shuffle=False, callbacks=[callback]
    )


def write_reference(directory, reference, arrays):
    """Write what loads are compared with."""
    write_arrays(directory, arrays)
    write_facts(directory, reference)


def write_arrays(directory, arrays):
    """Write the arrays of a reference."""
    np.savez(os.path.join(directory, "reference.npz"), **arrays)


def write_facts(directory, reference):
    """Write what is known of a reference beside its arrays."""
    with open(os.path.join(directory, "reference.json"), "w") as stream:
        json.dump(reference, stream)


def keep(reference, arrays, kind, values):
    """Put arrays of one kind into a reference."""
    reference[kind] = len(values)
    for index, value in enumerate(values):
        arrays["%s_%d" % (kind, index)] = np.asarray(value)


def measure(
    model, reference, arrays, inputs, targets, outputs, code, steps=(), names=(), before=None, without=(), loaded=False
):
    """Fill the reference. What cannot be measured in the saver makes its rung not applicable, with the reason.

    :param steps: what the rung ``use`` tries; what of it fails here is noted, and not asked of what is loaded.
    :param before: called with the name of what may kill the process, before it is tried.
    :param without: what has killed it already, with a text that says so.
    :param loaded: whether the model comes out of a file: what fails in it and works compiled anew is that file's, and is asked of
        every load, here as well.
    """

    def forward(model, inputs):
        return scenario_code.forward(model, inputs, names)

    def attempt(rung, function):
        try:
            function()
        except Exception as error:
            if errors.is_our_fault(error) and not isinstance(error, UnmeasurableError):
                raise
            # Some messages hold whole arrays.
            reference.setdefault("unmeasured", {})[rung] = "%s: %s" % (type(error).__name__, str(error)[:300])

    def keep_weights():
        keep(reference, arrays, "weights", measuring.weights(model))

    def keep_architecture():
        reference["architecture"] = measuring.architecture(model)

    def keep_optimizer():
        state = measuring.optimizer_state(model)
        if state is not None:
            keep(reference, arrays, "slots", state.pop("slots"))
        reference["optimizer"] = state

    def keep_training():
        if not measuring.is_compiled(model):
            raise UnmeasurableError(NOT_COMPILED)
        scenario_code.update(model, inputs, targets, names)
        reference["loss_after_update"] = code.loss(targets, forward(model, inputs))

    def try_use(step):
        place = "%s:%s" % (USE, step)
        if place in without:
            return without[place]
        if before is not None:
            before(place)
        try:
            given = use.run(step, model, inputs, targets, names)
        except Exception as error:  # it fails at home, and no load can be blamed for it
            if errors.is_our_fault(error):
                raise
            if loaded and step in (EVALUATE, FIT) and use.works_compiled_anew(step, model, inputs, targets, names):
                return ""
            return "%s: %s" % (type(error).__name__, str(error)[:300])
        compared = measuring.compare_arrays(outputs, given) if given is not None else {"of_scale": 0.0}
        if compared["of_scale"] is None or compared["of_scale"] > _LIKE_A_CALL:
            return "it gives other outputs than a call, where it was written, too"
        return ""

    keep(reference, arrays, "inputs", inputs)
    keep(reference, arrays, "targets", targets)
    keep(reference, arrays, "outputs", outputs)
    keep(reference, arrays, "noise", noise.of_outputs(model, inputs, outputs, forward))
    attempt("architecture", keep_architecture)
    attempt("weights", keep_weights)
    attempt("optimizer", keep_optimizer)
    eagerness = use.Eagerness(model)
    reference["use"] = {step: try_use(step) for step in steps if step == PREDICT}
    if TRAINING in without:
        reference.setdefault("unmeasured", {})[TRAINING] = without[TRAINING]
    elif not code.options["trains_repeatably"]:
        reference.setdefault("unmeasured", {})["training"] = "one more update is random by nature"
    else:
        if before is not None:
            before(TRAINING)
        attempt("training", keep_training)
    eagerness.put_back(model)
    needs_compile = [] if measuring.is_compiled(model) else [EVALUATE, FIT]
    for step in steps:
        if step != PREDICT:
            reference["use"][step] = NOT_COMPILED if step in needs_compile else try_use(step)


def _largest_file(path):
    if os.path.isfile(path):
        return path
    files = [os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names]
    return max(files, key=os.path.getsize)


def _alter(directory, file_name, after_save):
    """Do to the saved file what the scenario says happens to it before it is loaded; returns its name afterwards."""
    path = os.path.join(directory, file_name)
    if not after_save:
        return file_name
    if after_save == "remove":
        if os.path.isdir(path):
            shutil.rmtree(path)
        else:
            for name in os.listdir(directory):
                os.remove(os.path.join(directory, name))
    elif after_save.startswith("rename:"):
        renamed = file_name.split(".")[0] + after_save[len("rename:") :]
        os.rename(path, os.path.join(directory, renamed))
        return renamed
    else:
        victim = _largest_file(path if os.path.exists(path) else directory)
        with open(victim, "r+b") as stream:
            size = os.path.getsize(victim)
            if after_save == "truncate":
                stream.truncate(size // 2)
            elif after_save == "flip-bytes":
                stream.seek(size // 2)
                middle = stream.read(64)
                stream.seek(size // 2)
                stream.write(bytes(bytearray(byte ^ 0xFF for byte in bytearray(middle))))
            else:
                raise ValueError("after_save=%r is not known" % after_save)
    return file_name
