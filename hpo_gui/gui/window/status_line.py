"""The last line of the window: what was noticed or saved, the log, when the study was kept."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from hpo_gui.core.expected_gain import expected_gain
from hpo_gui.core.trial import STATE_CODES, Trial, TrialState
from hpo_gui.gui import summaries
from hpo_gui.gui.icons import paint_icon
from hpo_gui.gui.notices import Notice
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.front_words import front_size, front_words
from hpo_gui.gui.tables.score_text import gain_hint, gain_words
from hpo_gui.gui.tables.trial_filter import Rows
from hpo_gui.gui.tables.trial_store import trial_store
from hpo_gui.gui.theme import tokens
from hpo_gui.gui.widgets.buttons import LinkButton
from hpo_gui.gui.widgets.labels import ElidedLabel, label, set_role
from hpo_gui.gui.widgets.plain_tips import plain_tip

HEIGHT = 30
SHOWN_MS = 8000
UNDO_MS = 20_000  # that taking something back is offered
WORTH_MS = 1000  # between two estimates of what the next trials will bring
KINDS = {
    "raised": "an error",
    "not_finite": "a score that is no number",
    "time_limit": "time limit",
    "memory_limit": "memory limit",
    "crashed": "the worker died",
    "stopped": "stopped",
    "pruned": "stopped early",
    "interrupted": "interrupted",
}

_FAILED, _PRUNED = STATE_CODES[TrialState.FAILED], STATE_CODES[TrialState.PRUNED]


class StatusLine(QFrame):
    """See the module.

    Signals
    -------
    log_wanted : show or hide the log
    failures_wanted : show the failed trials
    """

    log_wanted = Signal()
    failures_wanted = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._store = trial_store(session)
        self.setProperty("kind", "page")
        self.setProperty("edge", "top")
        self.setFixedHeight(HEIGHT)
        self.setAccessibleName(self.tr("Status"))
        self.mark = WarningMark(self)
        self.message = ElidedLabel("", "small")
        self.show_failures = LinkButton(self.tr("Show"))
        self.show_failures.clicked.connect(self.failures_wanted)
        self._undo: Callable[[], object] | None = None
        self.undo = LinkButton(self.tr("Undo"), "undo")
        self.undo.clicked.connect(self._take_back)
        self.undo.hide()
        self.remark = ElidedLabel("", "small")
        self._worth = QTimer(self)
        self._worth.setSingleShot(True)
        self._worth.setInterval(WORTH_MS)
        self._worth.timeout.connect(self._show_worth)
        self.log_button = LinkButton(self.tr("Log"), quiet=True)
        self.log_button.clicked.connect(self.log_wanted)
        self.saved = label("", "small")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.refresh)
        self._build()
        self._store.reset.connect(self.refresh)
        session.replacing.connect(self._forget_undo)
        session.state_changed.connect(self.refresh)
        session.stuck_changed.connect(self.refresh)
        self._store.changed.connect(self._trials_changed)
        session.study_changed.connect(self.refresh)
        session.read_only_changed.connect(self.refresh)
        session.opening.changed.connect(self.refresh)
        session.history_reset.connect(self._show_worth)
        session.spec_changed.connect(self._worth_later)
        self._store.chosen_changed.connect(self._worth_later)
        self.refresh()
        self._show_worth()

    def _build(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 16, 0)
        row.setSpacing(6)
        row.addWidget(self.mark)
        row.addWidget(self.message)
        row.addWidget(self.show_failures)
        row.addWidget(self.undo)
        row.addStretch(1)
        row.addWidget(self.remark)
        row.addSpacing(8)
        row.addWidget(self.log_button)
        row.addSpacing(8)
        row.addWidget(self.saved)

    def tell(self, notice: Notice, undo: Callable[[], object] | None = None) -> None:
        """Show a short word for a while, with a link that takes it back where that is possible."""
        role = {"warning": "warning", "error": "bad", "good": "good"}.get(notice.level, "small")
        self._show(notice.head, role, marked=notice.level in ("warning", "error"))
        self.show_failures.hide()
        self._undo = undo
        self.undo.setVisible(undo is not None)
        self._timer.start(SHOWN_MS if undo is None else UNDO_MS)

    def _take_back(self) -> None:
        undo = self._undo
        self._timer.stop()
        self.refresh()
        if undo is not None:
            undo()

    def _forget_undo(self) -> None:
        """Another study comes: what was done to this one must not be taken back there."""
        if self._undo is not None:
            self._timer.stop()
            self.refresh()

    def refresh(self) -> None:
        """Show what is lasting: what is being opened, the failed trials, where the study is."""
        self._show_saved()
        if self._timer.isActive():
            return
        self._undo = None
        self.undo.hide()
        if self.session.opening.title:
            self._show(self.session.opening.title + "…", "small")
            return
        failed, saved = self._failed(), self._store.savings.text
        self._show(failed or saved, "warning" if failed else "small", marked=bool(failed))
        self.message.set_hint(saved if failed else "")
        self.show_failures.setVisible(bool(failed))

    def _failed(self) -> str:
        counts = self._store.summary.counts
        return failure_words(self.session.builder.trials) if counts[TrialState.FAILED] else ""

    def _worth_later(self) -> None:
        if not self._worth.isActive():
            self._worth.start()

    def _show_worth(self) -> None:
        """Say whether it is worth continuing: what the next trials will bring."""
        session = self.session
        history, ahead = session.history, session.spec.budget.gain_trials
        text, hint = "", ""
        if self._store.several:
            text = front_size(self._store) if len(history) else ""
            hint = front_words(self._store) if len(history) else ""
        elif len(history) and history.told < session.size:
            gain = expected_gain(history, ahead)
            if gain is not None:
                text, hint = gain_words(gain), gain_hint(gain, history.goal)
            elif session.is_active:
                text = self.tr("next {0:,} trials: too early to tell").format(ahead)
        self.remark.setText(text)
        self.remark.set_hint(hint)

    def _show(self, text: str, role: str, *, marked: bool = False) -> None:
        self.message.setText(text)
        set_role(self.message, role)
        self.mark.setVisible(marked)

    def _trials_changed(self, numbers: Rows) -> None:
        states = self._store.columns.states[numbers]
        if (states > STATE_CODES[TrialState.RUNNING]).any():
            self._worth_later()
        if np.isin(states, (_FAILED, _PRUNED)).any():
            self.refresh()
        self._show_saved()

    def _show_saved(self) -> None:
        path = self.session.path
        if path is None:
            self.saved.setText("" if self.session.is_empty else summaries.tr("Not saved yet"))
            self.saved.setToolTip(self.tr("The study gets its file when it runs."))
            return
        if self.session.read_only:
            self.saved.setText(self.tr("Read-only"))
            self.saved.setToolTip(plain_tip(self.session.read_only_reason))
            return
        if self.session.stuck is not None:
            self.saved.setText(self.tr("Not saved"))
            self.saved.setToolTip(plain_tip(str(self.session.stuck.error)))
            return
        self.saved.setText(self.tr("Saved {0}").format(time.strftime("%H:%M")))
        self.saved.setToolTip(plain_tip(str(path)))


class WarningMark(QWidget):
    """A small warning triangle."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(14, 14)
        self.setAccessibleName(self.tr("Warning"))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it in the colour of warnings."""
        paint_icon(QPainter(self), "warning", self.rect().toRectF(), tokens().warning)


def failure_words(trials: list[Trial]) -> str:
    """Such as ``2 trials failed: memory limit``; "" when none failed."""
    kinds = Counter(
        trial.failure.kind if trial.failure else ""
        for trial in trials
        if trial.state is TrialState.FAILED
    )
    count = sum(kinds.values())
    if not count:
        return ""
    head = (
        summaries.tr("1 trial failed")
        if count == 1
        else summaries.tr("{0} trials failed").format(count)
    )
    reasons = ", ".join(summaries.tr(KINDS[kind]) for kind in kinds if kind)
    return f"{head}: {reasons}" if reasons else head
