"""Which Keras raised an error, as far as a pasted text tells: by the files of its traceback and by how it words things."""

import re
from dataclasses import dataclass

from packaging.version import Version

_KERAS_3 = re.compile(
    r"keras[/\\]src[/\\](?:legacy|models|ops|backend|layers[/\\]layer\.py|saving[/\\]saving_lib\.py:\d+.{0,40}safe_mode)[/\\:. ]"
    r"|Keras 3 only supports|keras_tensor_\d|<KerasTensor shape=|Unrecognized keyword arguments passed to \w+: \{"
    r"|Only instances of `keras\.Layer`|KerasSaveable"
)
_KERAS_2_LATE = re.compile(r"keras[/\\]src[/\\](?:engine|saving[/\\]legacy|mixed_precision)[/\\]|tf_keras[/\\]src[/\\]")
_KERAS_2_OWN = re.compile(
    r"keras[/\\](?:saving|engine|utils|layers)[/\\](?:save\.py|hdf5_format|traceback_utils|saved_model|legacy)"
)
_TF_KERAS = re.compile(r"tensorflow[/\\]python[/\\]keras|tensorflow_core[/\\]python[/\\]keras")
_STANDALONE = re.compile(
    r"keras[/\\](?:models\.pyc?|engine[/\\](?:saving|topology|network|sequential|base_layer)\.pyc?|legacy[/\\]interfaces"
    r"|losses\.py|optimizers\.py|utils[/\\]layer_utils)|Using (?:TensorFlow|Theano|CNTK) backend"
)
_KERAS_2_WORDS = re.compile(
    r"Keyword argument not understood|Unrecognized keyword arguments:? ?['\"]?,? ?(?:dict_keys|\[)|_UserObject"
    r"|optimizer_experimental|Please ensure this object is passed to the `custom_objects`|v2\.11\+ Optimizer"
)
_SAID = re.compile(
    r"\b(keras|tensorflow|tf)(?: |-)?(?:version)?(?: is| used)?\s{0,3}[:=]{0,2}\s{0,3}"
    r"v?([0-9]{1,2}\.[0-9]{1,2})(?:\.[0-9]{1,2})?\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Loader:
    """The Keras that raised.

    :param generation: 2 or 3; None where nothing gives it away.
    :param standalone: whether it was the `keras` package of 2.0 to 2.3.
    :param version: the version where one is said, or one that stands for the generation.
    """

    generation: int | None = None
    standalone: bool = False
    version: Version | None = None


def loader_of(text: str) -> Loader:
    """What a pasted text says of the Keras that raised."""
    said = _said(text)
    if _KERAS_3.search(text):
        return Loader(3, version=said if said is not None and said.major == 3 else Version("3.15"))
    if _STANDALONE.search(text) and not _TF_KERAS.search(text):
        return Loader(2, standalone=True)
    if _KERAS_2_LATE.search(text):
        return Loader(2, version=Version("2.15"))
    if _TF_KERAS.search(text):
        return Loader(2, version=Version("2.4"))
    if _KERAS_2_OWN.search(text) or _KERAS_2_WORDS.search(text):
        return Loader(2, version=said if said is not None and said.major == 2 else Version("2.10"))
    if said is not None:
        return Loader(said.major, version=said) if said >= Version("2.4") else Loader(2)
    return Loader()


def _said(text: str) -> Version | None:
    """The version of Keras that the words name, where they name one only."""
    found = set()
    for package, number in _SAID.findall(text):
        version = Version(number)
        if package.lower() != "keras":
            version = Version("3") if version >= Version("2.16") else version
        if version >= Version("2"):
            found.add(version)
    return found.pop() if len(found) == 1 else None
