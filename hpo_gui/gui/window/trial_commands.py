"""What the window's commands do to the selected trials, to the budget and to the workers."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import structs
from PySide6.QtWidgets import QWidget

from hpo_gui.gui import summaries
from hpo_gui.gui.of_study import of_study
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables import trial_acts
from hpo_gui.gui.tables.trial_acts import REPEATED, why_not
from hpo_gui.gui.worker_count import workers_of

MORE = 20
"""Trials that "20 more trials" adds."""
MOST_WORKERS = 512
Handlers = dict[str, Callable[[], object]]


def trial_handlers(session: Session, parent: QWidget) -> Handlers:
    """Command id -> what it does."""

    def selected() -> list[int]:
        return [n for n in session.looking.selection if n < len(session.builder.trials)]

    def one() -> int:
        return selected()[-1]

    return {
        "run.more": lambda: add_trials(session, MORE),
        "run.more_workers": lambda: change_workers(session, 1),
        "run.fewer_workers": lambda: change_workers(session, -1),
        "study.repeat_best": lambda: trial_acts.repeat_best(session),
        "study.repeat": lambda: _ask_how_many(session, parent),
        "study.trail": lambda: _show_trail(session, parent),
        "trial.retract": lambda: trial_acts.retract(session, selected(), parent),
        "trial.restore": lambda: trial_acts.restore(session, selected()),
        "trial.correct": lambda: trial_acts.correct(session, one(), parent),
        "trial.uncorrect": lambda: trial_acts.uncorrect(session, selected()),
        "trial.note": lambda: session.go_to.emit("run", "note"),
        "trial.kill": lambda: trial_acts.kill(session, selected()),
        "trial.again": lambda: trial_acts.run_again(session, selected(), fresh=False),
        "trial.repeat": lambda: trial_acts.run_again(session, selected(), fresh=True),
        "trial.copy": lambda: trial_acts.edited_copy(session, one()),
    }


def trial_reasons(session: Session) -> dict[str, str]:
    """Command id -> why it cannot be done right now, or ""."""
    against = why_not(session, session.looking.selection)
    reasons = {f"trial.{key}": why for key, why in against.items()}
    no_best = "" if len(session.history.complete) else summaries.tr("No trial is complete yet.")
    locked = session.read_only_reason if session.read_only else ""
    stopping = session.state == "stopping" and not session.is_done
    ending = summaries.tr("The study is stopping.") if stopping else ""
    no_budget = summaries.tr("The study has no budget of trials.")
    endless = no_budget if session.spec.budget.trials is None else ""
    empty = summaries.tr("Open a table or an example first.") if session.is_empty else ""
    workers = workers_of(session.spec)
    only_one = summaries.tr("There is only one worker.") if workers == 1 else ""
    return {
        **reasons,
        "run.more": empty or locked or ending or endless,
        "run.more_workers": empty,
        "run.fewer_workers": empty or only_one,
        "study.repeat_best": locked or no_best,
        "study.repeat": locked or no_best,
        "study.trail": "" if session.path else summaries.tr("Nothing was done yet."),
    }


def add_trials(session: Session, count: int) -> None:
    """Raise the budget of trials; a study that is done goes on."""
    trials = session.spec.budget.trials
    if trials is None:
        return
    was_done = not session.is_active and bool(session.builder.trials) and session.is_done
    done = session.finished if was_done else 0
    session.set_budget(structs.replace(session.spec.budget, trials=max(trials, done) + count))
    if was_done:
        session.run()


def change_workers(session: Session, by: int) -> None:
    """One worker more or fewer; one that is busy finishes its trial first."""
    workers = workers_of(session.spec) + by
    session.set_workers(min(max(workers, 1), MOST_WORKERS))


def _ask_how_many(session: Session, parent: QWidget) -> None:
    from hpo_gui.gui.dialogs.text_dialog import TextDialog
    from hpo_gui.gui.widgets.number_rule import NumberRule

    rule = NumberRule(integer=True, at_least=1, at_most=1000)
    dialog = TextDialog(
        summaries.tr("Repeat the best trials"),
        summaries.tr(
            "So many of the best configurations are run once more, each with a seed that it has "
            "not had yet. What differs between the runs is luck."
        ),
        parent,
        name=summaries.tr("How many"),
        verb=summaries.tr("Repeat"),
        check=rule.problem,
    )
    dialog.field.setText(str(REPEATED))
    dialog.field.selectAll()
    of_study(dialog, session)
    dialog.given.connect(lambda text: trial_acts.repeat_best(session, int(rule.value(text) or 1)))
    dialog.open()


def _show_trail(session: Session, parent: QWidget) -> None:
    from hpo_gui.gui.dialogs.trail_dialog import TrailDialog

    dialog = TrailDialog(session, parent)
    of_study(dialog, session)
    dialog.open()
