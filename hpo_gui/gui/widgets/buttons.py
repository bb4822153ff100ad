"""The buttons: primary, secondary, danger, link, icon, with a menu, and split."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QSizePolicy, QToolButton, QWidget

from hpo_gui.gui.icons import set_icon
from hpo_gui.gui.widgets.plain_tips import plain_tip

GAP = 3  # pixels between an icon and its text, beyond those of the style


class SecondaryButton(QPushButton):
    """The ordinary button.

    Parameters
    ----------
    text : a verb, as the user reads it
    icon : name of an icon before the text, or ""
    """

    kind = ""
    icon_token = "text"

    def __init__(self, text: str, icon: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        if self.kind:
            self.setProperty("kind", self.kind)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setAutoDefault(False)
        self.set_icon(icon)

    def set_icon(self, name: str) -> None:
        """Show the icon ``name`` before the text; "" shows none."""
        self.setIconSize(QSize(14 + GAP, 14))
        set_icon(self, name, self.icon_token, gap=GAP)


class PrimaryButton(SecondaryButton):
    """The one button of a page that goes on."""

    kind = "primary"
    icon_token = "accent_text"


class DangerButton(SecondaryButton):
    """A button that throws something away."""

    kind = "danger"
    icon_token = "bad"


class LinkButton(SecondaryButton):
    """A button that looks like a link, for small actions in text and message bars.

    ``quiet`` links are muted rather than accented, as in the status bar.
    """

    kind = "link"
    icon_token = "accent"

    def __init__(
        self, text: str, icon: str = "", parent: QWidget | None = None, *, quiet: bool = False
    ) -> None:
        super().__init__(text, icon, parent)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setProperty("quiet", quiet)


class IconButton(QToolButton):
    """A flat button with only an icon; ``name`` is its tooltip and accessible name."""

    def __init__(self, icon: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setIconSize(QSize(16, 16))
        self.setToolTip(plain_tip(name))
        self.setAccessibleName(name)
        self.set_icon(icon)

    def set_icon(self, name: str, color_token: str = "muted") -> None:
        """Show the icon ``name`` in the colour of a token."""
        set_icon(self, name, color_token)


class MenuButton(SecondaryButton):
    """A button with a caret that opens ``menu``."""

    def __init__(
        self, text: str, menu: QMenu, icon: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(text, icon, parent)
        self.setProperty("caret", True)
        self.setMenu(menu)


class SplitButton(QWidget):
    """A button and, at its right, a caret with more ways to do the same.

    Signals
    -------
    clicked : the button itself was pressed; the menu's actions speak for themselves
    """

    clicked = Signal()

    def __init__(
        self, text: str, menu: QMenu, icon: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.button = SecondaryButton(text, icon, self)
        self.button.setProperty("split", "left")
        self.button.clicked.connect(self.clicked)
        self.caret = SecondaryButton("", parent=self)
        self.caret.setProperty("split", "right")
        self.caret.setAccessibleName(self.tr("More ways to {0}").format(text))
        self.caret.setMenu(menu)
        self.caret.setFixedWidth(28)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.button)
        row.addWidget(self.caret)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setFocusProxy(self.button)

    def setText(self, text: str) -> None:
        """Change the words on the button."""
        self.button.setText(text)


def explain(widget: QWidget, why_not: str, tooltip: str = "") -> None:
    """Disable ``widget`` and say why in its tooltip; an empty reason enables it.

    Parameters
    ----------
    why_not : what is missing, as a sentence; "" enables the widget
    tooltip : what is shown while it is enabled
    """
    widget.setEnabled(not why_not)
    widget.setToolTip(plain_tip(why_not or tooltip))
    widget.setStatusTip(why_not)
    widget.setAccessibleDescription(why_not or tooltip)
