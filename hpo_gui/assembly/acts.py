"""Acts on a study that does not run: the file is opened, changed and closed again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hpo_gui.core.acts import Act, apply, describe
from hpo_gui.core.errors import ActError, ReadOnlyError
from hpo_gui.core.spec_text import parse_spec
from hpo_gui.core.trial import Trial
from hpo_gui.storage.records import AuditEvent
from hpo_gui.storage.study_file import StudyFile


def act_on_study(path: Path, acts: Sequence[Act]) -> list[Trial]:
    """Do acts one after the other; returns the trial after each.

    Raises
    ------
    ActError : one is not possible; those before it are done
    StorageError : the file cannot be opened or written, such as while the study runs elsewhere
    """
    with StudyFile.open(path) as file:
        if file.read_only:
            rule = "can only be read"
            raise ReadOnlyError(str(path), rule, remedy=file.read_only_reason)
        goals = parse_spec(file.spec_json(), name=path.name).goals
        changed = []
        for act in acts:
            before = file.trial(act.number)
            if before is None:
                raise ActError(f"trial {act.number}", "must be one of the study")
            after = apply(act, before, goals)
            file.act(act, after, describe(act, before))
            changed.append(after)
        return changed


def audit_trail(path: Path) -> list[AuditEvent]:
    """What was done to a study, the oldest first; the file is not changed.

    Raises
    ------
    StorageError : the file cannot be opened, or is damaged
    """
    with StudyFile.look_into(path) as file:
        return file.events()
