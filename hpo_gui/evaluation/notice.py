"""Notices: what a person should know about a table, before anything runs."""

from __future__ import annotations

from typing import Literal

import msgspec

Level = Literal["info", "warning", "error"]


class Notice(msgspec.Struct, frozen=True):
    """One message of the Data step.

    Attributes
    ----------
    level : ``error`` when no study can run before it is mended
    head : a few words, shown in bold: "19 missing values"
    text : the rest of the sentence, and what to do about it
    column : the column it is about, if it is one
    """

    level: Level
    head: str
    text: str = ""
    column: str | None = None
