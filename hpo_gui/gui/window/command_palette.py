"""The command palette: every command, found by typing some of its letters."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QAction, QColor, QFont, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QGraphicsDropShadowEffect,
    QLineEdit,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from hpo_gui.gui.actions import Actions, Command, match, shown_keys
from hpo_gui.gui.icons import paint_icon
from hpo_gui.gui.theme import tokens
from hpo_gui.gui.typography import BODY, SMALL, text_font
from hpo_gui.gui.widgets.painting import elided, rounded

WIDTH, ROW, SHOWN = 560, 40, 9
COMMAND_ROLE = int(Qt.ItemDataRole.UserRole) + 1
Index = QModelIndex | QPersistentModelIndex


class FoundCommands(QAbstractListModel):
    """The commands that fit what was typed, best first; those that cannot be done come last."""

    def __init__(self, actions: Actions, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.actions_ = actions
        self.found: list[tuple[Command, QAction]] = []
        self.find("")

    def find(self, query: str) -> None:
        """Look for a query."""
        scored = []
        for place, (command, action) in enumerate(self.actions_):
            if command.id == "view.palette" or not action.isVisible():
                continue
            score = _score(query, command, action)
            if score is not None:
                scored.append((not action.isEnabled(), -score, place, command, action))
        scored.sort(key=lambda row: row[:3])
        self.beginResetModel()
        self.found = [(command, action) for *_, command, action in scored]
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        """Return how many were found."""
        return 0 if parent.isValid() else len(self.found)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a command's text, and the command itself for `COMMAND_ROLE`."""
        command, action = self.found[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return plain(action)
        if role == Qt.ItemDataRole.ToolTipRole:
            return action.toolTip()
        return (command, action) if role == COMMAND_ROLE else None


def plain(action: QAction) -> str:
    """The text of an action without the marks of its access key."""
    return action.text().replace("&&", "\0").replace("&", "").replace("\0", "&")


def _score(query: str, command: Command, action: QAction) -> float | None:
    text = match(query, plain(action))
    if text is not None:
        return text + 1
    return match(query, f"{command.menu} {plain(action)} {command.words}")


class CommandDelegate(QStyledItemDelegate):
    """Paints a command in two lines: its name and keys, and what it does or why it cannot."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Return the size of a row."""
        return QSize(WIDTH - 16, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint the row."""
        command, action = index.data(COMMAND_ROLE)
        colors = tokens()
        rect = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        view = option.widget
        if isinstance(view, QListView) and index.row() == view.currentIndex().row():
            rounded(painter, rect, colors.accent_soft)
        inner = rect.adjusted(40, 4, -12, -4)
        if command.icon:
            place = QRectF(rect.x() + 12, rect.center().y() - 8, 16, 16)
            paint_icon(painter, command.icon, place, colors.muted)
        keys = shown_keys(action)
        painter.setFont(text_font(SMALL))
        painter.setPen(QColor(colors.muted))
        room = QFontMetrics(painter.font()).horizontalAdvance(keys) + 16
        painter.drawText(inner, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, keys)
        below = action.statusTip() if action.statusTip() else command.help
        if not action.isEnabled():
            painter.setPen(QColor(colors.warning))
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom
        painter.drawText(inner, flags, elided(painter, below, inner.width()))
        painter.setFont(text_font(BODY, QFont.Weight.Medium))
        painter.setPen(QColor(colors.text if action.isEnabled() else colors.disabled_text))
        title = elided(painter, plain(action), inner.width() - room)
        painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, title)
        painter.restore()


class CommandPalette(QFrame):
    """A field and a list over the window; Escape or a click beside it closes it."""

    def __init__(self, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent)
        self._window = parent
        self.setProperty("kind", "card")
        self.setAccessibleName(self.tr("Commands"))
        self.model = FoundCommands(actions, self)
        self.edit = QLineEdit()
        self.edit.setPlaceholderText(self.tr("Find a command"))
        self.edit.setAccessibleName(self.tr("Find a command"))
        self.edit.textChanged.connect(self._find)
        self.edit.installEventFilter(self)
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setItemDelegate(CommandDelegate(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setAccessibleName(self.tr("Commands found"))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.entered.connect(self.list.setCurrentIndex)
        self.list.clicked.connect(lambda _: self.choose())
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addWidget(self.edit)
        column.addWidget(self.list, 1)
        shadow = QGraphicsDropShadowEffect(self)
        shadow.setBlurRadius(32)
        shadow.setOffset(0, 8)
        shadow.setColor(QColor(0, 0, 0, 70))
        self.setGraphicsEffect(shadow)
        self._focus_before: QWidget | None = None
        self.hide()

    def open(self) -> None:
        """Show all commands, the field empty and ready."""
        window = self._window
        if not self.isVisible():
            self._focus_before = window.focusWidget()
        self.edit.clear()
        self._find("")
        width = min(WIDTH, window.width() - 32)
        height = min(60 + ROW * SHOWN, window.height() - 80)
        self.setFixedSize(width, height)
        self.move(QPoint((window.width() - width) // 2, 48))
        self.show()
        self.raise_()
        self.edit.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_palette(self) -> None:
        """Put it away; the keyboard goes back to where it was."""
        self.hide()
        if self._focus_before is not None and self._focus_before.isVisible():
            self._focus_before.setFocus()
        self._focus_before = None

    def choose(self) -> None:
        """Do the command that is marked; one that cannot be done stays, with its reason."""
        row = self.list.currentIndex().row()
        if row < 0:
            return
        _, action = self.model.found[row]
        if action.isEnabled():
            self.close_palette()
            action.trigger()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the field's arrow keys, Return and Escape work on the list."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            steps = {
                Qt.Key.Key_Down: 1,
                Qt.Key.Key_Up: -1,
                Qt.Key.Key_PageDown: SHOWN,
                Qt.Key.Key_PageUp: -SHOWN,
            }
            key = Qt.Key(event.key())
            if key in steps:
                self._move(steps[key])
                return True
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.choose()
                return True
            if key == Qt.Key.Key_Escape:
                self.close_palette()
                return True
        if event.type() == QEvent.Type.FocusOut and self.isVisible():
            self.hide()
        return super().eventFilter(watched, event)

    def _move(self, rows: int) -> None:
        count = self.model.rowCount()
        if count:
            row = min(max(self.list.currentIndex().row() + rows, 0), count - 1)
            self.list.setCurrentIndex(self.model.index(row))

    def _find(self, query: str) -> None:
        self.model.find(query)
        if self.model.rowCount():
            self.list.setCurrentIndex(self.model.index(0))
