"""What holds for every widget: named, uncut, restyled live, and with a ring for the keyboard."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QLabel,
    QLineEdit,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from hpo_gui.gui.focus import show_ring
from hpo_gui.gui.theme import Theme, tokens


def _load_specimens() -> dict[str, Callable[[], QWidget]]:
    path = Path(__file__).with_name("gallery.py")
    spec = importlib.util.spec_from_file_location("widget_gallery", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    specimens: dict[str, Callable[[], QWidget]] = module.SPECIMENS
    return specimens


SPECIMENS = _load_specimens()
EVERY = pytest.mark.parametrize("name", SPECIMENS)
RINGED = pytest.mark.parametrize(
    "name",
    [
        "primary",
        "secondary",
        "danger",
        "link",
        "icon_button",
        "chip_selectable",
        "chip_removable",
        "command",
        "combo",
        "combo_dense",
        "toggle",
        "check",
        "radio",
        "key_values",
    ],
)


@EVERY
def test_it_follows_a_live_switch_to_the_last_pixel(
    name: str, themed: Theme, qtbot: QtBot
) -> None:
    switched = _stage(qtbot, SPECIMENS[name]())
    in_light = _image(switched)
    themed.set_mode("dark")
    fresh = _stage(qtbot, SPECIMENS[name]())
    assert _image(switched) == _image(fresh)
    assert _image(switched) != in_light
    themed.set_mode("light")
    assert _image(switched) == in_light


@EVERY
def test_it_shows_the_accents_of_its_theme_only(
    name: str, each_theme: Theme, qtbot: QtBot
) -> None:
    image = _image(_stage(qtbot, SPECIMENS[name]()))
    others = {"light": "#7C9BFF", "dark": "#3B5BDB"}[tokens().name]
    assert _count(image, others) == 0


@EVERY
def test_its_texts_are_not_cut(name: str, each_theme: Theme, qtbot: QtBot) -> None:
    widget = SPECIMENS[name]()
    stage = _stage(qtbot, widget)
    for part in stage.findChildren(QWidget):
        if not part.isVisibleTo(stage) or not isinstance(
            part, QLabel | QAbstractButton | QComboBox
        ):
            continue
        if isinstance(part, QLabel) and part.wordWrap():
            assert part.height() >= part.heightForWidth(part.width()), part.text()
            continue
        if isinstance(part, QAbstractButton) and not part.text():
            continue
        need = part.minimumSizeHint() if isinstance(part, QLabel) else part.sizeHint()
        assert part.width() >= need.width(), part.objectName() or type(part).__name__
        assert part.height() >= need.height(), part.objectName() or type(part).__name__


@EVERY
def test_everything_the_keyboard_reaches_has_a_name(
    name: str, themed: Theme, qtbot: QtBot
) -> None:
    widget = SPECIMENS[name]()
    stage = _stage(qtbot, widget)
    reached = [
        part
        for part in stage.findChildren(QWidget)
        if part.focusPolicy() & Qt.FocusPolicy.TabFocus
        and isinstance(part, QAbstractButton | QLineEdit | QComboBox | QTextEdit)
        and not isinstance(part.parent(), QComboBox | QLineEdit)
    ]
    nameless = [
        type(part).__name__
        for part in reached
        if not (part.accessibleName() or (isinstance(part, QAbstractButton) and part.text()))
    ]
    assert not nameless


@RINGED
def test_the_keyboard_ring_is_two_pixels_of_the_accent(
    name: str, each_theme: Theme, qtbot: QtBot
) -> None:
    widget = SPECIMENS[name]()
    stage = _stage(qtbot, widget)
    before = _image(stage)
    size = widget.size()
    show_ring(widget, True)
    after = _image(stage)
    ring = tokens().focus_on_accent if name in ("primary", "check", "radio") else tokens().accent
    assert _count(after, ring) >= _count(before, ring) + (6 if name == "radio" else 20)
    assert widget.size() == size
    show_ring(widget, False)
    assert _image(stage) == before


@pytest.mark.parametrize(
    ("name", "token"),
    [
        ("card", "surface"),
        ("primary", "accent"),
        ("secondary", "raised"),
        ("chip", "chip"),
        ("chip_selectable", "accent_soft"),
        ("message", "surface"),
        ("value", "surface"),
        ("combo", "surface"),
        ("command", "window"),
        ("histogram", "histogram"),
        ("bars", "bar"),
        ("folds", "bar"),
        ("progress", "track"),
        ("progress", "accent"),
        ("progress", "accent_running"),
        ("value_wrong", "bad"),
        ("message", "warning"),
        ("steps", "accent"),
        ("steps", "accent_soft"),
    ],
)
def test_it_is_painted_in_the_tokens(
    name: str, token: str, each_theme: Theme, qtbot: QtBot
) -> None:
    image = _image(_stage(qtbot, SPECIMENS[name]()))
    assert _count(image, str(getattr(tokens(), token))) >= 12


def _stage(qtbot: QtBot, widget: QWidget) -> QWidget:
    """Put ``widget`` on a page of its own, at the size it asks for."""
    stage = QWidget()
    qtbot.addWidget(stage)
    column = QVBoxLayout(stage)
    column.setContentsMargins(8, 8, 8, 8)
    widget.setWindowFlags(Qt.WindowType.Widget)
    column.addWidget(widget)
    stage.show()
    stage.setFocus()
    qtbot.waitUntil(lambda: stage.size().isValid() and stage.isVisible())
    stage.adjustSize()
    return stage


def _image(stage: QWidget) -> QImage:
    return stage.grab().toImage()


def _count(image: QImage, color: str) -> int:
    """Count the pixels of a colour."""
    wanted = QColor(color).rgb()
    places = ((x, y) for x in range(image.width()) for y in range(image.height()))
    return sum(image.pixel(x, y) == wanted for x, y in places)
