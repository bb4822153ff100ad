"""The window: top bar, rail, pages, run bar and status line, and what its commands do."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

from PySide6.QtCore import QMimeData, QSettings, QSize, Qt, QTimer
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from hpo_gui.core.acting import Acted, undoing
from hpo_gui.gui.actions import Actions
from hpo_gui.gui.commands import STEPS, commands
from hpo_gui.gui.crash_report import CrashReports
from hpo_gui.gui.following import Following
from hpo_gui.gui.notices import Notice
from hpo_gui.gui.of_study import close_popups
from hpo_gui.gui.open_studies import OpenStudies
from hpo_gui.gui.panels.welcome import Welcome
from hpo_gui.gui.preferences import PreferenceStore, window_state
from hpo_gui.gui.queue_runner import QueueRunner
from hpo_gui.gui.recent import RecentFiles
from hpo_gui.gui.session import Session
from hpo_gui.gui.study_queue import StudyQueue
from hpo_gui.gui.tab_order import set_tab_order
from hpo_gui.gui.tables.trial_acts import acted_words, refused_notice
from hpo_gui.gui.theme import MODES, Mode, current_theme
from hpo_gui.gui.widgets.message_bar import MessageStack
from hpo_gui.gui.window.command_palette import CommandPalette
from hpo_gui.gui.window.file_commands import FileCommands
from hpo_gui.gui.window.help_commands import help_handlers
from hpo_gui.gui.window.layout import WindowLayout
from hpo_gui.gui.window.leaving import Leaving
from hpo_gui.gui.window.log_panel import LogPanel
from hpo_gui.gui.window.menus import fill_examples, fill_recent
from hpo_gui.gui.window.pages import MAKERS, Make, Pages, make_splits
from hpo_gui.gui.window.read_only_messages import ReadOnlyMessages
from hpo_gui.gui.window.reasons import reasons
from hpo_gui.gui.window.report_message import ReportMessage
from hpo_gui.gui.window.run_bar import RunBar
from hpo_gui.gui.window.several_studies import SeveralStudies
from hpo_gui.gui.window.status_line import StatusLine
from hpo_gui.gui.window.stuck_message import StuckMessage
from hpo_gui.gui.window.study_commands import study_handlers
from hpo_gui.gui.window.study_memory import StudyMemory
from hpo_gui.gui.window.study_messages import StudyMessages
from hpo_gui.gui.window.study_rail import StudyRail
from hpo_gui.gui.window.top_bar import TopBar
from hpo_gui.gui.window.trial_commands import trial_handlers, trial_reasons

SMALLEST = QSize(960, 600)
LOG_HEIGHT = 180
FEW = 1000  # selected trials that are looked at whenever trials change
EXAMPLE = "penguins"


class MainWindow(QMainWindow):
    """See the module.

    Parameters
    ----------
    session : the study shown
    preferences, recent : kept files
    settings : window state; by default beside the preferences
    makers : pages by key, for tests; by default the real panels
    """

    def __init__(
        self,
        session: Session,
        preferences: PreferenceStore,
        recent: RecentFiles,
        *,
        settings: QSettings | None = None,
        makers: dict[str, Make] | None = None,
    ) -> None:
        super().__init__()
        self.session = session
        self.preferences = preferences
        self.recent = recent
        session.recent_studies = lambda: [file.path for file in recent.of_kind("study")]
        session.replacing.connect(close_popups)
        self.studies = OpenStudies(session, self)
        self.queue = StudyQueue(parent=self)
        self.queue_runner = QueueRunner(self.studies, self.queue, self)
        self.actions_ = Actions(self)
        self.files = FileCommands(session, preferences, recent, self, self.open_file)
        self.several = SeveralStudies(self, self)
        self._register()
        self.top = TopBar(self.actions_)
        self.rail = StudyRail(self.studies, self.queue_runner, recent)
        self.welcome = Welcome(recent)
        self.messages = MessageStack()
        self.report_message = ReportMessage(self.messages, self)
        self.files.report_written.connect(self.report_message.show_written)
        compare = {"compare": self.several.make_compare}
        own = {**MAKERS, "data": self._make_data}
        self.pages = Pages(session, self.welcome, {**compare, **(makers or own)})
        self.log = LogPanel()
        self.run_bar = RunBar(session, self.actions_)
        self.status = StatusLine(session)
        self._build()
        settings = window_state() if settings is None else settings
        self.layout_ = WindowLayout(self, self.splitter, self.pages, settings)
        self.leaving = Leaving(self.studies, self.messages, self, self.files.save_elsewhere)
        self.study_messages = StudyMessages(session, self.messages, self)
        self.stuck_message = StuckMessage(session, self.messages, self.files.save_elsewhere, self)
        self.following = Following(session, self._is_watched, self)
        self.read_only = ReadOnlyMessages(
            self.following, self.messages, self.files.save_copy, self
        )
        self.memory = StudyMemory(self.studies, recent, self.messages, self.open_file, self)
        self.crashes = CrashReports(
            session,
            self.messages,
            lambda: [file.path for file in recent.interrupted()],
            self.memory.go_on,
            self,
        )
        self.palette_ = CommandPalette(self.actions_, self)
        self._fill_menus()
        self._listen()
        self.setAcceptDrops(True)
        self.setMinimumSize(SMALLEST)
        self.layout_.restore()
        self.log.setVisible(preferences.value.log_shown)
        session.looking.set_options(preferences.value.options)
        self.show_step("data")
        self.refresh_actions()
        self._title()

    # --- building -----------------------------------------------------------------------------

    def _build(self) -> None:
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setObjectName("log")
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(4)
        self.splitter.addWidget(self._pages_with_messages())
        self.splitter.addWidget(self.log)
        self.splitter.setStretchFactor(0, 1)
        self.log.hide()
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.rail)
        middle.addWidget(self.splitter, 1)
        center = QFrame()
        center.setProperty("kind", "page")
        column = QVBoxLayout(center)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.top)
        column.addLayout(middle, 1)
        column.addWidget(self.run_bar)
        column.addWidget(self.status)
        self._center = center
        self.setCentralWidget(center)

    def _pages_with_messages(self) -> QWidget:
        area = QWidget()
        column = QVBoxLayout(area)
        column.setContentsMargins(14, 14, 14, 14)
        column.setSpacing(12)
        column.addWidget(self.messages)
        column.addWidget(self.pages, 1)
        return area

    def _make_data(self, session: Session) -> QWidget:
        from hpo_gui.gui.panels.data_panel import DataPanel

        panel = DataPanel(
            session,
            make_splits=make_splits,
            fill_examples=lambda menu: fill_examples(menu, self.open_sample),
        )
        panel.open_wanted.connect(lambda: self.actions_.trigger("file.open_data"))
        return panel

    def _fill_menus(self) -> None:
        self.top.add_submenu(
            "File", self.tr("Examples"), 2, lambda menu: fill_examples(menu, self.open_sample)
        )
        self.top.add_submenu(
            "File",
            self.tr("Open recent"),
            6,
            lambda menu: fill_recent(menu, self.recent, self.open_file),
        )

    def _register(self) -> None:
        handlers = self._handlers()
        menu = ""
        for command in commands():
            if command is None:
                self.actions_.add_separator(menu)
                continue
            self.actions_.add(command, handlers[command.id])
            menu = command.menu

    def _handlers(self) -> dict[str, Callable[[], object]]:
        """What each command does."""
        session, files = self.session, self.files
        table: dict[str, Callable[[], object]] = {
            "file.open_data": files.open_data,
            "file.open_study": files.open_study,
            "file.open_spec": files.open_spec,
            "file.save_spec": files.save_spec,
            "file.save_copy": files.save_copy,
            "file.try_again": session.try_again,
            "file.save_elsewhere": files.save_elsewhere,
            "file.export": lambda: self.show_step("results", "export"),
            "file.report": files.report,
            "file.predict": files.predict,
            "file.quit": self.close,
            "view.log": lambda: self.show_log(not self.log.isVisible()),
            "view.reset_layout": self.reset_layout,
            "view.palette": lambda: self.palette_.open(),
        }
        table |= study_handlers(session, self) | trial_handlers(session, self)
        table |= help_handlers(self.actions_, self)
        for key, _ in STEPS:
            table[f"view.{key}"] = partial(self.show_step, key)
        for tab in ("pareto", "landscape", "learning", "population"):
            table[f"view.{tab}"] = partial(self._show_tab, tab)
        table["view.models"] = partial(self.show_step, "results", "models")
        for mode in MODES:
            table[f"theme.{mode}"] = partial(self._set_theme, mode)
        table["options.simple"] = partial(self._set_options, "simple")
        table["options.all"] = partial(self._set_options, "all")
        table.update(self.several.handlers())
        return table

    def _listen(self) -> None:
        session = self.session
        for changed in (
            session.spec_changed,
            session.problems_changed,
            session.study_changed,
            session.read_only_changed,
            session.history_reset,
            session.looking.selection_changed,
            session.opening.changed,
            session.stuck_changed,
            session.undo.indexChanged,
            session.study_edit.changed,
        ):
            changed.connect(self.refresh_actions)
        session.state_changed.connect(self._state_changed)
        session.study_changed.connect(self._study_changed)
        session.spec_changed.connect(self._title)
        session.notice.connect(self.tell)
        session.go_to.connect(self.show_step)
        session.ended.connect(self._ended)
        session.acted.connect(self._acted)
        session.trials_changed.connect(self._trials_changed)
        self.top.find_command.connect(self.palette_.open)
        self.rail.step_activated.connect(self.show_step)
        self.several.listen()
        self.welcome.example_wanted.connect(lambda: self.open_sample(EXAMPLE))
        self.welcome.data_wanted.connect(lambda: self.actions_.trigger("file.open_data"))
        self.welcome.study_wanted.connect(lambda: self.actions_.trigger("file.open_study"))
        self.welcome.file_wanted.connect(self.open_file)
        self.status.log_wanted.connect(lambda: self.actions_.trigger("view.log"))
        self.status.failures_wanted.connect(self._show_failures)
        self.log.closed.connect(lambda: self.show_log(False))
        current_theme().changed.connect(self.refresh_actions)

    # --- how it looks -------------------------------------------------------------------------

    def _set_theme(self, mode: Mode) -> None:
        self.preferences.change(theme=mode)
        current_theme().set_mode(mode)
        self.refresh_actions()

    def _set_options(self, options: Literal["simple", "all"]) -> None:
        self.preferences.change(options=options)
        self.session.looking.set_options(options)
        self.refresh_actions()

    # --- what is shown ------------------------------------------------------------------------

    def show_step(self, key: str, field: str = "") -> None:
        """Show a step and, in it, a field."""
        self.rail.steps.set_current(key)
        self.pages.show_page(key, field)

    def _show_tab(self, tab: str) -> None:
        """Show a tab of the trials: of the results where they are seen, else of the run."""
        self.show_step("results" if self.pages.key == "results" else "run", tab)

    def show_log(self, shown: bool) -> None:
        """Show or hide the log."""
        if shown and not self.log.isVisible():
            self.log.show()
            if self.splitter.sizes()[1] < 80:
                height = self.splitter.height()
                self.splitter.setSizes([height - LOG_HEIGHT, LOG_HEIGHT])
        self.log.setVisible(shown)
        self.actions_["view.log"].setChecked(shown)
        self.preferences.change(log_shown=shown)

    def tell(self, notice: Notice) -> None:
        """Show a notice where it belongs, and write it into the log."""
        self.log.put(notice)
        if notice.trial is not None or notice.level in ("info", "good"):
            self.status.tell(notice)
            return
        actions = []
        if notice.action in self.actions_:
            action = self.actions_[notice.action]
            actions.append((action.text().rstrip("…"), action.trigger))
        self.messages.show_message(
            notice.head,
            notice.level,
            notice.head,
            notice.text,
            actions=actions,
            details=notice.details,
        )

    def _acted(self, acted: Acted) -> None:
        """Tell what was done to trials, and offer to take it back."""
        if acted.done:
            words, text = acted_words(acted), acted.done[0].text
            notice = Notice("good", words, text)
            self.log.put(notice)
            self.status.tell(notice, undo=lambda: self.session.live.act(undoing(acted)))
        if acted.refused:
            self.tell(refused_notice(acted))
        self.refresh_actions()

    def _trials_changed(self, numbers: list[int]) -> None:
        """What can be done to the selected trials may be something else now."""
        chosen = self.session.looking.selection
        if len(chosen) <= FEW and not set(chosen).isdisjoint(numbers):
            self.refresh_actions()

    def refresh_actions(self) -> None:
        """Enable what can be done, and say of the rest why not."""
        every = reasons(self.session) | trial_reasons(self.session) | self.several.reasons()
        for name, why_not in every.items():
            self.actions_.allow(name, why_not)
        undo = self.session.undo
        for name, text, words in (
            ("edit.undo", undo.undoText(), self.tr("Undo")),
            ("edit.redo", undo.redoText(), self.tr("Redo")),
        ):
            self.actions_[name].setText(f"{words}: {text}" if text else words)
        self.actions_[f"theme.{current_theme().mode}"].setChecked(True)
        self.actions_[f"options.{self.session.looking.options}"].setChecked(True)
        self.actions_["view.log"].setChecked(self.log.isVisible())

    def _title(self) -> None:
        session = self.session
        if session.is_empty:
            self.setWindowTitle(self.tr("HPO Studio"))
            return
        name = session.path.name if session.path else session.spec.name
        self.setWindowTitle(self.tr("{0} — HPO Studio").format(name))

    def _show_failures(self) -> None:
        self.show_step("run")
        self.session.looking.set_filter("state = failed")

    # --- the study ----------------------------------------------------------------------------

    def open_file(self, path: str) -> None:
        """Open a study, a specification or a table; a study that runs goes on behind it."""
        self.studies.open(path)

    def open_sample(self, name: str) -> None:
        """Open an example."""
        self.session.opening.open_example(name)

    def _ended(self, reason: str, done: bool) -> None:
        self.tell(Notice("good" if done else "info", reason))
        if not self.isActiveWindow():
            QApplication.alert(self)

    def _state_changed(self, state: str) -> None:
        self.refresh_actions()
        if state == "starting" and self.pages.key not in ("run", "results"):
            self.show_step("run")

    def _study_changed(self) -> None:
        self._title()
        path = self.session.path
        if self.session.state != "starting":
            self.show_step("run" if self.session.builder.trials else "data")
        elif path is not None:
            words = self.tr("Every trial is saved in {0}").format(path.name)
            self.tell(Notice("info", words, str(path)))

    def _is_watched(self) -> bool:
        """Whether somebody can see the window."""
        return self.isVisible() and not self.isMinimized()

    # --- dropping files -----------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files from anywhere."""
        if dropped_file(event.mimeData()):
            event.acceptProposedAction()
            self.welcome.drop.set_hot(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Cool down."""
        self.welcome.drop.set_hot(False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Open the first file dropped."""
        self.welcome.drop.set_hot(False)
        path = dropped_file(event.mimeData())
        if path:
            event.acceptProposedAction()
            QTimer.singleShot(0, self, lambda: self.open_file(path))

    # --- the window's own state ---------------------------------------------------------------

    def reset_layout(self) -> None:
        """Forget the layout; window and pages are as at the first start."""
        self.layout_.reset()
        self.show_log(False)

    def showEvent(self, event: QShowEvent) -> None:
        """Lay the log out as it was."""
        super().showEvent(event)
        if self.log.isVisible():
            self.layout_.restore_splitter()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Go on as the window is read: much of it was made later than what follows it."""
        set_tab_order(self._center)
        return super().focusNextPrevChild(forward)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask when studies run; else save the layout and end everything."""
        if self.studies.active or self.session.live.acts.is_busy:
            event.ignore()
            self.leaving.then(self.close)
            return
        self.layout_.save()
        self.memory.drafts.save()
        self.following.close()
        self.queue.close()
        self.session.close()
        event.accept()


def dropped_file(data: QMimeData) -> str:
    """The first local file of what is dropped, or ""."""
    return next((url.toLocalFile() for url in data.urls() if url.isLocalFile()), "")
