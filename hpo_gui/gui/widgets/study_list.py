"""Lists of studies in the rail: a mark, a name and a short note each; some with a second line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from hpo_gui.gui.focus import has_ring
from hpo_gui.gui.icons import paint_icon
from hpo_gui.gui.theme import tokens
from hpo_gui.gui.theme_tokens import Tokens
from hpo_gui.gui.typography import BODY, SMALL, text_font
from hpo_gui.gui.widgets.labels import label
from hpo_gui.gui.widgets.painting import elided, focus_ring, paint_marker, rounded
from hpo_gui.gui.widgets.plain_tips import plain_tip

PADDING = 10
MARK = 16  # pixels for the mark before the name
LOW, HIGH = 28, 46  # pixels of a row with one line, and with two
DRAG = 6  # pixels that a row is dragged before it moves

Mark = Literal["", "running", "paused", "waiting", "failed", "done", "edited"]


@dataclass(frozen=True)
class StudyItem:
    """What a row shows.

    Attributes
    ----------
    note : at the right: the best score, "new"
    mark : what goes on with the study
    line : a second line, such as "34 of 100"; "" for a row of one line
    share : of the budget that is used, 0 to 1; None for no bar
    tip : more to tell than fits
    """

    key: str
    name: str
    note: str = ""
    mark: Mark = ""
    line: str = ""
    share: float | None = None
    tip: str = ""


class StudyRow(QAbstractButton):
    """One study: its mark, its name at the left, its note (score, "new") at the right."""

    def __init__(
        self,
        name: str,
        note: str = "",
        parent: QWidget | None = None,
        *,
        item: StudyItem | None = None,
    ) -> None:
        super().__init__(parent)
        self._marked = item is not None
        self.item = StudyItem("", "")
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.show_item(item or StudyItem("", name, note))

    @property
    def note(self) -> str:
        """What stands at the right."""
        return self.item.note

    def show_item(self, item: StudyItem) -> None:
        """Show something else."""
        if item == self.item:
            return
        taller = bool(item.line) != bool(self.item.line)
        self.item = item
        self.setText(item.name)
        told = ", ".join(filter(None, (self._mark_words(), item.line, item.note)))
        self.setAccessibleName(item.name)
        self.setAccessibleDescription(told)
        tip = f"{item.name} — {item.note}" if item.note else item.name
        self.setToolTip(plain_tip("\n".join(filter(None, (tip, item.line, item.tip)))))
        if taller:
            self.updateGeometry()
        self.update()

    def _mark_words(self) -> str:
        return {
            "": "",
            "running": self.tr("running"),
            "paused": self.tr("paused"),
            "waiting": self.tr("in the queue"),
            "failed": self.tr("did not start or failed"),
            "done": self.tr("done"),
            "edited": self.tr("set up, not run yet"),
        }[self.item.mark]

    def sizeHint(self) -> QSize:
        """Return the size of a row in the rail."""
        return QSize(196, HIGH if self.item.line else LOW)

    def nextCheckState(self) -> None:
        """Leave it to the owner which study is current."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint background, mark, name, note, and the second line with its bar."""
        colors = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.isChecked():
            rounded(painter, self.rect(), colors.accent_soft)
        elif self.underMouse():
            rounded(painter, self.rect(), colors.hover)
        if has_ring(self):
            focus_ring(painter, self.rect())
        left = PADDING + (MARK if self._marked else 0)
        first = QRectF(self.rect()).adjusted(left, 0, -PADDING, 0)
        if self.item.line:
            first.setHeight(HIGH / 2 + 1)
            first.translate(0, 2)
            second = QRectF(first.left(), HIGH / 2 + 1, first.width(), HIGH / 2 - 8)
            self._paint_line(painter, second, colors)
        self._paint_words(painter, first, colors)
        if self._marked:
            self._paint_mark(painter, QPointF(PADDING + 4, first.center().y()), colors)

    def _paint_words(self, painter: QPainter, inner: QRectF, colors: Tokens) -> None:
        painter.setFont(text_font(BODY))
        note = elided(painter, self.item.note, inner.width() / 2)
        painter.setPen(QColor(colors.muted))
        painter.drawText(inner, _RIGHT, note)
        room = inner.width() - painter.fontMetrics().horizontalAdvance(note) - PADDING
        painter.setPen(QColor(colors.text))
        painter.drawText(inner, _LEFT, elided(painter, self.text(), room))

    def _paint_line(self, painter: QPainter, inner: QRectF, colors: Tokens) -> None:
        painter.setFont(text_font(SMALL))
        painter.setPen(QColor(colors.bad if self.item.mark == "failed" else colors.muted))
        painter.drawText(inner, _LEFT, elided(painter, self.item.line, inner.width()))
        share = self.item.share
        if share is None:
            return
        bar = QRectF(inner.left(), HIGH - 5, inner.width(), 2)
        rounded(painter, bar, colors.track, 1)
        bar.setWidth(bar.width() * min(max(share, 0.0), 1.0))
        rounded(painter, bar, colors.accent if self.item.mark == "running" else colors.muted, 1)

    def _paint_mark(self, painter: QPainter, center: QPointF, colors: Tokens) -> None:
        mark = self.item.mark
        if mark == "done":
            box = QRectF(center.x() - 5, center.y() - 5, 10, 10)
            paint_icon(painter, "check", box, colors.good)
        elif mark:
            shape, color = {
                "running": ("circle", colors.accent),
                "paused": ("ring", colors.warning),
                "waiting": ("ring_dotted", colors.muted),
                "failed": ("cross", colors.bad),
                "edited": ("diamond_open", colors.muted),
            }[mark]
            paint_marker(painter, center, shape, color, 8.0)


class StudyList(QWidget):
    """Studies under their heading.

    Parameters
    ----------
    movable : rows can be dragged, and moved with Alt and the arrow keys

    Attributes
    ----------
    head : the row of the heading, with room for a button

    Signals
    -------
    activated : the key of the study the user went to
    menu_requested : key and global position, for a context menu
    moved : key of a row and the place, from 0, where it is to stand
    """

    activated = Signal(str)
    menu_requested = Signal(str, QPoint)
    moved = Signal(str, int)

    def __init__(
        self, heading: str = "", parent: QWidget | None = None, *, movable: bool = False
    ) -> None:
        super().__init__(parent)
        self._rows: dict[str, StudyRow] = {}
        self._movable = movable
        self._grabbed: tuple[str, float] | None = None  # key and where the mouse went down
        self._target = -1  # gap that a dragged row would go to
        self.heading = label((heading or self.tr("Studies")).upper(), "section")
        self.head = QHBoxLayout()  # NOTE: a style sheet resets the margins of a label
        self.head.setContentsMargins(PADDING, 0, 0, 6)
        self.head.addWidget(self.heading, 1)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self._column.addLayout(self.head)
        self.setAccessibleName(heading or self.tr("Studies"))

    def set_studies(
        self, studies: Sequence[StudyItem | tuple[str, str, str]], current: str = ""
    ) -> None:
        """Show these rows; ``current`` is the key of the one in use.

        Rows that were there stay the same widgets, so that the keyboard stays where it was.
        """
        items = [item if isinstance(item, StudyItem) else StudyItem(*item) for item in studies]
        if [item.key for item in items] != list(self._rows):
            self._arrange(items)
        for item in items:
            self._rows[item.key].show_item(item)
        self.set_current(current)

    def _arrange(self, items: Sequence[StudyItem]) -> None:
        """Make the rows that are new, remove those that are gone, and put all in order."""
        keys = [item.key for item in items]
        for key in [key for key in self._rows if key not in keys]:
            old = self._rows.pop(key)
            self._column.removeWidget(old)
            old.hide()
            old.deleteLater()
        rows = {item.key: self._rows.get(item.key) or self._make_row(item) for item in items}
        for row in rows.values():
            self._column.removeWidget(row)
            self._column.addWidget(row)
        before: QWidget = self
        for row in rows.values():
            if before is not self:
                QWidget.setTabOrder(before, row)
            before = row
        self._rows = rows

    def _make_row(self, item: StudyItem) -> StudyRow:
        row, key = StudyRow(item.name, parent=self, item=item), item.key
        row.clicked.connect(lambda: self.activated.emit(key))
        row.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        row.customContextMenuRequested.connect(
            lambda at: self.menu_requested.emit(key, row.mapToGlobal(at))
        )
        if self._movable:
            row.installEventFilter(self)
        return row

    def set_current(self, key: str) -> None:
        """Mark one study as the one in use; "" marks none."""
        for name, row in self._rows.items():
            row.setChecked(name == key)

    def row(self, key: str) -> StudyRow:
        """Return the row of one study."""
        return self._rows[key]

    def order(self) -> list[str]:
        """The keys from top to bottom."""
        return list(self._rows)

    # --- moving rows --------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Drag rows with the mouse, and move them with Alt and the arrow keys."""
        if not isinstance(watched, StudyRow):
            return False
        key = watched.item.key
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._move_by_key(key, event)
        if not isinstance(event, QMouseEvent):
            return False
        at = watched.mapTo(self, event.position().toPoint()).y()
        if event.type() == QEvent.Type.MouseButtonPress:
            left = event.button() == Qt.MouseButton.LeftButton
            self._grabbed, self._target = ((key, at) if left else None), -1
        elif event.type() == QEvent.Type.MouseMove and self._grabbed is not None:
            if self._target >= 0 or abs(at - self._grabbed[1]) >= DRAG:
                self._aim(at)
        elif event.type() == QEvent.Type.MouseButtonRelease and self._grabbed is not None:
            return self._drop(watched)
        return False

    def _move_by_key(self, key: str, event: QKeyEvent) -> bool:
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if steps is None or event.modifiers() != Qt.KeyboardModifier.AltModifier:
            return False
        place = list(self._rows).index(key) + steps
        if 0 <= place < len(self._rows):
            self.moved.emit(key, place)
        return True

    def _aim(self, at: float) -> None:
        middles = [row.geometry().center().y() for row in self._rows.values()]
        self._target = sum(middle < at for middle in middles)
        self.setCursor(Qt.CursorShape.ClosedHandCursor)
        self.update()

    def _drop(self, row: StudyRow) -> bool:
        grabbed, target = self._grabbed, self._target
        self._grabbed, self._target = None, -1
        self.unsetCursor()
        self.update()
        if grabbed is None or target < 0:
            return False
        row.setDown(False)
        place = list(self._rows).index(grabbed[0])
        wanted = target - 1 if target > place else target
        if wanted != place:
            self.moved.emit(grabbed[0], wanted)
        return True  # no click: it was dragged

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint a line in the gap that a dragged row would go to."""
        if self._target < 0:
            return
        rows = list(self._rows.values())
        below = self._target < len(rows)
        y = rows[self._target].y() - 1.5 if below else rows[-1].geometry().bottom() + 0.5
        painter = QPainter(self)
        rounded(painter, QRectF(PADDING, y, self.width() - 2 * PADDING, 2), tokens().accent, 1)


_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
