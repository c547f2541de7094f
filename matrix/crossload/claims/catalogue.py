"""The claims, as data. Add one by adding an entry to :data:`CLAIMS`."""

from collections.abc import Callable
from dataclasses import dataclass

from crossload.claims import deciders
from crossload.claims.evidence import Evidence
from crossload.domain.cells import CellRow

QUESTIONS = {
    "Q0": "How do I load a TensorFlow 2.3 model from a ModelCheckpoint callback containing custom layers?",
    "Q1": "How can I save and load a TensorFlow Keras model containing custom layers?",
    "Q2": "How do I load a TensorFlow Keras model?",
    "Q3": "Why does loading a TensorFlow Keras model produce an error?",
    "Q4": "How can I load a Keras model with custom objects defined in a separate file?",
}


@dataclass(frozen=True)
class Claim:
    """One claim.

    :param decide: yields each cell that bears on it, with True where it speaks for the claim.
    :param said: what is counted, for the sentence "in 12 of 14 cells".
    :param otherwise: what the cells against it show; by default what happened in them is counted.
    :param compares: the claim says that one way does better than another: more cells for it than against it are enough.
    :param apart: names the kind of a cell. Kinds are decided each by itself, so that it does not matter of which kind a run
        happens to have more cells.
    :param note: what no cell can decide.
    :param takes: what a run must have for it, where the quick profile cannot.
    :param beside: what was measured of it apart from any run, and counts like its cells.
    """

    id: str
    sentence: str
    decide: Callable[[Evidence], deciders.Voices]
    said: str = "cells"
    otherwise: str = ""
    compares: bool = False
    apart: Callable[[CellRow], str] | None = None
    note: str = ""
    takes: str = ""
    beside: Callable[[], deciders.Beside | None] | None = None

    @property
    def question(self) -> str:
        name = self.id.partition("-")[0].upper()
        return f"{name} · {QUESTIONS[name]}"


CLAIMS = (
    Claim("q0-a", "A ModelCheckpoint file is typically HDF5.", deciders.checkpoint_is_hdf5, "files", "no HDF5"),
    Claim(
        "q0-b",
        "A ModelCheckpoint file holds weights and optimizer state but not the architecture.",
        deciders.checkpoint_without_architecture,
        "files of whole models that load",
        note="A file of weights only is never asked for its optimizer.",
    ),
    Claim(
        "q0-c",
        "Without the class, loading raises ValueError (“Unknown layer …”).",
        lambda evidence: deciders.bare(evidence, "q0-*", ("ValueError",)),
        "loads without the class, where loading with it works",
    ),
    Claim(
        "q0-d",
        "Importing the module that defines the layer before load_model is what matters.",
        deciders.import_matters,
        "loads that fail without the import and work with it alone",
    ),
    Claim(
        "q0-e",
        "Weights alone are enough only if the model is rebuilt in code.",
        deciders.weights_with_rebuild,
        "files of weights, loaded into a rebuilt model",
        note="That nothing but a rebuilt model can take them is in the nature of such a file; no cell tries.",
    ),
    Claim(
        "q1-a",
        "`save` writes the architecture as JSON that only names the custom classes.",
        deciders.only_names,
        "files that do not load without the class",
    ),
    Claim(
        "q1-b",
        "A missing class raises ImportError.",
        lambda evidence: deciders.bare(evidence, "q1-*", deciders.NO_IMPORT),
        "loads without the class, where loading with it works",
    ),
    Claim(
        "q1-c",
        "No custom_objects is needed while the import path stays the same.",
        deciders.import_path,
        "loads after an import",
    ),
    Claim(
        "q1-d",
        "A key in custom_objects that differs from the class name fails.",
        deciders.must_fail("q1-3-wrong-key", beside="q1-3-two-layers"),
        "loads with a wrong key",
    ),
    Claim(
        "q1-e",
        "Every custom layer of the model must be in the mapping.",
        deciders.must_fail("q1-3-one-missing", beside="q1-3-two-layers"),
        "loads with one of two layers passed",
    ),
    Claim("q2-a", "A wrong path or suffix raises OSError.", deciders.no_file_is_oserror, "loads"),
    Claim(
        "q2-b",
        "A missing custom object raises ValueError.",
        lambda evidence: deciders.bare(evidence, "q2-*", ("ValueError",)),
        "loads without the class, where loading with it works",
    ),
    Claim(
        "q2-c",
        "SavedModel needs no custom_objects.",
        deciders.savedmodel_without_objects,
        "loads without custom_objects",
    ),
    Claim(
        "q2-d",
        "HDF5 is the more compact format.",
        deciders.hdf5_is_smaller,
        "comparisons with another format of the same model",
        "not smaller",
    ),
    Claim(
        "q2-e",
        "load_model restores the optimizer's state, so that training resumes where it stopped.",
        deciders.training_resumes,
        "models loaded where they were saved",
    ),
    Claim(
        "q2-f",
        "SavedModel survives differences between TensorFlow versions better than HDF5.",
        deciders.savedmodel_survives,
        "pairs of cells where only one of the two loads plainly",
        "only HDF5",
        compares=True,
        apart=deciders.kind_of_difference,
    ),
    Claim(
        "q3-a",
        "A model trained in 2.4 “almost certainly” fails to load in 2.10.",
        deciders.from_24_to_210,
        "models that load in 2.4",
    ),
    Claim("q3-b", "An environment pinned to the version that saved always loads it.", deciders.pinned_loads, "models"),
    Claim(
        "q3-c",
        "A custom object missing at load raises an error.",
        deciders.must_fail("q3-2-activation-not-passed", beside="q3-2-activation-passed"),
        "loads without the object, where loading with it works",
    ),
    Claim(
        "q3-d", "A differing definition fails.", deciders.other_definition, "loads with another class of the same name"
    ),
    Claim(
        "q3-e",
        "Saving on one backend or device and loading on another fails.",
        deciders.other_device_or_backend,
        "loads on another device or with another backend of Keras",
        apart=deciders.kind_of_move,
        note="No cell decides it for another operating system: that part is not run.",
        takes="It takes another backend, `--tf keras3.15,keras3.15+jax`, or a GPU, `--tf 2.15-cpu,2.15-cuda`.",
    ),
    Claim(
        "q3-f",
        "A damaged file is always noticed.",
        deciders.damage_is_noticed,
        "loads of a damaged file",
        beside=deciders.damaged_copies,
    ),
    Claim("q3-g", "A missing dependency shows as an import error.", deciders.dependency_is_import_error, "loads"),
    Claim(
        "q3-h",
        "`include_optimizer=True` keeps the optimizer state.",
        deciders.include_optimizer,
        "models loaded where they were saved",
    ),
    Claim(
        "q4-a",
        "custom_objects must name all custom objects, losses and activations too, else ValueError.",
        deciders.all_or_value_error,
        "loads with something left out, where loading with all of it works",
    ),
    Claim(
        "q4-b",
        "Helper classes that a custom layer uses must be registered too.",
        deciders.must_fail("q4-3-helper-not-passed", beside="q4-3-helper-class"),
        "loads without the helper, where loading with it works",
    ),
    Claim(
        "q4-c",
        "Importing the classes is brittle, registering them is robust.",
        deciders.registering_is_robust,
        "pairs of cells where only one of the two loads plainly",
        "only the imported one",
        compares=True,
    ),
    Claim(
        "q4-d",
        "Compile-time objects can be left out with compile=False.",
        deciders.without_compiling,
        "loads that fail for a compile-time object",
    ),
)
