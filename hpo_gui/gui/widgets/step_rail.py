"""The rail at the left: the numbered steps of a study."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from hpo_gui.gui.focus import has_ring
from hpo_gui.gui.icons import paint_icon
from hpo_gui.gui.theme import tokens
from hpo_gui.gui.typography import BODY, SMALL, text_font
from hpo_gui.gui.widgets.painting import elided, focus_ring, rounded
from hpo_gui.gui.widgets.plain_tips import plain_tip

StepState = Literal["todo", "done", "running", "error"]
RADIUS = 11.0


class StepButton(QAbstractButton):
    """One step: its number or mark, its title, and a line about its state."""

    def __init__(self, number: int, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.number = number
        self.state: StepState = "todo"
        self.subtitle = ""
        self.setText(title)
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._tell()

    def set_state(self, state: StepState) -> None:
        """Change the mark."""
        self.state = state
        self._tell()

    def set_subtitle(self, text: str) -> None:
        """Change the line under the title."""
        self.subtitle = text
        self._tell()

    def _tell(self) -> None:
        words = {
            "todo": self.tr("not done yet"),
            "done": self.tr("done"),
            "running": self.tr("running"),
            "error": self.tr("needs attention"),
        }
        self.setAccessibleName(f"{self.number} {self.text()}, {words[self.state]}")
        self.setAccessibleDescription(self.subtitle)
        self.setToolTip(plain_tip(self.subtitle))
        self.update()

    def sizeHint(self) -> QSize:
        """Return the size of a step in the rail."""
        return QSize(196, 50)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint background, mark, title and subtitle."""
        colors = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.isChecked():
            rounded(painter, self.rect(), colors.accent_soft)
        elif self.underMouse() and self.isEnabled():
            rounded(painter, self.rect(), colors.hover)
        if has_ring(self):
            focus_ring(painter, self.rect())
        self._paint_mark(painter, QPointF(21, self.height() / 2))
        self._paint_words(painter)

    def _paint_words(self, painter: QPainter) -> None:
        colors = tokens()
        width = self.width() - 43 - 8
        color = colors.text if self.isEnabled() else colors.disabled_text
        painter.setPen(QColor(color))
        painter.setFont(text_font(BODY, QFont.Weight.DemiBold))
        middle = self.height() / 2
        title = (
            QRectF(43, middle - 18, width, 18)
            if self.subtitle
            else QRectF(43, middle - 9, width, 18)
        )
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(title, flags, elided(painter, self.text(), width))
        painter.setFont(text_font(SMALL))
        painter.setPen(QColor(colors.muted if self.isEnabled() else colors.disabled_text))
        painter.drawText(
            QRectF(43, middle, width, 17), flags, elided(painter, self.subtitle, width)
        )

    def _paint_mark(self, painter: QPainter, center: QPointF) -> None:
        colors = tokens()
        circle = QRectF(center.x() - RADIUS, center.y() - RADIUS, 2 * RADIUS, 2 * RADIUS)
        edge, inside = {
            "todo": (colors.strong_border, colors.muted),
            "done": (colors.good, colors.good),
            "running": (colors.accent, colors.accent),
            "error": (colors.bad, colors.bad),
        }[self.state]
        if self.isChecked() and self.state != "error":
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colors.accent))
            painter.drawEllipse(circle)
            self._paint_number(painter, circle, colors.accent_text)
            return
        painter.setPen(QPen(QColor(edge), 1.2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(circle.adjusted(0.6, 0.6, -0.6, -0.6))
        if self.state == "done":
            paint_icon(painter, "check", circle.adjusted(5, 5, -5, -5), inside)
        else:
            self._paint_number(painter, circle, inside, "!" if self.state == "error" else "")

    def _paint_number(self, painter: QPainter, circle: QRectF, color: str, text: str = "") -> None:
        painter.setFont(text_font(SMALL, QFont.Weight.DemiBold))
        painter.setPen(QColor(color))
        painter.drawText(circle, Qt.AlignmentFlag.AlignCenter, text or str(self.number))


class StepRail(QWidget):
    """The steps, one of them current; arrow keys move between them.

    Parameters
    ----------
    steps : (key, title) pairs in order

    Signals
    -------
    activated : the key of the step the user went to (not sent by `set_current`)
    """

    activated = Signal(str)

    def __init__(self, steps: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Steps"))
        self._steps: dict[str, StepButton] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for number, (key, title) in enumerate(steps, start=1):
            button = StepButton(number, title, self)
            button.clicked.connect(lambda _=False, key=key: self.activated.emit(key))
            column.addWidget(button)
            self._steps[key] = button
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def step(self, key: str) -> StepButton:
        """Return the button of one step."""
        return self._steps[key]

    def set_step(
        self, key: str, *, state: StepState | None = None, subtitle: str | None = None
    ) -> None:
        """Change the mark or the second line of a step."""
        if state is not None:
            self._steps[key].set_state(state)
        if subtitle is not None:
            self._steps[key].set_subtitle(subtitle)

    def current(self) -> str:
        """Return the key of the current step, or "" before the first `set_current`."""
        return next((key for key, step in self._steps.items() if step.isChecked()), "")

    def set_current(self, key: str) -> None:
        """Go to a step, silently; a page that is no step leaves none current."""
        if key in self._steps:
            self._steps[key].setChecked(True)
            return
        for step in self._steps.values():
            step.setAutoExclusive(False)
            step.setChecked(False)
            step.setAutoExclusive(True)
