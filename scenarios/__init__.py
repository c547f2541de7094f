"""Scenarios: models, their data, and how they are built, compiled and trained.

This package runs *inside* the environments (Python 3.7 and up, TensorFlow 2.0 and up). It imports nothing but the
standard library until a scenario module is imported, and the modules use ``from tensorflow import keras``.

The host never imports these modules: it reads the decorators as text (``crossload.scenario_index``). Hence every argument of
:func:`scenario` must be a literal.
"""

REGISTRY = {}


class Scenario(object):
    """One registered scenario; attributes are the arguments of :func:`scenario` plus ``build``."""

    def __init__(self, build, options):
        self.build = build
        self.module = build.__module__
        for key, value in options.items():
            setattr(self, key, value)


def scenario(
    name,
    family,
    title="",
    case="",
    since="2.0",
    until="",
    inputs=(("float", (8,)),),
    targets=((1,),),
    loss="mse",
    precision="float32",
    training_steps=2,
    trains_repeatably=True,
    formats=(),
    custom_objects=(),
    hidden_modules=(),
    import_modules=(),
    after_save="",
    save_with="",
    load_with="",
    checkpoint_path="",
    tags=(),
    control=False,
):
    """Register a function that returns a compiled Keras model. All arguments are literals.

    :param name: unique id, lower case with ``-`` (``q0-2-checkpoint-custom-layer``, ``dense``).
    :param family: theme (``core``, ``convolution``, ``recurrent``, ``cases`` ...), used for filters.
    :param title: one line for people.
    :param case: source question, such as ``Q0.2``; empty when the scenario does not come from one.
    :param since: first TensorFlow minor in which the model can exist; outside it cells are ``not-applicable``.
    :param until: last TensorFlow minor in which the model can exist; empty for no limit.
    :param inputs: one spec per input: ``("float", shape)``, ``("int", shape, upper_bound)`` or ``("text", shape)``; shapes
        without the batch axis.
    :param targets: one shape per output, without the batch axis; targets are floats in [0, 1).
    :param loss: ``"mse"`` (mean squared error over all outputs), or the name of a function ``(y_true, y_pred)`` of the
        scenario's module; used to recompute the loss by a forward pass. What the model is compiled with is its own matter.
    :param precision: ``float32`` or ``mixed_float16``; chooses the tolerance.
    :param training_steps: updates before saving; 0 saves the model untrained.
    :param trains_repeatably: False where one more update is random by nature (rung 5 is then not applicable).
    :param formats: formats this scenario is about; empty for every one.
    :param custom_objects: what the plain attempt passes: names of this module, ``("Scale",)``, or pairs
        ``(("KeyPassed", "NameInThisModule"),)``. A name may be ``module:attribute``.
    :param hidden_modules: modules that can not be imported while loading (moved, renamed or not installed).
    :param import_modules: modules that the loading program imports before it loads.
    :param after_save: what happens to the file between saving and loading: ``truncate``, ``flip-bytes``, ``remove``, or
        ``rename:SUFFIX`` (the file gets another suffix).
    :param save_with: function ``(model, path)`` of this module that replaces the format's own save call.
    :param load_with: function ``(path, custom_objects)`` of this module that replaces the plain load call.
    :param checkpoint_path: file name that the ModelCheckpoint formats use instead of their default.
    :param tags: free labels; ``wide`` marks the scenarios which the full profile also runs in the less common formats.
    :param control: the scenario is meant to fail or to differ (a missing file, another class of the same name): it decides
        claims and is shown on a page of its own, and counts for no score, finding or plan. Written on a line of its own, it
        changes no key: results are the same with it and without it.
    """
    options = dict(locals())

    def register(build):
        if name in REGISTRY:
            raise ValueError("scenario %r is defined twice" % name)
        REGISTRY[name] = Scenario(build, options)
        return build

    return register
