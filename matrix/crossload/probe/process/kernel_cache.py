"""Keeps TensorFlow's kernels from one attempt to the next, where that can make no difference.

``clear_session`` and ``set_seed`` make TensorFlow forget every kernel it has prepared for eager operations, so that random ones
begin their sequence again. Preparing them anew is a third of what a load costs. So they are forgotten only when one of them
may hold a state: after an operation that draws random numbers with a state (all of them ask ``get_seed``, see
``tensorflow/python/framework/random_seed.py``), and around models of text, whose lookup tables live in kernels.
"""

import contextlib
import functools


class _State(object):
    """``stateful``: whether a kernel made since the last clearing may hold a state; ``watched``: whether that is known."""

    stateful = True
    watched = False


def note_stateful():
    """Have the next clearing happen: what runs now makes kernels that hold a state."""
    _State.stateful = True


def _watch():
    """Learn of random operations. Where this TensorFlow has no such function, kernels are never kept."""
    from tensorflow.python.framework import random_seed

    get_seed = random_seed.get_seed

    @functools.wraps(get_seed)
    def noting(*arguments, **named):
        note_stateful()
        return get_seed(*arguments, **named)

    random_seed.get_seed = noting
    _State.watched = True


@contextlib.contextmanager
def kept():
    """Within it, requests to forget all kernels go unheard, unless one of the kernels may hold a state."""
    try:
        if not _State.watched:
            _watch()
        from tensorflow.python import pywrap_tfe

        clear = pywrap_tfe.TFE_ContextClearCaches
    except (ImportError, AttributeError):
        yield
        return
    if _State.stateful:
        yield
        _State.stateful = False
        return
    pywrap_tfe.TFE_ContextClearCaches = lambda handle: None
    try:
        yield
    finally:
        pywrap_tfe.TFE_ContextClearCaches = clear
