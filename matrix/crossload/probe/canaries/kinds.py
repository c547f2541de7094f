"""Every canary: what it carries, in which formats, and what it does where it is let. Needs nothing at all: the host reads it too.

``make`` has a function for each, of the same name.
"""

# What a canary does where nothing stops it.
RUNS = "runs"  # code of the file's choosing
READS = "reads"  # a file that the model names
TAKES = "takes"  # what is far larger than it says, or not what it seems

# How loading one ends.
REFUSED = "refused"  # an error, and the canary did nothing
IDLE = "idle"  # it loads, and the canary did nothing
DIED = "died"  # the process ended, and the canary had done nothing
CANNOT_BE_MADE = "cannot-be-made"  # this environment has no such layer or format

# Raised where the files are made or loaded in another way: what was measured before is measured again.
CANARY_VERSION = 1

_MODELS = ("keras", "h5", "json+weights")


class Kind(object):
    """One canary.

    :param construct: what it carries, as the inspector calls it.
    :param forms: the formats that it is made in.
    :param effect: RUNS, READS or TAKES.
    """

    def __init__(self, construct, forms, effect):
        self.construct = construct
        self.forms = forms
        self.effect = effect


KINDS = {
    "lambda": Kind("lambda-bytecode", ("keras", "h5", "json+weights", "savedmodel"), RUNS),
    "lambda-in-a-wrapper": Kind("lambda-bytecode", ("keras", "h5", "json+weights"), RUNS),
    "lambda-in-a-submodel": Kind("lambda-bytecode", ("keras", "h5", "json+weights"), RUNS),
    "foreign-class": Kind("foreign-module", _MODELS, RUNS),
    "foreign-model": Kind("foreign-module", _MODELS, RUNS),
    "foreign-function": Kind("foreign-module", _MODELS, RUNS),
    "named-callable": Kind("named-callable", _MODELS, RUNS),
    "unsafe-switch": Kind("unsafe-switch", _MODELS, RUNS),
    "torch-module": Kind("torch-module", _MODELS, RUNS),
    "vocabulary-path": Kind("vocabulary-path", _MODELS, READS),
    "tfsm-layer": Kind("tfsm-layer", _MODELS, READS),
    "external-storage": Kind("hdf5-external-storage", ("keras", "h5", "weights.h5"), READS),
    "external-link": Kind("hdf5-link", ("keras", "h5", "weights.h5"), READS),
    "external-group": Kind("hdf5-link", ("keras", "h5", "weights.h5"), READS),
    "virtual-dataset": Kind("hdf5-virtual-dataset", ("keras", "h5", "weights.h5"), READS),
    "huge-shape": Kind("hdf5-huge-shape", ("keras", "h5", "weights.h5"), TAKES),
    "archive-path": Kind("archive-path", ("keras",), RUNS),
    "archive-bomb": Kind("archive-bomb", ("keras",), TAKES),
    "archive-twice": Kind("archive-duplicate", ("keras",), TAKES),
    "layer-name-path": Kind("layer-name-path", ("keras",), TAKES),
    "graph-writes-a-file": Kind("savedmodel-file-operation", ("export",), RUNS),
    "graph-calls-python": Kind("savedmodel-python-call", ("export",), RUNS),
}
