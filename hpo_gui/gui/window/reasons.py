"""Why a command cannot be done right now; "" when it can."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from hpo_gui.gui.session import Session
from hpo_gui.gui.summaries import run_problem
from hpo_gui.gui.tables.trial_actions import why_no_replay
from hpo_gui.gui.training_edits import is_learning


def reasons(session: Session) -> dict[str, str]:
    """Command id -> reason, for every command that is not always possible."""
    running = session.state in ("starting", "running")
    not_active = "" if session.is_active else _tr("No study is running.")
    stopping = _tr("The study is stopping.") if session.state == "stopping" else not_active
    empty = _tr("Open a table or an example first.") if session.is_empty else ""
    saved = "" if session.stuck else _tr("Everything is saved: nothing waits in memory.")
    trials = "" if session.builder.trials else _tr("There are no trials yet: run the study.")
    return {
        "edit.undo": "" if session.undo.canUndo() else _tr("There is nothing to undo."),
        "edit.redo": "" if session.undo.canRedo() else _tr("There is nothing to redo."),
        "file.save_spec": empty,
        "file.save_copy": "" if session.path else _tr("The study gets its file when it runs."),
        "file.try_again": saved,
        "file.save_elsewhere": saved,
        "file.export": trials,
        "file.report": trials,
        "run.run": _why_not_run(session),
        "run.pause": "" if running else _why_not_pause(session),
        "run.stop_after": stopping,
        "run.stop_now": not_active,
        "run.add_trial": empty or run_problem(session),
        "study.replay": trials or why_no_replay(session),
        "view.pareto": empty or _why_no_front(session),
        "view.models": trials or _why_no_models(session),
        "view.landscape": trials,
        "study.repeats": trials or _why_not_check(session),
        "view.learning": empty or _why_no_learning(session),
        "view.population": empty or _why_no_population(session),
    }


def _why_no_front(session: Session) -> str:
    return "" if len(session.goals) > 1 else _tr("The study has one goal: add another one.")


def _why_no_models(session: Session) -> str:
    if len(session.spec.models) > 1:
        return ""
    return _tr("The study has one model: choose several in the Space step.")


def _why_not_check(session: Session) -> str:
    if session.is_active:
        return _tr("The study is running: stop it, or wait for its end.")
    return "" if session.path else _tr("The study has no file.")


def _why_no_learning(session: Session) -> str:
    if is_learning(session.spec):
        return ""
    return _tr("Trials do not learn step by step: switch Training on in the Space step.")


def _why_no_population(session: Session) -> str:
    trials = session.builder.trials
    if session.spec.strategy.name == "population" or (trials and trials[-1].parent is not None):
        return ""
    return _tr("There is no population: choose that strategy in the Strategy step.")


def _why_not_run(session: Session) -> str:
    if session.state in ("starting", "running"):
        return _tr("The study is running.")
    if session.state == "stopping":
        return _tr("The running trials are ending.")
    return "" if session.is_active else run_problem(session)


def _why_not_pause(session: Session) -> str:
    if session.state in ("pausing", "paused"):
        return _tr("The study is paused already.")
    return _tr("No study is running.")


def _tr(text: str) -> str:
    return QCoreApplication.translate("reasons", text)
