"""What an environment is answered as that was not measured itself, and what pip gives today beside what was measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from packaging.version import Version

from crossload.domain.versions import EnvironmentId, spellings, tensorflow_of
from crossload.environments.lock_files import known_pins

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class End:
    """One end of a question.

    :param measured: what it is answered as: itself, where it was measured.
    :param line: says that it is answered as another one, and why; empty where it is not.
    """

    asked: str
    measured: str
    line: str = ""


def measured_instead(word: str, measured: Sequence[Facts]) -> End:
    """The environment that stands for one of a very Keras 3 which was not measured: that with the nearest Keras 3.

    :param word: as people write it.
    :param measured: facts of the environments that there are cells of. Of some it was a sample: those too are answered as the one
        that the sample was compared with.
    """
    known = {item["id"]: item for item in measured}
    if found := next((known[id] for id in spellings(word) if id in known), None):
        return _of_sample(word, found) if found.get("sample") else End(word, word)
    name = EnvironmentId.parse(next((id for id in spellings(word) if EnvironmentId.is_id(id)), word))
    keras, tensorflow = _pins_of(name)
    # A nightly of some day is nobody's release.
    hardware = name.hardware or "cpu"
    beside = [
        item
        for item in measured
        if _keras_3(item)
        and not item.get("sample")
        and not Version(item["keras"]).is_prerelease
        and item.get("hardware", "cpu") == hardware
    ]
    if keras is None or not beside:
        return End(word, word)
    wanted = Version(keras)
    nearest = min(beside, key=lambda item: (_apart(Version(item["keras"]), wanted), not _is_plain(item["id"])))
    same = Version(nearest["keras"]) == wanted
    label = EnvironmentId.parse(nearest["id"]).spoken
    why = "which has the same Keras" if same else f"Keras {nearest['keras']}, the nearest that was"
    beside_it = f" beside TensorFlow {tensorflow}" if tensorflow else ""
    return End(
        word,
        nearest["id"],
        f"{name.spoken} (Keras {keras}{beside_it}) was not measured: answered as {label}, {why}. "
        f"`crossload run --tf {label},{name.label}` measures it.",
    )


def _of_sample(word: str, facts: Facts) -> End:
    sample = facts["sample"]
    label, like = (EnvironmentId.parse(name).spoken for name in (facts["id"], sample["like"]))
    return End(
        word,
        sample["like"],
        f"{sample['text']} Answered as {like}. `crossload run --tf all,{label}` measures it in full.",
    )


def pip_today(measured: Sequence[Facts]) -> str:
    """What pip gives today, as far as that is known without asking anybody, beside what was measured; empty where it is not."""
    pins, told = known_pins()
    keras = pins.get("keras")
    if keras is None or not (versions := _released(measured)):
        return ""
    exactly = [item["id"] for item in measured if _keras_3(item) and Version(item["keras"]) == Version(keras)]
    here = (
        f"measured, in {', '.join(EnvironmentId.parse(name).spoken for name in exactly)}"
        if exactly
        else f"not measured: the newest Keras that was is {max(versions)}"
    )
    return f"pip gives TensorFlow {tensorflow_of(pins)} with Keras {keras} (pins {told}): {here}."


def _pins_of(name: EnvironmentId) -> tuple[str | None, str | None]:
    """Keras and TensorFlow of an environment's lock, as far as this machine has one."""
    pins, _ = known_pins(str(name))
    return pins.get("keras"), tensorflow_of(pins)


def _released(measured: Sequence[Facts]) -> list[Version]:
    """The releases of Keras 3 among what was measured."""
    found = (Version(item["keras"]) for item in measured if _keras_3(item))
    return [version for version in found if not version.is_prerelease]


def _keras_3(item: Facts) -> bool:
    return str(item.get("keras") or "").startswith("3.") and not EnvironmentId.parse(item["id"]).is_legacy_keras


def _is_plain(name: str) -> bool:
    return EnvironmentId.parse(name).is_plain


def _apart(one: Version, other: Version) -> tuple[int, bool, int]:
    """How far two versions of Keras 3 are from each other: in minors, then the newer of two, then in patches."""
    return abs(one.minor - other.minor), one < other, abs(one.micro - other.micro)
