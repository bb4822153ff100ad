"""A specification that is written into another folder: its relative paths start from there."""

from __future__ import annotations

import os
from pathlib import Path

from msgspec import structs

from hpo_gui.core.spec import StudySpec


def relocated(spec: StudySpec, base: Path, folder: Path) -> StudySpec:
    """The specification with its paths starting from another folder.

    Parameters
    ----------
    base : where they start from so far
    """
    earlier = tuple(_relocated(path, base, folder) for path in spec.start.earlier)
    spec = structs.replace(spec, start=structs.replace(spec.start, earlier=earlier))
    if spec.objective is not None:
        path, colon, function = spec.objective.function.rpartition(":")
        moved = f"{_relocated(path, base, folder)}{colon}{function}"
        return structs.replace(spec, objective=structs.replace(spec.objective, function=moved))
    if spec.data is None or spec.data.source.startswith("sample:"):
        return spec
    source = _relocated(spec.data.source, base, folder)
    return structs.replace(spec, data=structs.replace(spec.data, source=source))


def _relocated(written: str, base: Path, folder: Path) -> str:
    path = (base / written).absolute()
    try:
        return Path(os.path.relpath(path, folder.absolute())).as_posix()
    except ValueError:  # NOTE: another drive on Windows
        return str(path)
