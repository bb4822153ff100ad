"""A dialog that asks for one line of text and says at once what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from hpo_gui.gui.widgets.buttons import PrimaryButton, SecondaryButton
from hpo_gui.gui.widgets.dialogs import MessageDialog
from hpo_gui.gui.widgets.labels import wrapped


class TextDialog(MessageDialog):
    """Asks for a text.

    Parameters
    ----------
    name : what is typed, for screen readers
    verb : the words on the button that takes it
    check : text -> what is wrong with it, or ""

    Signals
    -------
    given : the text, stripped, once there is nothing wrong with it
    """

    given = Signal(str)

    def __init__(
        self,
        title: str,
        text: str,
        parent: QWidget | None = None,
        *,
        name: str,
        verb: str,
        placeholder: str = "",
        check: Callable[[str], str],
    ) -> None:
        super().__init__(title, text, parent)
        self._check = check
        self.field = QLineEdit()
        self.field.setAccessibleName(name)
        self.field.setPlaceholderText(placeholder)
        self.error = wrapped("", "error")
        self.error.hide()
        self.body.addWidget(self.field)
        self.body.addWidget(self.error)
        cancel = SecondaryButton(self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        self.use = PrimaryButton(verb)
        self.use.clicked.connect(self._take)
        self.use.setDefault(True)
        self.add_button(cancel)
        self.add_button(self.use)
        self.field.setFocus()

    def _take(self) -> None:
        text = self.field.text().strip()
        problem = self._check(text)
        self.error.setText(problem)
        self.error.setVisible(bool(problem))
        if not problem:
            self.accept()
            self.given.emit(text)
