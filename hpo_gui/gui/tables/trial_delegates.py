"""How the cells of the trial table are painted, without the style sheet's 0.2 ms a cell."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFontMetrics, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from hpo_gui.core.trial import TrialState
from hpo_gui.gui.tables.trial_model import TrialModel
from hpo_gui.gui.tables.trial_store import TrialStore
from hpo_gui.gui.theme import current_theme, tokens
from hpo_gui.gui.theme_tokens import state_look
from hpo_gui.gui.typography import BODY, text_font
from hpo_gui.gui.widgets.painting import paint_marker, rounded

Index = QModelIndex | QPersistentModelIndex
PAD, MARK, BAR = 12, 16, 64.0
STRUCK = ("number", "score", "sd")  # of a trial that is retracted
LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class TrialDelegate(QStyledItemDelegate):
    """Paints every column of a `TrialModel`: words, state markers and progress bars."""

    def __init__(self, model: TrialModel, store: TrialStore, view: QTableView) -> None:
        super().__init__(view)
        self._model = model
        self._store = store
        self._view = view
        self._hovered = -1
        self._font = text_font(BODY)
        self._metrics = QFontMetrics(self._font)
        self._struck = text_font(BODY)
        self._struck.setStrikeOut(True)
        self._pens: dict[str, QPen] = {}
        self._fills: dict[str, QColor] = {}
        self._renew()
        current_theme().changed.connect(self._renew)
        view.viewport().installEventFilter(self)

    def _renew(self) -> None:
        colors = tokens()
        self._pens = {
            name: QPen(QColor(getattr(colors, name))) for name in ("text", "muted", "hairline")
        }
        self._fills = {name: QColor(getattr(colors, name)) for name in ("accent_soft", "hover")}
        self._view.viewport().update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the mouse for the row under it."""
        if event.type() == QEvent.Type.Leave:
            self._hover(-1)
        elif isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseMove:
            self._hover(self._view.rowAt(int(event.position().y())))
        return False

    def _hover(self, row: int) -> None:
        for changed in {self._hovered, row} - {-1}:
            top = self._view.rowViewportPosition(changed)
            height = self._view.verticalHeader().defaultSectionSize()
            self._view.viewport().update(0, top, self._view.viewport().width(), height)
        self._hovered = row

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Return the room for the words; asked for a few rows only."""
        words = self._model.words_at(index.row())[index.column()]
        wide = self._metrics.horizontalAdvance(words) + 2 * PAD + 2
        if self._model.columns[index.column()].key == "state":
            wide += MARK
        return QSize(wide, self._view.verticalHeader().defaultSectionSize())

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint a cell."""
        row, column = index.row(), index.column()
        rect: QRect = option.rect
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, self._fills["accent_soft"])
        elif row == self._hovered:
            painter.fillRect(rect, self._fills["hover"])
        painter.setPen(self._pens["hairline"])
        painter.drawLine(rect.left(), rect.bottom(), rect.right(), rect.bottom())
        about = self._model.columns[column]
        if about.key == "score" and self._paint_progress(painter, rect, row):
            return
        left = PAD
        trial = self._model.trial_at(row)
        if trial.measured is not None and self._model.is_by_hand(trial, about.key):
            self._paint_dot(painter, rect)
        if about.key == "state":
            self._paint_state(painter, rect, row)
            left += MARK
        if about.key == "front" and self._paint_front(painter, rect, row):
            left += MARK
        if about.key == "number" and self._model.is_outside(row):
            self._paint_outside(painter, rect)
        retracted = trial.state is TrialState.RETRACTED
        pale = retracted or self._model.is_pale(row, column)
        painter.setFont(self._struck if retracted and about.key in STRUCK else self._font)
        painter.setPen(self._pens["muted" if pale else "text"])
        self._paint_words(painter, rect, left, self._model.words_at(row)[column], about.numeric)
        if option.state & QStyle.StateFlag.State_HasFocus:
            self._paint_focus(painter, rect)

    def _paint_words(
        self,
        painter: QPainter,
        rect: QRect,
        left: int,
        words: str,
        numeric: bool,
    ) -> None:
        room = rect.width() - left - PAD
        if self._metrics.horizontalAdvance(words) > room:
            words = self._metrics.elidedText(words, Qt.TextElideMode.ElideRight, room + 4)
        place = QRect(rect.left() + left, rect.top(), rect.width() - left - PAD, rect.height() - 1)
        painter.drawText(place, RIGHT if numeric else LEFT, words)

    def _paint_dot(self, painter: QPainter, rect: QRect) -> None:
        """The mark of a score that was set by hand."""
        at = QPointF(rect.left() + PAD, rect.top() + rect.height() / 2)
        paint_marker(painter, at, "circle", tokens().accent, 6.0)

    def _paint_state(self, painter: QPainter, rect: QRect, row: int) -> None:
        token, shape = state_look(str(self._model.trial_at(row).state))
        at = QPointF(rect.left() + PAD + 4, rect.top() + rect.height() / 2)
        paint_marker(painter, at, shape, getattr(tokens(), token), 8.0)

    def _paint_outside(self, painter: QPainter, rect: QRect) -> None:
        """A quiet mark for a trial that is none of the space as it is now."""
        at = QPointF(rect.left() + PAD / 2, rect.top() + rect.height() / 2)
        paint_marker(painter, at, "ring_dotted", tokens().muted, 7.0)

    def _paint_front(self, painter: QPainter, rect: QRect, row: int) -> bool:
        """The marker of the front, as in the plot; whether the trial is on it."""
        number = self._model.trial_at(row).number
        if not self._store.standing["front"][number]:
            return False
        shape = "star" if number == self._store.pareto.knee else "circle"
        at = QPointF(rect.left() + PAD + 4, rect.top() + rect.height() / 2)
        paint_marker(painter, at, shape, tokens().accent, 8.0)
        return True

    def _paint_progress(self, painter: QPainter, rect: QRect, row: int) -> bool:
        """A bar for a running trial; whether it is one."""
        trial = self._model.trial_at(row)
        if trial.state is not TrialState.RUNNING:
            return False
        total = self._store.total_steps
        share = min(trial.steps_done / total, 1.0) if total else 0.0
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        wide = min(BAR, float(rect.width() - 2 * PAD))
        track = QRectF(rect.right() - PAD - wide, rect.top() + rect.height() / 2 - 2, wide, 4)
        rounded(painter, track, tokens().track, 2)
        if share > 0:
            track.setWidth(max(wide * share, 4))
            rounded(painter, track, tokens().accent, 2)
        painter.restore()
        return True

    def _paint_focus(self, painter: QPainter, rect: QRect) -> None:
        """A line under the current cell, seen while the table has the keyboard."""
        painter.fillRect(QRect(rect.left(), rect.bottom() - 1, rect.width(), 2), tokens().accent)

    def editorEvent(
        self,
        event: QEvent,
        model: QAbstractItemModel,
        option: QStyleOptionViewItem,
        index: Index,
    ) -> bool:
        """Nothing is edited."""
        return False
