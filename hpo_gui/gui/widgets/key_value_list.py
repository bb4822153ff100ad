"""Rows of a name and a value with hairlines between them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QAction, QColor, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from hpo_gui.gui.focus import has_ring
from hpo_gui.gui.theme import tokens
from hpo_gui.gui.typography import BODY, text_font
from hpo_gui.gui.widgets.painting import elided, focus_ring
from hpo_gui.gui.widgets.plain_tips import plain_tip

ROW = 27
MISSING = "—"


class KeyValueList(QWidget):
    """Names at the left, values at the right; Ctrl+C copies all of it.

    Many rows are cheap: they are painted, not built from labels.
    """

    def __init__(self, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[tuple[str, str], ...] = ()
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        copy = QAction(self.tr("Copy"), self)
        copy.setShortcut(QKeySequence(QKeySequence.StandardKey.Copy))
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self.copy)
        self.addAction(copy)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def set_rows(self, rows: Sequence[tuple[str, str]]) -> None:
        """Show these (name, value) pairs; a value of "" or "—" is what does not apply."""
        self._rows = tuple((name, value or MISSING) for name, value in rows)
        self.setAccessibleDescription(self.as_text())
        self.setToolTip(plain_tip(self.as_text()))
        self.updateGeometry()
        self.update()

    def as_text(self) -> str:
        """Return the rows as lines of text."""
        return "\n".join(f"{name}: {value}" for name, value in self._rows)

    def copy(self) -> None:
        """Put the rows on the clipboard."""
        QApplication.clipboard().setText(self.as_text())

    def sizeHint(self) -> QSize:
        """Return the room for all rows."""
        return QSize(220, max(len(self._rows) * ROW, 1))

    def minimumSizeHint(self) -> QSize:
        """Return a narrow size; names and values are then cut with …."""
        return QSize(80, max(len(self._rows) * ROW, 1))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows that are asked for."""
        painter = QPainter(self)
        painter.setFont(text_font(BODY))
        first = max(event.rect().top() // ROW, 0)
        last = min(event.rect().bottom() // ROW + 1, len(self._rows))
        for number in range(first, last):
            self._paint_row(painter, number)
        if has_ring(self):
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            focus_ring(painter, self.rect(), 4)

    def _paint_row(self, painter: QPainter, number: int) -> None:
        colors = tokens()
        name, value = self._rows[number]
        area = QRectF(0, number * ROW, self.width(), ROW)
        value = elided(painter, value, area.width() * 0.6)
        used = painter.fontMetrics().horizontalAdvance(value)
        painter.setPen(QColor(colors.muted if value == MISSING else colors.text))
        painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, value)
        painter.setPen(QColor(colors.muted))
        room = elided(painter, name, area.width() - used - 12)
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, room)
        if number + 1 < len(self._rows):
            y = area.bottom() - 0.5
            painter.setPen(QColor(colors.border))
            painter.drawLine(QPointF(0, y), QPointF(area.right(), y))
