"""The card of a trial's note and tags, edited in place."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QFocusEvent, QFontMetrics, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

from hpo_gui.core.acts import LONGEST_NOTE, LONGEST_TAG, MOST_TAGS
from hpo_gui.core.trial import Trial
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.trial_acts import add_tags, annotate, split_tags
from hpo_gui.gui.widgets.card import Card
from hpo_gui.gui.widgets.chip_list import ChipList
from hpo_gui.gui.widgets.labels import label, set_look, wrapped

LINES = 3  # of the note that are always seen


class NoteCard(Card):
    """Keeps what is typed when the field is left, on Ctrl+Return, or as another study comes.

    A note is that of the trial and the study it was typed for; where another one is shown the
    field is left, so that no key after that goes to the wrong trial.

    With several trials selected new tags are given to all of them; the note is that of the one
    looked at. What could not be kept stays in the field.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.setAccessibleName(self.tr("Note and tags"))
        self._session = session
        self._trial: Trial | None = None
        self._unkept: dict[int, str] = {}  # notes of this study that were typed, by trial
        self._sent: dict[int, str] = {}  # those of them that are being written
        self.tags = ChipList("remove", self.tr("Tags"), gap=6)
        self.new_tag = QLineEdit()
        self.new_tag.setAccessibleName(self.tr("Add a tag"))
        self.new_tag.setPlaceholderText(self.tr("+ tag"))
        self.new_tag.setFixedWidth(96)
        self.new_tag.setProperty("dense", True)
        self.note = NoteField()
        self.note.setAccessibleName(self.tr("Note"))
        self.note.setPlaceholderText(self.tr("A note about this trial"))
        self.error = wrapped("", "error")
        self.error.hide()
        self.body.setSpacing(6)
        self.add(label(self.tr("Note and tags"), "strong"))
        self.tags.add_widget(self.new_tag)
        for part in (self.tags, self.note, self.error):
            self.add(part)
        self.tags.removed.connect(self._remove_tag)
        self.new_tag.returnPressed.connect(self._add_tags)
        self.new_tag.textEdited.connect(lambda: self._complain(self.new_tag, ""))
        self.note.installEventFilter(self)
        self.note.textChanged.connect(self._typed)
        session.leaving.connect(self._leave_study)
        session.live.acts.failed.connect(self._sent.clear)

    def show_trial(self, trial: Trial | None) -> None:
        """Show a trial's note and tags; what is being typed about it stays."""
        other = trial is None or self._trial is None or trial.number != self._trial.number
        if other:
            self.keep()
            self._leave_field()
        self._trial = trial
        self.setVisible(trial is not None)
        if trial is None:
            return
        if self._unkept.get(trial.number) == trial.note:
            self._forget(trial.number)
        self._show_note(self._unkept.get(trial.number, trial.note))
        if other or self.tags_shown != trial.tags:
            self.tags.set_items(trial.tags)
            self.tags_shown = trial.tags
        locked = self._session.read_only
        self.note.setReadOnly(locked)
        self.new_tag.setEnabled(not locked)

    tags_shown: tuple[str, ...] = ()

    def _leave_study(self) -> None:
        """Another study is about to be shown: its trials have the same numbers."""
        trial = self._trial
        if trial is not None and self._sent.get(trial.number) != self._unkept.get(trial.number):
            self.keep()
        self._trial = None
        self._unkept.clear()
        self._sent.clear()
        self._leave_field()

    def _leave_field(self) -> None:
        """Nothing is typed about a trial any more."""
        self._trial = None
        self.new_tag.clear()
        self._complain(self.new_tag, "")
        self.note.clearFocus()
        self._show_note("")

    def _forget(self, number: int) -> None:
        del self._unkept[number]
        self._sent.pop(number, None)

    def _show_note(self, text: str) -> None:
        if text != self.note.toPlainText() and not self.note.hasFocus():
            self.note.blockSignals(True)
            self.note.setPlainText(text)
            self.note.blockSignals(False)
            self._check()

    def edit(self) -> None:
        """Begin to type."""
        self.note.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.note.selectAll()

    def keep(self) -> None:
        """Keep the note that was typed, if it is another one and not too long."""
        trial = self._trial
        if trial is None or trial.number not in self._unkept:
            return
        text = self._unkept[trial.number]
        if text == trial.note:
            self._forget(trial.number)
        elif len(text) <= LONGEST_NOTE:
            self._sent[trial.number] = text
            annotate(self._session, trial.number, text, trial.tags)

    def _typed(self) -> None:
        trial = self._trial
        if trial is not None:
            self._unkept[trial.number] = self.note.toPlainText()
            if trial.number not in self._session.looking.selection:
                self._session.looking.select([trial.number])  # it stays, though a better one ends
        self._check()

    def _check(self) -> None:
        length = len(self.note.toPlainText())
        words = self.tr("The note has {0:,} characters; at most {1:,} are kept.")
        self._complain(
            self.note, words.format(length, LONGEST_NOTE) if length > LONGEST_NOTE else ""
        )

    def _complain(self, field: QWidget, text: str) -> None:
        set_look(field, "invalid", bool(text))
        self.error.setText(text)
        self.error.setVisible(bool(text))

    def _add_tags(self) -> None:
        trial, typed = self._trial, split_tags(self.new_tag.text())
        if trial is None or not typed:
            return
        problem = _tags_problem((*trial.tags, *typed))
        self._complain(self.new_tag, problem)
        if problem:
            return
        self.new_tag.clear()
        numbers = self._session.looking.selection
        chosen = numbers if trial.number in numbers else (trial.number,)
        add_tags(self._session, chosen, typed)

    def _remove_tag(self, tag: str) -> None:
        trial = self._trial
        if trial is not None and not self._session.read_only:
            left = [known for known in trial.tags if known != tag]
            annotate(self._session, trial.number, trial.note, left)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the note when its field is left, or on Ctrl+Return."""
        try:
            return self._keeps_at(event)
        except Exception as error:  # noqa: BLE001 - Qt ends the process where it goes on into it
            sys.excepthook(type(error), error, error.__traceback__)
            return False

    def _keeps_at(self, event: QEvent) -> bool:
        """Whether an event of the field is one that keeps the note and is used up by that."""
        if isinstance(event, QFocusEvent) and event.type() == QEvent.Type.FocusOut:
            if event.reason() != Qt.FocusReason.PopupFocusReason:
                self.keep()
        elif isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            if enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                self.keep()
                return True
        return False


class NoteField(QPlainTextEdit):
    """A few lines of text; Tab leaves it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTabChangesFocus(True)
        height = QFontMetrics(self.font()).lineSpacing() * LINES
        self.setFixedHeight(height + 18)


def _tags_problem(tags: Sequence[str]) -> str:
    """What is wrong with tags, or ""."""
    from hpo_gui.gui.tables.trial_acts import tr

    if len(set(tags)) > MOST_TAGS:
        return tr("A trial can have at most {0} tags.").format(MOST_TAGS)
    if any(len(tag) > LONGEST_TAG for tag in tags):
        return tr("A tag can have at most {0} characters.").format(LONGEST_TAG)
    return ""
