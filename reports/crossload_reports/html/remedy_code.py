"""The remedies as code to copy."""

from crossload.probe import attempts as ways
from crossload.probe.formats import FORMATS, INFERENCE, REBUILT

_NAMES = {"savedmodel": "model", "export": "model"}
_COPIES = {
    "rename": ("renamed", "# a copy under the suffix of what the file really is: .h5 for HDF5, .keras for a zip"),
    "translate": ("translated", "# a copy in Keras 3's own format, made by `crossload convert`"),
    "edit-config": ("edited", "# a copy without the configuration keys that this Keras refuses; weights untouched"),
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
        lines += [
            "# outputs only: no training, no layers (tf.saved_model.load where there is no TFSMLayer)",
            f'layer = keras.layers.TFSMLayer("{path}", call_endpoint="serving_default")',
            "outputs = layer(inputs)",
        ]
    elif given == REBUILT:
        lines += ["model = build_model()  # your own code, as it was when the file was saved"]
        lines += [f'model.load_weights("{path}")']
    else:
        arguments = "".join(f", {name}={value}" for name, value in ways.arguments(attempt).items())
        if "safe_mode" in arguments:
            lines.append("# only for a file that you trust: it brings code of its own")
        lines.append(f'model = keras.models.load_model("{path}"{arguments})')
        if "compile=False" in arguments:
            lines.append('model.compile(optimizer="adam", loss="mse")  # your own; the optimizer starts afresh')
    return "\n".join(lines)
