"""Files that are whole or not there: what is written under a name appears at once, or the old file stays as it was.

In: bytes and a path. A draft beside the target takes the bytes and then its place, so that an interruption leaves no half of a file.
Errors of the system become a SymdiffError that names the path and what to type instead.
"""

from __future__ import annotations

import os
from _thread import get_ident  # without the rest of `threading`, which the command does not need
from collections.abc import Iterable, Mapping
from contextlib import suppress
from errno import EACCES, EISDIR, ELOOP, ENOENT, ENOTDIR

from symdiff.errors import SymdiffError


def write(path: str | os.PathLike[str], content: bytes | str, hint: str = "-o FILE, in a folder that exists") -> None:
    """Put the content into the file at once or not at all; a device or a pipe takes what it gets. SymdiffError if it cannot be written."""
    data = content.encode() if isinstance(content, str) else content
    target = _real(path)
    try:
        _require_writable(target)
        if os.path.exists(target) and not os.path.isfile(target):
            with open(target, "wb") as file:
                file.write(data)
            return
        draft = f"{target}.{os.getpid()}.{get_ident()}.tmp"
        try:
            with open(draft, "xb") as file:
                file.write(data)
            if os.path.exists(target):
                os.chmod(draft, os.stat(target).st_mode & 0o7777)
            os.replace(draft, target)
        finally:
            with suppress(FileNotFoundError):
                os.remove(draft)
    except OSError as error:
        raise cannot_write(path, error, hint) from None


def write_folder(path: str | os.PathLike[str], files: Mapping[str, bytes], stale: Iterable[str] = ()) -> list[str]:
    """Put all the files into the folder, which is made if it is not there; the paths. stale: names in it that go.

    A new folder appears with all its files. In one that is there each file is replaced at once, after all of them were written beside it.
    """
    import shutil  # with its archives, it costs every start some milliseconds

    target = _real(path)
    draft = f"{target}.{os.getpid()}.{get_ident()}.tmp"
    old = list(stale)
    try:
        if os.path.exists(target) and not os.path.isdir(target):
            raise NotADirectoryError(ENOTDIR, os.strerror(ENOTDIR))
        try:
            os.makedirs(draft)
            for name, data in files.items():
                with open(os.path.join(draft, name), "xb") as file:
                    file.write(data)
            if os.path.isdir(target):
                for name in files:
                    os.replace(os.path.join(draft, name), os.path.join(target, name))
                for name in old:
                    with suppress(FileNotFoundError):
                        os.remove(os.path.join(target, name))
            else:
                os.rename(draft, target)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise cannot_write(path, error, "a folder that exists or can be made") from None
    return [os.path.join(path, name) for name in files]


def require_writable(path: str | os.PathLike[str], hint: str = "-o FILE, in a folder that exists") -> None:
    """SymdiffError unless a file could be written here: asked before the work is done."""
    try:
        _require_writable(_real(path))
    except OSError as error:
        raise cannot_write(path, error, hint) from None


def require_folder(path: str | os.PathLike[str]) -> None:
    """SymdiffError unless files could be written into this folder, or it could be made."""
    target = _real(path)
    folder = target if os.path.isdir(target) else os.path.dirname(target)
    code = (
        ELOOP
        if os.path.islink(target)
        else ENOTDIR
        if os.path.lexists(target) and not os.path.isdir(target)
        else ENOENT
        if not os.path.isdir(folder)
        else EACCES
    )
    if code != EACCES or not os.access(folder, os.W_OK):
        raise cannot_write(path, OSError(code, os.strerror(code)), "a folder that exists or can be made")


def _real(path: str | os.PathLike[str]) -> str:
    """The path without links. SymdiffError for what no file can be called."""
    try:
        return os.path.realpath(path)
    except ValueError:  # a name with a zero byte, which no system call takes
        raise SymdiffError("cannot write to a file with a zero byte in its name", hint="another name") from None


def _require_writable(target: str) -> None:
    """OSError if the target, which has no links, cannot be written."""
    if os.path.islink(target):  # links that lead back to themselves
        raise OSError(ELOOP, os.strerror(ELOOP))
    if os.path.isdir(target):
        raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
    folder = os.path.dirname(target)
    if not os.path.lexists(folder):
        raise FileNotFoundError(ENOENT, os.strerror(ENOENT))
    if not os.path.isdir(folder):
        raise NotADirectoryError(ENOTDIR, os.strerror(ENOTDIR))
    with suppress(FileNotFoundError):
        os.lstat(target)  # a name that is too long
    if not os.access(target if os.path.exists(target) else folder, os.W_OK):
        raise PermissionError(EACCES, os.strerror(EACCES))


def cannot_write(path: str | os.PathLike[str], error: OSError, hint: str = "") -> SymdiffError:
    return SymdiffError(f"cannot write {os.fspath(path) or 'to a file without a name'}: {error.strerror}", hint=hint)
