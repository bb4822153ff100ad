"""What a person can do to trials: why it is not possible, and how it is asked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from hpo_gui.analysis.leaderboard import best_configurations
from hpo_gui.core.acting import Acted
from hpo_gui.core.acts import Annotate, Restore, Retract, Uncorrect, kind_of
from hpo_gui.core.trial import STATE_CODES, TrialState
from hpo_gui.core.wanted import Again
from hpo_gui.gui.notices import Notice
from hpo_gui.gui.of_study import of_study
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.trial_store import trial_store

REPEATED = 5
"""Best trials that one click repeats."""

_RETRACTED = STATE_CODES[TrialState.RETRACTED]
_RUNNING = STATE_CODES[TrialState.RUNNING]


def tr(text: str) -> str:
    """Translate in this file's context."""
    return QCoreApplication.translate("trials", text)


def why_not(session: Session, numbers: Sequence[int]) -> dict[str, str]:
    """What can be done to these trials -> why not, or "".

    Keys: "retract", "restore", "correct", "uncorrect", "note", "kill", "again", "repeat", "copy".
    """
    keys = (
        "retract",
        "restore",
        "correct",
        "uncorrect",
        "note",
        "kill",
        "again",
        "repeat",
        "copy",
    )
    store = trial_store(session)
    rows = np.asarray(numbers, dtype=np.intp)
    rows = rows[rows < store.count]
    if session.read_only:
        return dict.fromkeys(keys, session.read_only_reason)
    if not len(rows):
        return dict.fromkeys(keys, tr("Select a trial first."))
    states = store.columns.states[rows]
    is_open, retracted = states <= _RUNNING, states == _RETRACTED
    ended = ~is_open & ~retracted
    corrected = store.columns.corrected[rows] & ~retracted
    one = "" if len(rows) == 1 else tr("Select one trial only.")
    not_ended = tr("It is retracted: restore it first.") if retracted.any() else ""
    not_ended = not_ended or tr("It has not ended yet: wait for it, or stop it.")
    alone = len(rows) == 1 and store.trial(int(rows[0])).parent is not None
    child = tr("It has gone on from another trial, and cannot run alone.") if alone else ""
    return {
        "retract": "" if ended.any() else _no_retract(bool(retracted.any())),
        "restore": "" if retracted.any() else tr("It is not retracted."),
        "correct": one or ("" if ended.all() else not_ended),
        "uncorrect": "" if corrected.any() else tr("It has the scores that were measured."),
        "note": "",
        "kill": "" if is_open.any() else tr("It neither runs nor waits."),
        "again": child,
        "repeat": child,
        "copy": one,
    }


def _no_retract(retracted: bool) -> str:
    if retracted:
        return tr("It is retracted already.")
    return tr("Only a trial that has ended can be retracted: stop it first.")


def fitting(session: Session, numbers: Sequence[int], key: str) -> list[int]:
    """Those of the trials to which something can be done; keys as in `why_not`."""
    store = trial_store(session)
    rows = np.asarray(numbers, dtype=np.intp)
    rows = rows[rows < store.count]
    states = store.columns.states[rows]
    masks = {
        "retract": (states > _RUNNING) & (states != _RETRACTED),
        "restore": states == _RETRACTED,
        "uncorrect": store.columns.corrected[rows] & (states != _RETRACTED),
        "kill": states <= _RUNNING,
    }
    found: list[int] = rows[masks[key]].tolist()
    return found


def named(numbers: Sequence[int]) -> str:
    """Trials in words: "trial 12", "5 trials"."""
    if len(numbers) == 1:
        return tr("trial {0}").format(numbers[0])
    return tr("{0:,} trials").format(len(numbers))


def retract(session: Session, numbers: Sequence[int], parent: QWidget | None) -> None:
    """Ask why, then retract those that have ended."""
    from hpo_gui.gui.dialogs.text_dialog import TextDialog

    chosen = fitting(session, numbers, "retract")
    if not chosen:
        return
    dialog = TextDialog(
        tr("Retract {0}?").format(named(chosen)),
        tr(
            "What is retracted does not count: strategies forget it, and it is never the best. "
            "Nothing is deleted, and it can be restored."
        ),
        parent,
        name=tr("Reason"),
        verb=tr("Retract"),
        placeholder=tr("Why? (such as: ran on the wrong data)"),
        check=lambda text: "",
    )
    dialog.field.setMaxLength(1000)
    of_study(dialog, session)
    dialog.given.connect(lambda why: session.live.act([Retract(number, why) for number in chosen]))
    dialog.open()


def restore(session: Session, numbers: Sequence[int]) -> None:
    """Let retracted trials count again."""
    session.live.act([Restore(number) for number in fitting(session, numbers, "restore")])


def uncorrect(session: Session, numbers: Sequence[int]) -> None:
    """Give corrected trials their measured scores back."""
    session.live.act([Uncorrect(number) for number in fitting(session, numbers, "uncorrect")])


def correct(session: Session, number: int, parent: QWidget | None) -> None:
    """Ask for other scores of a trial."""
    from hpo_gui.gui.dialogs.correct_dialog import CorrectDialog

    dialog = CorrectDialog(trial_store(session), number, parent)
    dialog.given.connect(lambda act: session.live.act([act]))
    of_study(dialog, session)
    dialog.open()


def kill(session: Session, numbers: Sequence[int]) -> None:
    """Stop those that run, and take those that wait out of the queue."""
    session.live.kill_trials(fitting(session, numbers, "kill"))


def run_again(session: Session, numbers: Sequence[int], *, fresh: bool) -> None:
    """Queue trials once more, with the same seed or a new one."""
    session.live.queue([Again(number, fresh) for number in numbers])


def edited_copy(session: Session, number: int) -> None:
    """Open the form for a trial by hand, filled in with this one's configuration."""
    session.looking.select([number])
    session.go_to.emit("run", "add_trial")


def repeat_best(session: Session, count: int = REPEATED) -> None:
    """Queue the best configurations with new seeds."""
    numbers = best_configurations(session.history, count)
    if not numbers:
        head = tr("There is nothing to repeat")
        session.tell(Notice("info", head, tr("No trial is complete yet.")))
        return
    run_again(session, numbers, fresh=True)


def annotate(session: Session, number: int, note: str, tags: Sequence[str]) -> None:
    """Give a trial another note and other tags, where it is there and they are others."""
    store = trial_store(session)
    if number >= store.count:
        return
    trial = store.trial(number)
    if (trial.note, trial.tags) != (note, tuple(tags)):
        session.live.act([Annotate(number, note, tuple(tags))])


def add_tags(session: Session, numbers: Sequence[int], tags: Sequence[str]) -> None:
    """Add tags to trials."""
    store = trial_store(session)
    trials = [store.trial(number) for number in numbers if number < store.count]
    more = [(trial, tuple(dict.fromkeys((*trial.tags, *tags)))) for trial in trials]
    session.live.act([Annotate(t.number, t.note, now) for t, now in more if now != t.tags])


def split_tags(text: str) -> tuple[str, ...]:
    """The tags that were typed, separated by commas."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


# --- what is said afterwards ---------------------------------------------------------------------


def acted_words(acted: Acted) -> str:
    """What was done, in a few words: ``Trial 12 retracted``, ``5 trials retracted``."""
    kinds = {type(one.act): one.act for one in acted.done}
    numbers = [trial.number for trial in acted.trials]
    what = named(numbers)
    templates = {
        "retract": tr("{0} retracted"),
        "restore": tr("{0} restored"),
        "correct": tr("{0} corrected by hand"),
        "uncorrect": tr("{0} with measured scores again"),
        "annotate": tr("{0} annotated"),
    }
    kind = kind_of(next(iter(kinds.values()))) if len(kinds) == 1 else ""
    words = templates.get(kind, tr("{0} changed")).format(what)
    return words[:1].upper() + words[1:]


def refused_notice(acted: Acted) -> Notice:
    """Why some of it was not possible: the first reason stands for all."""
    count = len(acted.refused)
    head = tr("That was not possible")
    if acted.done or count > 1:
        head = tr("{0:,} trials stay as they are").format(count)
        head = tr("1 trial stays as it is") if count == 1 else head
    return Notice("warning", head, str(acted.refused[0]))
