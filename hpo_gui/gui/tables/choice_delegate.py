"""Cells that choose one of a few: painted like a small combo box, opened as a menu.

Nothing but paint is spent on a cell, so that thousands of them scroll smoothly. Return, F2 and
Space open the menu too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFont, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QMenu,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from hpo_gui.gui.icons import paint_icon
from hpo_gui.gui.theme import tokens
from hpo_gui.gui.typography import BODY, text_font
from hpo_gui.gui.widgets.painting import elided
from hpo_gui.gui.widgets.plain_tips import plain_tip

Index = QModelIndex | QPersistentModelIndex
TONE_ROLE = int(Qt.ItemDataRole.UserRole) + 41
"""What the model gives for the colour of the text: "", "accent" or "muted"."""
HEIGHT, MARGIN, WIDTH = 26, 12, 92


class ChoiceDelegate(QStyledItemDelegate):
    """See the module.

    Parameters
    ----------
    options : (key, label) pairs; the model shows the label and takes the key in ``setData``
    enabled : of a key, for an index; None when every choice is possible
    """

    def __init__(
        self,
        view: QAbstractItemView,
        options: Sequence[tuple[str, str]],
        *,
        width: int = WIDTH,
        why_not: Callable[[Index, str], str] | None = None,
    ) -> None:
        super().__init__(view)
        self.view = view
        self.options = tuple(options)
        self.width = width
        self.why_not = why_not
        self.menu: QMenu | None = None

    def box(self, cell: QRectF) -> QRectF:
        """Where the box is in a cell."""
        width = min(self.width, cell.width() - MARGIN)
        return QRectF(cell.x() + MARGIN, cell.center().y() - HEIGHT / 2 + 0.5, width, HEIGHT)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Return the room for the box."""
        return QSize(self.width + 2 * MARGIN, HEIGHT + 10)

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        """Leave the text out: it is painted in the box."""
        super().initStyleOption(option, index)
        option.text = ""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint the cell, the box, its text and its caret."""
        super().paint(painter, option, index)
        colors = tokens()
        box = self.box(QRectF(option.rect))
        focused = self._has_focus(index)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = colors.accent if focused else colors.border
        painter.setPen(QPen(QColor(edge), 2.0 if focused else 1.0))
        painter.setBrush(QColor(colors.surface))
        inset = 1.0 if focused else 0.5
        painter.drawRoundedRect(box.adjusted(inset, inset, -inset, -inset), 5, 5)
        tone = index.data(TONE_ROLE) or ""
        weight = QFont.Weight.DemiBold if tone == "accent" else QFont.Weight.Normal
        painter.setFont(text_font(BODY, weight))
        painter.setPen(QColor(getattr(colors, tone or "text")))
        words = box.adjusted(9, 0, -20, 0)
        text = elided(painter, str(index.data(Qt.ItemDataRole.DisplayRole)), words.width())
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(words, flags, text)
        used = painter.fontMetrics().horizontalAdvance(text)
        caret = QRectF(words.x() + used + 4, box.center().y() - 4.5, 9, 9)
        paint_icon(painter, "caret_down", caret, getattr(colors, tone or "text"))
        painter.restore()

    def _has_focus(self, index: Index) -> bool:
        view = self.view
        return view.hasFocus() and view.currentIndex() == index and bool(view.property("ring"))

    def editorEvent(
        self,
        event: QEvent,
        model: QAbstractItemModel,
        option: QStyleOptionViewItem,
        index: Index,
    ) -> bool:
        """Open the menu on a click into the box."""
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonRelease:
            box = self.box(QRectF(option.rect))
            left = event.button() == Qt.MouseButton.LeftButton
            if left and box.contains(event.position()):
                self.open_menu(index)
                return True
        return super().editorEvent(event, model, option, index)

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        """Open the menu instead of an editor, on F2."""
        self.open_menu(index)
        return cast(QWidget, None)  # NOTE: Qt takes none for "no editor"

    def open_menu(self, index: Index) -> QMenu:
        """Show the choices under the cell."""
        view = self.view
        menu = QMenu(view)
        menu.setToolTipsVisible(True)
        chosen = index.data(Qt.ItemDataRole.EditRole)
        keep = QPersistentModelIndex(index)
        for key, text in self.options:
            action = menu.addAction(text)
            action.setCheckable(True)
            action.setChecked(key == chosen)
            reason = self.why_not(index, key) if self.why_not is not None else ""
            action.setEnabled(not reason)
            action.setToolTip(plain_tip(reason or text))
            action.triggered.connect(lambda _=False, key=key: self._choose(keep, key))
        menu.aboutToHide.connect(menu.deleteLater)
        rect = view.visualRect(keep.model().index(keep.row(), keep.column()))
        corner = self.box(QRectF(rect)).bottomLeft().toPoint() + QPoint(0, 2)
        menu.popup(view.viewport().mapToGlobal(corner))
        self.menu = menu
        return menu

    def _choose(self, index: QPersistentModelIndex, key: str) -> None:
        if index.isValid():
            model = index.model()
            model.setData(model.index(index.row(), index.column()), key)
