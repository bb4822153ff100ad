"""Labels in the roles of the style sheet, and one that shortens its text to fit."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget

from hpo_gui.gui.typography import monospace_font
from hpo_gui.gui.widgets.plain_tips import plain_tip


def label(text: str = "", role: str = "", parent: QWidget | None = None) -> QLabel:
    """Return a plain-text label in a role; see `theme_style` for the roles."""
    made = QLabel(text, parent)
    made.setTextFormat(Qt.TextFormat.PlainText)
    set_role(made, role)
    return made


def wrapped(text: str = "", role: str = "muted", parent: QWidget | None = None) -> QLabel:
    """Return a label that breaks its text into lines."""
    made = label(text, role, parent)
    made.setWordWrap(True)
    policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    policy.setHeightForWidth(True)
    made.setSizePolicy(policy)
    return made


def rich_label(html: str = "", role: str = "", parent: QWidget | None = None) -> QLabel:
    """Return a label for trusted rich text, such as bold words. Escape what users typed."""
    made = QLabel(html, parent)
    made.setTextFormat(Qt.TextFormat.RichText)
    set_role(made, role)
    return made


def set_role(target: QLabel, role: str) -> None:
    """Change the role of a label."""
    if role == "mono":
        target.setFont(monospace_font())
    elif role == "section":
        font = QFont(target.font())
        font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 0.4)
        target.setFont(font)
    set_look(target, "role", role)


def set_look(widget: QWidget, name: str, value: object) -> None:
    """Set a dynamic property that the style sheet looks at, and restyle when it changed."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)
    widget.update()


def hairline(parent: QWidget | None = None) -> QFrame:
    """Return a horizontal line of one pixel."""
    line = QFrame(parent)
    line.setProperty("kind", "line")
    return line


class ElidedLabel(QLabel):
    """A label of one line that ends in … when it does not fit; the tooltip has all of it."""

    def __init__(
        self,
        text: str = "",
        role: str = "",
        parent: QWidget | None = None,
        *,
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
    ) -> None:
        super().__init__(text, parent)
        self._mode = mode
        self._hint = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        set_role(self, role)

    def setText(self, text: str) -> None:
        """Show ``text``, shortened when needed."""
        super().setText(text)
        self._update_tooltip()

    def set_hint(self, hint: str) -> None:
        """Explain the text in the tooltip, below the text itself while that is shortened."""
        self._hint = hint
        self.setAccessibleDescription(hint)
        self._update_tooltip()

    def shown_text(self) -> str:
        """Return what fits."""
        width = self.contentsRect().width()
        return QFontMetrics(self.font()).elidedText(self.text(), self._mode, width)

    def minimumSizeHint(self) -> QSize:
        """Return the size below which not even a few letters fit."""
        metrics = self.fontMetrics()
        few = min(super().sizeHint().width(), metrics.horizontalAdvance("mmm…"))
        return QSize(few, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the full text as tooltip while it is shortened."""
        super().resizeEvent(event)
        self._update_tooltip()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the shortened text."""
        painter = QPainter(self)
        self.style().drawItemText(
            painter,
            self.contentsRect(),
            int(self.alignment()),
            self.palette(),
            self.isEnabled(),
            self.shown_text(),
            self.foregroundRole(),
        )

    def _update_tooltip(self) -> None:
        whole = self.text() if self.shown_text() != self.text() else ""
        self.setToolTip(plain_tip("\n\n".join(part for part in (whole, self._hint) if part)))
