"""The dialog in which several models are ticked, each with what speaks against it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QWidget,
)

from hpo_gui.evaluation.model_entry import ModelEntry
from hpo_gui.evaluation.suitability import TableFacts, suitable_models, why_not
from hpo_gui.gui.widgets.buttons import LinkButton, PrimaryButton, SecondaryButton, explain
from hpo_gui.gui.widgets.dialogs import MessageDialog
from hpo_gui.gui.widgets.labels import label, set_role

HEIGHT = 430  # of the list, beyond which it scrolls


class ModelsDialog(MessageDialog):
    """Ticks the models that a study chooses between.

    Parameters
    ----------
    entries : what is offered, in this order
    chosen : names of the models in the study; those that are not offered come last
    facts : of the table, which decide what suits

    Signals
    -------
    given : names of the ticked models, in the order shown
    """

    given = Signal(object)

    def __init__(
        self,
        entries: Sequence[ModelEntry],
        chosen: Collection[str],
        facts: TableFacts,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("", "", parent)
        self.setMinimumWidth(680)
        self.title.setText(self.tr("Compare several models"))
        self.setWindowTitle(self.title.text())
        self.text.setText(
            self.tr(
                "The study tunes all that are ticked and gives more trials to those that promise "
                "more. The cheapest are tried first."
            )
        )
        self._facts = facts
        self.boxes: dict[str, QCheckBox] = {}
        self.notes: dict[str, QLabel] = {}
        self.suitable = LinkButton(self.tr("All that suit this table"))
        self.suitable.clicked.connect(self.tick_suitable)
        self.count = label("", "small")
        line = QHBoxLayout()
        line.setSpacing(12)
        line.addWidget(self.suitable)
        line.addWidget(self.count)
        line.addStretch(1)
        self.body.addLayout(line)
        self.body.addWidget(self._list(entries, chosen), 1)
        cancel = SecondaryButton(self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        self.take = PrimaryButton(self.tr("Use these models"))
        self.take.setDefault(True)
        self.take.clicked.connect(self._take)
        self.add_button(cancel)
        self.add_button(self.take)
        self._count()

    def ticked(self) -> tuple[str, ...]:
        """Names of the ticked models."""
        return tuple(name for name, box in self.boxes.items() if box.isChecked())

    def tick_suitable(self) -> None:
        """Tick what suits the table and nothing else of the catalogue; the user's own stay."""
        names = {entry.name for entry in suitable_models(self._facts)}
        for name, box in self.boxes.items():
            if name in self.notes:
                box.setChecked(name in names)
        self._count()

    def _list(self, entries: Sequence[ModelEntry], chosen: Collection[str]) -> QScrollArea:
        inside = QWidget()
        grid = QGridLayout(inside)
        grid.setContentsMargins(0, 0, 8, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        for row, entry in enumerate(entries):
            why = why_not(entry, self._facts)
            note = label(why or entry.use_when, "small")
            note.setWordWrap(True)
            if why:
                set_role(note, "warning")
            self.notes[entry.name] = note
            box = self._box(entry.name, entry.title, entry.name in chosen)
            box.setEnabled(entry.available)
            box.setAccessibleDescription(note.text())
            grid.addWidget(box, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(note, row, 1)
        for name in chosen:
            if name not in self.boxes:
                box = self._box(name, name.rpartition(".")[2], True)
                grid.addWidget(box, grid.rowCount(), 0)
                grid.addWidget(label(name, "small"), grid.rowCount() - 1, 1)
        area = QScrollArea()
        area.setWidget(inside)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        for surface in (area.viewport(), inside):  # the dialog's own colour shows through
            surface.setAutoFillBackground(False)
        area.setMinimumHeight(min(inside.sizeHint().height() + 8, HEIGHT))
        return area

    def _box(self, name: str, title: str, ticked: bool) -> QCheckBox:
        box = QCheckBox(title)
        box.setChecked(ticked)
        box.clicked.connect(self._count)
        self.boxes[name] = box
        return box

    def _count(self) -> None:
        count = len(self.ticked())
        self.count.setText(self.tr("{0} of {1} ticked").format(count, len(self.boxes)))
        explain(self.take, "" if count else self.tr("Tick at least one model."))

    def _take(self) -> None:
        names = self.ticked()
        self.accept()
        self.given.emit(names)
