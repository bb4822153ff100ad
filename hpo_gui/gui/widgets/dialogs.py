"""Dialogs that ask before something is lost or tell about an error; none blocks the program."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QFrame,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from hpo_gui.gui.typography import monospace_font
from hpo_gui.gui.widgets.buttons import DangerButton, LinkButton, PrimaryButton, SecondaryButton
from hpo_gui.gui.widgets.labels import label, wrapped

WIDTH = 440


class MessageDialog(QDialog):
    """A title, text, and buttons in a row; window-modal, shown with ``open()``.

    It deletes itself when closed.
    """

    def __init__(self, title: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setMinimumWidth(WIDTH)
        self.title, self.text = label(title, "title"), wrapped(text, "")
        self.title.setWordWrap(True)
        self.body = QVBoxLayout()
        self.body.setSpacing(8)
        self._buttons = QHBoxLayout()
        self._build()

    def _build(self) -> None:
        surface = QFrame(self)
        surface.setProperty("kind", "bar")
        surface.setProperty("edge", "bottom")
        upper = QVBoxLayout(surface)
        upper.setContentsMargins(24, 20, 24, 20)
        upper.setSpacing(8)
        upper.addWidget(self.title)
        upper.addWidget(self.text)
        upper.addLayout(self.body)
        self._buttons.setContentsMargins(24, 12, 24, 12)
        self._buttons.setSpacing(8)
        self._buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(surface, 1)
        column.addLayout(self._buttons)

    def add_button(self, button: QPushButton, *, left: bool = False) -> None:
        """Add a button at the right end, or at the left."""
        if left:
            self._buttons.insertWidget(0, button)
        else:
            self._buttons.addWidget(button)


class ConfirmDialog(MessageDialog):
    """Asks before something is done; Return and Escape both cancel when it destroys something.

    Parameters
    ----------
    title : the question
    text : what will happen
    verb : the words on the button that does it ("Delete study")
    destructive : whether something is lost
    choices : more (key, words) buttons between cancel and the verb, such as "Keep as paused"

    Signals
    -------
    confirmed : the verb was chosen
    chosen : "yes" for the verb, the key of another choice, or "cancel"; sent exactly once
    """

    confirmed = Signal()
    chosen = Signal(str)

    def __init__(
        self,
        title: str,
        text: str,
        verb: str,
        parent: QWidget | None = None,
        *,
        destructive: bool = False,
        choices: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(title, text, parent)
        self._answer = "cancel"
        self.cancel_button = SecondaryButton(self.tr("Cancel"))
        self.cancel_button.clicked.connect(self.reject)
        self.verb_button = (DangerButton if destructive else PrimaryButton)(verb)
        self.verb_button.clicked.connect(lambda: self._take("yes"))
        self.choice_buttons: dict[str, SecondaryButton] = {}
        self.add_button(self.cancel_button)
        for key, words in choices:
            button = SecondaryButton(words)
            button.clicked.connect(lambda _=False, key=key: self._take(key))
            self.choice_buttons[key] = button
            self.add_button(button)
        self.add_button(self.verb_button)
        default = self.cancel_button if destructive else self.verb_button
        default.setDefault(True)
        default.setFocus()
        self.finished.connect(self._tell)

    def _take(self, answer: str) -> None:
        self._answer = answer
        self.accept()

    def _tell(self) -> None:
        if self._answer == "yes":
            self.confirmed.emit()
        self.chosen.emit(self._answer)


def confirm(
    parent: QWidget | None,
    title: str,
    text: str,
    verb: str,
    then: Callable[[], object],
    *,
    destructive: bool = True,
) -> ConfirmDialog:
    """Ask, and call ``then`` when the user agrees; returns at once."""
    dialog = ConfirmDialog(title, text, verb, parent, destructive=destructive)
    dialog.confirmed.connect(lambda: then())
    dialog.open()
    return dialog


class ErrorDialog(MessageDialog):
    """Tells what happened, why, and what to do; the details can be copied.

    Parameters
    ----------
    title : what happened
    why : the reason
    remedy : what to do; "" leaves it out
    details : traceback or log; "" leaves the field out
    """

    def __init__(
        self,
        title: str,
        why: str,
        remedy: str = "",
        details: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(title, why, parent)
        self.details = details
        self.remedy = wrapped(remedy, "strong")
        self.remedy.setVisible(bool(remedy))
        self.body.addWidget(self.remedy)
        if details:
            self._add_details()
        self.close_button = PrimaryButton(self.tr("Close"))
        self.close_button.clicked.connect(self.accept)
        self.close_button.setDefault(True)
        self.close_button.setFocus()
        self.add_button(self.close_button)

    def _add_details(self) -> None:
        field = QPlainTextEdit(self.details)
        field.setReadOnly(True)
        field.setFont(monospace_font())
        field.setAccessibleName(self.tr("Details"))
        field.setTabChangesFocus(True)
        field.setMinimumHeight(120)
        self.body.addWidget(field, 1)
        self.copy_button = LinkButton(self.tr("Copy details"), "copy")
        self.copy_button.clicked.connect(self.copy_details)
        self.add_button(self.copy_button, left=True)

    def copy_details(self) -> None:
        """Put everything that is told on the clipboard."""
        parts = (self.title.text(), self.text.text(), self.remedy.text(), self.details)
        QApplication.clipboard().setText("\n\n".join(part for part in parts if part))
