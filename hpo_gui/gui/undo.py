"""Undo of specification edits: one command, "replace A by B"; quick edits of one thing merge."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtGui import QUndoCommand, QUndoStack

from hpo_gui.core.spec import StudySpec

MERGE_SECONDS = 1.0
LIMIT = 500

Apply = Callable[[StudySpec], None]


class ReplaceSpec(QUndoCommand):
    """Replace one specification by another.

    Parameters
    ----------
    before, after : the two values
    text : what the edit did, as it stands in the Edit menu; edits with the same text that follow
        each other within a second become one
    apply : shows a specification
    now : seconds of a clock that never goes back
    """

    def __init__(
        self, before: StudySpec, after: StudySpec, text: str, apply: Apply, now: float
    ) -> None:
        super().__init__(text)
        self.before = before
        self.after = after
        self.at = now
        self._apply = apply

    def redo(self) -> None:
        """Show the new specification."""
        self._apply(self.after)

    def undo(self) -> None:
        """Show the old one again."""
        self._apply(self.before)

    def id(self) -> int:
        """Tell Qt that these commands may merge."""
        return 1

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Take a quick successor of the same kind in; one that leads back cancels both out."""
        if not isinstance(other, ReplaceSpec) or other.text() != self.text():
            return False
        if other.at - self.at > MERGE_SECONDS:
            return False
        self.after, self.at = other.after, other.at
        if self.after == self.before:
            self.setObsolete(True)
        return True


class SpecUndo(QUndoStack):
    """The edits of one study's specification, newest last."""

    def __init__(self, apply: Apply, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.setUndoLimit(LIMIT)
        self._show = apply
        self._clock = clock

    def replace(self, before: StudySpec, after: StudySpec, text: str) -> bool:
        """Do one edit; nothing happens when the two are equal."""
        if after == before:
            return False
        self.push(ReplaceSpec(before, after, text, self._show, self._clock()))
        return True
