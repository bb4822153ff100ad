"""Starts the window: ``main(arguments)``; quick to the first paint, never silent about errors."""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import sys
import threading
import time
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

from hpo_gui.assembly.crash_log import note_exception
from hpo_gui.core.errors import StudioError
from hpo_gui.gui.assembly_engine import AssemblyEngine
from hpo_gui.gui.crash_report import note_qt_messages
from hpo_gui.gui.jobs import Job
from hpo_gui.gui.main_window import MainWindow
from hpo_gui.gui.notices import Notice, notice_of
from hpo_gui.gui.preferences import PreferenceStore
from hpo_gui.gui.recent import RecentFiles
from hpo_gui.gui.session import Session
from hpo_gui.gui.theme import current_theme

WARM_UP_MS = 50
STEPS = ("data", "space", "strategy", "run", "results")
PAGES = (*STEPS, "compare")
SCREENSHOT_MS = 60_000
MISUSE = 2
PAGE_MODULES = (
    "hpo_gui.gui.panels.data_panel",
    "hpo_gui.gui.panels.run_panel",
    "hpo_gui.gui.panels.space_panel",
    "hpo_gui.gui.panels.strategy_panel",
    "hpo_gui.gui.panels.results_panel",
)


def main(arguments: list[str]) -> int:
    """Open the window; returns the exit code."""
    parsed = _parser().parse_args(arguments)
    note_qt_messages()
    app = make_application(arguments)
    preferences, recent = PreferenceStore(), RecentFiles()
    current_theme().set_mode(parsed.theme or preferences.value.theme)
    current_theme().apply(app)
    session = Session(AssemblyEngine())
    window = MainWindow(session, preferences, recent)
    catcher = ErrorCatcher(session)
    catcher.install()
    if parsed.size:
        window.resize(*parsed.size)
    painted = FirstPaint(window)
    painted.happened.connect(lambda: _after_paint(parsed, app, window))
    window.show()
    code = app.exec()
    session.close()
    catcher.uninstall()
    return code


def make_application(arguments: list[str]) -> QApplication:
    """The one application of the process, with its names."""
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(
        Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
    )
    app = QApplication([sys.argv[0]])
    app.setApplicationName("HPO Studio")
    app.setApplicationDisplayName("HPO Studio")
    app.setDesktopFileName("hpo-gui")
    return app


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hpo-gui", description="Open the window; see also `hpo-gui --help`."
    )
    parser.add_argument("file", nargs="?", type=Path, help="a study, a table or a specification")
    parser.add_argument("--example", metavar="NAME", help="open a bundled example")
    parser.add_argument("--study", type=Path, metavar="FILE", help="open a study")
    parser.add_argument("--theme", choices=("system", "light", "dark"), help="for this session")
    parser.add_argument("--panel", choices=PAGES, help="the step, or other page, to show")
    parser.add_argument(
        "--field", default="", metavar="NAME", help="a part of that step, such as landscape.map"
    )
    parser.add_argument("--size", type=_size, metavar="WxH", help="of the window, in pixels")
    parser.add_argument(
        "--smoke", action="store_true", help="print the milliseconds to the first paint, and end"
    )
    parser.add_argument(
        "--screenshot", type=Path, metavar="PNG", help="write a picture of the window, and end"
    )
    return parser


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    return int(width), int(height)


class FirstPaint(QObject):
    """Tells when a window has been painted for the first time.

    Signals
    -------
    happened : the first paint is over
    """

    happened = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Wait for a paint event, and let it pass."""
        if event.type() == QEvent.Type.Paint:
            self._window.removeEventFilter(self)
            QTimer.singleShot(0, self, self.happened.emit)
        return False


def _after_paint(parsed: argparse.Namespace, app: QApplication, window: MainWindow) -> None:
    """Everything that may wait until there is something to see."""
    if parsed.smoke:
        print(f"{milliseconds_since_start():.0f}")  # noqa: T201 - this is what it is for
        sys.stdout.flush()
        app.quit()
        return
    window.queue.load()
    job = _open(parsed, window)
    if parsed.screenshot:
        place = parsed.panel or "", parsed.field
        Screenshot(window, parsed.screenshot, place, waits=job is not None)
        return
    if job is not None and parsed.panel:
        job.ended.connect(lambda: window.show_step(parsed.panel, parsed.field))
    elif parsed.panel:
        window.show_step(parsed.panel, parsed.field)
    if job is None:
        window.memory.offer_draft()
    window.several.offer_queue()
    queued = {entry.path for entry in window.queue.entries}
    window.memory.offer_interrupted(queued)
    window.crashes.offer()
    crashed = {str(report.study) for report in window.crashes.reports}
    interrupted = {file.path for file in window.recent.interrupted()}
    window.memory.offer_killed_runs(queued | crashed | interrupted)
    QTimer.singleShot(WARM_UP_MS, window, lambda: warm_up(window))
    window.session.stopped.connect(lambda: warm_up(window))  # for the next run


def _open(parsed: argparse.Namespace, window: MainWindow) -> Any:
    session = window.session
    if parsed.example:
        return session.opening.open_example(parsed.example)
    if parsed.study:
        return session.opening.open_study(parsed.study)
    if parsed.file:
        return session.opening.open_any(parsed.file)
    return None


def warm_up(window: MainWindow) -> None:
    """Import in the background what the first clicks need: the engine, then the other pages."""
    engine = window.session.engine

    def work(job: Job) -> None:
        if engine is not None:
            engine.warm_up()
        for name in PAGE_MODULES:
            job.check()
            importlib.import_module(name)

    gc.freeze()  # what lives now lives to the end: later collections need not look at it
    window.session.jobs.start("Warming up", work)


def milliseconds_since_start() -> float:
    """How long this process lives."""
    import psutil

    return (time.time() - psutil.Process(os.getpid()).create_time()) * 1000


class Screenshot(QObject):
    """Writes a picture of the window when nothing loads any more, and ends the program.

    Parameters
    ----------
    place : the step to show, "" for the first, and a field in it
    """

    def __init__(
        self, window: MainWindow, path: Path, place: tuple[str, str], *, waits: bool
    ) -> None:
        super().__init__(window)
        self._window = window
        self._path = path
        self._place = place
        self._quiet = 0
        self._timer = QTimer(self)
        self._timer.setInterval(100)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _look(self) -> None:
        session = self._window.session
        if session.jobs.running or session.is_checking:
            self._quiet = 0
            return
        self._quiet += 1
        if self._quiet == 1 and self._place[0]:
            self._window.show_step(*self._place)
        if self._quiet < 4:
            return
        self._timer.stop()
        saved = self._window.grab().save(str(self._path))
        if not saved:
            print(f"hpo-gui: {self._path} cannot be written.", file=sys.stderr)  # noqa: T201
        QApplication.exit(0 if saved else MISUSE)


class ErrorCatcher:
    """Shows what nothing else caught: exceptions in slots, threads and timers, Qt's warnings.

    The same error is shown once; each time it is in the log.
    """

    def __init__(self, session: Session) -> None:
        self._voice = _Voice()
        self._voice.caught.connect(session.tell, Qt.ConnectionType.QueuedConnection)
        self._before: tuple[Any, Any] | None = None

    def install(self) -> None:
        """Begin."""
        self._before = (sys.excepthook, threading.excepthook)
        sys.excepthook = self._catch
        threading.excepthook = self._catch_in_thread

    def uninstall(self) -> None:
        """End; whatever was there before is back."""
        if self._before is not None:
            sys.excepthook, threading.excepthook = self._before
            self._before = None

    def _catch(
        self,
        kind: type[BaseException],
        error: BaseException,
        trace: TracebackType | None,
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        traceback.print_exception(kind, error, trace)
        note_exception(error)
        self._voice.caught.emit(self._notice(error))

    def _catch_in_thread(self, arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None:
            self._catch(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)

    def _notice(self, error: BaseException) -> Notice:
        if isinstance(error, StudioError):
            return notice_of(error, _tr("That did not work"))
        return notice_of(error, _tr("Something went wrong in the program"))


class _Voice(QObject):
    caught = Signal(object)


def _tr(text: str) -> str:
    from PySide6.QtCore import QCoreApplication

    return QCoreApplication.translate("app", text)
