"""Saves or loads one scenario the way a user would, with none of the engine's code: the engine is held against it.

Run by an environment's own interpreter, one fresh process per call; Python 3.7 and up, TensorFlow only::

    python plain_keras.py save SCENARIO FORMAT FOLDER
    python plain_keras.py load SCENARIO FORMAT FOLDER
    python plain_keras.py REMEDY SCENARIO FORMAT FOLDER

``save`` builds, trains and saves the model in FOLDER, and keeps what the loader needs there (``inputs.npz``,
``outputs.npz``, ``plain.json``). ``load`` reads it back in another process, environment, or both, and compares what the
model predicts. ``REMEDY`` (``rename+compile=False``) does as ``load`` does, in the way that the reports of such breaks advise.
Each prints one JSON line.
"""

import importlib
import json
import os
import random
import shutil
import sys
import traceback

os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NAMES = {
    "h5": "plain.h5",
    "keras": "plain.keras",
    "savedmodel": "plain_directory",
    "weights-h5": "weights.h5",
    "weights.h5": "model.weights.h5",
}
OPTIONS = ("inputs", "targets", "precision", "training_steps", "custom_objects", "hidden_modules", "import_modules")
OPTIONS += ("after_save", "save_with", "load_with")
ROWS = 8
TOLERANCES = {"float32": (1e-6, 1e-5), "mixed_float16": (1e-2, 1e-2)}


def set_seeds(number):
    import numpy as np
    import tensorflow as tf

    random.seed(number)
    np.random.seed(number)
    tf.random.set_seed(number)


def find_scenario(name):
    """The registered scenario; imports modules until one registers it."""
    if REPOSITORY not in sys.path:
        sys.path.insert(0, REPOSITORY)
    registry = importlib.import_module("scenarios").REGISTRY
    errors = []
    for file_name in sorted(os.listdir(os.path.join(REPOSITORY, "scenarios"))):
        if name in registry:
            break
        if file_name.startswith("_") or not file_name.endswith(".py"):
            continue
        try:
            importlib.import_module("scenarios." + file_name[:-3])
        except Exception as error:  # a module that this TensorFlow cannot import must not hide the others
            errors.append(f"{file_name}: {error}")
    if name not in registry:
        raise RuntimeError("no scenario {!r} ({})".format(name, "; ".join(errors)))
    return registry[name]


def lookup(reference, module):
    """The object that ``Name`` (of the scenario's module) or ``module:Name`` means."""
    if ":" in reference:
        module, reference = reference.split(":")
    return getattr(importlib.import_module(module), reference)


def example_data(options):
    """Inputs and targets, lists of arrays; text as an array of Python strings."""
    import numpy as np

    source = np.random.RandomState(20240229)
    inputs = []
    for spec in options["inputs"]:
        shape = [ROWS, *spec[1]]
        if spec[0] == "float":
            inputs.append(source.randn(*shape).astype("float32"))
        elif spec[0] == "int":
            inputs.append(source.randint(spec[2], size=shape).astype("int32"))
        else:
            words = ["alpha", "beta", "gamma", "delta", "epsilon", "unknown"]
            lines = [words[(3 * n) % 6] + " " + words[(n + n // 6) % 6] for n in range(int(np.prod(shape)))]
            if shape[1:] != [1]:
                lines = [line.split(" ")[0] for line in lines]
            inputs.append(np.array(lines).reshape(shape))
    targets = [source.rand(ROWS, *shape).astype("float32") for shape in options["targets"]]
    return inputs, targets


def for_keras(arrays):
    import tensorflow as tf

    fit = [tf.constant(array.tolist()) if array.dtype.kind == "U" else array for array in arrays]
    return fit[0] if len(fit) == 1 else fit


def forget_state(model):
    """Recurrent state from training is no part of what a stateful model predicts on a new sequence."""
    for layer in getattr(model, "layers", []):
        if getattr(layer, "stateful", False) and hasattr(layer, "cell"):
            (layer.reset_states if hasattr(layer, "reset_states") else layer.reset_state)()


def predictions(model, inputs):
    import numpy as np

    forget_state(model)
    found = model.predict(for_keras(inputs), batch_size=ROWS, verbose=0)
    if isinstance(found, dict):
        found = [found[key] for key in sorted(found)]
    return [np.asarray(one) for one in (found if isinstance(found, (list, tuple)) else [found])]


def write_arrays(path, arrays):
    import numpy as np

    np.savez(path, **{f"a{number}": array for number, array in enumerate(arrays)})


def read_arrays(path):
    import numpy as np

    with np.load(path) as stored:
        return [stored[f"a{number}"] for number in range(len(stored.files))]


def happen(after_save, folder, name):
    """What becomes of the file between saving and loading; returns its name afterwards."""
    path = os.path.join(folder, name)
    if after_save == "remove":
        shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
        return name
    if after_save.startswith("rename:"):
        renamed = "renamed" + after_save.split(":", 1)[1]
        os.rename(path, os.path.join(folder, renamed))
        return renamed
    if after_save:
        files = [path]
        if os.path.isdir(path):
            files = [os.path.join(top, one) for top, _, some in os.walk(path) for one in some]
        victim = sorted(files, key=os.path.getsize)[-1]
        with open(victim, "rb") as stream:
            content = bytearray(stream.read())
        half = len(content) // 2
        if after_save == "truncate":
            content = content[:half]
        elif after_save == "flip-bytes":
            content[half : half + 64] = bytearray(255 - byte for byte in content[half : half + 64])
        else:
            raise RuntimeError(f"after_save={after_save!r} is not known here")
        with open(victim, "wb") as stream:
            stream.write(content)
    return name


def save(scenario_name, form, folder):
    """Save; returns what to print."""
    scenario = find_scenario(scenario_name)
    options = {name: getattr(scenario, name) for name in OPTIONS}
    options["module"] = scenario.module
    name, stage = NAMES[form], "build"
    path = os.path.join(folder, name)
    try:
        set_seeds(20240229)
        model = scenario.build()
        inputs, targets = example_data(options)
        stage = "train"
        for _ in range(options["training_steps"]):
            forget_state(model)
            model.train_on_batch(for_keras(inputs), for_keras(targets))
        stage = "save"
        if options["save_with"]:
            lookup(options["save_with"], scenario.module)(model, path)
        elif form in ("weights-h5", "weights.h5"):
            model.save_weights(path)
        else:
            model.save(path)
        stage = "predict"
        outputs = predictions(model, inputs)
    except Exception as error:
        return {"saves": False, "stage": stage, "error_type": type(error).__name__, "error": str(error)[:400]}
    write_arrays(os.path.join(folder, "inputs.npz"), inputs)
    write_arrays(os.path.join(folder, "outputs.npz"), outputs)
    options["file"] = happen(options["after_save"], folder, name)
    with open(os.path.join(folder, "plain.json"), "w") as stream:
        json.dump(options, stream)
    return {"saves": True, "stage": "", "error_type": "", "error": ""}


def compare(expected, found, tolerance):
    """Largest differences over all outputs, and whether all lie within the tolerance."""
    import numpy as np

    atol, rtol = tolerance
    result = {"max_abs": 0.0, "max_rel": 0.0, "bit_equal": True, "outputs_match": True}
    if [one.shape for one in expected] != [one.shape for one in found]:
        return {"max_abs": None, "max_rel": None, "bit_equal": False, "outputs_match": False}
    for number, one in enumerate(expected):
        other = found[number]
        result["bit_equal"] &= one.tobytes() == other.tobytes() and one.dtype == other.dtype
        one, other = one.astype("float64"), other.astype("float64")
        gap = np.abs(one - other)
        result["max_abs"] = max(result["max_abs"], float(gap.max()))
        result["max_rel"] = max(result["max_rel"], float((gap / np.maximum(np.abs(one), 1e-30)).max()))
        result["outputs_match"] &= bool(np.allclose(other, one, atol=atol, rtol=rtol, equal_nan=True))
    return result


def saved_in(folder):
    """What the saving program left: options, inputs, and the model's path. Modules that are hidden while loading are gone."""
    with open(os.path.join(folder, "plain.json")) as stream:
        options = json.load(stream)
    for name in options["hidden_modules"]:
        sys.modules[name] = None
    return options, read_arrays(os.path.join(folder, "inputs.npz")), os.path.join(folder, options["file"])


def load(scenario_name, form, folder):
    """Load; returns what to print."""
    from tensorflow import keras

    options, inputs, path = saved_in(folder)
    weights_only = form in ("weights-h5", "weights.h5")
    stage = "import"
    try:
        # A program that neither imports nor passes anything does not have the scenarios at hand either.
        if options["import_modules"] or options["custom_objects"] or options["load_with"] or weights_only:
            sys.path.insert(0, REPOSITORY)
        for name in options["import_modules"]:
            importlib.import_module(name)
        custom_objects = {}
        for item in options["custom_objects"]:
            key, reference = item if isinstance(item, list) else (item.split(":")[-1], item)
            custom_objects[key] = lookup(reference, options["module"])
        stage = "load"
        if weights_only:
            scenario = find_scenario(scenario_name)
            # Another seed than the saver's, so that weights which were not loaded show.
            set_seeds(7)
            model = scenario.build()
            forget_state(model)
            model(for_keras(inputs), training=False)
            model.load_weights(path)
        elif options["load_with"]:
            model = lookup(options["load_with"], options["module"])(path, custom_objects or None)
        elif custom_objects:
            model = keras.models.load_model(path, custom_objects=custom_objects)
        else:
            model = keras.models.load_model(path)
        stage = "predict"
        outputs = predictions(model, inputs)
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{os.path.basename(place[0])}:{place[1]} {str(error)[:400]}"
        return {"loads": False, "stage": stage, "error_type": type(error).__name__, "error": where}
    result = {"loads": True, "stage": "", "error_type": "", "error": ""}
    result.update(compare(read_arrays(os.path.join(folder, "outputs.npz")), outputs, TOLERANCES[options["precision"]]))
    return result


ADVISED_SUFFIXES = {b"\x89HDF": "advised.h5", b"PK\x03\x04": "advised.keras"}
# Keys of old configurations that public reports say to drop by hand.
DROPPED = ("time_major", "groups", "batch_input_shape", "jit_compile", "is_legacy_optimizer", "quantization_config")


def with_advised_suffix(path, folder):
    """A copy named as its first bytes say."""
    with open(path, "rb") as stream:
        name = ADVISED_SUFFIXES[stream.read(4)]
    return shutil.copy(path, os.path.join(folder, name))


def without_keys(path, folder):
    """A copy of which the layers' configurations have lost the keys that others dropped by hand."""
    import zipfile

    import h5py

    def clean(node):
        if isinstance(node, list):
            return [clean(item) for item in node]
        if not isinstance(node, dict):
            return node
        kept = {key: clean(value) for key, value in node.items()}
        if isinstance(kept.get("config"), dict) and kept.get("class_name") != "InputLayer":
            kept["config"] = {key: value for key, value in kept["config"].items() if key not in DROPPED}
        if "compile_config" in kept:
            kept["compile_config"] = {key: value for key, value in kept["compile_config"].items() if value is not None}
        return kept

    copy = os.path.join(folder, "cleaned" + os.path.splitext(path)[1])
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w") as new:
            for name in old.namelist():
                content = old.read(name)
                new.writestr(name, json.dumps(clean(json.loads(content))) if name == "config.json" else content)
        return copy
    shutil.copy(path, copy)
    with h5py.File(copy, "r+") as file:
        file.attrs["model_config"] = json.dumps(clean(json.loads(file.attrs["model_config"])))
    return copy


def weights_into_new_model(path, folder, scenario_name, inputs):
    """The model from code, with the weights out of the whole model's file; None unless every weight changed."""
    import zipfile

    import numpy as np

    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            path = archive.extract("model.weights.h5", folder)
    elif not path.endswith(".h5"):
        path = shutil.copy(path, os.path.join(folder, "whole.h5"))
    scenario = find_scenario(scenario_name)
    set_seeds(7)
    model = scenario.build()
    model(for_keras(inputs), training=False)
    before = [np.array(weight) for weight in model.get_weights()]
    model.load_weights(path)
    changed = [not np.array_equal(old, new) for old, new in zip(before, model.get_weights())]
    return model if all(changed) else None


def with_remedy(remedy, scenario_name, folder):
    """Load as a remedy says; returns what to print."""
    import tensorflow as tf
    from tensorflow import keras

    options, inputs, path = saved_in(folder)
    sys.path.insert(0, REPOSITORY)
    try:
        scratch = os.path.join(folder, "remedied")
        shutil.rmtree(scratch, ignore_errors=True)
        os.mkdir(scratch)
        # A translation has to give what the model's own code gives with the file's weights.
        if remedy in ("rebuild+weights", "translate", "traced+translate"):
            model = weights_into_new_model(path, scratch, scenario_name, inputs)
            if model is None:
                return {"loads": False, "stage": "load", "error_type": "", "error": "not every weight changed"}
            outputs = predictions(model, inputs)
        elif remedy == "TFSMLayer":
            graph = tf.Graph()
            with graph.as_default(), tf.compat.v1.Session(graph=graph) as session:
                saved = tf.compat.v1.saved_model.load(session, ["serve"], path).signature_def["serving_default"]
                (source,), (target,) = saved.inputs.values(), saved.outputs.values()
                outputs = [session.run(target.name, {source.name: inputs[0]})]
        else:
            steps = remedy.split("+")
            path = with_advised_suffix(path, scratch) if "rename" in steps else path
            path = without_keys(path, scratch) if "edit-config" in steps else path
            arguments = {}
            if "compile=False" in steps:
                arguments["compile"] = False
            if "safe_mode=False" in steps:
                arguments["safe_mode"] = False
            custom = [item.split(":") for item in options["custom_objects"]]
            arguments["custom_objects"] = {name: lookup(f"{module}:{name}", "") for module, name in custom}
            outputs = predictions(keras.models.load_model(path, **arguments), inputs)
    except Exception as error:
        return {"loads": False, "stage": "load", "error_type": type(error).__name__, "error": str(error)[:400]}
    result = {"loads": True, "stage": "", "error_type": "", "error": ""}
    result.update(compare(read_arrays(os.path.join(folder, "outputs.npz")), outputs, TOLERANCES[options["precision"]]))
    return result


def main(arguments):
    # Python puts the script's folder first on the path; nothing there is meant to be imported.
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != here]
    job, scenario_name, form, folder = arguments
    if job in ("save", "load"):
        result = (save if job == "save" else load)(scenario_name, form, folder)
    else:
        result = with_remedy(job, scenario_name, folder)
    sys.stdout.write("\n" + json.dumps(result) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
