"""The bar that tells that a study file cannot be written, and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from hpo_gui.gui.notices import Notice
from hpo_gui.gui.session import Session
from hpo_gui.gui.widgets.message_bar import MessageStack

KEY = "stuck"


class StuckMessage(QObject):
    """Shows the bar while the study is stuck.

    Parameters
    ----------
    save_elsewhere : asks for another file
    """

    def __init__(
        self,
        session: Session,
        messages: MessageStack,
        save_elsewhere: Callable[[], object],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.session = session
        self.messages = messages
        self.save_elsewhere = save_elsewhere
        self._shown = ""  # the reason in the log
        session.stuck_changed.connect(self.refresh)
        session.study_changed.connect(self.refresh)  # which takes all bars away

    def refresh(self) -> None:
        """Show the bar, or take it away."""
        stuck = self.session.stuck
        if stuck is None:
            self.messages.remove(KEY)
            if self._shown and self.session.is_active:
                words = self.tr("The study is saved again")
                self.session.tell(Notice("good", words, str(self.session.path or "")))
            self._shown = ""
            return
        reason = str(stuck.error)
        self.messages.show_message(
            KEY,
            "error",
            self.tr("The study cannot be saved"),
            f"{reason} {self._waiting(stuck.unsaved)}",
            actions=[
                (self.tr("Try again"), self.session.try_again),
                (self.tr("Save elsewhere…"), self.save_elsewhere),
            ],
            details=reason,
            closable=False,
        )
        self._shown = reason

    def _waiting(self, unsaved: int) -> str:
        if unsaved == 1:
            return self.tr("1 trial waits in memory; it is tried again now and then.")
        return self.tr("{0} trials wait in memory; it is tried again now and then.").format(
            unsaved
        )
