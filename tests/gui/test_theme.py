"""Tokens, themes, fonts and icons: readable, complete, and switched live."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QColor, QFontMetricsF, QIcon, QImage, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from hpo_gui.core.errors import StudioError
from hpo_gui.core.trial import TrialState
from hpo_gui.gui import icons, theme_style, typography
from hpo_gui.gui.focus import has_ring
from hpo_gui.gui.theme import Theme, current_theme, tokens
from hpo_gui.gui.theme_tokens import (
    DARK,
    LIGHT,
    SERIES_MARKERS,
    STATE_LOOKS,
    Tokens,
    contrast,
    mix,
    state_look,
)

THEMES = pytest.mark.parametrize("theme_tokens", [LIGHT, DARK], ids=["light", "dark"])
BACKGROUNDS = ("window", "surface", "raised", "accent_soft", "chip", "hover")
TEXTS = ("text", "muted", "accent", "good", "warning", "bad")


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    shared = current_theme()
    shared.set_mode("light")
    shared.apply(qapp)
    yield shared
    shared.set_mode("light")


@THEMES
@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("text", TEXTS)
def test_text_is_readable_on_every_background(
    theme_tokens: Tokens, text: str, background: str
) -> None:
    assert contrast(getattr(theme_tokens, text), getattr(theme_tokens, background)) >= 4.5


@THEMES
@pytest.mark.parametrize(
    ("text", "background"),
    [
        ("accent_text", "accent"),
        ("accent_text", "accent_hover"),
        ("accent_text", "accent_pressed"),
        ("bad_text", "bad"),
    ],
)
def test_text_on_colour_is_readable(theme_tokens: Tokens, text: str, background: str) -> None:
    assert contrast(getattr(theme_tokens, text), getattr(theme_tokens, background)) >= 4.5


@THEMES
def test_a_focus_ring_stands_out(theme_tokens: Tokens) -> None:
    assert contrast(theme_tokens.accent, theme_tokens.surface) >= 3
    assert contrast(theme_tokens.focus_on_accent, theme_tokens.accent) >= 2.5


@THEMES
def test_every_series_has_a_colour_and_a_marker_of_its_own(theme_tokens: Tokens) -> None:
    assert len(set(theme_tokens.series)) == len(set(SERIES_MARKERS)) == len(theme_tokens.series)
    assert all(contrast(c, theme_tokens.surface) >= 2 for c in theme_tokens.series)


@THEMES
def test_every_colour_is_written_in_full(theme_tokens: Tokens) -> None:
    names = [f.name for f in fields(theme_tokens) if f.name not in ("name", "series")]
    written = [getattr(theme_tokens, name) for name in names] + list(theme_tokens.series)
    assert all(len(color) == 7 and QColor(color).isValid() for color in written)


def test_contrast_is_that_of_the_web_guidelines() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)
    assert contrast("#FFFFFF", "#777777") == contrast("#777777", "#FFFFFF")


def test_mixing_goes_from_one_colour_to_the_other() -> None:
    assert mix("#000000", "#FFFFFF", 0) == "#000000"
    assert mix("#000000", "#FFFFFF", 0.5) == "#808080"
    assert mix("#000000", "#FFFFFF", 1) == "#FFFFFF"


def test_every_trial_state_has_a_colour_and_a_shape_of_its_own() -> None:
    assert set(STATE_LOOKS) == {state.value for state in TrialState}
    assert len({shape for _, shape in STATE_LOOKS.values()}) == len(STATE_LOOKS)
    assert all(isinstance(getattr(LIGHT, token), str) for token, _ in STATE_LOOKS.values())
    assert state_look("failed") == ("bad", "cross")


@THEMES
def test_the_style_sheet_uses_known_tokens_and_pictures_only(theme_tokens: Tokens) -> None:
    sheet = theme_style.style_sheet(theme_tokens)
    assert "$" not in sheet
    assert theme_tokens.accent in sheet
    named = [part.split(")")[0] for part in sheet.split("url(")[1:]]
    assert named
    missing = [name for name in named if not (theme_style.STYLE_IMAGES / name).is_file()]
    assert not missing


@THEMES
def test_pictures_of_the_style_sheet_have_the_colours_of_their_theme(theme_tokens: Tokens) -> None:
    expected = {
        "check": "accent_text",
        "minus": "accent_text",
        "dot": "accent_text",
        "caret": "muted",
        "caret_up": "muted",
        "caret_off": "disabled_text",
        "caret_text": "text",
        "check_menu": "text",
        "up": "muted",
        "down": "muted",
        "right": "muted",
    }
    folder = theme_style.STYLE_IMAGES / theme_tokens.name
    assert {path.stem for path in folder.glob("*.svg")} == set(expected)
    for name, token in expected.items():
        text = (folder / f"{name}.svg").read_text(encoding="utf-8")
        assert getattr(theme_tokens, token) in text, name


def test_the_application_understands_the_whole_style_sheet(
    qapp: QApplication, capfd: pytest.CaptureFixture[str], theme: Theme
) -> None:
    for mode in ("dark", "light"):
        theme.set_mode(mode)
        QWidget().ensurePolished()
    told = capfd.readouterr()
    assert "Could not parse" not in told.err + told.out
    assert "Unknown property" not in told.err + told.out


def test_switching_dresses_the_application_and_says_so(
    qapp: QApplication, theme: Theme, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(theme.changed):
        theme.set_mode("dark")
    assert tokens() is DARK
    assert qapp.palette().color(QPalette.ColorRole.Window).name().upper() == DARK.window
    assert DARK.accent in qapp.styleSheet()
    assert LIGHT.accent not in qapp.styleSheet()


def test_switching_to_the_same_theme_says_nothing(theme: Theme, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(theme.changed):
        theme.set_mode("light")


def test_an_unknown_mode_is_refused(theme: Theme) -> None:
    with pytest.raises(StudioError, match='must be "system", "light" or "dark"'):
        theme.set_mode("sepia")  # type: ignore[arg-type]  # the point of this test
    assert theme.mode == "light"


def test_the_system_is_followed_when_asked_to(
    theme: Theme, monkeypatch: pytest.MonkeyPatch, qapp: QApplication
) -> None:
    dark = True
    monkeypatch.setattr("hpo_gui.gui.theme.system_is_dark", lambda: dark)
    theme.set_mode("system")
    assert theme.tokens is DARK
    dark = False
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Light)
    assert theme.tokens is LIGHT


def test_a_chosen_theme_ignores_the_system(
    theme: Theme, monkeypatch: pytest.MonkeyPatch, qapp: QApplication
) -> None:
    monkeypatch.setattr("hpo_gui.gui.theme.system_is_dark", lambda: True)
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert theme.tokens is LIGHT


def test_the_bundled_font_has_its_four_weights_and_its_licence(theme: Theme) -> None:
    assert "Inter" in typography.load_fonts()
    names = {path.name for path in typography.FONT_FOLDER.iterdir()}
    assert {f"Inter-{w}.otf" for w in ("Regular", "Medium", "SemiBold", "Bold")} <= names
    assert "SIL OPEN FONT LICENSE" in (typography.FONT_FOLDER / "OFL.txt").read_text()
    assert sum(p.stat().st_size for p in typography.FONT_FOLDER.iterdir()) < 2_000_000


def test_a_damaged_font_is_told(
    theme: Theme, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setattr(typography, "_loaded", [])
    monkeypatch.setattr(typography, "FONT_FOLDER", tmp_path)
    broken = typography.FONT_FOLDER / "Inter-Bold.otf"
    broken.write_bytes(b"no font")
    with pytest.raises(RuntimeError, match=r"Inter-Bold\.otf cannot be read"):
        typography.load_fonts()


@pytest.mark.parametrize("role", ["", "title", "figure", "muted"])
def test_figures_are_of_one_width_in_every_role(theme: Theme, qtbot: QtBot, role: str) -> None:
    label = QLabel("1")
    label.setProperty("role", role)
    qtbot.addWidget(label)
    label.show()
    metrics = QFontMetricsF(label.font())
    assert metrics.horizontalAdvance("1111") == metrics.horizontalAdvance("8888")


@pytest.mark.parametrize("name", icons.icon_names())
def test_every_icon_is_drawn_in_the_colour_asked_for(theme: Theme, name: str) -> None:
    image = icons.pixmap(name, "bad", 32).toImage()
    solid = [c for c in _colors(image) if c.alpha() == 255]
    assert solid
    wanted = QColor(tokens().bad)
    assert all(abs(c.red() - wanted.red()) <= 2 for c in solid)


def test_an_unknown_icon_or_colour_is_refused(theme: Theme) -> None:
    with pytest.raises(StudioError, match="icon must be one of arrow_down"):
        icons.icon("unicorn")
    with pytest.raises(StudioError, match="must be a colour of the theme"):
        icons.icon("run", "pink")
    with pytest.raises(StudioError, match="must be a colour of the theme"):
        icons.icon("run", "series")


def test_icons_of_buttons_and_actions_follow_the_theme(theme: Theme, qtbot: QtBot) -> None:
    button = QPushButton("Run")
    qtbot.addWidget(button)
    action = QAction("Run", button)
    for target in (button, action):
        icons.set_icon(target, "stop", "text")
        assert _middle(target.icon()) == LIGHT.text
    theme.set_mode("dark")
    for target in (button, action):
        assert _middle(target.icon()) == DARK.text
        assert _middle(target.icon(), QIcon.Mode.Disabled) == DARK.disabled_text


def test_setting_an_icon_again_replaces_it(theme: Theme, qtbot: QtBot) -> None:
    button = QPushButton("Run")
    qtbot.addWidget(button)
    icons.set_icon(button, "stop", "text")
    icons.set_icon(button, "stop", "bad")
    theme.set_mode("dark")
    assert _middle(button.icon()) == DARK.bad
    icons.set_icon(button, "")
    assert button.icon().isNull()


def test_a_deleted_button_does_not_disturb_the_next_switch(theme: Theme, qtbot: QtBot) -> None:
    button = QPushButton("Run")
    icons.set_icon(button, "run")
    button.deleteLater()
    del button
    QApplication.sendPostedEvents(None, 0)
    theme.set_mode("dark")
    assert tokens() is DARK


def test_tab_shows_the_ring_and_a_click_does_not(theme: Theme, qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    edit, button, other = QLineEdit(window), QPushButton("Run", window), QPushButton("X", window)
    button.move(0, 40)
    other.move(0, 80)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    edit.setFocus()
    qtbot.keyClick(edit, Qt.Key.Key_Tab)
    assert button.hasFocus()
    assert has_ring(button)
    qtbot.keyClick(button, Qt.Key.Key_Tab)
    assert has_ring(other)
    assert not has_ring(button)
    QTest.mousePress(button, Qt.MouseButton.LeftButton)
    assert button.hasFocus()
    assert not has_ring(button)
    QTest.mouseRelease(button, Qt.MouseButton.LeftButton)


def test_the_design_costs_little_at_the_start() -> None:
    """Nothing slow is imported: qtawesome and qtpy alone cost 170 ms and more."""
    code = (
        "import sys; from PySide6.QtWidgets import QApplication; app = QApplication([]);"
        "from hpo_gui.gui.theme import current_theme; current_theme().apply(app);"
        "import hpo_gui.gui.icons, hpo_gui.gui.widgets.options_form;"
        "slow = {'qtawesome', 'qtpy', 'superqt', 'pandas', 'sklearn', 'scipy', 'pyqtgraph'};"
        "sys.exit(', '.join(slow & set(sys.modules)) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def _colors(image: QImage) -> list[QColor]:
    seen = {image.pixel(x, y) for x in range(image.width()) for y in range(image.height())}
    return [QColor.fromRgba(value) for value in seen]


def _middle(icon: QIcon, mode: QIcon.Mode = QIcon.Mode.Normal) -> str:
    image = icon.pixmap(32, 32, mode).toImage()
    return image.pixelColor(image.width() // 2, image.height() // 2).name().upper()
