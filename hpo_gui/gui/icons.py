"""The icons: small SVG files drawn in the colours of the theme, renewed when it changes.

``icon("run", "accent_text")`` gives a `QIcon` for the theme in use. Buttons and actions keep
theirs up to date with ``set_icon(button, "run")``. Painted widgets use ``paint_icon``.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Protocol, cast

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from hpo_gui.core.errors import StudioError
from hpo_gui.gui.theme import current_theme, tokens

ICON_FOLDER = Path(__file__).parent / "svg"
SIZES = (14, 16, 20, 24, 32)


class HasIcon(Protocol):
    """Whatever can show an icon: a button, an action, a window."""

    def setIcon(self, icon: QIcon) -> None:
        """Show ``icon``."""


def icon_names() -> list[str]:
    """Return the names of all icons, sorted."""
    return sorted(path.stem for path in ICON_FOLDER.glob("*.svg"))


def icon(name: str, color_token: str = "text", gap: int = 0) -> QIcon:
    """Return the icon in the colour of ``color_token``, paler when disabled.

    ``gap`` empty pixels at the right keep it apart from a text.

    Raises
    ------
    StudioError
        When there is no such icon or token.
    """
    return _icon(name, _color(color_token), tokens().disabled_text, gap)


def pixmap(name: str, color_token: str = "text", size: int = 16, ratio: float = 1.0) -> QPixmap:
    """Return the icon as a picture of ``size`` logical pixels at a device pixel ratio."""
    return _pixmap(name, _color(color_token), size, ratio, 0)


def paint_icon(painter: QPainter, name: str, rect: QRectF, color: str) -> None:
    """Paint the icon into ``rect``, sharp at every scale; ``color`` is ``#RRGGBB``."""
    _renderer(name, color).render(painter, rect)


def set_icon(target: QObject, name: str, color_token: str = "text", *, gap: int = 0) -> None:
    """Give ``target`` (a button or an action) an icon that follows the theme.

    Calling it again replaces the icon; an empty name takes it away.
    """
    binding = target.findChild(_IconBinding, options=Qt.FindChildOption.FindDirectChildrenOnly)
    if binding is None:
        binding = _IconBinding(target)
    binding.bind(name, color_token, gap)


class _IconBinding(QObject):
    """Child of the target; sets its icon again whenever the theme changes."""

    def __init__(self, target: QObject) -> None:
        super().__init__(target)
        self._name, self._token, self._gap = "", "", 0
        current_theme().changed.connect(self._show)

    def bind(self, name: str, color_token: str, gap: int) -> None:
        self._name, self._token, self._gap = name, color_token, gap
        self._show()

    def _show(self) -> None:
        shown = icon(self._name, self._token, self._gap) if self._name else QIcon()
        cast(HasIcon, self.parent()).setIcon(shown)


def _color(token: str) -> str:
    color = getattr(tokens(), token, None)
    if not isinstance(color, str):
        raise StudioError("color_token", "must be a colour of the theme", token)
    return color


@cache
def _icon(name: str, color: str, disabled: str, gap: int) -> QIcon:
    result = QIcon()
    for ratio in (1.0, 2.0):
        for size in SIZES:
            result.addPixmap(_pixmap(name, color, size, ratio, gap))
            result.addPixmap(_pixmap(name, disabled, size, ratio, gap), QIcon.Mode.Disabled)
    return result


@cache
def _pixmap(name: str, color: str, size: int, ratio: float, gap: int) -> QPixmap:
    renderer = _renderer(name, color)  # before painting: it may raise
    result = QPixmap(QSize(size + gap, size) * ratio)
    result.setDevicePixelRatio(ratio)
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    renderer.render(painter, QRectF(0, 0, size, size))
    painter.end()
    return result


@cache
def _renderer(name: str, color: str) -> QSvgRenderer:
    data = _source(name).replace("currentColor", color)
    return QSvgRenderer(QByteArray(data.encode()))


@cache
def _source(name: str) -> str:
    path = ICON_FOLDER / f"{name}.svg"
    if not path.is_file():
        raise StudioError("icon", f"must be one of {', '.join(icon_names())}", name)
    return path.read_text(encoding="utf-8")
