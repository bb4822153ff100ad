"""Closing the window while studies run: asked about once, never blocking, ended properly."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
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
from hpo_gui.gui.open_studies import OpenStudies
from hpo_gui.gui.widgets.message_bar import MessageStack
from hpo_gui.study.events import NO_RESCUE, Stuck

KEY = "leaving"


class Leaving(QObject):
    """Does what ends all studies; while some run, the user is asked first.

    Parameters
    ----------
    save_elsewhere : asks for another file; what it is given is called when none was chosen

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

    def __init__(
        self,
        studies: OpenStudies,
        messages: MessageStack,
        window: QWidget,
        save_elsewhere: Callable[[Callable[[], object]], object],
    ) -> None:
        super().__init__(window)
        self.studies = studies
        self.messages = messages
        self.window = window
        self.dialog: ClosingDialog | UnsavedDialog | None = None
        self._save_elsewhere = save_elsewhere
        self._action: Callable[[], object] | None = None
        self._saving_for: Callable[[], object] | None = None  # an action, once it is saved
        self._no_rescue = False  # a rescue copy was tried in vain
        self.session = studies.session
        self.session.stuck_changed.connect(self._stuck_changed)
        self.session.notice.connect(self._note)
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
        if (stuck := self._show_stuck()) is not None:
            self._ask_unsaved(stuck, action)
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

    def _show_stuck(self) -> Stuck | None:
        """Show a study whose file cannot be written, and say why; None where there is none."""
        for key, study in self.studies.active:
            if study.stuck is not None:
                self.studies.show(key)
                return study.stuck
        return None

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
            self._action = lambda: self.then(action)  # others may still run
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
            self._action = lambda: self.then(action)
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
