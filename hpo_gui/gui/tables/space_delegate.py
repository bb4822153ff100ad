"""How the cells of the search-space table are painted and edited."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import (
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from hpo_gui.core.value_text import write_value
from hpo_gui.gui.icons import paint_icon
from hpo_gui.gui.tables.condition_completer import complete_conditions
from hpo_gui.gui.tables.space_model import (
    CHOICES,
    KIND,
    NAME,
    RIGHT,
    SAMPLED,
    SCALE,
    START,
    TUNE,
    WHEN,
    Index,
    SpaceTableModel,
)
from hpo_gui.gui.tables.space_preview import preview
from hpo_gui.gui.tables.space_rows import ParameterRow
from hpo_gui.gui.theme import tokens
from hpo_gui.gui.theme_tokens import Tokens
from hpo_gui.gui.typography import BODY, SMALL, text_font
from hpo_gui.gui.widgets.number_rule import read_number
from hpo_gui.gui.widgets.painting import elided

FIELD_HEIGHT, CHIP_HEIGHT, BOX = 24, 20, 15
SIDE = 12  # pixels left and right in a cell
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


def chip_texts(row: ParameterRow) -> list[str]:
    """What the choices cell shows as chips."""
    if not row.tuned:
        return [row.shown_value or "default"]
    if row.is_range:
        return ["or none"] if row.or_none else []
    return [write_value(choice) for choice in row.choices]


class SpaceDelegate(QStyledItemDelegate):
    """Paints fields, chips, boxes and bars; edits texts in place.

    Parameters
    ----------
    names_and_values : gives parameter -> texts of its values, to complete conditions with
    """

    def __init__(
        self, view: QTableView, names_and_values: Callable[[str], dict[str, list[str]]]
    ) -> None:
        super().__init__(view)
        self._view = view
        self._names_and_values = names_and_values

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint the row's background and hairline, then the cell."""
        plain = QStyleOptionViewItem(option)
        self.initStyleOption(plain, index)
        plain.text = ""
        plain.state &= ~QStyle.StateFlag.State_HasFocus
        plain.state &= ~QStyle.StateFlag.State_Selected
        style = self._view.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, plain, painter, self._view)
        model = index.model()
        assert isinstance(model, SpaceTableModel)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        self._paint_cell(painter, QRect(option.rect), index, model, hovered)
        painter.restore()

    def _paint_cell(
        self, painter: QPainter, rect: QRect, index: Index, model: SpaceTableModel, hovered: bool
    ) -> None:
        colors = tokens()
        row, column = model.row_at(index), index.column()
        current = index == self._view.currentIndex() and self._view.hasFocus()
        color = colors.text if row.tuned else colors.muted
        painter.setFont(text_font(BODY))
        if column == TUNE:
            self._paint_box(painter, rect, row.tuned, current, hovered)
        elif column == NAME:
            inner = rect.adjusted(SIDE, 0, -4, 0)
            if row.added and (current or hovered or model.error_at(index)):
                self._paint_field(painter, rect, model.error_at(index), current)
            painter.setPen(QColor(color))
            painter.drawText(inner, int(LEFT), elided(painter, row.name, inner.width()))
            if current and not row.added:
                _ring(painter, rect.adjusted(4, 4, -2, -4), colors)
        elif column == SAMPLED:
            self._paint_preview(painter, rect, index, model)
        elif column == WHEN and not row.tuned:
            inner = rect.adjusted(SIDE, 0, -SIDE, 0)
            painter.setPen(QColor(colors.muted))
            painter.drawText(inner, int(LEFT), elided(painter, row.note, inner.width()))
        elif not model.applies(index):
            return
        elif column in (KIND, SCALE):
            self._paint_combo(painter, rect, model.text_at(index), color, current, hovered)
        elif column == CHOICES:
            self._paint_choices(painter, rect, row, current, model.error_at(index), hovered)
        elif column == WHEN:
            self._paint_condition(painter, rect, index, model, current, hovered)
        else:
            self._paint_number(painter, rect, index, model, current, hovered)

    def _paint_box(
        self, painter: QPainter, rect: QRect, on: bool, current: bool, hovered: bool
    ) -> None:
        colors = tokens()
        box = QRectF(rect.left() + SIDE, rect.center().y() - BOX / 2 + 0.5, BOX, BOX)
        edge = colors.accent if on or hovered else colors.strong_border
        painter.setPen(QPen(QColor(edge), 1))
        painter.setBrush(QColor(colors.accent if on else colors.surface))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        if on:
            paint_icon(painter, "check", box.adjusted(2, 2, -2, -2), colors.accent_text)
        if current:
            _ring(painter, box.adjusted(-4, -4, 4, 4).toRect(), colors)

    def _paint_field(self, painter: QPainter, rect: QRect, error: str, current: bool) -> QRect:
        """Paint the frame of an edit; returns it."""
        colors = tokens()
        field = field_rect(rect)
        edge, width = (colors.bad, 1.6) if error else (colors.border, 1.0)
        if current:
            edge, width = (colors.bad if error else colors.accent), 2.0
        painter.setPen(QPen(QColor(edge), width))
        painter.setBrush(QColor(colors.surface))
        inset = width / 2
        painter.drawRoundedRect(QRectF(field).adjusted(inset, inset, -inset, -inset), 5, 5)
        return field

    def _paint_number(
        self,
        painter: QPainter,
        rect: QRect,
        index: Index,
        model: SpaceTableModel,
        current: bool,
        hovered: bool,
    ) -> None:
        text, error = model.text_at(index), model.error_at(index)
        empty = not text and index.column() not in RIGHT[:2]
        if empty and not (current or hovered or error):
            painter.setPen(QColor(tokens().disabled_text))
            side = Qt.AlignmentFlag.AlignRight if index.column() in RIGHT else LEFT
            painter.drawText(
                field_rect(rect).adjusted(8, 0, -8, 0),
                int(side | Qt.AlignmentFlag.AlignVCenter),
                "—",
            )
            return
        field = self._paint_field(painter, rect, error, current)
        painter.setPen(QColor(tokens().bad if error else tokens().text))
        inner = field.adjusted(8, 0, -8, 0)
        side = Qt.AlignmentFlag.AlignRight if index.column() in RIGHT else LEFT
        painter.drawText(
            inner,
            int(side | Qt.AlignmentFlag.AlignVCenter),
            _short_number(painter, text, inner.width()),
        )

    def _paint_combo(
        self,
        painter: QPainter,
        rect: QRect,
        text: str,
        color: str,
        current: bool,
        hovered: bool,
    ) -> None:
        field = self._paint_field(painter, rect, "", current)
        if hovered and not current:
            painter.setPen(QPen(QColor(tokens().strong_border), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(field).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        painter.setPen(QColor(color))
        inner = field.adjusted(8, 0, -20, 0)
        painter.drawText(inner, int(LEFT), elided(painter, text, inner.width() + 4))
        caret = QRectF(field.right() - 16, field.center().y() - 4, 10, 10)
        paint_icon(painter, "caret_down", caret, color)

    def _paint_choices(
        self,
        painter: QPainter,
        rect: QRect,
        row: ParameterRow,
        current: bool,
        error: str,
        hovered: bool,
    ) -> None:
        colors = tokens()
        if error:
            self._paint_field(painter, rect, error, current)
        elif current:
            _ring(painter, rect.adjusted(6, 4, -4, -4), colors)
        texts = chip_texts(row)
        if row.tuned and row.is_range and not row.or_none and (hovered or current):
            painter.setPen(QColor(colors.muted))
            painter.setFont(text_font(SMALL))
            painter.drawText(rect.adjusted(SIDE + 4, 0, 0, 0), int(LEFT), self.tr("+ none"))
            return
        _paint_chips(painter, rect, texts, colors, muted=not row.tuned)

    def _paint_condition(
        self,
        painter: QPainter,
        rect: QRect,
        index: Index,
        model: SpaceTableModel,
        current: bool,
        hovered: bool,
    ) -> None:
        colors, error = tokens(), model.error_at(index)
        if current or hovered or error:
            self._paint_field(painter, rect, error, current)
        inner = rect.adjusted(SIDE, 0, -SIDE, 0)
        painter.setPen(QColor(colors.bad if error else colors.text))
        painter.drawText(inner, int(LEFT), elided(painter, model.text_at(index), inner.width()))

    def _paint_preview(
        self, painter: QPainter, rect: QRect, index: Index, model: SpaceTableModel
    ) -> None:
        parameter = model.parameter_at(index)
        if parameter is None:
            return
        colors, bars = tokens(), preview(parameter)
        area = QRectF(rect.left() + SIDE, rect.center().y() - 10.5, rect.width() - 24, 22)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colors.histogram))
        if bars.none_share:
            tail = area.width() * 0.1
            none = QRectF(area.right() - tail, area.top(), tail, area.height())
            area.setRight(none.left() - 4)
            painter.save()
            painter.setBrush(QColor(colors.accent_running))
            painter.drawRect(none)
            painter.restore()
        count = len(bars.heights)
        for number, height in enumerate(bars.heights):
            left = round(area.left() + number * area.width() / count)
            right = round(area.left() + (number + 1) * area.width() / count) - 1
            tall = round(height * area.height())
            painter.drawRect(left, round(area.bottom()) - tall, max(right - left, 1), tall)

    # --- editing ------------------------------------------------------------------------------

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        """A low line edit; conditions complete names and values."""
        model = index.model()
        assert isinstance(model, SpaceTableModel)
        edit = QLineEdit(parent)
        edit.setProperty("dense", True)
        edit.setProperty("invalid", bool(model.error_at(index)))
        edit.setFrame(False)
        edit.setAccessibleName(str(index.data(Qt.ItemDataRole.AccessibleTextRole)))
        if index.column() in RIGHT:
            edit.setAlignment(Qt.AlignmentFlag.AlignRight)
        if index.column() == WHEN:
            edit.setPlaceholderText("kernel = rbf or poly")
            complete_conditions(edit, self._names_and_values(model.row_at(index).name))
        if index.column() == START:
            edit.setPlaceholderText(self.tr("middle"))
        return edit

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        """Show the text as it was typed."""
        if isinstance(editor, QLineEdit):
            editor.setText(str(index.data(Qt.ItemDataRole.EditRole)))
            editor.selectAll()

    def setModelData(self, editor: QWidget, model: object, index: Index) -> None:
        """Hand the text over when it is another one."""
        assert isinstance(editor, QLineEdit)
        assert isinstance(model, SpaceTableModel)
        if editor.text() != model.text_at(index):
            model.setData(index, editor.text())

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> None:
        """Put the edit exactly over the painted field."""
        editor.setGeometry(field_rect(QRect(option.rect)))


def _short_number(painter: QPainter, text: str, width: int) -> str:
    """The text, or its number with fewer digits where it is too long for the field."""
    if painter.fontMetrics().horizontalAdvance(text) <= width:
        return text
    number = read_number(text)
    if number is None:
        return elided(painter, text, width)
    return next((s for d in (4, 3) if len(s := f"{number:.{d}g}") < 8), f"{number:.2g}")


def field_rect(rect: QRect) -> QRect:
    """Where the field in a cell is."""
    top = rect.center().y() - FIELD_HEIGHT // 2 + 1
    return QRect(QPoint(rect.left() + 6, top), QPoint(rect.right() - 5, top + FIELD_HEIGHT - 1))


def _ring(painter: QPainter, rect: QRect, colors: Tokens) -> None:
    painter.setPen(QPen(QColor(colors.accent), 2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(QRectF(rect).adjusted(1, 1, -1, -1), 5, 5)


def _paint_chips(
    painter: QPainter, rect: QRect, texts: list[str], colors: Tokens, *, muted: bool
) -> None:
    """Paint as many chips as fit, then how many more there are."""
    font = text_font(SMALL, QFont.Weight.Normal)
    painter.setFont(font)
    metrics = painter.fontMetrics()
    left, end = rect.left() + SIDE, rect.right() - 8
    top = rect.center().y() - CHIP_HEIGHT / 2 + 1
    more = metrics.horizontalAdvance("+99") + 8
    for number, text in enumerate(texts):
        last = number == len(texts) - 1
        room = end - left - (0 if last else more)
        width = metrics.horizontalAdvance(text) + 18
        if width > room and number:
            painter.setPen(QColor(colors.muted))
            area = QRectF(left, top, end - left, CHIP_HEIGHT)
            painter.drawText(area, int(LEFT), f"+{len(texts) - number}")
            return
        width = min(width, room)
        pill = QRectF(left, top, width, CHIP_HEIGHT)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colors.chip))
        painter.drawRoundedRect(pill, CHIP_HEIGHT / 2, CHIP_HEIGHT / 2)
        painter.setPen(QColor(colors.muted if muted else colors.text))
        painter.drawText(
            pill,
            int(Qt.AlignmentFlag.AlignCenter),
            elided(painter, text, width - 14),
        )
        left += width + 6
