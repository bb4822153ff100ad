"""Tiles of which one is chosen: a title and a sentence that says when to use it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QGridLayout, QSizePolicy, QWidget

from hpo_gui.gui.focus import has_ring
from hpo_gui.gui.theme import tokens
from hpo_gui.gui.typography import BODY, SMALL, text_font

SIDE, LEAST, DOT = 12, 190, 14


@dataclass(frozen=True)
class TileText:
    """What a tile says."""

    key: str
    title: str
    sentence: str
    hint: str = ""


class Tile(QAbstractButton):
    """One choice."""

    def __init__(self, words: TileText, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = words
        self.setText(words.title)
        self.setCheckable(True)
        self.setAccessibleName(words.title)
        self.setAccessibleDescription(words.sentence)
        self.setToolTip(words.hint)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Return the room for the title and three lines."""
        return QSize(LEAST, self.height_for(LEAST))

    def height_for(self, width: int) -> int:
        """The height that the sentence needs at a width."""
        metrics = QFontMetrics(text_font(SMALL))
        lines = metrics.boundingRect(
            0, 0, width - 2 * SIDE, 1000, int(Qt.TextFlag.TextWordWrap), self.words.sentence
        )
        return 36 + lines.height() + 10

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the frame, the dot, the title and the sentence."""
        colors = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        on = self.isChecked()
        edge = (
            colors.accent if on else colors.strong_border if self.underMouse() else colors.border
        )
        width = 2.0 if has_ring(self) else 1.2 if on else 1.0
        painter.setPen(QPen(QColor(colors.accent if has_ring(self) else edge), width))
        painter.setBrush(QColor(colors.accent_soft if on else colors.surface))
        inset = width / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), 7, 7)
        self._paint_dot(painter, on)
        painter.setFont(text_font(BODY, QFont.Weight.DemiBold))
        painter.setPen(QColor(colors.accent if on else colors.text))
        title = QRectF(SIDE, 8, self.width() - 2 * SIDE - DOT - 4, 22)
        painter.drawText(title, int(Qt.AlignmentFlag.AlignVCenter), self.words.title)
        painter.setFont(text_font(SMALL))
        painter.setPen(QColor(colors.muted))
        rest = QRectF(SIDE, 33, self.width() - 2 * SIDE, self.height() - 38)
        painter.drawText(rest, int(Qt.TextFlag.TextWordWrap), self.words.sentence)

    def _paint_dot(self, painter: QPainter, on: bool) -> None:
        colors = tokens()
        dot = QRectF(self.width() - SIDE - DOT, 12, DOT, DOT)
        painter.setPen(QPen(QColor(colors.accent if on else colors.strong_border), 1.2))
        painter.setBrush(QColor(colors.surface))
        painter.drawEllipse(dot)
        if on:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colors.accent))
            painter.drawEllipse(dot.adjusted(4, 4, -4, -4))


class ChoiceTiles(QWidget):
    """A row of tiles; arrow keys move between them.

    Signals
    -------
    chosen : the key of the tile the user chose
    """

    chosen = Signal(str)

    def __init__(
        self, words: Sequence[TileText], name: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._group = QButtonGroup(self)
        self.tiles: dict[str, Tile] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(10)
        for number, text in enumerate(words):
            tile = Tile(text, self)
            tile.clicked.connect(lambda _=False, key=text.key: self.chosen.emit(key))
            self._group.addButton(tile)
            grid.addWidget(tile, number // 4, number % 4, Qt.AlignmentFlag.AlignTop)
            self.tiles[text.key] = tile

    def current(self) -> str:
        """The key of the tile that is chosen, or ""."""
        return next((key for key, tile in self.tiles.items() if tile.isChecked()), "")

    def set_current(self, key: str) -> None:
        """Choose a tile, silently; an unknown key chooses none."""
        self._group.setExclusive(False)
        for name, tile in self.tiles.items():
            tile.setChecked(name == key)
        self._group.setExclusive(True)

    def resizeEvent(self, event: object) -> None:
        """Make all tiles as high as the highest."""
        columns = max(min(len(self.tiles), 4), 1)
        width = (self.width() - 10 * (columns - 1)) // columns
        height = max((tile.height_for(width) for tile in self.tiles.values()), default=0)
        for tile in self.tiles.values():
            tile.setFixedHeight(height)
