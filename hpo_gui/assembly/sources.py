"""The files that a study learns from: no result takes their place."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

from hpo_gui.core.errors import ExportError
from hpo_gui.core.spec import StudySpec


def sources_of(spec: StudySpec, base: Path) -> tuple[Path, ...]:
    """The table, and the file of the user's own function; those of them that there are."""
    found = []
    if spec.data is not None:
        found.append(base / spec.data.source)
    if spec.objective is not None:
        found.append(base / spec.objective.function.rpartition(":")[0])
    existing = []
    for path in found:
        with contextlib.suppress(OSError, ValueError):
            if path.is_file():
                existing.append(path)
    return tuple(existing)


def check_spares_sources(
    spec: StudySpec, base: Path, paths: Iterable[Path], *others: Path
) -> None:
    """Check that no file that is to be written is one that the study learns from.

    Parameters
    ----------
    others : further files that must stay, such as the specification

    Raises
    ------
    ExportError : one of them is, by whatever name or link
    """
    sources = (*sources_of(spec, base), *others)
    for path in paths:
        for source in sources:
            if is_same_file(path, source):
                raise ExportError(
                    str(path),
                    "is what the study is made of, and would be lost",
                    remedy="Choose another name or folder.",
                )


def is_same_file(path: Path, source: Path) -> bool:
    """Whether both name one file that is there, by whatever spelling or link."""
    with contextlib.suppress(OSError, ValueError):
        return path.exists() and path.samefile(source)
    return False
