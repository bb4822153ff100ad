"""The welcome page: drop a file, try an example, open something, go on with something."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from hpo_gui.gui.recent import RecentFile, RecentFiles
from hpo_gui.gui.theme import tokens
from hpo_gui.gui.widgets.buttons import LinkButton, PrimaryButton, SecondaryButton
from hpo_gui.gui.widgets.empty_state import IconDisc
from hpo_gui.gui.widgets.labels import label, wrapped
from hpo_gui.gui.widgets.plain_tips import plain_tip
from hpo_gui.gui.widgets.study_list import StudyRow

WIDTH = 620
SHOWN = 6


class DropField(QFrame):
    """The dashed field that says what may be dropped; a click on it opens a file.

    Signals
    -------
    clicked : the user clicked beside the buttons
    """

    clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "plain")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._hot = False

    def set_hot(self, hot: bool) -> None:
        """Show that a file hovers over the window."""
        self._hot = hot
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Tell of a click."""
        if self.rect().contains(event.position().toPoint()):
            self.clicked.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the field with its dashed border."""
        colors = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(QColor(colors.accent if self._hot else colors.strong_border), 1.5)
        pen.setDashPattern([4, 3])
        painter.setPen(pen)
        painter.setBrush(QColor(colors.accent_soft if self._hot else colors.surface))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 10, 10)


class Welcome(QScrollArea):
    """The welcome page.

    Signals
    -------
    example_wanted, data_wanted, study_wanted : a button was pressed
    file_wanted : path of a recent file
    """

    example_wanted = Signal()
    data_wanted = Signal()
    study_wanted = Signal()
    file_wanted = Signal(str)

    def __init__(self, recent: RecentFiles, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.recent = recent
        self.setWidgetResizable(True)
        self.setAccessibleName(self.tr("Welcome"))
        self.drop = DropField()
        self.example_button = PrimaryButton(self.tr("Try an example (30 s)"), "run")
        self.data_button = SecondaryButton(self.tr("Open data…"), "table")
        self.study_button = SecondaryButton(self.tr("Open study…"), "folder")
        self.example_button.clicked.connect(self.example_wanted)
        self.data_button.clicked.connect(self.data_wanted)
        self.study_button.clicked.connect(self.study_wanted)
        self.drop.clicked.connect(self.data_wanted)
        self.clear_button = LinkButton(self.tr("Clear the list"), quiet=True)
        self.clear_button.clicked.connect(recent.clear)
        self._rows: list[StudyRow] = []
        self._build()
        recent.changed.connect(self.refresh)
        self.refresh()

    def _build(self) -> None:
        inner = QWidget()
        inner.setMaximumWidth(WIDTH)
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 24, 0, 24)
        column.setSpacing(8)
        column.addStretch(2)
        column.addWidget(label(self.tr("From a table to a tuned model"), "headline"))
        column.addWidget(
            wrapped(
                self.tr(
                    "Open your data, check what was found out about it, press Run. "
                    "Everything else is filled in, and everything can be changed."
                )
            )
        )
        column.addSpacing(12)
        column.addWidget(self.drop)
        column.addSpacing(16)
        column.addWidget(self._recent_part())
        column.addStretch(3)
        outer = QWidget()
        row = QHBoxLayout(outer)
        row.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        row.addWidget(inner, 100)
        row.addStretch(1)
        self.setWidget(outer)
        self._fill_drop()

    def _fill_drop(self) -> None:
        column = QVBoxLayout(self.drop)
        column.setContentsMargins(24, 28, 24, 28)
        column.setSpacing(6)
        center = Qt.AlignmentFlag.AlignHCenter
        column.addWidget(IconDisc("import"), 0, center)
        column.addSpacing(6)
        column.addWidget(label(self.tr("Drop a data file here"), "title"), 0, center)
        kinds = self.tr("CSV, TSV, Parquet, Excel or ODS; or a study to go on with")
        column.addWidget(label(kinds, "muted"), 0, center)
        column.addSpacing(14)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        for button in (self.example_button, self.data_button, self.study_button):
            buttons.addWidget(button)
        buttons.addStretch(1)
        column.addLayout(buttons)

    def _recent_part(self) -> QWidget:
        self.recent_part = QWidget()
        column = QVBoxLayout(self.recent_part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        head = QHBoxLayout()
        head.setContentsMargins(10, 0, 0, 0)
        head.addWidget(label(self.tr("Recent").upper(), "section"))
        head.addStretch(1)
        head.addWidget(self.clear_button)
        column.addLayout(head)
        self._list = QVBoxLayout()
        self._list.setSpacing(2)
        column.addLayout(self._list)
        return self.recent_part

    def refresh(self) -> None:
        """Show the recent files again."""
        for row in self._rows:
            self._list.removeWidget(row)
            row.deleteLater()
        self._rows = [self._row(file) for file in self.recent.files[:SHOWN]]
        for row in self._rows:
            self._list.addWidget(row)
        self.recent_part.setVisible(bool(self._rows))

    def rows(self) -> list[StudyRow]:
        """The recent files shown."""
        return list(self._rows)

    def _row(self, file: RecentFile) -> StudyRow:
        row = StudyRow(file.name, recent_note(file))
        row.setToolTip(plain_tip(file.path))
        row.clicked.connect(lambda: self.file_wanted.emit(file.path))
        return row


def recent_note(file: RecentFile) -> str:
    """What stands beside a recent file: the score of a study, or the folder of a table."""
    if file.kind == "study":
        return file.note
    if file.path.startswith("sample:"):
        return QCoreApplication.translate("welcome", "example")
    folder = Path(file.path).parent
    try:
        return f"~/{folder.relative_to(Path.home()).as_posix()}"
    except ValueError:
        return str(folder)
