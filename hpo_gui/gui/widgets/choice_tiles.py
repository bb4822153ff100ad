"""Tiles in groups, of which one is chosen; what a tile stands for is told in its tooltip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QGridLayout,
    QLayout,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from hpo_gui.gui.focus import has_ring
from hpo_gui.gui.theme import tokens
from hpo_gui.gui.typography import BODY, text_font
from hpo_gui.gui.widgets.labels import label
from hpo_gui.gui.widgets.painting import elided
from hpo_gui.gui.widgets.plain_tips import plain_tip

HEIGHT, SIDE, DOT, GAP = 36, 12, 14, 8
CAPTION = 132  # pixels for the names of the groups
NARROW = 640  # below this width the names stand above their tiles
WIDEST = 260


@dataclass(frozen=True)
class TileText:
    """What a tile says: its title, and a sentence in the tooltip."""

    key: str
    title: str
    sentence: str


@dataclass(frozen=True)
class TileGroup:
    """Tiles of one kind under a name; without a name they just follow."""

    name: str
    tiles: tuple[TileText, ...]


class Tile(QAbstractButton):
    """One choice."""

    def __init__(self, words: TileText, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = words
        self.setText(words.title)
        self.setCheckable(True)
        self.setAccessibleName(words.title)
        self.setAccessibleDescription(words.sentence)
        self.setToolTip(plain_tip(words.sentence))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(HEIGHT)

    def sizeHint(self) -> QSize:
        """Return the room for the dot and the title."""
        metrics = QFontMetrics(text_font(BODY, QFont.Weight.DemiBold))
        return QSize(metrics.horizontalAdvance(self.text()) + 2 * SIDE + DOT + 9, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the frame, the dot and the title."""
        colors = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        on, ring = self.isChecked(), has_ring(self)
        edge = colors.strong_border if self.underMouse() else colors.border
        width = 2.0 if ring else 1.2 if on else 1.0
        painter.setPen(QPen(QColor(colors.accent if on or ring else edge), width))
        painter.setBrush(QColor(colors.accent_soft if on else colors.surface))
        inset = width / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), 7, 7)
        self._paint_dot(painter, on)
        weight = QFont.Weight.DemiBold if on else QFont.Weight.Medium
        painter.setFont(text_font(BODY, weight))
        painter.setPen(QColor(colors.accent if on else colors.text))
        left = SIDE + DOT + 8
        room = QRectF(left, 0, self.width() - left - SIDE / 2, self.height())
        text = elided(painter, self.text(), room.width())
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter), text)

    def _paint_dot(self, painter: QPainter, on: bool) -> None:
        colors = tokens()
        dot = QRectF(SIDE, (self.height() - DOT) / 2, DOT, DOT)
        painter.setPen(QPen(QColor(colors.accent if on else colors.strong_border), 1.2))
        painter.setBrush(QColor(colors.surface))
        painter.drawEllipse(dot)
        if on:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colors.accent))
            painter.drawEllipse(dot.adjusted(4, 4, -4, -4))


class ChoiceTiles(QWidget):
    """Rows of tiles, a group a row or more; arrow keys move between them.

    Signals
    -------
    chosen : the key of the tile the user chose
    """

    chosen = Signal(str)

    def __init__(
        self, groups: Sequence[TileGroup], name: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._group = QButtonGroup(self)
        self._groups = [group for group in groups if group.tiles]
        self._shape = (0, False)
        self.tiles: dict[str, Tile] = {}
        self._names = {}
        for group in self._groups:
            for text in group.tiles:
                tile = Tile(text, self)
                tile.clicked.connect(lambda _=False, key=text.key: self.chosen.emit(key))
                self._group.addButton(tile)
                self.tiles[text.key] = tile
            self._names[group.name] = label(group.name, "muted", self)
        self._widest = max((tile.sizeHint().width() for tile in self.tiles.values()), default=80)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self._grid = QGridLayout()
        self._column.addLayout(self._grid)
        self._arrange(1, False)

    def minimumSizeHint(self) -> QSize:
        """Return the room for one tile beside its group's name."""
        return QSize(self._widest, self._column.minimumSize().height())

    def current(self) -> str:
        """The key of the tile that is chosen, or ""."""
        return next((key for key, tile in self.tiles.items() if tile.isChecked()), "")

    def set_current(self, key: str) -> None:
        """Choose a tile, silently; an unknown key chooses none."""
        self._group.setExclusive(False)
        for name, tile in self.tiles.items():
            tile.setChecked(name == key)
        self._group.setExclusive(True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put as many tiles side by side as can show their titles."""
        super().resizeEvent(event)
        narrow = self.width() < NARROW
        room = self.width() - (0 if narrow else CAPTION)
        most = max((len(group.tiles) for group in self._groups), default=1)
        columns = max(min((room + GAP) // (self._widest + GAP), most), 1)
        self._arrange(columns, narrow)
        wide = min((room + GAP) // columns - GAP, WIDEST)
        for tile in self.tiles.values():
            tile.setFixedWidth(max(wide, 1))

    def _arrange(self, columns: int, narrow: bool) -> None:
        if (columns, narrow) == self._shape:
            return
        self._shape = columns, narrow
        while self._grid.takeAt(0) is not None:
            pass
        self._column.removeItem(self._grid)
        self._grid.deleteLater()
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(GAP)
        self._grid.setVerticalSpacing(GAP)
        self._column.addLayout(self._grid)
        row, first = 0, 0 if narrow else 1
        for group in self._groups:
            name = self._names[group.name]
            if narrow:
                self._grid.addWidget(name, row, 0, 1, columns)
                row += 1
            else:
                name.setFixedWidth(CAPTION - GAP)
                self._grid.addWidget(name, row, 0)
            for number, text in enumerate(group.tiles):
                place = row + number // columns, first + number % columns
                self._grid.addWidget(self.tiles[text.key], *place)
            row += -(-len(group.tiles) // columns)
        self._grid.setColumnStretch(first + columns, 1)
