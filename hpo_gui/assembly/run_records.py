"""What a run writes into the study file beside its trials."""

from __future__ import annotations

from msgspec import structs

from hpo_gui.assembly.opened import SECONDS
from hpo_gui.assembly.sessions import JUDGED, SESSION, Session, again_with, to_text
from hpo_gui.core.spec import BudgetSpec
from hpo_gui.core.spec_text import parse_spec, spec_to_json
from hpo_gui.storage.study_file import StudyFile
from hpo_gui.study.past import Judged
from hpo_gui.study.study import Study


class RunRecords:
    """How long a study has run, and in its audit trail all that repeating the run needs.

    Parameters
    ----------
    session : of this run; written down at once
    """

    def __init__(self, file: StudyFile, study: Study, session: Session) -> None:
        self._file = file
        self._study = study
        self._session = session
        self._judged: list[Judged] = []
        self._log_session(session)

    def note_judged(self, judged: Judged) -> None:
        """Remember when the pruner was asked, to be written with the seconds."""
        self._judged.append(judged)

    def keep_seconds(self, used: float) -> None:
        """Write the running time so far, and what is remembered."""
        self._file.set_meta(SECONDS, repr(used))
        if self._judged:
            self._file.log(JUDGED, to_text(self._judged))
            self._judged.clear()

    def keep_budget(self, budget: BudgetSpec) -> None:
        """Write a budget that was changed while the study runs."""
        file = self._file
        newest = parse_spec(file.spec_json())
        changed = structs.replace(newest, budget=budget)
        if changed != newest:
            file.add_spec(spec_to_json(changed), "another budget while it ran")
        self._log_session(again_with(self._session, self._study, file.spec_version, budget))

    def _log_session(self, session: Session) -> None:
        self._file.log(SESSION, to_text(session))
