"""Fills a model that is built by the user's code with the arrays of a file, and measures and saves it."""

import os
import time

from .. import attempts, errors
from ..formats import FORMATS, OUTPUTS, REBUILT
from ..operations import load, sample_inputs, scenario_code, user_model
from . import arrays, matching


def fill(request, emit):
    """Emits ``stage`` events and ``mapped``, with names and shapes of both sides; then ``attempt`` with the outputs where a
    reference lies in the directory, and ``saved`` where it is to be saved; or ``raised``.

    :param request: as for a load, with ``inputs`` and ``names`` as for a reference, ``mapping`` (entries; None to propose one),
        ``values`` (name of a second file in the directory, or empty), ``save_as`` (a format, or empty) and ``output``.
    """
    started = time.monotonic()
    code = scenario_code.ScenarioCode(request["scenario"])
    try:
        _fill(request, emit, code, started)
    except user_model.StageError as failure:
        said = errors.describe(failure.error)
        emit(dict(said, event="raised", stage=failure.stage, seconds=time.monotonic() - started))


def _fill(request, emit, code, started):
    directory, staged = request["directory"], user_model.staged
    known = None
    if os.path.exists(os.path.join(directory, "reference.json")):
        known = load.Reference(directory)
    staged("import", emit, user_model.import_code, code)
    model = staged("build", emit, _built, request, code, known)
    found = staged("read", emit, arrays.of_file, os.path.join(directory, request["file"]))
    second = []
    if request["values"]:
        second = staged("values", emit, arrays.of_file, os.path.join(directory, request["values"]))
    variables, weights = arrays.of_model(model)
    if request["mapping"] is None:
        pairs = matching.propose(found, weights, second)
    else:
        pairs = staged("mapping", emit, matching.given, request["mapping"], found, weights)
    used = {pair.array for pair in pairs}
    emit(
        {
            "event": "mapped",
            "rows": matching.told(pairs, found, weights),
            "unused": [item.describe() for number, item in enumerate(found) if number not in used],
            "custom_objects": list(code.options["custom_objects"]),
        }
    )
    for pair in pairs:
        variables[pair.weight].assign(matching.applied(found[pair.array].value, pair.change, weights[pair.weight]))
    if known is None or len(pairs) < len(weights):
        return
    rungs = staged("call", emit, load.measure_rungs, model, [OUTPUTS], known, code, REBUILT)
    emit({"event": "attempt", "attempt": attempts.PLAIN, "outcome": "loaded", "rungs": rungs})
    if request["save_as"]:
        target = FORMATS[request["save_as"]]
        path = os.path.join(request["output"], target.file_name)
        staged("save", emit, target.save, model, path)
        emit({"event": "saved", "file": target.file_name, "seconds": time.monotonic() - started})


def _built(request, code, known):
    """The model that the user's code builds, called once, so that its weights are there."""
    scenario_code.start_over(code, " to be filled")
    model = code.build()
    if known is not None:
        inputs, names = known.arrays("inputs"), known.names
    else:
        given = None
        if request["inputs"]:
            given = sample_inputs.read(os.path.join(request["directory"], request["inputs"]), request["names"])
        names = ()
        inputs = sample_inputs.choose(model, sample_inputs.specs_of(model), given, scenario_code.forward)
    scenario_code.forward(model, inputs, names)
    return model
