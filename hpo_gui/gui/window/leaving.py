"""Closing the window while studies run: asked about once, never blocking, ended properly."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal
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

    Of a study that gets stuck while the others are waited for the user is asked as well: it would
    keep the window open for ever.

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
        self._is_decided = False  # all runs are being ended for the action
        self._writing: Callable[[], object] | None = None  # an action, once acts are written
        self._left = ""  # key of the stuck study that is being ended on its own
        self._no_rescue = False  # a rescue copy was tried in vain
        self.session = studies.session
        self.session.live.acts.failed.connect(self._not_written)
        self.session.stuck_changed.connect(self._stuck_changed)
        self.session.notice.connect(self._note)
        studies.stopped.connect(self._stopped)
        # not at once: the study that tells of it must not be gone before it has
        studies.progressed.connect(lambda _: QTimer.singleShot(0, self, self._look_for_stuck))
        self.session.stuck_changed.connect(
            lambda: QTimer.singleShot(0, self, self._look_for_stuck)
        )

    def then(self, action: Callable[[], object]) -> None:
        """Do ``action`` now, or when all studies have ended as the user wished."""
        active = self.studies.active
        if not active:
            self._when_written(action)
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

    def _when_written(self, action: Callable[[], object]) -> None:
        """Do ``action`` when what was done to trials has been written."""
        acts = self.session.live.acts
        if not acts.is_busy:
            action()
            return
        acts.afterwards(self._written)
        self._writing = action
        self.messages.show_message(
            KEY,
            "info",
            self.tr("Writing what was done"),
            self.tr("Then the window closes."),
            actions=[(self.tr("Stay"), self._stay)],
            closable=False,
        )

    def _written(self) -> None:
        action, self._writing = self._writing, None
        if action is not None:
            self.messages.remove(KEY)
            action()

    def _not_written(self) -> None:
        """The error is told in the window, which therefore stays."""
        if self._writing is not None:
            self._stay()

    def _chosen(self, answer: str, action: Callable[[], object]) -> None:
        self.dialog = None
        if answer == CANCEL:
            return
        self._action, self._is_decided = action, True
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

    def _look_for_stuck(self) -> None:
        """While the runs end: ask about one that cannot be saved."""
        action = self._action
        if not self._is_decided or action is None or self._left or self.dialog is not None:
            return
        if (stuck := self._show_stuck()) is not None:
            self._ask_unsaved(stuck, action)

    def _ask_unsaved(self, stuck: Stuck, action: Callable[[], object]) -> None:
        name = self.session.spec.name
        self.dialog = UnsavedDialog(name, stuck, self.window, may_lose=self._no_rescue)
        self.dialog.chosen.connect(lambda answer: self._chosen_unsaved(answer, action))
        self.dialog.open()

    def _chosen_unsaved(self, answer: str, action: Callable[[], object]) -> None:
        self.dialog = None
        if answer == CANCEL:
            self._stay()
        elif self.session.stuck is None:  # it could be written meanwhile
            self._go_on(action)
        elif answer in (RESCUE, LOSE):
            self._action, self._left = action, self.studies.shown
            self.session.leave(lose=answer == LOSE)
        else:
            self._action, self._saving_for, self._left = None, action, self.studies.shown
            self._save_elsewhere(self._forget)

    def _forget(self) -> None:
        """No other file was chosen."""
        self._saving_for = None
        self._stay()

    def _go_on(self, action: Callable[[], object]) -> None:
        """One study is no longer in the way: wait for the others, or ask about them."""
        if not self._is_decided:
            self.then(action)
            return
        self._action = action
        self._stopped()
        if self._action is not None:
            self._tell()
            self._look_for_stuck()

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
            self._stay()

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
        self._action, self._is_decided, self._left = None, False, ""
        self._writing = None
        self.messages.remove(KEY)
        self.stayed.emit()

    def _stopped(self) -> None:
        left = self.studies.study(self._left) if self._left else None
        if self._left and self._action is not None and not (left and left.is_active):
            pending, self._action, self._left = self._action, None, ""
            self._go_on(pending)
            return
        if self.studies.active:
            return
        self.messages.remove(KEY)
        action, self._action, self._is_decided = self._action, None, False
        if action is not None:
            action()
