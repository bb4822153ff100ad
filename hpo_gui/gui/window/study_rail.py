"""The left rail: the five steps with their live lines, and the studies."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from hpo_gui.gui import summaries
from hpo_gui.gui.open_studies import OpenStudies
from hpo_gui.gui.queue_runner import QueueRunner
from hpo_gui.gui.recent import RecentFiles
from hpo_gui.gui.widgets.step_rail import StepRail, StepState
from hpo_gui.gui.widgets.study_list import StudyList
from hpo_gui.gui.window.queue_section import QueueSection
from hpo_gui.gui.window.study_items import open_item, recent_item

WIDTH = 216
STEPS = ("data", "space", "strategy", "run", "results")
SHOWN_STUDIES = 10


class StudyRail(QFrame):
    """See the module; everything it shows is made from the open studies and the recent files.

    Signals
    -------
    step_activated : key of a step
    study_activated : key of an open study, or path of a study file
    study_menu : the same with a global position, for a context menu
    queue_menu : id of an entry of the queue with a global position
    """

    step_activated = Signal(str)
    study_activated = Signal(str)
    study_menu = Signal(str, QPoint)
    queue_menu = Signal(str, QPoint)

    def __init__(
        self,
        studies: OpenStudies,
        runner: QueueRunner,
        recent: RecentFiles,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.open_studies = studies
        self.session = studies.session
        self.runner = runner
        self.recent = recent
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
        self.studies.menu_requested.connect(self.study_menu)
        self.queue = QueueSection(studies, runner, self)
        self.queue.menu_requested.connect(self.queue_menu)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 14, 0, 0)
        column.setSpacing(0)
        steps = QHBoxLayout()
        steps.setContentsMargins(0, 0, 10, 0)
        steps.addWidget(self.steps)
        column.addLayout(steps)
        column.addSpacing(14)
        column.addWidget(self._scrolled(), 1)
        self._listen()
        self.refresh()
        self.refresh_studies()

    def _scrolled(self) -> QScrollArea:
        """The lists: many studies scroll, and never push the steps out of the window."""
        inside = QFrame()
        inside.setProperty("kind", "plain")
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 14, 10, 14)
        column.setSpacing(20)
        column.addWidget(self.queue)
        column.addWidget(self.studies)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(inside)
        return area

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
        session.progress_changed.connect(self._refresh_run)
        for changed in (
            self.open_studies.changed,
            self.open_studies.progressed,
            self.runner.queue.changed,
            self.recent.changed,
        ):
            changed.connect(self.refresh_studies)

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

    def refresh_studies(self, _: object = None) -> None:
        """Show the open studies and the recent ones again; queued ones stand in the queue."""
        studies, recent = self.open_studies, self.recent.of_kind("study")
        queued = {entry.path for entry in self.runner.queue.entries}
        keys = [key for key, _ in studies.all() if self.runner.entry_of(key) is None]
        rows = [open_item(key, study) for key in keys if (study := studies.study(key)) is not None]
        known = queued | {str(study.path) for _, study in studies.all() if study.path}
        others = [file for file in recent if file.path not in known]
        rows += [recent_item(file) for file in others[:SHOWN_STUDIES]]
        self.studies.set_studies(rows, studies.shown)
        self.studies.setVisible(bool(rows))

    def _activate(self, key: str) -> None:
        if key != self.open_studies.shown:
            self.study_activated.emit(key)


def open_folder(folder: Path) -> None:
    """Show a folder in the file manager."""
    from PySide6.QtCore import QUrl
    from PySide6.QtGui import QDesktopServices

    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
