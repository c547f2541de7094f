"""Which artifacts hold the same, remembered: reading a file costs more than looking it up."""

from collections.abc import Iterable

from crossload.store.database import Store


class Contents:
    """The classes of a store's artifacts that hold the same."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.classes: dict[str, str] = dict(store.read("SELECT artifact_key, class FROM contents"))
        self.dissolved: set[str] = {name for (name,) in store.read("SELECT class FROM dissolved_classes")}

    def put(self, artifact_key: str, name: str) -> None:
        """Remember the class of an artifact."""
        self.classes[artifact_key] = name
        with self._store.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO contents VALUES (?, ?)", (artifact_key, name))

    def dissolve(self, names: Iterable[str], copies: Iterable[str]) -> None:
        """Remember that artifacts of these classes are loaded one by one, and forget what was taken from a twin.

        :param copies: keys of the cells that were.
        """
        names = list(names)
        with self._store.transaction() as connection:
            connection.executemany("INSERT OR REPLACE INTO dissolved_classes VALUES (?)", [(name,) for name in names])
            connection.executemany("DELETE FROM cells WHERE key = ?", [(key,) for key in copies])
        self.dissolved.update(names)
