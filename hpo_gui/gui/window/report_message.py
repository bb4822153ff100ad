"""The bar that says where a report was written, and opens it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices

from hpo_gui.gui.widgets.message_bar import MessageStack

KEY = "report"


class ReportMessage(QObject):
    """Shows one bar, for the newest report."""

    def __init__(self, messages: MessageStack, parent: QObject) -> None:
        super().__init__(parent)
        self.messages = messages

    def show_written(self, path: Path) -> None:
        """Say that a report was written."""
        self.messages.show_message(
            KEY,
            "good",
            self.tr("Report written"),
            str(path),
            actions=(
                (self.tr("Open"), lambda: _open(path)),
                (self.tr("Open folder"), lambda: _open(path.parent)),
            ),
        )


def _open(path: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
