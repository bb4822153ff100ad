"""Writes figures of matplotlib, with a typeface for every script that this computer has one for.

The typeface that comes with matplotlib knows Latin, Greek and Cyrillic letters. Names of columns
and studies may be in any other script: without a further typeface they would be empty boxes.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpo_gui.export.files import check_suffix, replaced

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = (".png", ".svg", ".pdf")
DOTS = 200  # of a bitmap, per inch
USUAL = "DejaVu Sans"  # comes with matplotlib
OTHERS = (
    # Chinese, Japanese, Korean: of Linux, Windows, macOS
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "Microsoft YaHei",
    "Yu Gothic",
    "Malgun Gothic",
    "PingFang SC",
    "Hiragino Sans",
    "Apple SD Gothic Neo",
    # Arabic, Hebrew, Devanagari, Thai
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
    "Segoe UI",
    "Nirmala UI",
    "Leelawadee UI",
    "Geeza Pro",
    "Arial Hebrew",
    "Devanagari Sangam MN",
    "Thonburi",
    # nearly all
    "Arial Unicode MS",
    "Unifont",
)
_SETTINGS = threading.Lock()


def typefaces() -> list[str]:
    """The usual typeface, and those after it that are installed: each knows what others lack."""
    from matplotlib import font_manager

    installed = set(font_manager.get_font_names())
    return [USUAL, *(name for name in OTHERS if name in installed)]


@contextmanager
def drawing(figure: Figure, **settings: Any) -> Iterator[None]:
    """Draw a figure with all typefaces, and with further settings of matplotlib.

    Settings are those of the whole program, so one thread draws at a time.
    """
    import matplotlib
    from matplotlib.text import Text

    faces = typefaces()
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        text.set_fontfamily(faces)
    wanted: dict[Any, Any] = {"font.family": faces}  # of texts that come while it is drawn
    with _SETTINGS, matplotlib.rc_context(wanted | settings):
        yield


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure in the format that the suffix says, whole or not at all.

    Raises
    ------
    ExportError : the suffix is none of .png, .svg, .pdf, or the file cannot be written
    """
    check_suffix(path, FORMATS)
    with replaced(path) as temporary, drawing(figure):
        figure.savefig(temporary, format=path.suffix.lower()[1:], dpi=DOTS)
