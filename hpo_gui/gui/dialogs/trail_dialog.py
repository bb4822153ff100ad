"""The dialog that tells what people did to a study: its audit trail."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QTableWidget, QTableWidgetItem, QWidget

from hpo_gui.export.audit_trail import audit_text, write_audit_csv
from hpo_gui.export.excel import write_audit_excel
from hpo_gui.gui.durations import local_words
from hpo_gui.gui.jobs import Job
from hpo_gui.gui.notices import Notice, notice_of
from hpo_gui.gui.session import Session
from hpo_gui.gui.widgets.buttons import LinkButton, PrimaryButton, SecondaryButton, explain
from hpo_gui.gui.widgets.dialogs import MessageDialog
from hpo_gui.gui.widgets.plain_tips import plain_tip
from hpo_gui.gui.widgets.table_style import dress_table

if TYPE_CHECKING:
    from hpo_gui.storage.records import AuditEvent

MOST_SHOWN = 5000  # lines; the file has them all
WIDTH, HEIGHT = 720, 320


class TrailDialog(MessageDialog):
    """Shows the newest first; the whole trail can be copied and written as CSV or Excel."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("What was done"), "", parent)
        self._session = session
        self.events: tuple[AuditEvent, ...] = ()
        self.table = QTableWidget(0, 2)
        dress_table(self.table)
        self.table.setAccessibleName(self.tr("What was done"))
        self.table.setHorizontalHeaderLabels([self.tr("time"), self.tr("what was done")])
        self.table.horizontalHeader().setStretchLastSection(True)
        self.table.setColumnWidth(0, 190)
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setMinimumHeight(HEIGHT)
        self.setMinimumWidth(WIDTH)
        self.body.addWidget(self.table, 1)
        self.copy = LinkButton(self.tr("Copy"), "copy")
        self.copy.clicked.connect(self.copy_all)
        self.export = SecondaryButton(self.tr("Export…"))
        self.export.clicked.connect(self._ask_path)
        close = PrimaryButton(self.tr("Close"))
        close.clicked.connect(self.accept)
        close.setDefault(True)
        self.add_button(self.copy, left=True)
        self.add_button(self.export)
        self.add_button(close)
        self.text.setText(self.tr("Reading…"))
        self._show_buttons()
        session.acted.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Read the trail again."""
        job: Job | None = self._session.study_jobs.audit_trail()
        if job is None:
            self.show_events([])
            return
        job.finished.connect(self.show_events)
        job.failed.connect(lambda error: self.text.setText(str(error)))

    def show_events(self, events: Sequence[AuditEvent]) -> None:
        """Show these."""
        self.events = tuple(events)
        shown = self.events[-MOST_SHOWN:][::-1]
        self.table.setRowCount(len(shown))
        for row, event in enumerate(shown):
            at = local_words(event.at, "%Y-%m-%d %H:%M:%S")
            self.table.setItem(row, 0, QTableWidgetItem(at))
            item = QTableWidgetItem(" ".join(event.text.split()))
            item.setToolTip(plain_tip(event.text))
            self.table.setItem(row, 1, item)
        words = self.tr("Retractions, corrections, notes and tags, the newest first.")
        if len(shown) < len(self.events):
            words += " " + self.tr("Shown are the last {0:,} of {1:,}.").format(
                len(shown), len(self.events)
            )
        self.text.setText(words if shown else self.tr("Nobody has changed a trial by hand yet."))
        self._show_buttons()

    def _show_buttons(self) -> None:
        why = "" if self.events else self.tr("There is nothing to write down.")
        for button in (self.copy, self.export):
            explain(button, why)

    def copy_all(self) -> None:
        """Put the whole trail on the clipboard, one line each."""
        QGuiApplication.clipboard().setText(audit_text(self.events))

    def _ask_path(self) -> None:
        name = f"{self._session.spec.name}-audit-trail.csv"
        dialog = QFileDialog(self, self.tr("Export what was done"), name)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("csv")
        dialog.setNameFilters([self.tr("CSV (*.csv)"), self.tr("Excel workbook (*.xlsx)")])
        dialog.filterSelected.connect(
            lambda chosen: dialog.setDefaultSuffix("xlsx" if "xlsx" in chosen else "csv")
        )
        dialog.selectFile(name)
        dialog.fileSelected.connect(lambda path: self.write(Path(path)))
        dialog.open()

    def write(self, path: Path) -> None:
        """Write the whole trail as CSV, or as a workbook by its suffix, in a job."""
        events, session = self.events, self._session
        write = write_audit_excel if path.suffix.lower() == ".xlsx" else write_audit_csv
        job = session.jobs.start(
            self.tr("Exporting what was done"), lambda job: write(events, path)
        )
        done = Notice("good", self.tr("Written: {0}").format(path.name), str(path))
        job.finished.connect(lambda _: session.tell(done))
        failed = self.tr("It could not be written")
        job.failed.connect(lambda error: session.tell(notice_of(error, failed)))
