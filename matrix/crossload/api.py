"""Crossload for programs: notebooks, and hooks of registries.

Each function is what the command of its name does, without a terminal. What cannot be used raises
:class:`crossload.errors.CrossloadError`, whose message says what is wrong, where, and what to do.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

from crossload.config import config_in_use

if TYPE_CHECKING:
    from crossload.app.convert import Converted
    from crossload.app.model_bench import ModelOptions
    from crossload.explaining.answer import Explanation
    from crossload.user_models.check import Check
    from crossload.util.terminal import Say


class With(TypedDict, total=False):
    """What :func:`check` and :func:`convert` can be told of a file, by name.

    :param custom_objects: a file or a dotted module that defines its classes and functions.
    :param build: ``FILE:FUNCTION``, which builds the model, for files of weights alone.
    :param inputs: an npz to call it with; left out where inputs are to be made from its signature.
    :param saved_with: the version that wrote it; left out where the file says so.
    :param allow_read: files and folders that the model may read where it names them, besides what lies next to it.
    :param backend: ``auto`` (the default), ``docker`` or ``venv``.
    :param trust: load a file that carries code even where nothing confines it.
    :param memory_mb: what a process may take; left out for what the file needs, and the machine has.
    :param config: a ``matrix.toml``; left out for the one of the current folder, or else the one that comes with Crossload.
    """

    custom_objects: str | None
    build: str | None
    inputs: str | Path | None
    saved_with: str | None
    allow_read: Sequence[str | Path]
    backend: str
    trust: bool
    memory_mb: int | None
    config: str | Path | None


def _silent(line: str) -> None:
    """Says nothing."""


def _options(path: str | Path, told: With) -> "ModelOptions":
    from crossload.app.model_bench import ModelOptions
    from crossload.user_models.seat import Conditions, Given

    unknown = told.keys() - With.__annotations__.keys()
    if unknown:
        raise TypeError(f"unknown argument {min(unknown)!r}. Known: {', '.join(With.__annotations__)}.")
    inputs, config = told.get("inputs"), told.get("config")
    given = Given(
        custom_objects=told.get("custom_objects"),
        build=told.get("build"),
        inputs=None if inputs is None else Path(inputs),
        saved_with=told.get("saved_with"),
    )
    conditions = Conditions(
        config=config_in_use(config),
        backend=told.get("backend", "auto"),
        trust=told.get("trust", False),
        memory_mb=told.get("memory_mb"),
    )
    return ModelOptions(Path(path), conditions, given, tuple(Path(item) for item in told.get("allow_read", ())))


def check(
    path: str | Path,
    environments: Sequence[str] | None = None,
    *,
    static: bool = False,
    page: str | Path | None = None,
    say: "Say" = _silent,
    **told: Unpack[With],
) -> "Check":
    """What a saved model is, what is to be expected of it, and how it loads.

    :param path: an h5, a ``.keras``, a SavedModel folder, a file of weights or the prefix of a checkpoint.
    :param environments: where to load it, such as ``["2.10", "2.21"]``; None for those of the quick profile.
    :param static: only read it and predict; nothing is run, and ``rows`` and ``verdicts`` are empty.
    :param page: where an HTML page of the answer goes; None for no page.
    :param say: receives a line for every step.
    :param told: what goes with the file, and how it is measured: :class:`With`.
    :raises CrossloadError: the file or what was given with it cannot be used, or no environment can be had.
    """
    from crossload.app.check import check_model

    options = _options(path, told)
    found, _ = check_model(options, environments, static, None, None if page is None else Path(page), say)
    return found


def convert(  # noqa: PLR0913 - what is asked for is named, as on the command line
    path: str | Path,
    to: str,
    out: str | Path,
    *,
    format: str = "keras",
    keep: str = "model",
    max_hops: int = 2,
    route: str | None = None,
    say: "Say" = _silent,
    **told: Unpack[With],
) -> "Converted":
    """Write a file that another version loads plainly, with its proof beside it (``OUT.json``).

    Nothing is overwritten, and the original is only read. What is not described here is as in :func:`check`.

    :param to: the version that must load the result plainly, such as ``"2.21"``.
    :param out: the new file.
    :param format: ``keras``, ``h5`` or ``savedmodel``.
    :param keep: ``optimizer`` where its state must come through.
    :param max_hops: environments that may lie between.
    :param route: the stops of the only route to walk, such as ``"2.15:h5"``; None for every one there is.
    :raises CrossloadError: something given cannot be used, or no route ends in a proven file.
    """
    from crossload.app.convert import Target, convert_model

    target = Target(to=to, out=Path(out), format=format, keep=keep, max_hops=max_hops, route=route)
    return convert_model(_options(path, told), target, None, say)


def explain(text: str) -> "list[Explanation]":
    """Possible causes of an error message, the likeliest first; none where nobody has seen anything like it.

    :param text: the message, a whole traceback, a notebook's output or a log; the last error in it counts.
    :raises SelectionError: there is no message in it.
    """
    from crossload.diagnosis.catalogue import load_catalogue
    from crossload.errors import SelectionError
    from crossload.explaining.answer import explain as find
    from crossload.explaining.message import parse
    from crossload.shipped.answers import read_known

    message = parse(text)
    if not message.text:
        raise SelectionError("there is no message to explain.")
    known = read_known(None, lambda row: bool(row["cause"] and row["error"]))
    return find(message, known.rows, load_catalogue())
