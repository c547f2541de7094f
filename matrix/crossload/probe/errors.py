"""How exceptions are described, so that the host can judge and show them."""

import os
import re
import traceback

_OWN_FOLDER = os.path.dirname(os.path.abspath(__file__))
_LONGEST_MESSAGE = 4000
# Keras 3 writes some of its messages in bold.
_BOLD = re.compile(r"\x1b\[[0-9;]*m")


class ProbeFault(BaseException):
    """A fault of the probe itself. No ``except Exception`` around TensorFlow's calls may take it for a finding."""


class NotAvailableError(Exception):
    """This environment does not have what the attempt needs."""


class NotApplicableError(Exception):
    """The attempt makes no sense for this file: it is not tried, and not recorded. ``piece`` is what makes none."""

    piece = None


class NotTranslatableError(Exception):
    """A file says something that this environment's Keras has no equal for. The message names it, and where it stands."""


def describe(error):
    """Type, message and innermost place of an exception. Messages are cut in the middle, so that both ends stay."""
    message = _BOLD.sub("", str(error))
    if len(message) > _LONGEST_MESSAGE:
        half = _LONGEST_MESSAGE // 2
        message = message[:half] + "\n[...]\n" + message[-half:]
    kind = type(error)
    name = kind.__name__ if kind.__module__ in ("builtins", "exceptions") else kind.__module__ + "." + kind.__name__
    frames = traceback.extract_tb(error.__traceback__)
    place = "%s:%d" % (os.path.basename(frames[-1][0]), frames[-1][1]) if frames else ""
    return {"error_type": name.split(".")[-1], "error_class": name, "error": message, "place": place}


def is_our_fault(error):
    """True when the innermost frame is the probe's own: then the fault is ours and says nothing about TensorFlow."""
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and os.path.abspath(frames[-1][0]).startswith(_OWN_FOLDER)
