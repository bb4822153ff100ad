"""The fonts of the window: the bundled Inter with tabular figures, and a monospace."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QFont, QFontDatabase

FONT_FOLDER = Path(__file__).parent / "fonts"
FAMILY = "Inter"
MONOSPACE = ["JetBrains Mono", "DejaVu Sans Mono", "Menlo", "Consolas", "Liberation Mono"]
FEATURES = ("tnum", "cv11")  # figures of one width; the single-storey a
BODY, SMALL, TITLE, HEADLINE, FIGURE = 13, 12, 15, 20, 28  # pixels

_loaded: list[int] = []


def load_fonts() -> list[str]:
    """Make the bundled font known to Qt, once per process; return the families it brings.

    Raises
    ------
    RuntimeError
        When a bundled font file is missing or damaged: the installation is broken.
    """
    if not _loaded:
        for path in sorted(FONT_FOLDER.glob("*.otf")):
            number = QFontDatabase.addApplicationFont(str(path))
            if number < 0:
                raise RuntimeError(f"The bundled font {path.name} cannot be read. Install again.")
            _loaded.append(number)
    return sorted({f for n in _loaded for f in QFontDatabase.applicationFontFamilies(n)})


def text_font(size: int = BODY, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """Return the text font with tabular figures, ``size`` in pixels."""
    font = QFont(FAMILY)
    font.setPixelSize(size)
    font.setWeight(weight)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    for feature in FEATURES:
        font.setFeature(QFont.Tag(feature), 1)
    return font


def monospace_font(size: int = SMALL) -> QFont:
    """Return the font of expressions and logs, ``size`` in pixels."""
    font = QFont(MONOSPACE)
    font.setStyleHint(QFont.StyleHint.Monospace)
    font.setPixelSize(size)
    return font
