"""Made-up runs for the tests of `reports`: the shape of real ones, with numbers that no TensorFlow ever gave."""

import random
from typing import Any

import pandas as pd

VERSIONS = ("2.4-cpu", "2.10-cpu", "2.15-cpu", "2.16-cpu", "2.16+tf_keras-cpu", "2.21-cpu")
FORMATS = ("h5", "savedmodel", "keras", "weights-h5", "weights.h5")
NAMES = {
    "layers": ("dense", "conv-transpose", "depthwise", "lstm-stateful", "gru-masked", "multi-head-attention",
               "adapted-normalization", "text-vectorization", "string-lookup", "batchnorm-frozen"),
    "custom": ("custom-layer", "custom-layer-no-config", "custom-loss", "custom-activation", "registered-function",
               "helper-class", "module-renamed", "lambda-closure", "nested-custom-model"),
    "training": ("adam-two-steps", "adamw-decay", "learning-rate-schedule", "mixed-precision", "checkpoint-callback"),
    "files": ("truncated-file", "wrong-suffix", "moved-module", "unicode-names"),
}  # fmt: skip
_ERRORS = {
    "fails": [
        ("TypeError", "Error when deserializing class 'InputLayer' using config={'batch_shape': [None, 8], 'dtype': "
                      "'float32', 'sparse': False, 'name': 'input_1'}.\n\nException encountered: Unrecognized keyword "
                      "arguments: ['batch_shape']"),
        ("ValueError", "File format not supported: filepath=artifact. Keras 3 only supports V3 `.keras` files and "
                       "legacy H5 format files (`.h5` extension). Note that the legacy SavedModel format is not "
                       "supported by `load_model()` in Keras 3."),
        ("ValueError", "Layer 'dense' expected 2 variables, but received 0 variables during loading. "
                       "Expected: ['dense/kernel:0', 'dense/bias:0']"),
    ],
    "remedy": [("ValueError", "Could not locate function 'mse'. Make sure custom classes are decorated with "
                              "`@keras.saving.register_keras_serializable()`.")],
    "crashes": [("Killed", "signal 11 while loading; the last line was: Fatal Python error: Segmentation fault")],
}  # fmt: skip
_RUNGS = ("architecture", "weights", "outputs", "optimizer", "training", "use")


def _cell(scenario: str, family: str, format_: str, saver: str, loader: str, **more: Any) -> dict[str, Any]:
    row = {
        "scenario": scenario, "family": family, "format": format_, "saved_with": saver, "loaded_with": loader,
        "verdict": "exact", "fidelity": 5, "attempt": "plain", "cause": "", "max_abs_diff": 0.0, "max_rel_diff": 0.0,
        "max_ulp_diff": 0.0, "max_scaled_diff": 0.0, **{f"rung_{rung}": "pass" for rung in _RUNGS}, "lost": "",
        "error_type": "", "error": "", "stage": "",
        "container": "hdf5" if "h5" in format_ else "zip" if format_ == "keras" else "directory",
        "artifact_bytes": 21_504, "seconds": 0.41, "reason": "", "key": "c0ffee",
    }  # fmt: skip
    return {**row, **more}


def cell(verdict: str, *, scenario: str = "dense", format_: str = "h5", saver: str = "2.10-cpu",
         loader: str = "2.16-cpu", **more: Any) -> dict[str, Any]:  # fmt: skip
    """Return one row of results with this verdict and nothing surprising otherwise."""
    loader = "" if verdict == "cannot-save" else loader
    return {**_cell(scenario, "layers", format_, saver, loader), "verdict": verdict, **more}


def table(*rows: dict[str, Any]) -> pd.DataFrame:
    """Return rows as the results table."""
    return pd.DataFrame(rows)


def environments(versions: tuple[str, ...] = VERSIONS) -> list[dict[str, Any]]:
    """Return what a run says about its environments; 2.15 has no interpreter."""
    made = []
    for name in versions:
        minor = int(name.split("-")[0].split("+")[0].split(".")[1])
        pins = {
            "absl-py": "1.4.0" if minor < 16 else "2.3.1", "astunparse": "1.6.3", "flatbuffers": f"{minor}.3.25",
            "gast": "0.4.0" if minor < 16 else "0.6.0", "google-pasta": "0.2.0",
            "h5py": "2.10.0" if minor < 5 else "3.11.0", "keras": f"2.{minor}.0" if minor < 16 else f"3.{minor - 12}.0",
            "numpy": "1.19.5" if minor < 10 else "1.26.4",
            "protobuf": "3.19.6" if minor < 12 else "4.25.3", "six": "1.16.0", "tensorflow-cpu": f"2.{minor}.1",
            "termcolor": "1.1.0", "wrapt": "1.14.1",
        }  # fmt: skip
        if minor >= 16:
            pins |= {"rich": "13.9.4", "optree": "0.14.0", "namex": "0.0.8", "ml-dtypes": "0.3.2"}
        ready = minor != 15
        made.append({
            "id": name, "python": "3.8.20" if minor < 5 else "3.9.19" if minor < 12 else "3.11.9",
            "tensorflow": f"2.{minor}.1", "keras": pins["keras"], "h5py": pins["h5py"], "numpy": pins["numpy"],
            "protobuf": pins["protobuf"], "state": "ready" if ready else "unavailable",
            "reason": "" if ready else "no Python 3.11: asked uv, pyenv (3 versions) and PATH",
            "size_mb": 812 + 31 * minor if ready else None, "digest": f"sha256:{minor:02d}" + "9f3c" * 15,
            "hardware": name.rpartition("-")[2], "backend": "venv", "pins": pins if ready else {},
        })  # fmt: skip
    return made


def scenarios() -> list[dict[str, str]]:
    """Return the scenarios as the page is told about them."""
    return [
        {"name": name, "family": family, "title": f"A model with {name.replace('-', ' ')}",
         "case": f"Q{place % 5}.{place}",
         "source": f"@scenario({family!r})\ndef {name.replace('-', '_')}(tf):\n    return tf.keras.Sequential()\n"}
        for family, names in NAMES.items() for place, name in enumerate(names)
    ]  # fmt: skip


def run_info() -> dict[str, Any]:
    """Return what the engine says about the run as a whole."""
    return {
        "started": "2026-04-02T08:11:05+00:00", "finished": "2026-04-02T08:19:47+00:00", "seconds": 522.4,
        "seconds_by_stage": {"build": 41.2, "save": 133.0, "load": 341.8, "report": 6.4},
        "host": "Linux 6.8, 8 cores, 16 GB, Python 3.12.3", "backend": "venv",
        "backend_reason": "no Docker engine answered", "command": "crossload run --profile quick", "version": "0.1.0",
        "tolerances": {"float32": {"atol": 1e-6, "rtol": 1e-5}}, "executed": 2940, "reused": 412,
    }  # fmt: skip


def made_up_run(versions: tuple[str, ...] = VERSIONS, formats: tuple[str, ...] = FORMATS,
                seed: int = 7) -> tuple[pd.DataFrame, pd.DataFrame]:  # fmt: skip
    """Return results and attempts of every scenario in every format between every two environments."""
    chance = random.Random(seed)
    cells: list[dict[str, Any]] = []
    attempts: list[dict[str, Any]] = []
    for family, names in NAMES.items():
        for name in names:
            for format_ in formats:
                for saver in versions:
                    cells_of_artifact(cells, chance, (family, name, format_, saver), versions)
    for row in cells:
        attempts += _tries(row, chance)
    return pd.DataFrame(cells), pd.DataFrame(attempts)


def cells_of_artifact(cells: list[dict[str, Any]], chance: random.Random, artifact: tuple[str, str, str, str],
                      versions: tuple[str, ...]) -> None:  # fmt: skip
    """Append the cells of one artifact, with the breaks that one would expect between Keras 2 and 3."""
    family, name, format_, saver = artifact
    old_saver = "tf_keras" in saver or int(saver.split(".")[1].split("-")[0].split("+")[0]) < 16
    if "2.15" not in saver and ((format_ == "keras" and saver == "2.4-cpu") or name == "custom-layer-no-config"):
        cells.append(_cell(name, family, format_, saver, "", verdict="cannot-save", fidelity=None, attempt="",
                           stage="save", error_type="NotImplementedError", error="Layers with arguments in `__init__` "
                           "must override `get_config`.", **_rungs("")))  # fmt: skip
        return
    for loader in versions:
        old_loader = "tf_keras" in loader or int(loader.split(".")[1].split("-")[0].split("+")[0]) < 16
        row = _cell(name, family, format_, saver, loader)
        if "2.15" in saver + loader:
            row |= {"verdict": "unavailable", "fidelity": None, "attempt": "", **_rungs(""),
                    "reason": "no Python 3.11: asked uv, pyenv (3 versions) and PATH"}  # fmt: skip
        elif name == "text-vectorization" and "2.4" in saver:
            row |= {"verdict": "not-applicable", "fidelity": None, "attempt": "", **_rungs(""), "reason": "from 2.6 on"}
        elif name == "adapted-normalization" and format_ == "h5" and not old_loader and old_saver:
            row |= _verdict("differs", chance)
        elif old_saver != old_loader:
            verdicts = ["fails", "remedy", "lossy", "equal", "crashes", "differs"]
            row |= _verdict(chance.choices(verdicts, [5, 4, 3, 4, 0.15, 0.08])[0], chance)
        elif saver != loader:
            row |= _verdict(chance.choices(["exact", "equal", "lossy"], [7, 2, 0.6])[0], chance)
        elif name == "lstm-stateful" and format_ == "keras":
            row |= _verdict("lossy", chance)
        cells.append(row)


def _rungs(letter: str) -> dict[str, str]:
    return {f"rung_{rung}": letter for rung in _RUNGS}


def _verdict(verdict: str, chance: random.Random) -> dict[str, Any]:
    if verdict == "differs":
        size = chance.choice([0.0132, 0.48, 3.7])
        return {"verdict": verdict, "fidelity": 2, "max_abs_diff": size, "max_rel_diff": size * 1.7,
                "max_ulp_diff": 1.3e7, "rung_outputs": "lost", "rung_training": "lost",
                "lost": "outputs,training"}  # fmt: skip
    if verdict == "lossy":
        return {"verdict": verdict, "fidelity": 3, "rung_optimizer": "lost", "rung_training": "lost",
                "lost": "optimizer,training"}  # fmt: skip
    if verdict == "equal":
        return {"verdict": verdict, "max_abs_diff": 1.2e-7, "max_rel_diff": 3.1e-6, "max_ulp_diff": 2.0}
    if verdict == "exact":
        return {}
    kind, text = chance.choice(_ERRORS[verdict])
    row = {"verdict": verdict, "error_type": kind, "error": text, "stage": "load"}
    if verdict == "remedy":
        return {**row, "attempt": "compile=False", "fidelity": 3, "rung_optimizer": "lost", "rung_training": "lost",
                "lost": "optimizer,training"}  # fmt: skip
    nothing = {"max_abs_diff": None, "max_rel_diff": None, "max_ulp_diff": None}
    return {**row, **_rungs(""), **nothing, "fidelity": 0}


def _tries(row: dict[str, Any], chance: random.Random) -> list[dict[str, Any]]:
    if row["verdict"] in ("cannot-save", "not-applicable", "unavailable", "harness-error"):
        return []
    diffs = ("max_abs_diff", "max_rel_diff", "max_ulp_diff", "max_scaled_diff")
    kept = ("scenario", "format", "saved_with", "loaded_with", "fidelity", *diffs)
    rungs = [f"rung_{rung}" for rung in _RUNGS]
    good = {key: row[key] for key in (*kept, *rungs)} | {
        "attempt": row["attempt"], "outcome": "loaded", "error_type": "", "error": "", "stage": "",
        "seconds": round(0.28 + chance.random() / 4, 3),
    }  # fmt: skip
    if row["verdict"] not in ("remedy", "fails", "crashes"):
        return [good]
    bad = good | {"attempt": "plain", "outcome": "crashed" if row["verdict"] == "crashes" else "raised", **_rungs(""),
                  "fidelity": 0, "error_type": row["error_type"], "error": row["error"], "stage": "load",
                  "max_abs_diff": None, "max_rel_diff": None, "max_ulp_diff": None}  # fmt: skip
    if row["verdict"] == "remedy":
        return [bad, good]
    others = ("compile=False", "safe_mode=False", "compile=False+safe_mode=False", "rebuild+weights")
    return [bad, *({**bad, "attempt": name} for name in others)]
