"""Publicly documented breaks, each with the cell that reproduces it, or the reason why none can.

Versions are those of the cells that show it here; reports are often about neighbouring ones.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Break:
    """One documented break.

    :param saver, loader: TensorFlow minors, as ``--tf`` takes them.
    :param message: pattern in the error of the plain load (or of the save); empty where nothing is raised.
    :param sample: part of the ordinary test run.
    """

    number: int
    reference: str
    saver: str
    loader: str
    scenario: str
    format: str
    verdicts: tuple[str, ...]
    cause: str
    message: str = ""
    sample: bool = False


PLAINLY = ("fails", "remedy")

REPRODUCED = (
    Break(1, "k#18709", "2.15", "2.16", "dense", "savedmodel", PLAINLY, "savedmodel-removed",
          "File format not supported.*TFSMLayer", sample=True),
    Break(2, "tf#66381", "2.16", "2.15", "dense", "h5", PLAINLY, "config-key-keras-3",
          r"Unrecognized keyword arguments: \['batch_shape'\]", sample=True),
    Break(2, "tf#64685", "2.16", "2.15", "dense", "keras", PLAINLY, "config-key-keras-3", "batch_shape"),
    Break(3, "k#18830", "2.13", "2.14", "dense", "keras", PLAINLY, "layer-numbering",
          "expected 2 variables, but received 0 variables"),
    Break(4, "k#19089", "2.13", "2.12", "dot-product-attention", "keras", PLAINLY, "keras-module-moved",
          r"parent module keras\.src\.engine\.functional cannot be imported"),
    Break(4, "k#19089", "2.15", "2.16", "dot-product-attention", "keras", PLAINLY, "keras-module-moved",
          r"parent module keras\.src\.engine\.functional cannot be imported"),
    Break(5, "tf#61085", "2.15", "2.15", "q4-2-loss-and-activation", "h5", PLAINLY, "function-as-object",
          "Unknown activation function: 'function'"),
    Break(7, "k#19330", "2.15", "2.16", "dense", "h5", ("remedy",), "compile-string-h5",
          "Could not locate function 'mse'", sample=True),
    Break(8, "k#19151", "2.15", "2.16", "depthwise-conv2d", "h5", PLAINLY, "config-key-past",
          "passed to DepthwiseConv2D: {'groups': 1}"),
    Break(9, "k#19441", "2.15", "2.16", "conv2d-transpose", "h5", PLAINLY, "config-key-past",
          "passed to Conv2DTranspose: {'groups': 1}"),
    Break(10, "", "2.15", "2.16", "lstm", "h5", PLAINLY, "config-key-past", "time_major"),
    Break(10, "", "2.15", "2.16", "gru", "h5", PLAINLY, "config-key-past", "time_major"),
    Break(11, "k#14875", "2.10", "2.15", "lambda", "h5", PLAINLY, "lambda-bytecode",
          r"bad marshal data \(unknown type code\)"),
    Break(12, "tf-keras#44", "2.15", "2.15", "lambda", "keras", ("remedy",), "lambda-safe-mode",
          "potential risk of arbitrary code execution"),
    Break(12, "k PR#21602", "2.21", "2.21", "lambda", "h5", ("remedy",), "lambda-safe-mode",
          "potential risk of arbitrary code execution"),
    Break(13, "k#16983", "2.10", "2.11", "dense", "tf-checkpoint", PLAINLY, "optimizer-generation",
          r"legacy Keras optimizer into a v2\.11\+ Optimizer"),
    Break(14, "", "2.15", "2.10", "dense", "h5", ("remedy",), "optimizer-arguments", "weight_decay is not a valid argument"),
    Break(15, "keras-io#1568", "2.16", "2.16", "q0-3-checkpoint-no-suffix", "checkpoint-callback", ("cannot-save",),
          "save-suffix-required", r"must end in `\.keras`"),
    Break(15, "tf#74342", "2.16", "2.16", "dense", "weights-h5", ("cannot-save",), "save-suffix-required",
          r"must end in `\.weights\.h5`"),
    Break(16, "k#15348", "2.7", "2.7", "adapted-normalisation", "h5", ("differs",), "adapted-state-lost"),
    Break(17, "tf#47722", "2.4", "2.4", "multi-head-attention", "savedmodel", ("differs",), "attention-weights-swapped"),
    Break(18, "tf#63853", "2.15", "2.16", "nested-base-in-sequential", "h5", PLAINLY, "nested-model-inputs",
          r"expects 1 input\(s\), but it received 2"),
    Break(19, "tf#44467", "2.1", "2.1+h5py3", "dense", "h5", PLAINLY, "h5py-3-text", "'str' object has no attribute 'decode'"),
    Break(20, "tf#41929", "2.3", "2.2", "nested-model", "h5", PLAINLY, "functional-class-name", "Unknown layer: Functional"),
    Break(24, "k PR#21681", "2.21", "2.16", "dense", "keras", PLAINLY, "config-key-newer-keras", "quantization_config"),
    Break(25, "tf#50915", "2.10", "2.16", "dense", "keras", PLAINLY, "suffix-hides-hdf5", r"accessible `\.keras` zip"),
    Break(28, "k#20598", "keras3.4", "keras3.4", "nested-list-sublayers", "keras", ("differs",), "weights-other-values"),
)  # fmt: skip

# What is reported and does not happen in these environments: the test says so when it begins to.
NOT_SEEN = (
    Break(6, "k#20806", "keras3.6", "keras3.7", "registered-function", "keras", ("exact", "equal", "lossy"), ""),
    Break(21, "tf#52370", "2.5", "2.6", "dense", "savedmodel", ("exact", "equal", "lossy"), "savedmodel-optimizer-reset"),
    Break(22, "tf#61369", "2.12", "2.12", "string-lookup", "savedmodel", ("exact", "equal", "lossy"),
          "savedmodel-optimizer-reset"),
    Break(27, "", "2.16+py3.12", "2.16+py3.12", "dense", "export", ("exact", "equal", "lossy"), ""),
)  # fmt: skip

NOT_HERE = {
    6: "In those very releases, Keras 3.6 and 3.7, a registered activation of a Dense layer loads; the report's function stands "
    "in a configuration that the user's own layer writes.",
    21: "The report is about tf.saved_model.load; load_model, which is what a plain load is here, is its workaround.",
    22: "The report saves a model again that was itself loaded from a SavedModel; models here are saved once: it is kept.",
    23: "Names and training behaviour of a subclassed model are no cell of their own: weights are compared, not names.",
    26: "A property of installing, not of loading: the locks of legacy Keras hold no full `tensorflow` (see the test below).",
    27: "On Python 3.12 with wrapt 1.16, TensorFlow 2.16 exports all the same; the others use Python 3.11.",
}
