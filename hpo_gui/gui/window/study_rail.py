"""The left rail: the five steps with their live lines, and the studies."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QFrame, QMenu, QVBoxLayout, QWidget

from hpo_gui.gui import summaries
from hpo_gui.gui.recent import RecentFile, RecentFiles, StudyState
from hpo_gui.gui.session import Session
from hpo_gui.gui.widgets.step_rail import StepRail, StepState
from hpo_gui.gui.widgets.study_list import StudyList

WIDTH = 216
STEPS = ("data", "space", "strategy", "run", "results")
SHOWN_STUDIES = 10
CURRENT = "current"


class StudyRail(QFrame):
    """See the module; everything it shows is made from the session and the recent files.

    Signals
    -------
    step_activated : key of a step
    study_activated : path of a study file
    """

    step_activated = Signal(str)
    study_activated = Signal(str)

    def __init__(
        self, session: Session, recent: RecentFiles, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.session = session
        self.recent = recent
        self._note = ""
        self.setProperty("kind", "rail")
        self.setFixedWidth(WIDTH)
        titles = (
            self.tr("Data"),
            self.tr("Space"),
            self.tr("Strategy"),
            self.tr("Run"),
            self.tr("Results"),
        )
        self.steps = StepRail(tuple(zip(STEPS, titles, strict=True)), self)
        self.steps.activated.connect(self.step_activated)
        self.studies = StudyList(parent=self)
        self.studies.activated.connect(self._activate)
        self.studies.menu_requested.connect(self._show_menu)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 14, 10, 14)
        column.setSpacing(0)
        column.addWidget(self.steps)
        column.addSpacing(28)
        column.addWidget(self.studies)
        column.addStretch(1)
        self._listen()
        self.refresh()
        self.refresh_studies()

    def _listen(self) -> None:
        session = self.session
        for changed in (
            session.spec_changed,
            session.table_changed,
            session.problems_changed,
            session.history_reset,
        ):
            changed.connect(self.refresh)
        session.state_changed.connect(self.refresh_all)
        session.progress_changed.connect(self._refresh_live)
        session.study_changed.connect(self.refresh_studies)
        self.recent.changed.connect(self.refresh_studies)

    def refresh_all(self) -> None:
        """Show everything again."""
        self.refresh()
        self.refresh_studies()

    def refresh(self) -> None:
        """Show the lines and marks of all steps again."""
        session = self.session
        faulty = {problem.step for problem in session.problems}
        ready = not session.is_empty
        lines = {
            "data": summaries.data_line(session),
            "space": summaries.space_line(session) if ready else "",
            "strategy": summaries.strategy_line(session) if ready else "",
        }
        for key, line in lines.items():
            state: StepState = "error" if key in faulty else "done" if ready else "todo"
            self._set_step(key, state, line)
        self._refresh_run()

    def _set_step(self, key: str, state: StepState, line: str) -> None:
        """Change what a step shows, when it is something else."""
        step = self.steps.step(key)
        if (step.state, step.subtitle) != (state, line):
            self.steps.set_step(key, state=state, subtitle=line)

    def _refresh_run(self) -> None:
        session = self.session
        running: StepState = "running" if session.is_active else "todo"
        if not session.is_active and session.is_done and session.builder.trials:
            running = "done"
        self._set_step("run", running, summaries.run_line(session))
        self._set_step("results", "todo", summaries.results_line(session))

    def _refresh_live(self) -> None:
        self._refresh_run()
        if self._note != study_note(self.session):
            self.refresh_studies()

    def refresh_studies(self) -> None:
        """Show the study in the window and the recent ones again."""
        session, rows = self.session, []
        here = str(session.path) if session.path else ""
        if not session.is_empty:
            self._note = study_note(session)
            rows.append((CURRENT, session.spec.name, self._note))
        others = [file for file in self.recent.of_kind("study") if file.path != here]
        rows += [(file.path, file.name, file.note) for file in others[:SHOWN_STUDIES]]
        self.studies.set_studies(rows, CURRENT)
        self.studies.setVisible(bool(rows))

    def _activate(self, key: str) -> None:
        if key != CURRENT:
            self.study_activated.emit(key)

    def _show_menu(self, key: str, at: QPoint) -> None:
        menu = QMenu(self)
        file = self.recent.find(key)
        if file is not None:
            forget = menu.addAction(self.tr("Remove from this list"))
            forget.triggered.connect(lambda: self.recent.remove(key))
        path = self.session.path if key == CURRENT else Path(key)
        if path is not None:
            show = menu.addAction(self.tr("Show in its folder"))
            show.triggered.connect(lambda: open_folder(path.parent))
        menu.popup(at)


def open_folder(folder: Path) -> None:
    """Show a folder in the file manager."""
    from PySide6.QtCore import QUrl
    from PySide6.QtGui import QDesktopServices

    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def study_note(session: Session) -> str:
    """The note of the study in the window: its best score, the size of its front, or "new"."""
    best, goal = session.history.best, session.goal
    if len(session.history.goals) > 1 and best is not None:
        count = len(session.history.front)
        return (
            summaries.tr("front {0:,}").format(count) if count else summaries.tr("none feasible")
        )
    if best is None or goal is None or goal.metric not in best.scores:
        return summaries.tr("new") if not session.builder.trials else "—"
    return f"{best.scores[goal.metric]:.4g}"


def recent_of(session: Session, process: int) -> RecentFile | None:
    """The line of the study in the window for the recent files; None without a file."""
    if session.path is None:
        return None
    here = session.is_active and session.state != "paused"
    state: StudyState = "running" if here else "done" if session.is_done else "paused"
    return RecentFile(
        str(session.path),
        session.spec.name,
        "study",
        study_note(session),
        state,
        process if session.is_active else 0,
    )
