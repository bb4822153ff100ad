"""Leaving a study that runs: asked about once, never blocking, ended properly."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from hpo_gui.gui.dialogs.closing import (
    CANCEL,
    KEEP,
    LOSE,
    RESCUE,
    ClosingDialog,
    UnsavedDialog,
)
from hpo_gui.gui.notices import Notice
from hpo_gui.gui.session import Session
from hpo_gui.gui.widgets.message_bar import MessageStack
from hpo_gui.study.events import NO_RESCUE, Stuck

KEY = "leaving"


class Leaving(QObject):
    """Does what replaces or closes the study; while it runs, the user is asked first.

    Parameters
    ----------
    save_elsewhere : asks for another file; what it is given is called when none was chosen

    Attributes
    ----------
    dialog : the question on screen, or None
    """

    def __init__(
        self,
        session: Session,
        messages: MessageStack,
        window: QWidget,
        save_elsewhere: Callable[[Callable[[], object]], object],
    ) -> None:
        super().__init__(window)
        self.session = session
        self.messages = messages
        self.window = window
        self.dialog: ClosingDialog | UnsavedDialog | None = None
        self._save_elsewhere = save_elsewhere
        self._action: Callable[[], object] | None = None
        self._saving_for: Callable[[], object] | None = None  # an action, once it is saved
        self._no_rescue = False  # a rescue copy was tried in vain
        session.stuck_changed.connect(self._stuck_changed)
        session.notice.connect(self._note)
        session.stopped.connect(self._stopped)

    def then(self, action: Callable[[], object]) -> None:
        """Do ``action`` now, or when the study has ended as the user wished."""
        if not self.session.is_active:
            action()
            return
        if self.dialog is not None:
            self.dialog.raise_()
            return
        if self.session.stuck is not None:
            self._ask_unsaved(self.session.stuck, action)
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

    def _ask_unsaved(self, stuck: Stuck, action: Callable[[], object]) -> None:
        name = self.session.spec.name
        self.dialog = UnsavedDialog(name, stuck, self.window, may_lose=self._no_rescue)
        self.dialog.chosen.connect(lambda answer: self._chosen_unsaved(answer, action))
        self.dialog.open()

    def _chosen_unsaved(self, answer: str, action: Callable[[], object]) -> None:
        self.dialog = None
        if answer == CANCEL:
            return
        if self.session.stuck is None:  # it could be written meanwhile
            self.then(action)
        elif answer in (RESCUE, LOSE):
            self._action = action
            self.session.leave(lose=answer == LOSE)
        else:
            self._saving_for = action
            self._save_elsewhere(self._forget)

    def _forget(self) -> None:
        self._saving_for = None

    def _stuck_changed(self) -> None:
        if self.session.stuck is not None:
            return
        self._no_rescue = False
        action, self._saving_for = self._saving_for, None
        if action is not None:
            self._action = action
            self.session.stop_now()

    def _note(self, notice: Notice) -> None:
        """A rescue copy could not be written: the study stays open."""
        if notice.head == NO_RESCUE:
            self._no_rescue = True
            self._action = None

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
