"""Leaving a study that runs: asked about once, never blocking, ended properly."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from hpo_gui.gui.dialogs.closing import CANCEL, KEEP, ClosingDialog
from hpo_gui.gui.session import Session
from hpo_gui.gui.widgets.message_bar import MessageStack

KEY = "leaving"


class Leaving(QObject):
    """Does what replaces or closes the study; while it runs, the user is asked first.

    Attributes
    ----------
    dialog : the question on screen, or None
    """

    def __init__(self, session: Session, messages: MessageStack, window: QWidget) -> None:
        super().__init__(window)
        self.session = session
        self.messages = messages
        self.window = window
        self.dialog: ClosingDialog | None = None
        self._action: Callable[[], object] | None = None
        session.stopped.connect(self._stopped)

    def then(self, action: Callable[[], object]) -> None:
        """Do ``action`` now, or when the study has ended as the user wished."""
        if not self.session.is_active:
            action()
            return
        if self.dialog is not None:
            self.dialog.raise_()
            return
        progress = self.session.progress
        running = progress.running if progress is not None else 0
        self.dialog = ClosingDialog(self.session.spec.name, running, self.window)
        self.dialog.chosen.connect(lambda answer: self._chosen(answer, action))
        self.dialog.open()

    def _chosen(self, answer: str, action: Callable[[], object]) -> None:
        self.dialog = None
        if answer == CANCEL:
            return
        self._action = action
        if not self.session.is_active:
            self._stopped()
        elif answer == KEEP:
            self.session.stop_after_current()
            self._tell()
        else:
            self.session.stop_now()

    def _tell(self) -> None:
        self.messages.show_message(
            KEY,
            "info",
            self.tr("Waiting for the running trials"),
            self.tr("Then the study is kept as paused."),
            actions=[
                (self.tr("Stop now"), self.session.stop_now),
                (self.tr("Stay"), self._stay),
            ],
            closable=False,
        )

    def _stay(self) -> None:
        self._action = None
        self.messages.remove(KEY)

    def _stopped(self) -> None:
        self.messages.remove(KEY)
        action, self._action = self._action, None
        if action is not None:
            action()
