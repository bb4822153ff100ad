"""The table of a study: as it is now, or as it was when the study was made."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from hpo_gui.core.errors import DataError
from hpo_gui.core.spec import StudySpec
from hpo_gui.evaluation.reading import read_bytes
from hpo_gui.evaluation.table import Table, read_table
from hpo_gui.storage.study_file import StudyFile


def load_table(spec: StudySpec, base: Path) -> Table | None:
    """The table of a specification; None for the user's own function or without a source."""
    if spec.data is None or spec.objective is not None:
        return None
    return read_table(spec.data.source, base, spec.data.reading)


def bytes_of(table: Table, path: Path) -> bytes:
    """The bytes of a table's file, which must be what was read."""
    content = read_bytes(path)
    if hashlib.sha256(content).hexdigest() != table.sha256:
        raise DataError(str(path), "must not change while a study is made", remedy="Try again.")
    return content


def table_of_study(spec: StudySpec, base: Path, study: Path | None) -> Table | None:
    """The table that a study was made with.

    Parameters
    ----------
    study : the study file, which may hold a copy of the data

    Raises
    ------
    DataError : the data are gone, or others than before
    """
    if study is None:
        return _unchanged(spec, load_table(spec, base))
    with StudyFile.look_into(study) as file:
        return table_again(spec, base, file)


def table_again(spec: StudySpec, base: Path, file: StudyFile) -> Table | None:
    """The table of an earlier session, which must not have changed since."""
    return _unchanged(spec, _snapshot(spec, file) or load_table(spec, base))


def _unchanged(spec: StudySpec, table: Table | None) -> Table | None:
    if table is None or spec.data is None or spec.data.sha256 in (None, table.sha256):
        return table
    raise DataError(
        spec.data.source,
        "must be the file that the study was made with, but its content has changed",
        remedy="Bring the old file back, or start a new study.",
    )


def _snapshot(spec: StudySpec, file: StudyFile) -> Table | None:
    """The table from the copy in the study file; None when there is no copy."""
    stored = file.load_data()
    if stored is None or spec.data is None or stored.sha256 != spec.data.sha256:
        return None
    with tempfile.TemporaryDirectory(prefix="hpo-studio-") as folder:
        copy = Path(folder) / Path(stored.name).name
        copy.write_bytes(stored.content)
        return read_table(copy.name, copy.parent, spec.data.reading)
