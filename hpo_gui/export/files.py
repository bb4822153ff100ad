"""Writing a file whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hpo_gui.core.errors import ExportError

DATABASE = b"SQLite format 3\0"  # how study files begin


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """Give a path beside ``path`` to write to, and put it in its place when all went well.

    Missing folders are made. Afterwards there is the new file or, after an error, the old one.

    Raises
    ------
    ExportError : the folder cannot be written, the disk is full, or a study would be lost
    """
    temporary: Path | None = None
    _check_no_study(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix
        )
        os.close(handle)
        temporary = Path(name)
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        _sync(temporary)  # else a power cut could leave the new name on an empty file
        temporary.replace(path)
        _sync(path.parent)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def check_writable(path: Path) -> None:
    """Try whether a file could be written, before much is computed for it.

    Raises
    ------
    ExportError : it could not: the folder cannot be made or written, or is in the way,
        or is a study
    """
    _check_no_study(path)
    try:
        if "\0" in str(path):
            raise ValueError("no name may hold a NUL")
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except (OSError, ValueError) as error:
        raise _unwritable(path, error) from error


def _check_no_study(path: Path) -> None:
    """A study holds what nobody can compute again: no export takes its place."""
    start = b""
    with contextlib.suppress(OSError, ValueError), path.open("rb") as file:
        start = file.read(len(DATABASE))
    if start == DATABASE:
        raise ExportError(
            str(path), "is a study, which would be lost", remedy="Choose another name."
        )


def check_suffix(path: Path, formats: tuple[str, ...]) -> str:
    """The suffix of a file in small letters; `ExportError` when it is none of the formats'."""
    suffix = path.suffix.lower()
    if suffix not in formats:
        raise ExportError(str(path), f"must end in one of {', '.join(formats)}", path.suffix)
    return suffix


def _unwritable(path: Path, error: OSError | ValueError) -> ExportError:
    reason = getattr(error, "strerror", None) or str(error)
    if isinstance(error, FileExistsError | NotADirectoryError):
        reason = f"{path.parent} is not a folder"
    return ExportError(
        str(path),
        f"cannot be written: {reason}",
        remedy="Choose another folder, or free some space.",
    )


def _sync(path: Path) -> None:
    """Wait until a file or a folder is on the disk; folders cannot be synced everywhere."""
    if path.is_dir():
        with contextlib.suppress(OSError):
            _fsync(path, os.O_RDONLY)
    else:
        _fsync(path, os.O_RDWR)


def _fsync(path: Path, how: int) -> None:
    descriptor = os.open(path, how)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_text(text: str, path: Path) -> None:
    """Write text in UTF-8; see `replaced`."""
    with replaced(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
