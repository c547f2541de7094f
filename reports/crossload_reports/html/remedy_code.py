"""The remedies as code to copy."""

from crossload.probe import attempts as ways
from crossload.probe.formats import FORMATS, INFERENCE, REBUILT

_NAMES = {"savedmodel": "model", "export": "model"}
_COPIES = {
    "rename": ("renamed", "# a copy under the suffix of what the file really is: .h5 for HDF5, .keras for a zip"),
    "traced": ("traced", "# its Lambda layers as operations, for a file that you trust: `crossload convert --trust`"),
    "translate": ("translated", "# a copy in Keras 3's own format, made by `crossload convert`"),
    "edit-config": ("edited", "# a copy without the configuration keys that this Keras refuses; weights untouched"),
}


# It runs in every version: up to 2.15 there is no TFSMLayer, and what 2.10 and before saved with its optimizer cannot be revived.
_FUNCTION = """\
# outputs only: no training, no layers
try:
    outputs = keras.layers.TFSMLayer("{path}", call_endpoint="serving_default")(inputs)
except AttributeError:  # no such layer here, or an optimizer of TensorFlow 2.10 or before: the function in a graph of its own
    with tf.Graph().as_default() as graph, tf.compat.v1.Session(graph=graph) as session:
        signature = tf.compat.v1.saved_model.load(session, ["serve"], "{path}").signature_def["serving_default"]
        (name,) = [tensor.name for tensor in signature.inputs.values()]  # of one input
        outputs = session.run({{key: tensor.name for key, tensor in signature.outputs.items()}}, {{name: inputs}})"""
_LOAD_WEIGHTS = 'model.load_weights("{path}")'
# Weights out of a whole model: readers go by the suffix, and a .keras file may be HDF5 or a zip.
_WEIGHTS = {
    "savedmodel": 'model.load_weights("{path}/variables/variables")',
    "keras": """\
import shutil, zipfile
if zipfile.is_zipfile("{path}"):
    weights = zipfile.ZipFile("{path}").extract("model.weights.h5")
else:
    weights = shutil.copyfile("{path}", "weights.h5")  # HDF5
model.load_weights(weights)""",
}


def remedy_code(attempt: str, form: str) -> str:
    """Return the Python that an attempt stands for; empty for one that is not known."""
    parts = ways.parts(attempt)
    if not parts or form not in FORMATS:
        return ""
    path = _NAMES.get(form, FORMATS[form].file_name)
    lines = []
    for part in parts:
        if part in _COPIES:
            name, comment = _COPIES[part]
            lines.append(comment)
            path = f"{name}.keras" if part == "translate" else f"{name}-{path}"
    given = ways.gives(attempt, form)
    if given == INFERENCE:
        lines.append(_FUNCTION.format(path=path))
    elif given == REBUILT:
        lines += ["model = build_model()  # your own code, as it was when the file was saved"]
        lines.append(_WEIGHTS.get(form, _LOAD_WEIGHTS).format(path=path))
    else:
        arguments = "".join(f", {name}={value}" for name, value in ways.arguments(attempt).items())
        if "safe_mode" in arguments:
            lines.append("# only for a file that you trust: it brings code of its own")
        lines.append(f'model = keras.models.load_model("{path}"{arguments})')
        if "compile=False" in arguments:
            lines.append('model.compile(optimizer="adam", loss="mse")  # your own; the optimizer starts afresh')
    return "\n".join(lines)
