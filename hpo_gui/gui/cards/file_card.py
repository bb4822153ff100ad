"""The file bar of the Data step: which table, how it was read, and ways to another one."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from hpo_gui.gui.session import Session
from hpo_gui.gui.summaries import source_name
from hpo_gui.gui.widgets.buttons import MenuButton, SecondaryButton, explain
from hpo_gui.gui.widgets.labels import ElidedLabel
from hpo_gui.gui.widgets.plain_tips import plain_tip


class FileCard(QFrame):
    """See the module.

    Signals
    -------
    reading_wanted : show the reading options
    open_wanted : choose another file
    """

    reading_wanted = Signal()
    open_wanted = Signal()

    def __init__(self, session: Session, examples: QMenu, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setProperty("kind", "card")
        self.name = ElidedLabel("", "title")
        self.facts = ElidedLabel("", "muted")
        self.reading = SecondaryButton(self.tr("Reading options…"))
        self.reading.clicked.connect(self.reading_wanted)
        self.examples = MenuButton(self.tr("Examples"), examples)
        self.open_button = SecondaryButton(self.tr("Open…"))
        self.open_button.clicked.connect(self.open_wanted)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.name)
        words.addWidget(self.facts)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 12, 14, 12)
        row.setSpacing(12)
        row.addLayout(words, 1)
        for button in (self.reading, self.examples, self.open_button):
            row.addWidget(button)
        session.table_changed.connect(self.refresh)
        session.spec_changed.connect(self.refresh)
        session.state_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the table again."""
        data, table = self.session.spec.data, self.session.table
        if table is not None and data is not None:
            self.name.setText(table.name)
            self.facts.setText(table.summary)
            self.name.setToolTip(plain_tip(str(table.path or "")))
        elif data is not None:
            self.name.setText(source_name(data.source))
            self.facts.setText(self.tr("This table could not be read."))
        else:
            self.name.setText(self.tr("Your own function"))
            objective = self.session.spec.objective
            self.facts.setText(objective.function if objective else "")
        no_data = "" if data is not None else self.tr("A function needs no table.")
        running = self.tr("Not while the study runs.") if self.session.is_active else ""
        explain(self.reading, running or no_data, self.tr("Separator, encoding, header, codes"))
        for button in (self.examples, self.open_button):
            explain(button, "", self.tr("Begin a study with another table"))
