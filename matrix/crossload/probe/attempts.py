"""The attempts: ways of loading, and what each costs. Add one by adding an entry to :data:`PIECES` and its place in
:data:`REMEDIES`.

The host reads the names, their order and their costs; the probe applies them.
"""

import re

from .formats import FORMATS, INFERENCE, REBUILT, takes_load_arguments
from .remedies import edit_config, rename, replace_load, traced_copy

PLAIN = "plain"
BARE = "bare"
IMPORTED = "imported"
TRANSLATE = "translate"
TRACED = "traced"

# Run as evidence for claims; they never decide a verdict.
EVIDENCE = (BARE, IMPORTED)

# What a remedy costs whoever uses it.
OPTIMIZER_LOST = "optimizer state lost"
INFERENCE_ONLY = "inference only"
CODE_NEEDED = "code needed"
TRUSTED_ONLY = "trusted file only"
RENAMED_COPY = "a renamed copy"
EDITED_COPY = "an edited copy"
TRANSLATED_COPY = "a translated copy"


class Piece(object):
    """One thing that a remedy does. Every function may raise ``reporting.NotApplicableError`` to say that it makes no sense.

    :param costs: what it costs, in words.
    :param arguments: keyword arguments that it adds to the load call.
    :param prepare: function ``(path, folder, context)`` that gives the path of a copy made in ``folder``, and a note.
    :param load: function ``(path, context, folder)`` that replaces the load call; gives the model or function, and a note.
    :param gives: what ``load`` gives, as in ``formats``; None where it gives what the format's own load call does.
    :param suits: whether it makes sense for a format, by name.
    :param names: whether its copy has the proper name, whatever the name of the file.
    """

    def __init__(
        self, costs=(), arguments=None, prepare=None, load=None, gives=None, suits=takes_load_arguments, names=False
    ):
        self.costs = costs
        self.arguments = arguments or {}
        self.prepare = prepare
        self.load = load
        self.gives = gives
        self.suits = suits
        self.names = names


def _reads_keras_files(name):
    return takes_load_arguments(name) or FORMATS[name].gives == REBUILT


def _translate(path, folder, context):
    # The host, which reads this module, needs none of it.
    from tensorflow import keras

    from .rollback import attempt as rollback
    from .translate import attempt as translation

    direction = translation if hasattr(keras, "KerasTensor") else rollback
    return direction.translate(path, folder, context)


PIECES = {
    "rename": Piece((RENAMED_COPY,), prepare=rename.rename, suits=_reads_keras_files, names=True),
    TRACED: Piece((TRUSTED_ONLY,), prepare=traced_copy.traced_copy, names=True),
    TRANSLATE: Piece((TRANSLATED_COPY,), prepare=_translate, names=True),
    "edit-config": Piece((EDITED_COPY,), prepare=edit_config.edit_config),
    "compile=False": Piece((OPTIMIZER_LOST,), {"compile": False}),
    "safe_mode=False": Piece((TRUSTED_ONLY,), {"safe_mode": False}, prepare=edit_config.require_unsafe_object),
    "TFSMLayer": Piece((INFERENCE_ONLY,), load=replace_load.load_function, gives=INFERENCE),
    "rebuild+weights": Piece((CODE_NEEDED, OPTIMIZER_LOST), load=replace_load.load_rebuilt, gives=REBUILT),
}

# The file with its Lambda layers as operations, translated.
TRACED_TRANSLATION = "%s+%s" % (TRACED, TRANSLATE)

# Which make a model anew from what the file says; they may keep what another way of loading loses.
TRANSLATIONS = (TRANSLATE, TRACED_TRANSLATION)

# Tried in this order, by what they cost, when plain did not load or gave other outputs, until one gives matching outputs.
# What replaces the load call comes last. A combination only runs when none of its parts loaded.
REMEDIES = (
    "rename",
    TRANSLATE,
    "edit-config",
    "rename+edit-config",
    TRACED_TRANSLATION,
    "safe_mode=False",
    "edit-config+safe_mode=False",
    "compile=False",
    "rename+compile=False",
    "edit-config+compile=False",
    "rename+edit-config+compile=False",
    "compile=False+safe_mode=False",
    "rename+compile=False+safe_mode=False",
    "edit-config+compile=False+safe_mode=False",
    "rename+edit-config+compile=False+safe_mode=False",
    "TFSMLayer",
    "rebuild+weights",
)

# A piece may have a plus sign in its own name.
_PIECE = re.compile("|".join(re.escape(name) for name in sorted(PIECES, key=len, reverse=True)))


def parts(attempt):
    """The pieces of an attempt: ``"rename+compile=False"`` gives both, ``plain`` none."""
    return _PIECE.findall(attempt)


def arguments(attempt):
    """Keyword arguments that an attempt adds to the load call."""
    collected = {}
    for part in parts(attempt):
        collected.update(PIECES[part].arguments)
    return collected


def costs(attempt):
    """What an attempt costs, in words, in the order of its pieces; ``plain`` costs nothing."""
    return [cost for part in parts(attempt) for cost in PIECES[part].costs]


def gives(attempt, form):
    """What an attempt gives back for a format, by name: ``formats.WHOLE_MODEL``, ``REBUILT`` or ``INFERENCE``."""
    own = [PIECES[part].gives for part in parts(attempt) if PIECES[part].gives]
    return own[-1] if own else FORMATS[form].gives


def replaces_load(attempt):
    """Whether an attempt loads in another way than the plain call, so that a hang of that call says nothing about it."""
    return any(PIECES[part].load is not None for part in parts(attempt))


def edits(attempt):
    """The pieces of an attempt that change what the file says, so that a hang over the file as it was says nothing about it."""
    return {part for part in parts(attempt) if {EDITED_COPY, TRANSLATED_COPY} & set(PIECES[part].costs)}


def rebuilds(attempt):
    """Whether an attempt builds the model from code, so that a weight may not come from the file."""
    return any(PIECES[part].gives == REBUILT for part in parts(attempt))


def sees_code(attempt):
    """Whether the scenario's code may be imported for an attempt."""
    return attempt != BARE and not any(PIECES[part].gives == INFERENCE for part in parts(attempt))


def remedies_for(form):
    """The remedies that can make sense for a format, by name, in order."""
    return tuple(name for name in REMEDIES if all(PIECES[part].suits(form) for part in parts(name)))


def covers(one, two):
    """Whether an attempt does all that another does, so that it loads what that loads.

    It has its pieces; its copy has the proper name anyway; or it does not come to the compile settings that the other leaves out,
    because it replaces the load call.
    """
    pieces = set(parts(one))
    left = set(parts(two)) - pieces
    if any(PIECES[piece].names for piece in pieces):
        left.discard("rename")
    if replaces_load(one):
        left.discard("compile=False")
    return not left
