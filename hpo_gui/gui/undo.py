"""Undo of specification edits: one command, "replace A by B"; quick edits of one thing merge.

The edits of a study that is open but not shown are taken out as a value, and given back with it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtGui import QUndoCommand, QUndoStack

from hpo_gui.core.spec import StudySpec
from hpo_gui.core.value import identical

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
        if identical(self.after, self.before):
            self.setObsolete(True)
        return True


@dataclass(frozen=True)
class Edits:
    """The edits of one study, taken out of the stack.

    Attributes
    ----------
    commands : before, after, text and time of each
    index : how many of them are done
    clean : after how many of them nothing was to be saved; -1 for none
    """

    commands: tuple[tuple[StudySpec, StudySpec, str, float], ...] = ()
    index: int = 0
    clean: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether there is nothing to save."""
        return self.index == self.clean


class SpecUndo(QUndoStack):
    """The edits of one study's specification, newest last."""

    def __init__(self, apply: Apply, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.setUndoLimit(LIMIT)
        self._show = apply
        self._clock = clock
        self._quiet = False

    def replace(self, before: StudySpec, after: StudySpec, text: str) -> bool:
        """Do one edit; nothing happens when the two are equal."""
        if identical(after, before):
            return False
        self.push(ReplaceSpec(before, after, text, self._apply, self._clock()))
        return True

    def note(self, before: StudySpec, after: StudySpec, text: str) -> None:
        """Remember a change that is made by others, and saved; it can be undone as well."""
        self._quiet = True
        try:
            self.push(ReplaceSpec(before, after, text, self._apply, self._clock()))
            self.setClean()
        finally:
            self._quiet = False

    def take(self) -> Edits:
        """The edits as a value; the stack is left as it is."""
        found = [self.command(place) for place in range(self.count())]
        commands = [c for c in found if isinstance(c, ReplaceSpec)]
        return Edits(
            tuple((c.before, c.after, c.text(), c.at) for c in commands),
            self.index(),
            self.cleanIndex(),
        )

    def give(self, edits: Edits) -> None:
        """Have these edits instead of those there are; nothing is applied."""
        self._quiet = True
        try:
            self.clear()
            for before, after, text, at in edits.commands:
                self.push(ReplaceSpec(before, after, text, self._apply, at))
            if edits.clean < 0:
                self.resetClean()
            else:
                self.setIndex(edits.clean)
                self.setClean()
            self.setIndex(edits.index)
        finally:
            self._quiet = False

    def _apply(self, spec: StudySpec) -> None:
        if not self._quiet:
            self._show(spec)
