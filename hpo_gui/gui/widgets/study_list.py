"""The list of studies under the steps: a name and a short note each."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from hpo_gui.gui.focus import has_ring
from hpo_gui.gui.theme import tokens
from hpo_gui.gui.typography import BODY, text_font
from hpo_gui.gui.widgets.labels import label
from hpo_gui.gui.widgets.painting import elided, focus_ring, rounded
from hpo_gui.gui.widgets.plain_tips import plain_tip

PADDING = 10


class StudyRow(QAbstractButton):
    """One study: its name at the left, its note (score, "new", "queued") at the right."""

    def __init__(self, name: str, note: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(name)
        self.note = note
        self.setAccessibleName(name)
        self.setAccessibleDescription(note)
        self.setToolTip(plain_tip(f"{name} — {note}" if note else name))
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Return the size of a row in the rail."""
        return QSize(196, 28)

    def nextCheckState(self) -> None:
        """Leave it to the owner which study is current."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint background, name and note."""
        colors = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.isChecked():
            rounded(painter, self.rect(), colors.accent_soft)
        elif self.underMouse():
            rounded(painter, self.rect(), colors.hover)
        if has_ring(self):
            focus_ring(painter, self.rect())
        painter.setFont(text_font(BODY))
        inner = QRectF(self.rect()).adjusted(PADDING, 0, -PADDING, 0)
        note = elided(painter, self.note, inner.width() / 2)
        painter.setPen(QColor(colors.muted))
        painter.drawText(inner, _RIGHT, note)
        room = inner.width() - painter.fontMetrics().horizontalAdvance(note) - PADDING
        painter.setPen(QColor(colors.text))
        painter.drawText(inner, _LEFT, elided(painter, self.text(), room))


class StudyList(QWidget):
    """The open studies under their heading.

    Signals
    -------
    activated : the key of the study the user went to
    menu_requested : key and global position, for a context menu
    """

    activated = Signal(str)
    menu_requested = Signal(str, QPoint)

    def __init__(self, heading: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[str, StudyRow] = {}
        self.heading = label((heading or self.tr("Studies")).upper(), "section")
        self.heading.setContentsMargins(PADDING, 0, 0, 6)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self._column.addWidget(self.heading)
        self.setAccessibleName(heading or self.tr("Studies"))

    def set_studies(self, studies: Sequence[tuple[str, str, str]], current: str = "") -> None:
        """Show these (key, name, note) rows; ``current`` is the key of the one in use."""
        for old in self._rows.values():
            self._column.removeWidget(old)
            old.deleteLater()
        self._rows = {}
        for key, name, note in studies:
            row = StudyRow(name, note, self)
            row.clicked.connect(lambda _=False, key=key: self.activated.emit(key))
            row.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            row.customContextMenuRequested.connect(
                lambda at, key=key, row=row: self.menu_requested.emit(key, row.mapToGlobal(at))
            )
            self._column.addWidget(row)
            self._rows[key] = row
        self.set_current(current)

    def set_current(self, key: str) -> None:
        """Mark one study as the one in use; "" marks none."""
        for name, row in self._rows.items():
            row.setChecked(name == key)

    def row(self, key: str) -> StudyRow:
        """Return the row of one study."""
        return self._rows[key]


_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
