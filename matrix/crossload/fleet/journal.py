"""What was measured of a fleet, a line each, so that a scan that was stopped goes on where it was."""

import json
import os
import threading
from pathlib import Path
from typing import IO, Any

from crossload.errors import StoreError
from crossload.fleet.results import Measured
from crossload.inspection.bounds import json_value
from crossload.util.files import special_kind


class Journal:
    """Measurements by key. Safe for several threads; whatever ends the process costs at most the line that is being written.

    :raises StoreError: the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()
        self._known: dict[str, Measured] = {}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if kind := special_kind(path):
                raise StoreError(f"{path}: is {kind}. Choose another folder with --out.")
            whole = self._read()
            self._stream: IO[str] = path.open("a", encoding="utf-8")
            if not whole:  # a line that was cut short must not swallow the next one
                self._stream.write("\n")
        except OSError as error:
            raise StoreError(
                f"{path}: cannot be written ({error.strerror}). Choose another folder with --out."
            ) from None

    def _read(self) -> bool:
        """Take in what is there; whether it ends with a whole line."""
        if not self._path.exists():
            return True
        text = self._path.read_text(encoding="utf-8", errors="replace")
        for line in text.splitlines():
            try:
                told: dict[str, Any] = json_value(line)
                self._known[told["key"]] = Measured.from_dict(told["measured"])
            except (ValueError, KeyError, TypeError, AttributeError):
                continue  # cut short, or another version's: it is measured again
        return not text or text.endswith("\n")

    def get(self, key: str) -> Measured | None:
        return self._known.get(key)

    def put(self, key: str, measured: Measured) -> None:
        """Keep a measurement; it is on the disk when this returns."""
        line = json.dumps({"key": key, "measured": measured.to_dict()})
        with self._lock:
            self._known[key] = measured
            try:
                self._stream.write(line + "\n")
                self._stream.flush()
                os.fsync(self._stream.fileno())
            except OSError as error:
                raise StoreError(f"{self._path}: cannot be written ({error.strerror}). Free some space.") from None

    def close(self) -> None:
        self._stream.close()
