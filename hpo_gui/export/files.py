"""Writing a file whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hpo_gui.core.errors import ExportError


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """Give a path beside ``path`` to write to, and put it in its place when all went well.

    Missing folders are made. Afterwards there is the new file or, after an error, the old one.

    Raises
    ------
    ExportError : the folder cannot be written, or the disk is full
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix
        )
        os.close(handle)
        temporary = Path(name)
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        raise ExportError(
            str(path),
            "must be a file that can be written",
            error.strerror or str(error),
            remedy="Choose another folder, or free some space.",
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_text(text: str, path: Path) -> None:
    """Write text in UTF-8; see `replaced`."""
    with replaced(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
