"""What can be done with a trial from tables and cards."""

from __future__ import annotations

import json

from msgspec import structs
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QGuiApplication

from hpo_gui.assembly.replay import replay_spec
from hpo_gui.core.errors import ExportError
from hpo_gui.core.trial import Trial, TrialState
from hpo_gui.core.value import params_key
from hpo_gui.gui.notices import Notice, notice_of
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.trial_store import trial_store


def tr(text: str) -> str:
    """Translate in this file's context."""
    return QCoreApplication.translate("trials", text)


def copy_params(trial: Trial) -> None:
    """Put the parameters on the clipboard, as JSON."""
    QGuiApplication.clipboard().setText(json.dumps(trial.params, indent=2))


def why_no_start(session: Session, trial: Trial | None) -> str:
    """Why a trial cannot be used as a start, or ""."""
    if trial is None:
        return tr("There is no trial yet.")
    starts = session.spec.start.configurations
    if params_key(trial.params) in {params_key(params) for params in starts}:
        return tr("The next run begins with this configuration already.")
    return ""


def use_as_start(session: Session, trial: Trial) -> None:
    """Begin the next run with the parameters of ``trial``; one undoable edit."""
    if why_no_start(session, trial):
        return
    start = session.spec.start
    configurations = (*start.configurations, dict(trial.params))
    start = structs.replace(start, configurations=configurations)
    text = tr("Start with trial {0}").format(trial.number)
    session.edit(structs.replace(session.spec, start=start), text)
    head = tr("Trial {0} is a starting point").format(trial.number)
    said = tr("The next run evaluates its configuration first. Undo takes it back.")
    session.tell(Notice("good", head, said))


def why_no_replay(session: Session) -> str:
    """Why there is no schedule to replay, or ""."""
    trial = _replayed(session)
    if trial is None:
        return tr("No trial is complete yet.")
    if trial.parent is None:
        return tr("This trial has not gone on from another: its parameters never changed.")
    return ""


def replay_schedule(session: Session) -> None:
    """Set up a new study that follows the schedule of the selected trial, else of the best."""
    trial = _replayed(session)
    if trial is None or why_no_replay(session):
        return
    try:
        spec = replay_spec(session.spec, session.history, trial)
    except ExportError as error:
        session.tell(notice_of(error, tr("The schedule cannot be replayed")))
        return
    session.opening.open_draft(spec, session.base)
    head = tr("A new study follows the schedule of trial {0}").format(trial.number)
    said = tr("It learns from the first step on, with these parameters at each step: run it.")
    session.tell(Notice("good", head, said))


def _replayed(session: Session) -> Trial | None:
    """The complete trial that is selected, else the best one."""
    trials = session.builder.trials
    chosen = [number for number in session.looking.selection if number < len(trials)]
    if chosen and trials[chosen[-1]].state is TrialState.COMPLETE:
        return trials[chosen[-1]]
    store = trial_store(session)
    return store.chosen if store.several else session.history.best
