"""Says that the study can only be read, that it is followed, and offers to write it again."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from hpo_gui.gui.following import Following
from hpo_gui.gui.widgets.message_bar import Action, Level, MessageStack

KEY = "read only"


class ReadOnlyMessages(QObject):
    """See the module; one bar, quiet while another program writes and the window follows.

    Parameters
    ----------
    save_copy : asks where a copy of the study goes
    """

    def __init__(
        self,
        following: Following,
        messages: MessageStack,
        save_copy: Callable[[], object],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.following = following
        self.session = following.session
        self.messages = messages
        self.save_copy = save_copy
        following.changed.connect(self._show)
        self.session.state_changed.connect(self._run_changed)

    def _run_changed(self, state: str) -> None:
        if state == "starting":
            self.messages.remove(KEY)

    def _show(self) -> None:
        session, following = self.session, self.following
        copy: Action = (self.tr("Save a copy…"), self.save_copy)
        if following.error is not None and session.path is not None:
            text = self.tr("What is shown here stays. {0}").format(following.error)
            self._tell("warning", self.tr("The study is followed no more"), text, [])
        elif not session.read_only:
            self.messages.remove(KEY)
        elif following.writer:
            self._tell("info", self.tr("Read only: following"), following.writer, [copy])
        elif following.can_take_over:
            take_over: Action = (self.tr("Take over"), following.take_over)
            text = self.tr("Take over to change it here, or to go on with it.")
            self._tell(
                "good", self.tr("Nobody writes this study any more"), text, [take_over, copy]
            )
        else:
            level: Level = "warning" if following.has_looked else "info"
            self._tell(level, self.tr("Read-only"), session.read_only_reason, [copy])

    def _tell(self, level: Level, head: str, text: str, actions: list[Action]) -> None:
        self.messages.show_message(KEY, level, head, text, actions=actions)
