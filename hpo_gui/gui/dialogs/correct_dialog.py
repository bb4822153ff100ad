"""The dialog that sets scores of a trial by hand, beside those that were measured."""

from __future__ import annotations

import math

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QLineEdit, QWidget

from hpo_gui.core.acts import Correct
from hpo_gui.core.trial import Trial
from hpo_gui.gui.tables.score_text import metric_words, score_text
from hpo_gui.gui.tables.trial_store import TrialStore
from hpo_gui.gui.widgets.buttons import PrimaryButton, SecondaryButton, explain
from hpo_gui.gui.widgets.dialogs import MessageDialog
from hpo_gui.gui.widgets.labels import label, wrapped
from hpo_gui.gui.widgets.number_rule import NumberRule
from hpo_gui.gui.widgets.value_edit import ValueEdit


class CorrectDialog(MessageDialog):
    """One field a metric of the trial; those left as they are keep their score.

    Signals
    -------
    given : the `Correct`, once it has a score and the user is done
    """

    given = Signal(object)

    def __init__(self, store: TrialStore, number: int, parent: QWidget | None = None) -> None:
        title = self.tr("Correct the scores of trial {0}").format(number)
        text = self.tr(
            "What you type counts instead of what was measured, which is kept beside it and can "
            "be brought back. Leave a field empty to keep its score."
        )
        super().__init__(title, text, parent)
        self._trial = store.trial(number)
        self.fields: dict[str, ValueEdit] = {}
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(14)
        self._grid.setVerticalSpacing(6)
        for column, words in enumerate((self.tr("metric"), self.tr("measured"), self.tr("now"))):
            self._grid.addWidget(label(words, "small"), 0, column)
        goals = [goal.metric for goal in store.goals]
        for row, metric in enumerate(dict.fromkeys((*goals, *self._trial.scores)), start=1):
            self._add(row, metric)
        self._grid.setColumnStretch(0, 1)
        self.reason = QLineEdit()
        self.reason.setMaxLength(1000)
        self.reason.setAccessibleName(self.tr("Reason"))
        self.reason.setPlaceholderText(self.tr("Why? (such as: a typo in the table)"))
        self.error = wrapped("", "error")
        self.body.addLayout(self._grid)
        self.body.addWidget(self.reason)
        self.body.addWidget(self.error)
        cancel = SecondaryButton(self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        self.use = PrimaryButton(self.tr("Correct"))
        self.use.setDefault(True)
        self.use.clicked.connect(self._take)
        self.add_button(cancel)
        self.add_button(self.use)
        self._check()

    def _add(self, row: int, metric: str) -> None:
        field = ValueEdit(NumberRule(optional=True), metric_words(metric))
        field.setFixedWidth(130)
        now = self._trial.scores.get(metric, math.nan)
        if math.isfinite(now):
            field.setPlaceholderText(score_text(now))
        field.textChanged.connect(self._check)
        self.fields[metric] = field
        self._grid.addWidget(label(metric_words(metric)), row, 0)
        self._grid.addWidget(label(score_text(measured_score(self._trial, metric))), row, 1)
        self._grid.addWidget(field, row, 2)
        if row == 1:
            field.setFocus()

    def _problem(self) -> str:
        for metric, field in self.fields.items():
            if field.error():
                return f"{metric_words(metric)}: {field.error()}"
        return ""

    def _check(self) -> None:
        problem = self._problem()
        self.error.setText(problem)
        self.error.setVisible(bool(problem))
        empty = "" if self._scores() else self.tr("Type a score first.")
        explain(self.use, problem or empty)

    def _scores(self) -> dict[str, float]:
        values = {metric: field.value() for metric, field in self.fields.items()}
        return {metric: float(value) for metric, value in values.items() if value is not None}

    def _take(self) -> None:
        act = Correct(self._trial.number, self._scores(), self.reason.text().strip())
        self.accept()
        self.given.emit(act)


def measured_score(trial: Trial, metric: str) -> float | None:
    """The score that was measured; None where none was."""
    if trial.measured is not None and metric in trial.measured.fold_scores:
        return trial.measured.scores.get(metric)
    return trial.scores.get(metric)
