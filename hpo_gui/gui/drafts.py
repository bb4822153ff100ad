"""Drafts: a study that was set up but never run survives the end of the program.

It has no study file yet. A second after each edit its specification is written beside the
preferences; it is removed when the study runs, and offered at the next start otherwise.
"""

from __future__ import annotations

import json
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
    """Keeps the draft of a session in ``draft.json``."""

    def __init__(
        self, session: Session, folder: Path | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.session = session
        self.path = (folder or settings_folder()) / "draft.json"
        self._taken_up = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(WAIT_MS)
        self._timer.timeout.connect(self.save)
        session.spec_changed.connect(self._timer.start)
        session.study_changed.connect(self._another_study)

    def load(self) -> Draft | None:
        """The draft of the last time, or None; one that cannot be read is put aside."""
        try:
            raw = json.loads(self.path.read_bytes())
            return Draft(str(raw["base"]), spec_from_dict(raw["spec"]))
        except OSError:
            return None
        except (ValueError, KeyError, TypeError, RecursionError, StudioError):
            put_aside(self.path)
            return None

    def save(self) -> bool:
        """Write the draft down when there is something to lose; whether that was so."""
        session = self.session
        self._timer.stop()
        clean = session.undo.isClean() and not self._taken_up
        if session.path is not None or session.is_empty or clean:
            return False
        raw = {"base": str(session.base), "spec": spec_to_dict(session.spec)}
        write_atomically(self.path, json.dumps(raw).encode())
        return True

    def take_up(self, *_: object) -> None:
        """The draft is what the session shows now: keep it until it runs."""
        self._taken_up = True
        self.save()

    def forget(self) -> None:
        """Remove the draft."""
        self._timer.stop()
        self.path.unlink(missing_ok=True)

    def _another_study(self) -> None:
        """A study that has its file needs no draft; nor does one that has just been opened."""
        self._taken_up = False
        if self.session.path is not None or not self.session.is_empty:
            self.forget()
