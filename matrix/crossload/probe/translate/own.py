"""The user's own classes and functions, by the names under which a file may know them."""

from ..own_classes import bare


class Own(object):
    """Those that were given, and those that register themselves when their module is imported.

    :param keras: the package, of this environment.
    :param given: classes and functions by name, as ``custom_objects`` takes them.
    """

    def __init__(self, keras, given=None):
        self._keras = keras
        self.given = given or {}

    def find(self, *names):
        """The first object that one of these names means; None where none is the user's.

        A file says the name of a class, or ``package>name`` that it was registered under, in the same place or beside it.
        """
        for name in names:
            if not isinstance(name, str):
                continue
            found = self.given.get(name) or self.given.get(bare(name))
            if found is None and ">" in name:
                found = self._keras.saving.get_registered_object(name)
            if found is not None:
                return found
        return None

    def scope(self):
        """The context in which Keras knows what was given."""
        return self._keras.saving.custom_object_scope(self.given)
