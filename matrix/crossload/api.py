"""Crossload for programs: notebooks, and hooks of registries.

Each function is what the command of its name does, without a terminal. What cannot be used raises
:class:`crossload.errors.CrossloadError`, whose message says what is wrong, where, and what to do.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crossload.config import config_in_use

if TYPE_CHECKING:
    from crossload.app.convert import Converted
    from crossload.explaining.answer import Explanation
    from crossload.user_models.check import Check
    from crossload.util.terminal import Say


def _silent(line: str) -> None:
    """Says nothing."""


def check(  # noqa: PLR0913 - what goes with a file is named, as on the command line
    path: str | Path,
    environments: Sequence[str] | None = None,
    *,
    static: bool = False,
    custom_objects: str | None = None,
    build: str | None = None,
    inputs: str | Path | None = None,
    saved_with: str | None = None,
    backend: str = "auto",
    trust: bool = False,
    config: str | Path | None = None,
    page: str | Path | None = None,
    say: "Say" = _silent,
) -> "Check":
    """What a saved model is, what is to be expected of it, and how it loads.

    :param path: an h5, a ``.keras``, a SavedModel folder, a file of weights or the prefix of a checkpoint.
    :param environments: where to load it, such as ``["2.10", "2.21"]``; None for those of the quick profile.
    :param static: only read it and predict; nothing is run, and ``rows`` and ``verdicts`` are empty.
    :param custom_objects: a file or a dotted module that defines its classes and functions.
    :param build: ``FILE:FUNCTION``, which builds the model, for files of weights alone.
    :param inputs: an npz to call it with; None where inputs are to be made from its signature.
    :param saved_with: the version that wrote it; None where the file says so.
    :param backend: ``auto``, ``docker`` or ``venv``.
    :param trust: load a file that carries code even where nothing confines it.
    :param config: a ``matrix.toml``; None for the one of the current folder, or else the one that comes with Crossload.
    :param page: where an HTML page of the answer goes; None for no page.
    :param say: receives a line for every step.
    :raises CrossloadError: the file or what was given with it cannot be used, or no environment can be had.
    """
    from crossload.app.check import check_model
    from crossload.app.model_bench import ModelOptions

    options = ModelOptions(
        model=Path(path),
        config=config_in_use(config),
        custom_objects=custom_objects,
        build=build,
        inputs=None if inputs is None else Path(inputs),
        saved_with=saved_with,
        backend=backend,
        trust=trust,
    )
    found, _ = check_model(options, environments, static, None, None if page is None else Path(page), say)
    return found


def convert(  # noqa: PLR0913 - see check
    path: str | Path,
    to: str,
    out: str | Path,
    *,
    format: str = "keras",
    keep: str = "model",
    max_hops: int = 2,
    route: str | None = None,
    custom_objects: str | None = None,
    build: str | None = None,
    inputs: str | Path | None = None,
    saved_with: str | None = None,
    backend: str = "auto",
    trust: bool = False,
    config: str | Path | None = None,
    say: "Say" = _silent,
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
    from crossload.app.model_bench import ModelOptions

    options = ModelOptions(
        model=Path(path),
        config=config_in_use(config),
        custom_objects=custom_objects,
        build=build,
        inputs=None if inputs is None else Path(inputs),
        saved_with=saved_with,
        backend=backend,
        trust=trust,
    )
    target = Target(to=to, out=Path(out), format=format, keep=keep, max_hops=max_hops, route=route)
    return convert_model(options, target, None, say)


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
