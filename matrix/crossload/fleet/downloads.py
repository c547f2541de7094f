"""Models behind URLs: fetched through fsspec or MLflow into a cache by digest, within a bound.

Credentials are the libraries' own business: nothing of them is read, kept or shown here.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from crossload.errors import CrossloadError, SelectionError
from crossload.inspection.bounds import printable
from crossload.user_models.digests import sha256_of
from crossload.util.cache import cache_folder
from crossload.util.files import special_kind, write_atomically, write_text_atomically

# Bytes that the sources of one command may hold together, and that the cache keeps.
LARGEST_DOWNLOAD = 64 << 30
_LARGEST_CACHE = 64 << 30
_MOST_FILES = 200_000
_CHUNK = 1 << 20
_MLFLOW = ("models:/", "runs:/", "mlflow-artifacts:/")
# Addresses of MLflow may lead to others; and what they lead to in the end that fsspec reads.
_DEEPEST = 4
# How a file of this machine is written as a URL, or as the outermost part of one.
_LOCAL = re.compile(r"(?:file|local):(?://)?")
_READ_BY_FSSPEC = ("file", "s3", "gs", "abfs", "abfss", "hdfs", "dbfs")


class DownloadError(CrossloadError):
    """What a URL names cannot be had: the message says why."""


class TooLargeError(DownloadError):
    """It holds more than is downloaded for one command."""


@dataclass(frozen=True)
class _Remote:
    """One file behind a URL.

    :param relative: its path below the URL; safe to be written below a folder of ours.
    :param version: what changes whenever its content does, as far as the store says (an ETag, for instance).
    """

    relative: str
    address: str
    size: int
    version: str


class Downloads:
    """Fetches what URLs name to where it can be read.

    :param folder: where each URL's files are laid out, for one command.
    :param cache: files by the digest of their content, and which digest a version of an address had.
    :param largest: bytes that all of it may have.
    """

    def __init__(self, folder: Path, cache: Path | None = None, largest: int = LARGEST_DOWNLOAD) -> None:
        self._folder, self._cache = folder, cache or cache_folder() / "models"
        self._left = largest
        self._largest = largest

    def fetch(self, url: str) -> Path:
        """The folder or the file that a URL names, on this machine.

        :raises DownloadError: it cannot be had, or is larger than the bound.
        :raises SelectionError: its library is not installed.
        """
        place = self._folder / hashlib.sha256(url.encode()).hexdigest()[:16]
        if url.startswith(_MLFLOW):
            return self._of_mlflow(url, place)
        return self._of_fsspec(url, place)

    def _of_fsspec(self, url: str, place: Path) -> Path:
        try:
            import fsspec
        except ImportError:
            raise SelectionError(f"{_shown(url)}: URLs need fsspec: pip install 'crossload[remote]'.") from None
        for part in url.split("::"):
            # What is packed in a file of this machine: fsspec would read a device to its end.
            if kind := special_kind(Path(_LOCAL.sub("", part))):
                raise DownloadError(f"{_shown(url)}: is {kind}, not a file.")
        try:
            system, root = fsspec.core.url_to_fs(url)
            files = list(_listed(system, root))
        except ImportError as error:
            raise SelectionError(
                f"{_shown(url)}: {error}. pip install 'crossload[remote]' brings the usual ones."
            ) from None
        except Exception as error:  # each of the libraries behind it raises its own
            raise DownloadError(f"{_shown(url)}: cannot be read ({_said(error)}).") from None
        if not files:
            raise DownloadError(f"{_shown(url)}: there is no such file or folder.")
        self._take(url, files)
        for file in files:
            try:
                kept = self._kept(url, file) or self._get(system, url, file)
            except Exception as error:  # as above
                raise DownloadError(
                    f"{_shown(url)}: {printable(file.relative)} cannot be read ({_said(error)})."
                ) from None
            target = place / file.relative
            target.parent.mkdir(parents=True, exist_ok=True)
            _link(kept, target)
        self._prune()
        single = len(files) == 1 and files[0].address.rstrip("/") == str(root).rstrip("/")
        return place / files[0].relative if single else place

    def _take(self, url: str, files: Sequence[_Remote]) -> None:
        """Count files against the bound, before the first byte is fetched."""
        size = sum(file.size for file in files)
        if len(files) > _MOST_FILES:
            raise TooLargeError(
                f"{_shown(url)}: holds {len(files):,} files; at most {_MOST_FILES:,} are taken. Name a part of it."
            )
        if size > self._left:
            raise TooLargeError(
                f"{_shown(url)}: holds {size / 1e9:.1f} GB, more than is left of the {self._largest / 1e9:.0f} GB that are "
                "downloaded for one command. Name a part of it, or raise --most-gb."
            )
        self._left -= size

    def _note(self, url: str, file: _Remote) -> Path:
        key = hashlib.sha256(json.dumps([url, file.address, file.size, file.version]).encode()).hexdigest()
        return self._cache / "versions" / key[:2] / key

    def _content(self, digest: str) -> Path:
        return self._cache / "content" / digest[:2] / digest

    def _kept(self, url: str, file: _Remote) -> Path | None:
        """The content of a file where this version of it was fetched before, and still is what it was."""
        try:
            digest = self._note(url, file).read_text(encoding="ascii").strip()
        except OSError:
            return None
        content = self._content(digest)
        if not content.is_file() or content.stat().st_size != file.size or sha256_of(content) != digest:
            return None
        os.utime(content)
        return content

    def _get(self, system: Any, url: str, file: _Remote) -> Path:
        """Fetch a file, into the cache."""
        unfinished = (
            self._cache / "unfinished" / f"{os.getpid()}-{hashlib.sha256(file.address.encode()).hexdigest()[:16]}"
        )
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        try:
            written = 0
            with system.open(file.address, "rb") as source, unfinished.open("wb") as target:
                while chunk := source.read(_CHUNK):
                    written += len(chunk)
                    # A store that sends more than it said would fill the disk.
                    if written > file.size:
                        raise OSError(f"it is larger than the {file.size} bytes that were told")
                    target.write(chunk)
            if written < file.size:
                raise OSError(f"it ended after {written} of {file.size} bytes")
            digest = sha256_of(unfinished)
            content = self._content(digest)
            content.parent.mkdir(parents=True, exist_ok=True)
            os.replace(unfinished, content)
        finally:
            unfinished.unlink(missing_ok=True)
        note = self._note(url, file)
        note.parent.mkdir(parents=True, exist_ok=True)
        write_text_atomically(note, digest)
        return content

    def _prune(self) -> None:
        """Drop what was used longest ago, until the cache is within its bound."""
        kept = [(path.stat().st_mtime, path.stat().st_size, path) for path in (self._cache / "content").glob("*/*")]
        surplus = sum(size for _, size, _ in kept) - _LARGEST_CACHE
        for _, size, path in sorted(kept, key=lambda item: item[0]):
            if surplus <= 0:
                return
            path.unlink(missing_ok=True)
            surplus -= size

    def _of_mlflow(self, url: str, place: Path) -> Path:
        """What a store of MLflow holds: read where it keeps it, and so once, where that can be read; else as MLflow fetches it.

        MLflow says nothing of a file but its name and size, and a model that was trained again has the same.
        """
        try:
            from mlflow.artifacts import download_artifacts, list_artifacts
        except ImportError:
            raise SelectionError(f"{_shown(url)}: models of MLflow need it: pip install 'crossload[mlflow]'.") from None
        if behind := _kept_at(url):
            left = self._left
            try:
                return self._of_fsspec(behind, place)
            except TooLargeError as error:
                raise TooLargeError(str(error).replace(_shown(behind), _shown(url), 1)) from None
            except (DownloadError, SelectionError):
                self._left = left  # MLflow may have other credentials, or another library
                shutil.rmtree(place, ignore_errors=True)

        def sizes(address: str) -> Iterator[int]:
            for item in list_artifacts(artifact_uri=address):
                if item.is_dir:
                    yield from sizes(f"{address.rstrip('/')}/{item.path.rpartition('/')[2]}")
                else:
                    yield int(item.file_size or 0)

        try:
            listed = [_Remote("", "", size, "") for size in sizes(url)]
            self._take(url, listed)
            place.mkdir(parents=True, exist_ok=True)
            return Path(download_artifacts(artifact_uri=url, dst_path=str(place)))
        except DownloadError:
            raise
        except Exception as error:  # MLflow raises its own, and those of whatever store is behind it
            raise DownloadError(f"{_shown(url)}: cannot be read ({_said(error)}).") from None


def _kept_at(url: str) -> str:
    """Where a store of MLflow keeps what a URL of it names; empty where only MLflow itself can tell or read it."""
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    try:
        repository: Any = get_artifact_repository(url)
        for _ in range(_DEEPEST):
            repository = getattr(repository, "repo", None)
            address = str(getattr(repository, "artifact_uri", ""))
            if not address.startswith(_MLFLOW):
                break
        else:
            return ""
    except Exception:  # each kind of store raises its own; whoever fetches it says what is wrong
        return ""
    scheme, sign, _ = address.partition("://")
    return (
        address
        if sign and scheme in _READ_BY_FSSPEC
        else str(Path(address).absolute())
        if address.startswith("/")
        else ""
    )


def _listed(system: Any, root: str) -> Iterator[_Remote]:
    """Every file at an address or below it, in order."""
    found: Mapping[str, Mapping[str, Any]] = system.find(root, detail=True)
    base = str(root).rstrip("/")
    protocol = system.protocol
    is_local = "file" in ((protocol,) if isinstance(protocol, str) else tuple(protocol))
    for address, told in sorted(found.items()):
        if told.get("type") == "directory" or str(address).endswith("/"):
            continue
        if is_local and special_kind(Path(address)):
            continue
        relative = str(address)[len(base) :].lstrip("/") if str(address).startswith(base) else str(address)
        relative = relative or PurePosixPath(str(address)).name
        parts = PurePosixPath(relative).parts
        if ".." in parts or relative.startswith("/") or "\0" in relative:
            raise OSError(f"a name that leads out of the folder: {printable(relative)}")
        yield _Remote(relative, str(address), int(told.get("size") or 0), _version(system, str(address), told))


def _version(system: Any, address: str, told: Mapping[str, Any]) -> str:
    """What changes whenever a file's content does, as far as its store says."""
    for name in (
        "ETag",
        "etag",
        "md5Hash",
        "sha256",
        "oid",
        "blob_id",
        "CRC",
        "mtime",
        "LastModified",
        "last_modified",
    ):
        if told.get(name):
            return f"{name}:{told[name]}"
    return str(system.ukey(address))


def _shown(url: str) -> str:
    """A URL without what may be a secret in it."""
    before, sign, after = url.partition("://")
    host, slash, path = after.partition("/")
    return printable(f"{before}{sign}{host.rpartition('@')[2]}{slash}{path.partition('?')[0]}" if sign else url)


def _said(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return printable(text[:200])


def _link(content: Path, target: Path) -> None:
    """Lay a file of the cache out under a name; a copy where the two lie on different disks."""
    target.unlink(missing_ok=True)
    try:
        os.link(content, target)
    except OSError:
        write_atomically(target, lambda path: shutil.copyfile(content, path))
