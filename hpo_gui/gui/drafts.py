"""Drafts: studies that were set up but never run survive the end of the program.

They have no study file yet. A second after each edit the specifications of the one shown and of
those open behind it are written beside the preferences; each is removed when its study runs, and
offered at the next start otherwise, until somebody takes it up or forgets it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, QTimer

from hpo_gui.core.errors import StudioError
from hpo_gui.core.spec import StudySpec
from hpo_gui.core.spec_text import spec_from_dict, spec_to_dict
from hpo_gui.gui.preferences import put_aside, write_atomically
from hpo_gui.gui.session import Session
from hpo_gui.gui.study_files import settings_folder

WAIT_MS = 1000


class Draft(msgspec.Struct, frozen=True):
    """A specification and the folder that its paths start from."""

    base: str
    spec: StudySpec


class DraftKeeper(QObject):
    """Keeps the drafts of a window in ``draft.json``.

    Attributes
    ----------
    others : gives the drafts that are open but not shown
    is_taken_up : whether the study shown is kept until it runs, edited or not
    """

    def __init__(
        self, session: Session, folder: Path | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.session = session
        self.path = (folder or settings_folder()) / "draft.json"
        self.others: Callable[[], Sequence[Draft]] = tuple
        self._left: list[Draft] | None = None
        self.is_taken_up: Callable[[], bool] = lambda: False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(WAIT_MS)
        self._timer.timeout.connect(self.save)
        session.spec_changed.connect(self._timer.start)
        session.study_changed.connect(self.save)

    @property
    def left(self) -> list[Draft]:
        """The drafts of the last time that nobody has taken up or forgotten yet."""
        if self._left is None:
            self._left = list(self.load_all())
        return self._left

    def load(self) -> Draft | None:
        """The first draft in the file, or None."""
        return next(iter(self.load_all()), None)

    def load_all(self) -> tuple[Draft, ...]:
        """The drafts in the file; one that cannot be read is put aside."""
        try:
            raw = json.loads(self.path.read_bytes())
            raws = [raw, *raw.get("others", ())]
            return tuple(Draft(str(one["base"]), spec_from_dict(one["spec"])) for one in raws)
        except OSError:
            return ()
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, StudioError):
            put_aside(self.path)
            return ()

    def save(self) -> bool:
        """Write the drafts down; whether there is something to lose of the study shown.

        A study that has its file needs no draft; nor does one that has just been opened.
        """
        shown = self._shown()
        self._write([*shown, *self.others(), *self.left])
        return bool(shown)

    def _shown(self) -> list[Draft]:
        session = self.session
        clean = session.undo.isClean() and not self.is_taken_up()
        if session.path is not None or session.is_empty or clean:
            return []
        return [Draft(str(session.base), session.asked)]

    def forget(self, draft: Draft | None = None) -> None:
        """Nobody wants a draft of the last time any more; without one, none of them."""
        self._left = [] if draft is None else [one for one in self.left if one is not draft]
        self.save()

    def _write(self, drafts: Sequence[Draft]) -> None:
        self._timer.stop()
        if not drafts:
            self.path.unlink(missing_ok=True)
            return
        first, *others = ({"base": one.base, "spec": spec_to_dict(one.spec)} for one in drafts)
        raw = {**first, "others": others} if others else first
        write_atomically(self.path, json.dumps(raw).encode())
