"""A dialog that shows the code of others that a study would run, before anything of it runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from hpo_gui.evaluation.trust import Code, read_source
from hpo_gui.gui.typography import monospace_font
from hpo_gui.gui.widgets.buttons import PrimaryButton, SecondaryButton
from hpo_gui.gui.widgets.dialogs import MessageDialog

SIZE = QSize(760, 560)


class CodeDialog(MessageDialog):
    """Shows the source of every file, and the names of classes, in plain text.

    Parameters
    ----------
    verb : the words on the button that trusts them

    Signals
    -------
    trusted : the user says yes
    """

    trusted = Signal()

    def __init__(self, codes: Sequence[Code], verb: str, parent: QWidget | None = None) -> None:
        title = self.tr("The code that this study runs")
        text = self.tr(
            "Nothing of it has run yet. What you trust may run from now on, with all that it "
            "imports, until the file changes."
        )
        super().__init__(title, text, parent)
        self.code = QPlainTextEdit("\n\n".join(self._shown(code) for code in codes))
        self.code.setReadOnly(True)
        self.code.setFont(monospace_font())
        self.code.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.code.setAccessibleName(self.tr("Code"))
        self.code.setTabChangesFocus(True)
        self.body.addWidget(self.code, 1)
        self.later_button = SecondaryButton(self.tr("Not now"))
        self.later_button.clicked.connect(self.reject)
        self.trust_button = PrimaryButton(verb)
        self.trust_button.clicked.connect(self._trust)
        self.add_button(self.later_button)
        self.add_button(self.trust_button)
        self.later_button.setDefault(True)
        self.later_button.setFocus()
        self.resize(SIZE)

    def _shown(self, code: Code) -> str:
        if not code.is_file:
            words = self.tr("an installed class; its package is imported from your Python")
            return f"# {code.name}\n# {words}"
        try:
            source = read_source(Path(code.name)).decode("utf-8", "replace")
        except OSError as error:
            source = f"# {error.strerror or error}"
        return f"# {code.name}\n{source}"

    def _trust(self) -> None:
        self.accept()
        self.trusted.emit()
