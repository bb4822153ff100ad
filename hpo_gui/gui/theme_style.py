"""The palette and the one style sheet, both built from the tokens.

Widgets choose a look by a dynamic property, never by a style sheet of their own:

=========== ================ ======================================================
property    on               values
=========== ================ ======================================================
``role``    QLabel           title, headline, figure, strong, muted, small, section,
                             good, warning, bad, error, accent, mono
``kind``    QPushButton      primary, danger, link; nothing = secondary
``kind``    QFrame           card, bar (run bar, header), rail, page, plain, line
``edge``    QFrame           top, bottom: a hairline there
``dense``   edits, combos    true = 24 px high, for table cells
``invalid`` edits, combos    true = red border
``tone``    QComboBox        accent, muted
``quiet``   links, edits     true = muted
``ring``    what has focus   set by `focus`: the keyboard works on it
=========== ================ ======================================================
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from string import Template

from PySide6.QtGui import QColor, QPalette

from hpo_gui.gui.theme_tokens import Tokens, mix

STYLE_IMAGES = Path(__file__).parent / "svg" / "style"
STYLE_SHEET = Path(__file__).parent / "style.qss"


def style_sheet(tokens: Tokens) -> str:
    """Return the style sheet of the whole application for ``tokens``."""
    values = {f.name: getattr(tokens, f.name) for f in fields(tokens) if f.name != "series"}
    values["images"] = (STYLE_IMAGES / tokens.name).as_posix()
    return Template(STYLE_SHEET.read_text(encoding="utf-8")).substitute(values)


def palette(tokens: Tokens) -> QPalette:
    """Return the palette, for whatever the style sheet leaves to Fusion."""
    role = QPalette.ColorRole
    colors = {
        role.Window: tokens.window,
        role.WindowText: tokens.text,
        role.Base: tokens.surface,
        role.AlternateBase: tokens.hover,
        role.Text: tokens.text,
        role.PlaceholderText: tokens.muted,
        role.Button: tokens.surface,
        role.ButtonText: tokens.text,
        role.BrightText: tokens.bad,
        role.ToolTipBase: tokens.raised,
        role.ToolTipText: tokens.text,
        role.Highlight: tokens.accent,
        role.HighlightedText: tokens.accent_text,
        role.Accent: tokens.accent,
        role.Link: tokens.accent,
        role.LinkVisited: tokens.accent,
        role.Light: tokens.raised,
        role.Midlight: tokens.hover,
        role.Mid: tokens.border,
        role.Dark: tokens.strong_border,
        role.Shadow: mix(tokens.window, tokens.shadow, 0.5),
    }
    result = QPalette()
    for which, color in colors.items():
        result.setColor(which, QColor(color))
    for which in (role.Text, role.WindowText, role.ButtonText, role.HighlightedText):
        result.setColor(QPalette.ColorGroup.Disabled, which, QColor(tokens.disabled_text))
    result.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(tokens.track))
    return result
