"""The bar at the bottom that starts, pauses and stops, and tells how far the run is."""

from __future__ import annotations

import os

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QWidget

from hpo_gui.core.durations import show_duration
from hpo_gui.core.trial import STATE_CODES, TrialState
from hpo_gui.gui import summaries
from hpo_gui.gui.actions import Actions
from hpo_gui.gui.durations import show_eta
from hpo_gui.gui.session import Session
from hpo_gui.gui.summaries import run_problem
from hpo_gui.gui.widgets.buttons import LinkButton, MenuButton, PrimaryButton, explain
from hpo_gui.gui.widgets.labels import ElidedLabel, label, rich_label
from hpo_gui.gui.widgets.plain_tips import plain_tip
from hpo_gui.gui.widgets.run_progress import RunProgress
from hpo_gui.gui.worker_count import workers_of

HEIGHT = 56
LONGEST_WORKERS_MENU = 16
BESIDE_REASON = 100  # pixels: margins, gaps and the padding of the link


class RunBar(QFrame):
    """See the module. A disabled Run says why; a click on it or its reason leads to the field."""

    def __init__(self, session: Session, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.actions_ = actions
        self.setProperty("kind", "bar")
        self.setProperty("edge", "top")
        self.setFixedHeight(HEIGHT)
        self.setAccessibleName(self.tr("Run"))
        self.main_button = PrimaryButton(self.tr("Run"), "run")
        self.main_button.clicked.connect(self._press)
        self.stop_menu = QMenu(self)
        self.stop_menu.addAction(actions["run.stop_after"])
        self.stop_menu.addAction(actions["run.stop_now"])
        self.stop_button = MenuButton(self.tr("Stop"), self.stop_menu, "stop")
        self.plan = ElidedLabel("", "muted")
        self.reason = LinkButton("")
        self._problem = ""
        self.reason.clicked.connect(self.go_to_problem)
        self.progress = RunProgress()
        self.count = rich_label()
        self.elapsed, self.eta = label("", "muted"), label("", "muted")
        self.workers_menu = QMenu(self)
        self.workers_menu.aboutToShow.connect(self._fill_workers)
        self.workers = MenuButton("", self.workers_menu)
        self._build()
        self._listen()
        self.refresh()

    def _build(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 16, 0)
        row.setSpacing(12)
        row.addWidget(self.main_button)
        row.addWidget(self.stop_button)
        row.addWidget(self.plan, 1)
        row.addWidget(self.reason)
        row.addWidget(self.progress, 1)
        for widget in (self.count, self.elapsed, self.eta, self.workers):
            row.addWidget(widget)
        self._spring = QWidget()
        row.insertWidget(row.indexOf(self.progress), self._spring, 1)

    def _listen(self) -> None:
        session = self.session
        session.spec_changed.connect(self.refresh)
        session.problems_changed.connect(self.refresh)
        session.study_changed.connect(self.refresh)
        session.read_only_changed.connect(self.refresh)
        session.opening.changed.connect(self.refresh)
        session.state_changed.connect(self.refresh)
        session.stuck_changed.connect(self.refresh)
        session.study_edit.changed.connect(self.refresh)
        session.progress_changed.connect(self._show_progress)

    def refresh(self) -> None:
        """Show everything again."""
        session = self.session
        active = session.is_active
        started = active or bool(session.builder.trials)
        problem = "" if active else run_problem(session)
        for widget in (self.progress, self.count, self.elapsed, self.eta):
            widget.setVisible(started)
        self.stop_button.setVisible(active)
        self.plan.setVisible(not started and not problem)
        self.plan.setText(summaries.plan_line(session))
        told = session.followed and session.builder.trials  # by a bar above the page
        self.reason.setVisible(bool(problem) and not session.is_empty and not told)
        self._problem = problem
        self._show_reason()
        self._spring.setVisible(not started and bool(problem))
        self.workers.setVisible(not session.is_empty)
        self._show_main_button(problem)
        self._show_progress()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as much of the reason as there is room for."""
        super().resizeEvent(event)
        self._show_reason()

    def _show_reason(self) -> None:
        """The reason why nothing can run, from its beginning; the tooltip has all of it."""
        beside = (self.main_button, self.stop_button, self.workers)
        taken = sum(w.sizeHint().width() for w in beside if not w.isHidden())
        room = self.width() - taken - BESIDE_REASON
        elide = Qt.TextElideMode.ElideRight
        self.reason.setText(self.reason.fontMetrics().elidedText(self._problem, elide, room))
        self.reason.setToolTip(plain_tip(self._problem))
        self.reason.setAccessibleName(self._problem)

    def _show_main_button(self, problem: str) -> None:
        state = self.session.state
        words, icon = self.tr("Run"), "run"
        if state in ("starting", "running"):
            words, icon = self.tr("Pause"), "pause"
        elif state in ("pausing", "paused"):
            words, icon = self.tr("Resume"), "run"
        elif state == "stopping":
            words, problem = self.tr("Stopping"), self.tr("The running trials are ending.")
        elif more := more_trials(self.session):
            words = self.tr("Run {0} more").format(more)
        elif self.session.builder.trials:
            words = self.tr("Continue")
        self.main_button.setText(words)
        self.main_button.set_icon(icon)
        explain(self.main_button, problem, self.tr("Run the study (F5)"))

    def _show_progress(self) -> None:
        session, now = self.session, self.session.progress
        workers = now.workers if now and session.is_active else 0
        busy = now.running if now and session.is_active else running_elsewhere(session)
        count = workers or workers_of(session.spec)
        if workers:
            text = self.tr("{0} of {1} workers").format(busy, workers)
        else:
            text = self.tr("1 worker") if count == 1 else self.tr("{0} workers").format(count)
        self.workers.setText(text)
        done = session.finished
        total = now.total if now else session.planned
        self.count.setText(f"<b>{done:,}</b>" + ("" if total is None else f" / {total:,}"))
        self.elapsed.setText(show_duration(now.seconds) if now and now.seconds >= 0.1 else "")
        self.eta.setText(eta_words(session))
        if total:
            self.progress.set_progress(done, busy, max(total, done + busy))
        else:
            self.progress.set_progress((now.share or 0.0) if now else 0.0)

    def _press(self) -> None:
        state = self.session.state
        if state in ("starting", "running"):
            self.actions_.trigger("run.pause")
        else:
            self.actions_.trigger("run.run")

    def _fill_workers(self) -> None:
        self.workers_menu.clear()
        chosen = workers_of(self.session.spec)
        most = max(min(os.cpu_count() or 1, LONGEST_WORKERS_MENU), chosen, 2)
        for number in range(1, most + 1):
            words = self.tr("1 worker") if number == 1 else self.tr("{0} workers").format(number)
            action = QAction(words, self.workers_menu)
            action.setCheckable(True)
            action.setChecked(number == chosen)
            action.triggered.connect(lambda _=False, number=number: self._set_workers(number))
            self.workers_menu.addAction(action)

    def _set_workers(self, number: int) -> None:
        self.session.set_workers(number)

    def go_to_problem(self) -> None:
        """Lead to the field that stands in the way of Run."""
        if self.session.problems:
            problem = self.session.problems[0]
            self.session.go_to.emit(problem.step, problem.field)
        elif self.session.is_empty:
            self.session.go_to.emit("data", "")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click on the disabled Run leads to the reason as well."""
        disabled = not self.main_button.isEnabled()
        if disabled and self.main_button.geometry().contains(event.position().toPoint()):
            if event.button() == Qt.MouseButton.LeftButton:
                self.go_to_problem()
            return
        super().mousePressEvent(event)


def more_trials(session: Session) -> int:
    """How many trials "Run … more" adds when those of the budget are used up.

    Those that were queued by hand meanwhile, else as many as the study had.
    """
    trials = session.spec.budget.trials
    if trials is None or session.is_active or not session.builder.trials:
        return 0
    if session.finished < trials:
        return 0
    return len(session.history.open) or trials


def running_elsewhere(session: Session) -> int:
    """How many trials another program runs in a study that is followed."""
    if not session.followed:
        return 0
    return int((session.history.states == STATE_CODES[TrialState.RUNNING]).sum())


def eta_words(session: Session) -> str:
    """The time left with its uncertainty, or what the run is doing instead."""
    now = session.progress
    if session.state == "starting":
        return summaries.tr("starting the workers")
    if session.stuck is not None:
        return summaries.tr("waiting for the study file")
    if session.state == "paused":
        return summaries.tr("paused")
    if session.state == "pausing":
        return summaries.tr("pausing after the running trials")
    if session.state == "stopping":
        return summaries.tr("stopping")
    if not session.is_active:
        if not session.builder.trials:
            return ""
        if session.followed:
            return summaries.tr("{0} running elsewhere").format(running_elsewhere(session))
        return summaries.tr("done") if session.is_done else summaries.tr("stopped")
    if now is not None and now.thinking:
        return summaries.tr("choosing what to try next…")
    if now is None or now.eta is None:
        return summaries.tr("ETA —")
    return summaries.tr("ETA {0}").format(show_eta(now.eta, now.eta_sd))
