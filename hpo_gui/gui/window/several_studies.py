"""What the window does with several studies: show, close, queue, duplicate and compare them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from msgspec import structs
from PySide6.QtCore import QObject, QPoint
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from hpo_gui.gui.held_study import HeldStudy
from hpo_gui.gui.study_files import studies_folder
from hpo_gui.gui.widgets.dialogs import ConfirmDialog
from hpo_gui.gui.window.study_rail import open_folder

if TYPE_CHECKING:
    from hpo_gui.gui.actions import Actions
    from hpo_gui.gui.notices import Notice
    from hpo_gui.gui.open_studies import OpenStudies
    from hpo_gui.gui.queue_runner import QueueRunner
    from hpo_gui.gui.recent import RecentFiles
    from hpo_gui.gui.session import Session
    from hpo_gui.gui.study_choice import StudyChoice
    from hpo_gui.gui.study_queue import StudyQueue
    from hpo_gui.gui.widgets.message_bar import MessageStack
    from hpo_gui.gui.window.leaving import Leaving
    from hpo_gui.gui.window.study_memory import StudyMemory
    from hpo_gui.gui.window.study_rail import StudyRail

YES = "yes"  # answer of a `ConfirmDialog`


class Frame(Protocol):
    """As much of the window as this needs; everything is there when `listen` is called."""

    session: Session
    studies: OpenStudies
    queue: StudyQueue
    queue_runner: QueueRunner
    recent: RecentFiles
    actions_: Actions
    rail: StudyRail
    messages: MessageStack
    memory: StudyMemory
    leaving: Leaving

    def show_step(self, key: str, field: str = "") -> None: ...
    def open_file(self, path: str) -> None: ...
    def tell(self, notice: Notice) -> None: ...
    def refresh_actions(self) -> None: ...


class SeveralStudies(QObject):
    """See the module.

    Attributes
    ----------
    dialog : the file dialog on screen, or None
    menu : the context menu on screen, or None
    question : the question on screen, or None
    """

    def __init__(self, frame: Frame, window: QWidget) -> None:
        super().__init__(window)
        self.frame = frame
        self.window = window
        self.session = frame.session
        self.studies = frame.studies
        self.queue = frame.queue
        self.runner = frame.queue_runner
        self.dialog: QFileDialog | None = None
        self.menu: QMenu | None = None
        self.question: ConfirmDialog | None = None
        self._choice: StudyChoice | None = None

    def listen(self) -> None:
        """Connect everything; once, when the window is there."""
        frame = self.frame
        frame.rail.study_activated.connect(self.activate)
        frame.rail.study_menu.connect(self._study_menu)
        frame.rail.queue_menu.connect(self._queue_menu)
        frame.leaving.decided.connect(lambda: self.runner.suspend(True))
        frame.leaving.stayed.connect(lambda: self.runner.suspend(False))
        self.runner.notice.connect(frame.tell)
        self.queue.notice.connect(frame.tell)
        self.queue.changed.connect(frame.refresh_actions)
        self.studies.changed.connect(frame.refresh_actions)

    # --- commands -----------------------------------------------------------------------------

    def handlers(self) -> dict[str, Callable[[], object]]:
        """What each command does."""
        return {
            "study.duplicate": self.duplicate,
            "study.compare": self.compare,
            "queue.add": self.runner.add_shown,
            "queue.add_files": self.add_files,
            "queue.run": self.runner.go,
            "queue.wait": self.runner.wait,
        }

    def reasons(self) -> dict[str, str]:
        """Command id -> why it cannot be done right now; "" when it can."""
        empty = self.tr("Open a table or an example first.") if self.session.is_empty else ""
        goes = self.tr("The queue is running.") if self.queue.goes else ""
        nothing = "" if self.queue.entries else self.tr("Nothing is in the queue.")
        return {
            "study.duplicate": empty,
            "queue.add": self.runner.why_not_add(),
            "queue.run": nothing or goes,
            "queue.wait": "" if goes else self.tr("The queue is not running."),
        }

    def activate(self, key: str) -> None:
        """Show an open study, or open a file."""
        if self.studies.study(key) is not None:
            self.studies.show(key)
        else:
            self.frame.open_file(key)

    def duplicate(self) -> None:
        """Set up a new study like the one shown."""
        spec = structs.replace(self.session.asked, name=next_name(self.session.spec.name))
        self.session.opening.open_draft(spec, self.session.base).finished.connect(self._duplicated)

    def _duplicated(self) -> None:
        self.studies.keep()
        self.frame.memory.drafts.save()

    def add_files(self) -> None:
        """Choose files and put them into the queue."""
        folder = studies_folder()
        dialog = QFileDialog(self.window, self.tr("Add files to the queue"))
        dialog.setDirectory(str(folder if folder.is_dir() else Path.cwd()))
        dialog.setNameFilter(self.tr("Studies and specifications (*.hpostudy *.toml *.json)"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(self._add_files)
        self.dialog = dialog
        dialog.open()

    def _add_files(self, paths: list[str]) -> None:
        for path in paths:
            self.runner.add_file(Path(path))

    def compare(self) -> None:
        """Show the page that compares studies."""
        self.frame.show_step("compare")

    def make_compare(self, session: Session) -> QWidget:
        """The page that compares studies; what is ticked is kept while pages are made anew."""
        from hpo_gui.gui.panels.compare_panel import ComparePanel
        from hpo_gui.gui.study_choice import StudyChoice

        if self._choice is None:
            self._choice = StudyChoice(self.studies, self.frame.recent, self)
        return ComparePanel(self._choice)

    def offer_queue(self) -> None:
        """Offer to go on with the queue that was going when the program ended."""
        if not self.queue.was_going:
            return
        count = sum(entry.state == "waiting" for entry in self.queue.entries)
        head = self.tr("The queue was interrupted: {0} studies wait").format(count)
        if count == 1:
            head = self.tr("The queue was interrupted: 1 study waits")
        self.frame.messages.show_message(
            "queue",
            "info",
            head,
            self.tr("Everything that was finished is saved."),
            actions=[(self.tr("Run the queue"), self._go_on)],
        )

    def _go_on(self) -> None:
        self.frame.messages.remove("queue")
        self.runner.go()

    # --- context menus ------------------------------------------------------------------------

    def _study_menu(self, key: str, at: QPoint) -> None:
        menu = self._new_menu()
        study = self.studies.study(key)
        if study is None:
            self._file_menu(menu, key)
        else:
            self._open_menu(menu, key)
        path = study.path if study is not None else Path(key)
        if path is not None:
            _add(menu, self.tr("Show in its folder"), partial(open_folder, path.parent))
        menu.popup(at)

    def _file_menu(self, menu: QMenu, path: str) -> None:
        _add(menu, self.tr("Open"), lambda: self.frame.open_file(path))
        file = self.frame.recent.find(path)
        name = file.name if file is not None else ""
        queue = partial(self.runner.add_file, Path(path), name)
        _add(menu, self.tr("Add to the queue"), queue)
        compare = partial(self.frame.show_step, "compare", path)
        _add(menu, self.tr("Compare with the study shown"), compare)
        menu.addSeparator()
        _add(menu, self.tr("Remove from this list"), partial(self.frame.recent.remove, path))

    def _open_menu(self, menu: QMenu, key: str) -> None:
        study = self.studies.study(key)
        if key == self.studies.shown:
            for name in ("queue.add", "study.duplicate"):
                menu.addAction(self.frame.actions_[name])
            menu.addSeparator()
            return
        assert isinstance(study, HeldStudy), "only one is shown"
        _add(menu, self.tr("Show"), partial(self.studies.show, key))
        menu.addSeparator()
        if study.is_active:
            for words, control in self._controls(study):
                _add(menu, words, partial(study.control, control))
        else:
            words = self.tr("Close") if study.path else self.tr("Discard this study…")
            _add(menu, words, partial(self._close, key))
        menu.addSeparator()

    def _close(self, key: str) -> None:
        """Close a study behind the window; one that no file holds is asked about."""
        study = self.studies.held.get(key)
        if study is None:
            return
        if study.path is not None:
            self.studies.close(key)
            return
        self.question = ConfirmDialog(
            self.tr("Discard “{0}”?").format(study.spec.name),
            self.tr("It was set up but never run, and is in no file."),
            self.tr("Discard it"),
            self.window,
            destructive=True,
        )
        self.question.chosen.connect(partial(self._discard, key))
        self.question.open()

    def _discard(self, key: str, answer: str) -> None:
        if answer == YES:
            self.studies.close(key)
            self.frame.memory.drafts.save()

    def _controls(self, study: HeldStudy) -> list[tuple[str, str]]:
        paused = study.state in ("pausing", "paused")
        first = (self.tr("Resume"), "resume") if paused else (self.tr("Pause"), "pause")
        return [
            first,
            (self.tr("Stop after the running trials"), "stop_after_current"),
            (self.tr("Stop now"), "stop_now"),
        ]

    def _queue_menu(self, entry_id: str, at: QPoint) -> None:
        entry = self.queue.find(entry_id)
        if entry is None:
            return
        menu, place = self._new_menu(), self.queue.entries.index(entry)
        key = self.runner.key_of(entry_id)
        if key != self.studies.shown:
            _add(menu, self.tr("Show"), partial(self.runner.show, entry_id))
        held = self.studies.held.get(key)
        if held is not None and held.is_active:
            for words, control in self._controls(held):
                _add(menu, words, partial(held.control, control))
        menu.addSeparator()
        last = len(self.queue.entries) - 1
        for words, to in ((self.tr("Move up"), place - 1), (self.tr("Move down"), place + 1)):
            action = _add(menu, words, partial(self.queue.move, entry_id, to))
            action.setEnabled(0 <= to <= last)
        menu.addSeparator()
        _add(menu, self.tr("Remove from the queue"), partial(self.runner.remove, entry_id))
        menu.popup(at)

    def _new_menu(self) -> QMenu:
        if self.menu is not None:
            self.menu.deleteLater()
        self.menu = QMenu(self.window)
        return self.menu


def _add(menu: QMenu, words: str, action: Callable[[], object]) -> QAction:
    made = menu.addAction(words)
    made.triggered.connect(lambda: action())
    return made


def next_name(name: str) -> str:
    """The name of a copy: one number higher.

    >>> next_name("wine"), next_name("wine 2"), next_name("wine 9")
    ('wine 2', 'wine 3', 'wine 10')
    """
    stem, _, number = name.rpartition(" ")
    return f"{stem} {int(number) + 1}" if stem and number.isdecimal() else f"{name} 2"
