"""The theme of the window: system, light or dark, switched live for everything on screen.

`current_theme` is the one theme of the process. Widgets that paint themselves read `tokens()`
while painting; whatever they cache (icons, pixmaps, pens) they renew on ``changed``.
"""

from __future__ import annotations

from typing import Literal, get_args

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from hpo_gui.core.errors import StudioError
from hpo_gui.gui.focus import FocusRing
from hpo_gui.gui.theme_style import palette, style_sheet
from hpo_gui.gui.theme_tokens import DARK, LIGHT, Tokens
from hpo_gui.gui.typography import load_fonts, text_font

Mode = Literal["system", "light", "dark"]
MODES: tuple[Mode, ...] = get_args(Mode)


class Theme(QObject):
    """Holds the mode, knows the tokens, dresses the application.

    Signals
    -------
    changed : the tokens are others than before, and the application wears them already
    """

    changed = Signal()

    def __init__(self, mode: Mode = "system", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mode: Mode = mode
        self._tokens = self._wanted()
        self._app: QApplication | None = None

    @property
    def mode(self) -> Mode:
        """What was asked for: "system", "light" or "dark"."""
        return self._mode

    @property
    def tokens(self) -> Tokens:
        """The colours in use."""
        return self._tokens

    def set_mode(self, mode: Mode) -> None:
        """Switch to ``mode``, at once and everywhere.

        Raises
        ------
        StudioError
            When ``mode`` is none of the three.
        """
        if mode not in MODES:
            raise StudioError("theme", 'must be "system", "light" or "dark"', mode)
        self._mode = mode
        self._tell_platform()
        self._refresh()

    def apply(self, app: QApplication) -> None:
        """Dress ``app`` and follow the system from now on. Calling it again only restyles."""
        if self._app is None:
            load_fonts()
            app.setStyle("Fusion")
            app.setFont(text_font())
            app.styleHints().colorSchemeChanged.connect(self._refresh)
            FocusRing(app)
        self._app = app
        self._tell_platform()
        self._tokens = self._wanted()
        self._dress()

    def _wanted(self) -> Tokens:
        if self._mode == "system":
            return DARK if system_is_dark() else LIGHT
        return DARK if self._mode == "dark" else LIGHT

    def _tell_platform(self) -> None:
        """Ask the platform for matching title bars; where it cannot, nothing happens."""
        if self._app is None:
            return
        schemes = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}
        self._app.styleHints().setColorScheme(schemes.get(self._mode, Qt.ColorScheme.Unknown))

    def _refresh(self) -> None:
        wanted = self._wanted()
        if wanted == self._tokens:
            return
        self._tokens = wanted
        if self._app is not None:
            self._dress()
        self.changed.emit()

    def _dress(self) -> None:
        assert self._app is not None
        self._app.setPalette(palette(self._tokens))
        self._app.setStyleSheet(style_sheet(self._tokens))


def system_is_dark() -> bool:
    """Whether the desktop asks for dark windows; an unknown wish counts as light."""
    app = QGuiApplication.instance()
    if not isinstance(app, QGuiApplication):
        return False
    return app.styleHints().colorScheme() == Qt.ColorScheme.Dark


_theme: Theme | None = None


def current_theme() -> Theme:
    """Return the theme of this process; it is made at the first call."""
    global _theme
    if _theme is None:
        _theme = Theme()
    return _theme


def tokens() -> Tokens:
    """Return the colours in use now. Call it while painting, do not keep the result."""
    return current_theme().tokens
