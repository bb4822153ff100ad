"""The card of one trial: parameters, folds, why it failed, and what can be done with it."""

from __future__ import annotations

import math

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from hpo_gui.analysis.comparison import compare, interval
from hpo_gui.analysis.learning_curves import course_of
from hpo_gui.analysis.pareto import dominators
from hpo_gui.analysis.repeats import repeats_of
from hpo_gui.core.counting import counted
from hpo_gui.core.trial import Failure, Trial, TrialState
from hpo_gui.gui.durations import when_words
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.front_words import choice_words, missed_words
from hpo_gui.gui.tables.score_text import (
    MISSING,
    course_words,
    decimals_for,
    difference_text,
    metric_words,
    param_text,
    rows_words,
    score_text,
    spread_text,
    state_words,
)
from hpo_gui.gui.tables.trial_actions import copy_params, use_as_start, why_no_start
from hpo_gui.gui.tables.trial_store import trial_store
from hpo_gui.gui.widgets.buttons import (
    IconButton,
    LinkButton,
    PrimaryButton,
    SecondaryButton,
    explain,
)
from hpo_gui.gui.widgets.card import Card
from hpo_gui.gui.widgets.fold_bars import FoldBars
from hpo_gui.gui.widgets.key_value_list import KeyValueList
from hpo_gui.gui.widgets.labels import ElidedLabel, label, set_role, wrapped
from hpo_gui.gui.widgets.plain_tips import plain_tip
from hpo_gui.gui.widgets.sparkline import Sparkline

MOST_DASHES = 4  # parameters that do not apply and are shown
MOST_NAMED = 4


class FailureBlock(QWidget):
    """Why a trial has no score, with details to copy."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._failure: Failure | None = None
        self.head = label("", "strong")
        self.text = wrapped("", "muted")
        self.copy = LinkButton(self.tr("Copy details"), "copy")
        self.copy.clicked.connect(self.copy_details)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 4)
        column.setSpacing(2)
        for widget in (self.head, self.text, self.copy):
            column.addWidget(widget)

    def set_failure(self, failure: Failure | None) -> None:
        """Show a failure, or hide."""
        self._failure = failure
        self.setVisible(failure is not None)
        if failure is None:
            return
        heads = {
            "raised": self.tr("It raised an error"),
            "not_finite": self.tr("Its score is not a number"),
            "time_limit": self.tr("It took too long"),
            "memory_limit": self.tr("It used too much memory"),
            "crashed": self.tr("Its process died"),
            "stopped": self.tr("It was stopped by hand"),
            "pruned": self.tr("It was stopped early"),
            "interrupted": self.tr("The program ended"),
        }
        harmless = failure.kind in ("stopped", "pruned", "interrupted")
        self.head.setText(heads[failure.kind])
        set_role(self.head, "muted" if harmless else "bad")
        self.text.setText(failure.message)
        self.copy.setVisible(bool(failure.traceback))

    def copy_details(self) -> None:
        """Put message and traceback on the clipboard."""
        if self._failure is not None:
            text = f"{self._failure.message}\n\n{self._failure.traceback}"
            QGuiApplication.clipboard().setText(text)


class TrialCard(Card):
    """Shows the trial it is given.

    Signals
    -------
    export_wanted : number of the trial whose model is to be exported
    closed : the user wants to see the best trial again
    """

    export_wanted = Signal(int)
    closed = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._session = session
        self._store = trial_store(session)
        self._trial: Trial | None = None
        self.name = label("", "strong")
        self.score = ElidedLabel("", "muted")
        self.versus = wrapped("", "small")
        self.by_hand = wrapped("", "small")
        self.repeats = wrapped("", "small")
        self.version = wrapped("", "small")
        self.goals = KeyValueList(self.tr("Goals"))
        self.standing = wrapped("", "small")
        self.use = SecondaryButton(self.tr("Use this one"))
        self.close_button = IconButton("close", self.tr("Back to the best trial"))
        self.params = KeyValueList(self.tr("Parameters"))
        self.inactive = label("", "small")
        self.failure = FailureBlock()
        self.folds_label = label(self.tr("Folds"), "small")
        self.folds = FoldBars()
        self.steps = wrapped("", "small")
        self.curve = Sparkline(self.tr("Learning curve"))
        self.curve.setFixedHeight(40)
        self.copy = SecondaryButton(self.tr("Copy"))
        self.start = SecondaryButton(self.tr("Use as start"))
        self.export = PrimaryButton(self.tr("Export…"))
        self._fill()
        self.close_button.clicked.connect(self.closed)
        self.use.clicked.connect(lambda: session.looking.choose(self._shown().number))
        self._store.chosen_changed.connect(self._explain)
        self.copy.clicked.connect(lambda: copy_params(self._shown()))
        self.start.clicked.connect(lambda: use_as_start(session, self._shown()))
        self.export.clicked.connect(lambda: self.export_wanted.emit(self._shown().number))
        session.spec_changed.connect(self._explain)

    def _fill(self) -> None:
        self.title_row = QWidget()
        row = QHBoxLayout(self.title_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.name)
        row.addWidget(self.score, 1)
        row.addWidget(self.close_button)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(0, 6, 0, 0)
        buttons.setSpacing(8)
        for button in (self.copy, self.start, self.export):
            button.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
            buttons.addWidget(button)
        buttons.addStretch(1)
        parts = (
            self.title_row,
            self.versus,
            self.by_hand,
            self.repeats,
            self.version,
            self.goals,
            self.standing,
            self.use,
            self.failure,
            self.params,
            self.inactive,
            self.folds_label,
            self.folds,
            self.steps,
            self.curve,
        )
        for part in parts:
            self.add(part)
        self.body.addLayout(buttons)
        self.body.setSpacing(5)

    @property
    def trial(self) -> Trial | None:
        """The trial shown."""
        return self._trial

    def _shown(self) -> Trial:
        assert self._trial is not None, "without a trial the card is hidden"
        return self._trial

    def show_trial(self, trial: Trial | None, *, is_best: bool, several: int = 1) -> None:
        """Show a trial; the best one needs no name, as it has a card of its own."""
        self._trial = trial
        self.setVisible(trial is not None)
        if trial is None:
            return
        self.setAccessibleName(self.tr("Trial {0}").format(trial.number))
        self.title_row.setVisible(not is_best)
        self._name(trial)
        self._show_versus(trial, is_best, several)
        self._show_by_hand(trial)
        self._show_repeats(trial)
        self._show_version(trial)
        self._show_goals(trial)
        self.failure.set_failure(trial.failure)
        self._show_params(trial)
        self._show_folds(trial)
        self._show_learning(trial)
        self._explain()

    def _show_params(self, trial: Trial) -> None:
        """All parameters; where many do not apply, as those of other models, how many."""
        known = self._store.columns.space.names
        names = [*known, *(name for name in trial.params if name not in known)]
        others = [name for name in known if name not in trial.params]
        many = len(others) > MOST_DASHES
        if many:
            names = [name for name in names if name in trial.params]
        self.params.set_rows([(name, param_text(trial, name)) for name in names])
        self.inactive.setVisible(many)
        self.inactive.setText(self.tr("{0} more do not apply here.").format(len(others)))
        self.inactive.setToolTip(plain_tip(", ".join(others)))

    def _name(self, trial: Trial) -> None:
        goal = self._store.goal
        self.name.setText(self.tr("Trial #{0}").format(trial.number))
        score = trial.scores.get(goal.metric)
        words = "" if score is None else score_text(score)
        if trial.state is not TrialState.COMPLETE:
            words = f"{state_words(trial.state)} {words}"
        text = f"{words} {spread_text(trial.sd(goal.metric))}".strip()
        if self._store.several:  # each goal has a line of its own
            text = "" if trial.state is TrialState.COMPLETE else state_words(trial.state)
        self.score.setText(text)

    def _show_versus(self, trial: Trial, is_best: bool, several: int) -> None:
        parts = []
        best = self._store.summary.best
        if self._store.several:
            best = None  # the front is no single trial to be behind of
        if not is_best and best is not None and trial.state is TrialState.COMPLETE:
            history = self._store.history
            pair = counted(history, best), counted(history, trial)
            told = compare(*pair, self._store.goal, self._store.test_ratio)
            if not math.isnan(told.mean):
                size = difference_text(told.mean, told.half_width)
                parts.append(self.tr("{0} behind the best").format(size))
            if told.verdict == "within_noise":
                parts.append(self.tr("within noise"))
        if several > 1:
            parts.append(self.tr("{0:,} trials selected").format(several))
        self.versus.setText(", ".join(parts))
        self.versus.setVisible(bool(parts))

    def _show_by_hand(self, trial: Trial) -> None:
        """Which scores a person has set, and what was measured instead."""
        measured = trial.measured
        self.by_hand.setVisible(measured is not None)
        if measured is None:
            return
        parts = [
            self.tr("{0} {1} by hand (measured: {2})").format(
                metric_words(metric),
                score_text(trial.scores.get(metric)),
                score_text(measured.scores.get(metric)),
            )
            for metric in measured.fold_scores
        ]
        self.by_hand.setText("● " + "; ".join(parts))

    def _show_repeats(self, trial: Trial) -> None:
        """How the repeats of this configuration scored."""
        found = repeats_of(self._store.history, trial, self._store.goal.metric)
        self.repeats.setVisible(found is not None)
        if found is None:
            return
        digits = decimals_for(found.sd)
        text = f"{score_text(found.mean, digits)} {spread_text(found.sd, digits)}"
        others = [f"#{number}" for number in found.numbers if number != trial.number]
        named = ", ".join(others[:MOST_NAMED]) + ("…" if len(others) > MOST_NAMED else "")
        words = self.tr("{0} over {1} runs of this configuration, also {2}")
        self.repeats.setText(words.format(text, len(found.numbers), named))

    def _show_version(self, trial: Trial) -> None:
        """Of an edited study: the trial's version, and why it is none of today's space."""
        notes, number = self._session.notes, self._store.raw(trial.number).spec_version
        parts = []
        if why := self._store.why_outside(trial.number):
            parts.append(self.tr("Outside of today's space: {0}.").format(why))
        if len(notes) > 1 and number in notes:
            at, note = notes[number]
            since = when_words(at)
            head = self.tr("Version {0} of the specification, since {1}").format(number, since)
            parts.append(f"{head}: {note}." if note else f"{head}.")
        self.version.setText(" ".join(parts))
        self.version.setVisible(bool(parts))

    def _show_goals(self, trial: Trial) -> None:
        """Of several goals: each score with its interval, and where the trial stands."""
        store = self._store
        for part in (self.goals, self.standing, self.use):
            part.setVisible(store.several)
        if not store.several:
            return
        rows = []
        for goal in store.goals:
            told = interval(trial.fold_scores.get(goal.metric, ()), store.test_ratio)
            half = told.half_width
            digits = decimals_for(half) if math.isfinite(half) and half > 0 else 4
            text = score_text(trial.scores.get(goal.metric), digits)
            rows.append((metric_words(goal.metric), f"{text} {spread_text(half, digits)}".strip()))
        self.goals.set_rows(rows)
        self.standing.setText(self._standing_words(trial))
        self.standing.setVisible(bool(self.standing.text()))

    def _standing_words(self, trial: Trial) -> str:
        store = self._store
        if trial.state is not TrialState.COMPLETE:
            return ""
        parts = [words for words in (choice_words(store, trial.number),) if words]
        if missed := missed_words(trial, store.goals):
            parts.append(self.tr("Not feasible: {0}").format("; ".join(missed)))
        found = dominators(store.pareto, trial.number)
        if found:
            named = ", ".join(f"#{number}" for number in found[:MOST_NAMED])
            if len(found) > MOST_NAMED:
                named += self.tr(" and {0} more").format(len(found) - MOST_NAMED)
            parts.append(self.tr("Dominated by {0}").format(named))
        text = ". ".join(parts)
        return text[:1].upper() + text[1:]

    def _show_learning(self, trial: Trial) -> None:
        """How far it has learnt and why it ended; its curve instead of the folds."""
        shown = bool(trial.curves)
        self.steps.setVisible(shown)
        self.curve.setVisible(shown)
        if not shown:
            return
        store = self._store
        course = course_of(trial, store.history, store.planned_training)
        shares = store.history.plan.rows
        self.steps.setText(rows_words(course, shares) if shares else course_words(course))
        scores = score_text(course.validation[-1]) if course.validation else MISSING
        told = self.tr("{0} after step {1}").format(scores, course.done)
        self.curve.set_values(course.validation, told)

    def _show_folds(self, trial: Trial) -> None:
        """One bar a fold, higher is better; dashed ones are still to come, or never will."""
        goal = self._store.goal
        steps = trial.fold_scores.get(goal.metric, ())
        scores: list[float | None] = [s if math.isfinite(s) else None for s in steps]
        if not trial.curves and (trial.state.is_open or trial.state is TrialState.PRUNED):
            scores += [None] * (self._store.total_steps - len(scores))
        by_hand = bool(scores) and not any(map(math.isfinite, steps)) and not trial.state.is_open
        shown = len(scores) > 1 and not trial.curves and not by_hand
        self.folds.setVisible(shown)
        self.folds_label.setVisible(shown)
        words = self.tr("Folds") if goal.maximize else self.tr("Folds (lower is better)")
        self.folds_label.setText(words)
        self.folds.set_scores(scores)

    def _explain(self) -> None:
        trial = self._trial
        if trial is None:
            return
        explain(
            self.start,
            why_no_start(self._session, trial),
            self.tr("The next run begins with this configuration."),
        )
        complete = trial.state is TrialState.COMPLETE
        taken = self._session.looking.choice == trial.number
        why = self.tr("It is taken already.") if taken else ""
        explain(
            self.use,
            why if complete else self.tr("Only a complete trial can be taken."),
            self.tr("Take this trial for the export, the final test and the model."),
        )
        if self._store.several:
            self.standing.setText(self._standing_words(trial))
        explain(
            self.export,
            "" if complete else self.tr("Only a complete trial can be exported."),
            self.tr("Write this trial's model, parameters and pictures to files."),
        )
        explain(self.copy, "", self.tr("Copy the parameters as JSON."))
