"""Offers the report of a crash at the next start, and keeps the log of crashes up to date."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QMessageLogContext, QObject, QSize, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QWidget

from hpo_gui.assembly import crash_log
from hpo_gui.gui.session import Session
from hpo_gui.gui.typography import monospace_font
from hpo_gui.gui.widgets.buttons import PrimaryButton, SecondaryButton
from hpo_gui.gui.widgets.dialogs import MessageDialog
from hpo_gui.gui.widgets.message_bar import Action, MessageStack
from hpo_gui.gui.window.study_rail import open_folder

if TYPE_CHECKING:
    from hpo_gui.assembly.crash_reports import CrashReport

KEY = "crash"
SIZE = QSize(760, 520)
NOTED = {QtMsgType.QtCriticalMsg: "Qt critical", QtMsgType.QtFatalMsg: "Qt fatal"}


class CrashReports(QObject):
    """See the module. Nothing is sent anywhere: the user may copy a report.

    Parameters
    ----------
    interrupted : paths of the studies that are offered to go on with anyway
    go_on : opens a study file and runs it
    """

    def __init__(
        self,
        session: Session,
        messages: MessageStack,
        interrupted: Callable[[], list[str]],
        go_on: Callable[[str], object],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.session = session
        self.messages = messages
        self.interrupted = interrupted
        self.go_on = go_on
        self.reports: list[CrashReport] = []
        session.state_changed.connect(self._state_changed)
        session.study_changed.connect(self._show)  # another study takes all bars away
        messages.closed.connect(self._closed)

    def offer(self) -> None:
        """Show what is known of crashes that nobody has put away yet."""
        from hpo_gui.assembly.crash_reports import crash_reports

        self.reports = crash_reports()
        self._show()

    def _show(self) -> None:
        if not self.reports:
            return
        newest = self.reports[0]
        at = time.strftime("%Y-%m-%d %H:%M", time.localtime(newest.at))
        head = self.tr("HPO Studio crashed on {0}").format(at)
        if newest.what != "window":
            head = self.tr("`hpo-gui {0}` crashed on {1}").format(newest.what, at)
        text = self.tr("{0}. The report stays on this computer.").format(
            newest.summary or self.tr("It is not known why")
        )
        if len(self.reports) > 1:
            more = self.tr("There are {0} reports.").format(len(self.reports))
            text = f"{text} {more}"
        self.messages.show_message(KEY, "warning", head, text, actions=self._actions(newest))

    def put_away(self) -> None:
        """Do not offer these reports again."""
        from hpo_gui.assembly.crash_reports import put_away

        for report in self.reports:
            put_away(report)
        self.reports = []
        self.messages.remove(KEY)

    def look(self) -> None:
        """Show the reports, the newest first."""
        text = "\n\n".join(f"# {report.path}\n{report.text}" for report in self.reports)
        CrashDialog(text, self.messages.window()).open()

    def copy(self) -> None:
        """Put the newest report on the clipboard."""
        if self.reports:
            QApplication.clipboard().setText(self.reports[0].text)

    def _actions(self, report: CrashReport) -> list[Action]:
        actions: list[Action] = []
        study = report.study
        offered = [*self.interrupted(), str(self.session.path)]
        if study is not None and study.is_file() and str(study) not in offered:
            words = self.tr("Go on with “{0}”").format(study.stem)
            actions.append((words, partial(self.go_on, str(study))))
        return [
            *actions,
            (self.tr("Look at it…"), self.look),
            (self.tr("Copy"), self.copy),
            (self.tr("Open the folder"), lambda: open_folder(report.path.parent)),
        ]

    def _closed(self, key: str) -> None:
        if key == KEY:
            self.put_away()

    def _state_changed(self, state: str) -> None:
        if state == "running":
            crash_log.note_study(self.session.path)
        elif not self.session.is_active:
            crash_log.note_study(None)


class CrashDialog(MessageDialog):
    """Shows reports as plain text."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(
            self.tr("What is known of the crash"),
            self.tr(
                "It names files and places in the code; values of data are left out as far as "
                "they can be told. Nothing is sent: copy it for whoever is to look at it."
            ),
            parent,
        )
        self.report = QPlainTextEdit(text)
        self.report.setReadOnly(True)
        self.report.setFont(monospace_font())
        self.report.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.report.setAccessibleName(self.tr("Report"))
        self.report.setTabChangesFocus(True)
        self.body.addWidget(self.report, 1)
        self.copy_button = SecondaryButton(self.tr("Copy"))
        self.copy_button.clicked.connect(lambda: QApplication.clipboard().setText(text))
        self.close_button = PrimaryButton(self.tr("Close"))
        self.close_button.clicked.connect(self.accept)
        self.add_button(self.copy_button)
        self.add_button(self.close_button)
        self.close_button.setDefault(True)
        self.close_button.setFocus()
        self.resize(SIZE)


def note_qt_messages() -> None:
    """Write what Qt finds critical or fatal into the log of crashes; stderr gets all of it."""
    qInstallMessageHandler(_note)


def _note(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
    if kind in NOTED:
        crash_log.note(NOTED[kind], text)
    if sys.stderr is not None:
        print(text, file=sys.stderr, flush=True)  # noqa: T201 - as Qt does
