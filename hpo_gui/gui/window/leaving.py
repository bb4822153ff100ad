"""Closing the window while studies run: asked about once, never blocking, ended properly."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from hpo_gui.gui.dialogs.closing import CANCEL, KEEP, ClosingDialog
from hpo_gui.gui.open_studies import OpenStudies
from hpo_gui.gui.widgets.message_bar import MessageStack

KEY = "leaving"


class Leaving(QObject):
    """Does what ends all studies; while some run, the user is asked first.

    Attributes
    ----------
    dialog : the question on screen, or None

    Signals
    -------
    decided : all runs are about to be ended, as the user wished
    stayed : the window stays open after all
    """

    decided = Signal()
    stayed = Signal()

    def __init__(self, studies: OpenStudies, messages: MessageStack, window: QWidget) -> None:
        super().__init__(window)
        self.studies = studies
        self.messages = messages
        self.window = window
        self.dialog: ClosingDialog | None = None
        self._action: Callable[[], object] | None = None
        studies.stopped.connect(self._stopped)

    def then(self, action: Callable[[], object]) -> None:
        """Do ``action`` now, or when all studies have ended as the user wished."""
        active = self.studies.active
        if not active:
            action()
            return
        if self.dialog is not None:
            self.dialog.raise_()
            return
        known = [study.progress.running for _, study in active if study.progress is not None]
        names = [study.spec.name for _, study in active]
        self.dialog = ClosingDialog(names, sum(known), self.window)
        self.dialog.chosen.connect(lambda answer: self._chosen(answer, action))
        self.dialog.open()

    def _chosen(self, answer: str, action: Callable[[], object]) -> None:
        self.dialog = None
        if answer == CANCEL:
            return
        self._action = action
        self.decided.emit()
        if not self.studies.active:
            self._stopped()
        elif answer == KEEP:
            self.studies.stop_after_current()
            self._tell()
        else:
            self.studies.stop_now()

    def _tell(self) -> None:
        self.messages.show_message(
            KEY,
            "info",
            self.tr("Waiting for the running trials"),
            self.tr("Then the window closes; what is not done is kept as paused."),
            actions=[
                (self.tr("Stop now"), self.studies.stop_now),
                (self.tr("Stay"), self._stay),
            ],
            closable=False,
        )

    def _stay(self) -> None:
        self._action = None
        self.messages.remove(KEY)
        self.stayed.emit()

    def _stopped(self) -> None:
        if self.studies.active:
            return
        self.messages.remove(KEY)
        action, self._action = self._action, None
        if action is not None:
            action()
