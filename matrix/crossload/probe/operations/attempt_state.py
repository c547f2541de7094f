"""What the attempts of one request share: the copies that remedies make, and what has been learnt so far."""

import contextlib
import os
import shutil
import tempfile

from .. import agreement, attempts
from ..errors import NotApplicableError
from ..protocol import NAMED

RENAME = "rename"


class Copies(object):
    """Copies of an artifact that remedies make, each made once, in a folder that :meth:`remove` takes away."""

    def __init__(self, path):
        self._original = path
        self._folder = None
        self._folders = 0
        self._made = {(): (path, ())}

    def folder(self):
        """A new empty folder."""
        self._folder = self._folder or tempfile.mkdtemp()
        self._folders += 1
        made = os.path.join(self._folder, str(self._folders))
        os.mkdir(made)
        return made

    def make(self, pieces, context):
        """Path of the artifact, prepared by each piece in turn, and what was done as a tuple of texts."""
        done = tuple(name for name in pieces if attempts.PIECES[name].prepare)
        if done not in self._made:
            path, notes = self.make(done[:-1], context)
            try:
                path, note = attempts.PIECES[done[-1]].prepare(path, self.folder(), context)
            except NotApplicableError as error:
                error.piece = done[-1]
                raise
            self._made[done] = path, notes + ((note,) if note else ())
        return self._made[done]

    def hide(self, text):
        """A text in which a copy reads as the original would: errors must not depend on where copies lie."""
        for path, _ in self._made.values():
            text = text.replace(path, os.path.join(os.path.dirname(self._original), os.path.basename(path)))
        return text.replace(self._folder, "<copies>") if self._folder else text

    def remove(self):
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)


@contextlib.contextmanager
def beside_named(directory):
    """Work where the files lie that a model names by relative paths, if there are any."""
    folder = os.path.join(directory, NAMED)
    if not os.path.isdir(folder):
        yield
        return
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


class Progress(object):
    """What the attempts of a request have shown so far, and which others that makes pointless."""

    def __init__(self):
        self.found_good = False
        self._keeps_training = False
        self._loaded = set()
        self._unfit = set()
        self._errors = {}

    def is_pointless(self, pieces):
        """Whether a remedy need not be tried."""
        if not pieces:
            return False
        if self._unfit.intersection(pieces):
            return True
        if self.found_good:
            # What loads may have lost what the translation keeps.
            return self._keeps_training or pieces[-1] != attempts.TRANSLATE
        names = any(attempts.PIECES[piece].names for piece in pieces)
        if not names and self._needs_name and not attempts.PIECES[pieces[-1]].load:
            return True
        return len(pieces) > 1 and (bool(self._loaded.intersection(pieces)) or self._changes_nothing(pieces))

    @property
    def _needs_name(self):
        """Whether the loader minds the name alone: under the proper one it comes further than plain did."""
        renamed, plain = self._errors.get(RENAME), self._errors.get(attempts.PLAIN)
        return RENAME in self._loaded or bool(renamed and plain and renamed != plain)

    def _changes_nothing(self, pieces):
        """Whether the attempt begins with copying a file in a way that left the error what it was."""
        for count in range(1, len(pieces)):
            if not attempts.PIECES[pieces[count - 1]].prepare:
                return False
            error = self._errors.get("+".join(pieces[:count]))
            if error and error == self._errors.get("+".join(pieces[: count - 1]) or attempts.PLAIN):
                return True
        return False

    def note(self, name, record, near):
        """Take in the record of an attempt."""
        if record["outcome"] == "raised":
            self._errors[name] = record["error_type"], record["error"]
        if record["outcome"] == "loaded":
            self._loaded.add(name)
            decides = name == attempts.PLAIN or name in attempts.REMEDIES
            if decides and agreement.works(record["rungs"], near["atol"], near["rtol"], near["spread"]):
                self.found_good = True
                self._keeps_training = agreement.keeps_training(record["rungs"], near["atol"], near["rtol"])

    def note_unfit(self, piece):
        """Take in that a piece makes no sense here, so that no attempt with it does."""
        self._unfit.add(piece)
