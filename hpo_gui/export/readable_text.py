"""Texts of others as they may stand in a page or a picture: nothing in them acts unseen."""

from __future__ import annotations

import unicodedata

UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")  # categories of Unicode: controls, halves of letters
KEPT = "\n\t\u200c\u200d"  # of these: line breaks, and what joins letters of some scripts


def readable(text: str) -> str:
    """A text without what HTML and SVG cannot hold, or what would turn the letters around it."""
    if text.isprintable():
        return text
    return "".join(_shown(letter) for letter in text)


def _shown(letter: str) -> str:
    if letter in KEPT or unicodedata.category(letter) not in UNSEEN:
        return letter
    return "\ufffd"
