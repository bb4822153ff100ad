"""What the window's commands do to the study shown as a whole: its edits and its run."""

from __future__ import annotations

from msgspec import structs
from PySide6.QtWidgets import QWidget

from hpo_gui.gui import summaries
from hpo_gui.gui.of_study import of_study
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.trial_actions import replay_schedule
from hpo_gui.gui.window.run_bar import more_trials
from hpo_gui.gui.window.trial_commands import Handlers


def study_handlers(session: Session, parent: QWidget) -> Handlers:
    """Command id -> what it does."""
    return {
        "file.new": session.new_study,
        "edit.undo": session.undo.undo,
        "edit.redo": session.undo.redo,
        "run.run": lambda: _run(session),
        "run.pause": session.pause,
        "run.stop_after": session.stop_after_current,
        "run.stop_now": session.stop_now,
        "run.add_trial": lambda: session.go_to.emit("run", "add_trial"),
        "study.replay": lambda: replay_schedule(session),
        "study.repeats": lambda: _check_repeats(session, parent),
    }


def _run(session: Session) -> None:
    """Run; a study that is done gets more trials first."""
    more = more_trials(session)
    if more:
        spec = session.spec
        trials = (spec.budget.trials or 0) + more
        budget = structs.replace(spec.budget, trials=trials)
        words = summaries.tr("Run {0} more trials").format(more)
        session.edit(structs.replace(spec, budget=budget), words)
    session.run()


def _check_repeats(session: Session, parent: QWidget) -> None:
    from hpo_gui.gui.dialogs.repeat_dialog import RepeatDialog

    dialog = RepeatDialog(session, parent)
    of_study(dialog, session)
    dialog.open()
