"""Notices: what the window has to say, for message bars, the status line and the log."""

from __future__ import annotations

import traceback
from typing import Literal

import msgspec

from hpo_gui.core.errors import StudioError

Level = Literal["info", "good", "warning", "error"]


class Notice(msgspec.Struct, frozen=True):
    """Something to tell the user.

    Attributes
    ----------
    head : what happened, in a few words
    text : why, and what to do about it
    details : for copying: the traceback, a worker's last output
    action : id of an action of the registry that helps, or ""
    trial : number of the trial it is about, or None
    """

    level: Level
    head: str
    text: str = ""
    details: str = ""
    action: str = ""
    trial: int | None = None


def notice_of(error: BaseException, head: str) -> Notice:
    """Return the notice of an error; one that is not the user's brings its traceback along."""
    shown = "".join(traceback.format_exception(error))
    if isinstance(error, StudioError):
        return Notice("error", head, str(error), shown)
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return Notice("error", head, text, shown)
