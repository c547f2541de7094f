"""Loads a canary, and sees what it does."""

import os
import sys
import tempfile

from .. import errors
from . import kinds, models
from .make import make

# Functions of which only a call shows that something happened: what the file's name ends in, and theirs.
_WATCHED = {
    "unsafe-switch": (("serialization_lib.py", "enable_unsafe_deserialization"),),
    "tfsm-layer": (("saved_model/load.py", "load_partial"), ("saved_model/load.py", "load")),
}


def canary(request, emit):
    """Make a canary or load it, as the request's ``step`` says; emits one event ``canary`` with an ``ending``.

    Both work in the folder ``work`` of the request's own, where everything that a canary does shows.
    """
    folder, form, name = request["directory"], request["format"], request["canary"]
    work = os.path.join(folder, "work")
    if not os.path.isdir(work):
        os.mkdir(work)
    os.chdir(work)
    if request["step"] == "make":
        emit(_made(name, form, folder))
        _remove(work)  # making it called it
        return
    _remove(work)
    # So deep that what climbs out of it stays in our folder.
    tempfile.tempdir = os.path.join(work, "tmp", "deep")
    if not os.path.isdir(tempfile.tempdir):
        os.makedirs(tempfile.tempdir)
    sys.path.insert(0, os.path.join(folder, "elsewhere"))
    emit(_loaded(name, form, folder, request.get("arguments") or {}))


def _remove(work):
    place = os.path.join(work, models.RAN)
    if os.path.isdir(place):
        os.rmdir(place)
    elif os.path.exists(place):
        os.remove(place)


def _made(name, form, folder):
    try:
        make(name, form, folder)
    except models.CannotBeMadeError as error:
        return {"event": "canary", "ending": kinds.CANNOT_BE_MADE, "error": str(error)}
    return {"event": "canary", "ending": "made"}


class _Watch(object):
    """Whether one of some functions is called within it."""

    def __init__(self, functions):
        self._functions = functions
        self.seen = False

    def _note(self, frame, event, argument):
        code = frame.f_code
        if event == "call":
            for file, function in self._functions:
                if code.co_name == function and code.co_filename.endswith(file):
                    self.seen = True

    def __enter__(self):
        if self._functions:
            sys.setprofile(self._note)
        return self

    def __exit__(self, *error):
        sys.setprofile(None)


def _loaded(name, form, folder, arguments):
    path, raised, model = models.path_of(form, folder), None, None
    with _Watch(_WATCHED.get(name, ())) as watch:
        try:
            model = _load(path, form, arguments)
        except Exception as error:  # whatever it raises is what it says
            raised = error
    event = {"event": "canary", "ending": _ending(name, folder, model, raised, watch.seen)}
    if raised is not None:
        event.update(errors.describe(raised))
    return event


def _load(path, form, arguments):
    import tensorflow as tf
    from tensorflow import keras

    if form == "json+weights":
        with open(path) as stream:
            return keras.models.model_from_json(stream.read())
    if form == "weights.h5":
        model = models.plain()
        model.load_weights(path)
        return model
    if form == "export":
        loaded = tf.saved_model.load(path)
        loaded.signatures["serving_default"](tf.zeros((1, 3)))
        return loaded
    return keras.models.load_model(path, **arguments)


def _ending(name, folder, model, raised, called):
    kind = kinds.KINDS[name]
    if called or _marked(folder) or (kind.effect == kinds.READS and model is not None and _shows_secret(model)):
        return kind.effect
    if raised is not None:
        told = str(raised)
        if kind.effect == kinds.TAKES and (isinstance(raised, MemoryError) or "nable to allocate" in told):
            return kinds.TAKES
        return kinds.REFUSED
    return kinds.TAKES if kind.effect == kinds.TAKES else kinds.IDLE


def _marked(folder):
    places = (folder, os.path.join(folder, "work"), os.path.join(folder, "work", "tmp"))
    return any(os.path.exists(os.path.join(place, models.RAN)) for place in places)


def _shows_secret(model):
    import numpy as np

    for weights in model.get_weights():
        if np.any(np.asarray(weights) == models.SECRET):
            return True
    for layer in model.layers:
        if hasattr(layer, "get_vocabulary") and models.WORD in [str(word) for word in layer.get_vocabulary()]:
            return True
    return False
