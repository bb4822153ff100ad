"""Acts on a study that does not run: the file is opened, changed and closed again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hpo_gui.core.acting import Acted, do_acts
from hpo_gui.core.acts import Act
from hpo_gui.core.errors import ReadOnlyError
from hpo_gui.core.spec_text import parse_spec
from hpo_gui.storage.records import AuditEvent
from hpo_gui.storage.study_file import StudyFile


def act_on_study(path: Path, acts: Sequence[Act]) -> Acted:
    """Do acts one after the other; those that are possible are kept together.

    Raises
    ------
    StorageError : the file cannot be opened or written, such as while the study runs elsewhere
    """
    with writable(path) as file:
        goals = parse_spec(file.spec_json(), name=path.name).goals
        acted = do_acts(acts, file.trial, goals)
        if acted.done:
            file.act(acted.done)
        return acted


def writable(path: Path) -> StudyFile:
    """A study file that is open to be changed.

    Raises
    ------
    StorageError : it cannot be opened or written, such as while the study runs elsewhere
    """
    file = StudyFile.open(path)
    if file.read_only:
        file.close()
        raise ReadOnlyError(str(path), "can only be read", remedy=file.read_only_reason)
    return file


def audit_trail(path: Path) -> list[AuditEvent]:
    """What was done to a study, the oldest first; the file is not changed.

    Raises
    ------
    StorageError : the file cannot be opened, or is damaged
    """
    with StudyFile.look_into(path) as file:
        return file.events()
