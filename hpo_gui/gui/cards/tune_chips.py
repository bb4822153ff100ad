"""Chips that say which options of a schedule are parameters of the search space."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from hpo_gui.gui.widgets.buttons import explain
from hpo_gui.gui.widgets.chip import Chip
from hpo_gui.gui.widgets.flow_layout import FlowLayout
from hpo_gui.gui.widgets.labels import label


class TuneChips(QWidget):
    """Which options are parameters of the search space.

    Signals
    -------
    wanted : name of the parameter, and whether it is to be tuned
    """

    wanted = Signal(str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chips: dict[str, Chip] = {}
        self._flow = FlowLayout(self, gap=8, line_gap=6)
        self._flow.addWidget(label(self.tr("Tune"), "muted"))
        self.setAccessibleName(self.tr("Options that are tuned"))

    def show_options(
        self, options: Sequence[tuple[str, str]], tuned: Collection[str], why_not: str = ""
    ) -> None:
        """Show these parameters (name, title); ``why_not`` says why none can be chosen."""
        if [name for name, _ in options] != list(self.chips):
            self._fill(options)
        for name, chip in self.chips.items():
            chip.setChecked(name in tuned)
            explain(chip, why_not, self.tr("As {0} in the search space").format(name))

    def _fill(self, options: Sequence[tuple[str, str]]) -> None:
        for chip in self.chips.values():
            self._flow.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self.chips = {}
        for name, title in options:
            chip = Chip(title, self, selectable=True)
            chip.setAccessibleName(self.tr("Tune {0}").format(title))
            chip.clicked.connect(lambda on, name=name: self.wanted.emit(name, on))
            self._flow.addWidget(chip)
            chip.show()
            self.chips[name] = chip
