"""Tooltips of texts that others wrote.

Qt takes any tooltip for HTML that looks like it: a column called ``<img src="…">`` would be
drawn as a picture, and its file looked for.
"""

from __future__ import annotations

from html import escape

from PySide6.QtGui import Qt


def plain_tip(text: str) -> str:
    """A tooltip that is shown as it stands, whatever is in it."""
    if not Qt.mightBeRichText(text):
        return text
    return f"<span>{escape(text)}</span>".replace("\n", "<br>")
