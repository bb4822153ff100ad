"""The inspector: the best trial, the trial looked at, why it was tried, and what it cost."""

from __future__ import annotations

import math
import time

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from hpo_gui.core.durations import show_duration
from hpo_gui.core.trial import Trial
from hpo_gui.gui.cards.best_card import BestCard
from hpo_gui.gui.cards.note_card import NoteCard
from hpo_gui.gui.cards.trial_card import TrialCard
from hpo_gui.gui.cards.why_card import WhyCard
from hpo_gui.gui.durations import local_words
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.score_text import metric_words, score_text
from hpo_gui.gui.tables.trial_store import trial_store
from hpo_gui.gui.widgets.card import Card
from hpo_gui.gui.widgets.key_value_list import KeyValueList
from hpo_gui.gui.widgets.labels import label

WIDTH = 298
BESIDE_BAR = 8  # pixels between cards and scroll bar
FOLLOW_MS = 120


class Inspector(QScrollArea):
    """Shows the selected trial, else the best one.

    Signals
    -------
    export_wanted : number of the trial whose model is to be exported
    """

    export_wanted = Signal(int)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._store = trial_store(session)
        self.best = BestCard(session)
        self.trial = TrialCard(session)
        self.note = NoteCard(session)
        self.why = WhyCard(session)
        self.facts = KeyValueList(self.tr("What was measured"))
        self.measured = _titled(self.tr("Measured"), self.facts)
        self._build()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(FOLLOW_MS)
        self._timer.timeout.connect(self.refresh)
        self._stale = True
        self.trial.export_wanted.connect(self.export_wanted)
        self.trial.closed.connect(lambda: session.looking.select([]))
        self._store.reset.connect(self.refresh)
        self._store.changed.connect(self._follow)
        self._store.chosen_changed.connect(self.refresh)
        session.looking.selection_changed.connect(self.refresh)

    def _build(self) -> None:
        inner = QFrame()
        inner.setProperty("kind", "plain")
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        bar = self.verticalScrollBar()
        bar.rangeChanged.connect(
            lambda _, most: column.setContentsMargins(0, 0, BESIDE_BAR if most else 0, 0)
        )
        for card in (self.best, self.trial, self.note, self.why, self.measured):
            column.addWidget(card)
        column.addStretch(1)
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMinimumWidth(WIDTH + 2 * BESIDE_BAR)
        self.setMaximumWidth(420)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(self.tr("Trial looked at"))

    def shown_trial(self) -> Trial | None:
        """The selected trial (the last of several), else the best, else the newest.

        With several goals the one that is taken stands for the best.
        """
        chosen, count = self._session.looking.selection, self._store.count
        last = next((number for number in reversed(chosen) if number < count), None)
        if last is not None:
            return self._store.trial(last)
        best = self._store.chosen if self._store.several else self._store.summary.best
        if best is not None:
            return best
        return self._store.trial(self._store.count - 1) if self._store.count else None

    def _follow(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened while hidden."""
        super().showEvent(event)
        if self._stale:
            self.refresh()

    def refresh(self) -> None:
        """Show what there is now; waits while hidden."""
        self._stale = not self.isVisible()
        if self._stale:
            return
        trial = self.shown_trial()
        best = self._store.summary.best
        several = self._store.several
        is_best = (
            not several and trial is not None and best is not None and trial.number == best.number
        )
        self.best.refresh()
        self.trial.show_trial(trial, is_best=is_best, several=len(self._session.looking.selection))
        self.note.show_trial(trial)
        self.why.show_trial(trial)
        self.measured.setVisible(trial is not None)
        if trial is not None:
            self.facts.set_rows(self._measured(trial))

    def _measured(self, trial: Trial) -> list[tuple[str, str]]:
        rows = []
        for metric in self._store.metrics[len(self._store.goals) :]:
            value = trial.scores.get(metric, math.nan)
            timed = metric.endswith("_time") and math.isfinite(value)
            text = show_duration(value) if timed else score_text(value)
            rows.append((metric_words(metric), text))
        rows.append((self.tr("whole trial"), _took(trial)))
        if trial.started is not None:
            rows.append((self.tr("started"), local_words(trial.started, "%H:%M:%S")))
        rows.append((self.tr("seed"), str(trial.seed)))
        return rows


def _titled(title: str, content: QWidget) -> Card:
    """A card with a small title."""
    card = Card()
    card.setAccessibleName(title)
    card.body.setSpacing(4)
    card.add(label(title, "strong"))
    card.add(content)
    return card


def _took(trial: Trial) -> str:
    if trial.seconds is not None:
        return show_duration(trial.seconds)
    if trial.started is None:
        return ""
    return show_duration(max(time.time() - trial.started, 0.0))
