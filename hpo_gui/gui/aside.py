"""What a study consists of while it is open but not shown: all that the session gives away."""

from __future__ import annotations

from dataclasses import dataclass, field

from hpo_gui.core.history import HistoryBuilder
from hpo_gui.gui.loading import Loaded
from hpo_gui.gui.looking import Look
from hpo_gui.gui.study_run import StudyRun
from hpo_gui.gui.undo import Edits


@dataclass(frozen=True)
class Aside:
    """A study put aside, see `Session.put_aside`.

    Attributes
    ----------
    stale : whether a check of its specification was still to be made
    """

    shown: Loaded
    builder: HistoryBuilder
    run: StudyRun
    edits: Edits = field(default_factory=Edits)
    look: Look = field(default_factory=Look)
    stale: bool = False
