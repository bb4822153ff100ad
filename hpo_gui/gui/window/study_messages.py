"""What the frame of the window has to say about a study, in bars above the page."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import structs
from PySide6.QtCore import QObject, QTimer

from hpo_gui.core.spec import StudySpec
from hpo_gui.gui.session import Session
from hpo_gui.gui.widgets.message_bar import MessageStack

SLOW_MS = 500  # what takes longer is shown, with a way to cancel it


class StudyMessages(QObject):
    """Shows that opening takes long, that a file is read-only, that a change has to wait.

    Parameters
    ----------
    save_copy : asks where a copy of the study goes
    """

    def __init__(
        self,
        session: Session,
        messages: MessageStack,
        save_copy: Callable[[], object],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.session = session
        self.messages = messages
        self.save_copy = save_copy
        self.slow = QTimer(self)
        self.slow.setSingleShot(True)
        self.slow.setInterval(SLOW_MS)
        self.slow.timeout.connect(self._tell_slow)
        self._runs_with: StudySpec | None = None
        session.loading_changed.connect(self._loading_changed)
        session.study_changed.connect(self._another_study)
        session.state_changed.connect(self._state_changed)
        session.spec_changed.connect(self._spec_changed)

    def _another_study(self) -> None:
        self.messages.clear()
        if self.session.read_only:
            self.messages.show_message(
                "read only",
                "warning",
                self.tr("Read-only"),
                self.session.read_only_reason,
                actions=[(self.tr("Save a copy…"), self.save_copy)],
            )

    def _state_changed(self, state: str) -> None:
        if state == "starting":
            self.messages.clear()
            self._runs_with = _without_workers(self.session.spec)
        elif not self.session.is_active:
            self._runs_with = None
            self.messages.remove("later")

    def _spec_changed(self) -> None:
        """Tell that a change during a run is used when the study goes on."""
        if self._runs_with is None:
            return
        if _without_workers(self.session.spec) == self._runs_with:
            self.messages.remove("later")
            return
        self.messages.show_message(
            "later",
            "info",
            self.tr("Changed while the study runs"),
            self.tr("The change is used when the study goes on: stop it, then continue."),
            actions=[
                (self.tr("Stop after the running trials"), self.session.stop_after_current),
                (self.tr("Undo"), self.session.undo.undo),
            ],
        )

    def _loading_changed(self) -> None:
        self.messages.remove("loading")
        if self.session.loading:
            self.slow.start()
        else:
            self.slow.stop()

    def _tell_slow(self) -> None:
        self.messages.show_message(
            "loading",
            "info",
            f"{self.session.loading}…",
            actions=[(self.tr("Cancel"), self.session.cancel_opening)],
            closable=False,
        )


def _without_workers(spec: StudySpec) -> StudySpec:
    """The specification but for the workers, whose number changes at once."""
    return structs.replace(spec, compute=structs.replace(spec.compute, workers=None))
