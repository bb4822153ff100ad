"""What the frame of the window has to say about a study, in bars above the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from msgspec import structs
from PySide6.QtCore import QObject, QTimer

from hpo_gui.core.spec import StudySpec
from hpo_gui.gui import summaries
from hpo_gui.gui.session import Session
from hpo_gui.gui.widgets.message_bar import MessageStack

if TYPE_CHECKING:
    from hpo_gui.evaluation.trust import Code

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
        session.loading_changed.connect(self._loading_changed)
        session.problems_changed.connect(self._ask_for_trust)
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
        self._ask_for_trust()
        self._spec_changed()

    def _ask_for_trust(self) -> None:
        """Tell of code of others, before any of it runs, and let the user say yes to it."""
        codes = self.session.untrusted
        if not codes:
            self.messages.remove("trust")
            return
        names = ", ".join(code.title for code in codes)
        head = self.tr("This study runs code from {0}").format(names)
        if any(code.changed for code in codes):
            head = self.tr("{0} has changed since you trusted it").format(names)
        self.messages.show_message(
            "trust",
            "warning",
            head,
            self.tr("Code can do all that you can do. Look at it first if it is not yours."),
            actions=[(self.tr("Look at it…"), self._show_code), (_trust_words(codes), self.trust)],
            closable=False,
        )

    def _show_code(self) -> None:
        from hpo_gui.gui.dialogs.code_dialog import CodeDialog

        codes = self.session.untrusted
        dialog = CodeDialog(codes, _trust_words(codes), self.messages.window())
        dialog.trusted.connect(self.trust)
        dialog.open()

    def trust(self) -> None:
        """The user says yes to the code that was named."""
        self.session.trust()

    def _state_changed(self, state: str) -> None:
        if state == "starting":
            self.messages.clear()
        elif not self.session.is_active:
            self.messages.remove("later")

    def _spec_changed(self) -> None:
        """Tell that a change during a run is used when the study goes on."""
        began = self.session.runs_with
        if began is None:
            return
        if _without_workers(self.session.spec) == _without_workers(began):
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


def _trust_words(codes: Sequence[Code]) -> str:
    if len(codes) > 1:
        return summaries.tr("Trust them")
    one = codes[0]
    return summaries.tr("Trust this file") if one.is_file else summaries.tr("Trust this class")


def _without_workers(spec: StudySpec) -> StudySpec:
    """The specification but for the workers, whose number changes at once."""
    return structs.replace(spec, compute=structs.replace(spec.compute, workers=None))
