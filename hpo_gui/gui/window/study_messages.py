"""What the frame of the window has to say about a study, in bars above the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from hpo_gui.gui import summaries
from hpo_gui.gui.engine import EditLike
from hpo_gui.gui.of_study import of_study
from hpo_gui.gui.session import Session
from hpo_gui.gui.widgets.message_bar import Action, Level, MessageStack

if TYPE_CHECKING:
    from hpo_gui.evaluation.trust import Code

MOST_CHANGES = 3  # that are named in a bar
SLOW_MS = 500  # what takes longer is shown, with a way to cancel it


class StudyMessages(QObject):
    """Shows that opening takes long, that a change has to wait, and asks for trust."""

    def __init__(self, session: Session, messages: MessageStack, parent: QObject) -> None:
        super().__init__(parent)
        self.session = session
        self.messages = messages
        self.slow = QTimer(self)
        self.slow.setSingleShot(True)
        self.slow.setInterval(SLOW_MS)
        self.slow.timeout.connect(self._tell_slow)
        self._edited = ""
        session.opening.changed.connect(self._loading_changed)
        session.problems_changed.connect(self._ask_for_trust)
        session.study_changed.connect(self._another_study)
        session.state_changed.connect(self._state_changed)
        session.study_edit.changed.connect(self._show_edit)
        session.problems_changed.connect(self._show_edit)

    def _another_study(self) -> None:
        self.messages.clear()
        self._edited = ""
        self._ask_for_trust()
        self._show_edit()

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
        of_study(dialog, self.session)
        dialog.open()

    def trust(self) -> None:
        """The user says yes to the code that was named."""
        self.session.trust()

    def _state_changed(self, state: str) -> None:
        if state == "starting":
            self.messages.clear()
            self._edited = ""
            self._show_edit()

    def _show_edit(self) -> None:
        """Tell that a change is used when the study goes on, and let it go on at once."""
        session, edit = self.session, self.session.study_edit
        if not edit.is_pending or session.state == "starting" or session.read_only:
            self._edited = ""
            self.messages.remove("later")
            return
        found = edit.found
        head, text = self.tr("Changes apply when the study goes on"), ""
        level: Level = "info"
        actions: list[Action] = []
        if session.problems:
            text = str(session.problems[0].error)
        elif edit.refusal:
            level, text = "warning", edit.refusal
            head = self.tr("This study cannot go on with that")
            if not session.is_active:
                actions = [(self.tr("New study from this one"), session.new_study_from_this)]
        elif edit.goes_on:
            head = self.tr("The study goes on with the changes")
            text = self.tr("As soon as the running trials are through.")
            actions = [(self.tr("Stop them"), lambda: edit.apply(stop=True))]
        else:
            text = "" if found is None else edit_words(found)
            actions = self._ways_to_apply()
        if not edit.goes_on:
            actions.append((self.tr("Undo"), session.undo.undo))
        shown = f"{level} {head} {text} {[words for words, _ in actions]}"
        if shown == self._edited:
            return
        self._edited = shown
        details = "" if found is None else "\n".join((*found.changes, *found.warnings))
        self.messages.show_message("later", level, head, text, actions=actions, details=details)

    def _ways_to_apply(self) -> list[Action]:
        session, edit = self.session, self.session.study_edit
        ways: list[Action] = [(self.tr("Apply and go on"), edit.apply)]
        now = session.progress
        if session.is_active and (now is None or now.running):
            ways.append((self.tr("Stop trials and go on"), lambda: edit.apply(stop=True)))
        return ways

    def _loading_changed(self) -> None:
        self.messages.remove("loading")
        if self.session.opening.title:
            self.slow.start()
        else:
            self.slow.stop()

    def _tell_slow(self) -> None:
        self.messages.show_message(
            "loading",
            "info",
            f"{self.session.opening.title}…",
            actions=[(self.tr("Cancel"), self.session.opening.cancel)],
            closable=False,
        )


def _trust_words(codes: Sequence[Code]) -> str:
    if len(codes) > 1:
        return summaries.tr("Trust them")
    one = codes[0]
    return summaries.tr("Trust this file") if one.is_file else summaries.tr("Trust this class")


def edit_words(edit: EditLike) -> str:
    """What an edit changes, shortly, and what to know before."""
    shown = "; ".join(edit.changes[:MOST_CHANGES])
    if len(edit.changes) > MOST_CHANGES:
        shown += summaries.tr("; {0} more").format(len(edit.changes) - MOST_CHANGES)
    return " ".join((f"{shown}." if shown else "", *edit.warnings)).strip()
