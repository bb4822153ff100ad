"""A flowing list of chips: shown, chosen from, or removed one by one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QWidget

from hpo_gui.gui.widgets.chip import Chip
from hpo_gui.gui.widgets.flow_layout import FlowLayout

Kind = Literal["show", "one", "several", "remove"]


class ChipList(QWidget):
    """Chips in lines.

    Parameters
    ----------
    kind : "show" (only values), "one" (exactly one chosen), "several" (any number chosen),
        "remove" (each has a cross)
    name : what the chips are, for screen readers

    Signals
    -------
    changed : the keys that are chosen, after the user chose
    removed : the key whose cross was hit
    """

    changed = Signal(list)
    removed = Signal(str)

    def __init__(
        self, kind: Kind = "show", name: str = "", parent: QWidget | None = None, *, gap: int = 8
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._kind = kind
        self._chips: dict[str, Chip] = {}
        self._flow = FlowLayout(self, gap=gap, line_gap=gap)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_items(self, items: Iterable[tuple[str, str] | str]) -> None:
        """Show these (key, label) pairs, or words that are both; what is chosen is kept."""
        chosen = self.selected()
        for chip in self._chips.values():
            self._flow.removeWidget(chip)
            chip.hide()  # at once: it is deleted later
            chip.deleteLater()
        self._chips = {}
        for item in items:
            key, text = (item, item) if isinstance(item, str) else item
            self._add(key, text)
        self.set_selected([key for key in chosen if key in self._chips])
        self.updateGeometry()

    def _add(self, key: str, text: str) -> None:
        chip = Chip(
            text,
            self,
            selectable=self._kind in ("one", "several"),
            removable=self._kind == "remove",
        )
        chip.removed.connect(lambda: self.removed.emit(key))
        chip.clicked.connect(lambda: self._clicked(key))
        self._flow.insert_widget(len(self._chips), chip)
        self._chips[key] = chip
        chip.show()

    def add_widget(self, widget: QWidget) -> None:
        """Put ``widget`` (such as "+ add") after the chips; it stays when they change."""
        self._flow.addWidget(widget)

    def chip(self, key: str) -> Chip:
        """Return one chip."""
        return self._chips[key]

    def selected(self) -> list[str]:
        """Return the keys that are chosen, in the order shown."""
        return [key for key, chip in self._chips.items() if chip.isChecked()]

    def set_selected(self, keys: Sequence[str]) -> None:
        """Choose exactly ``keys``, silently; unknown ones are left out."""
        for key, chip in self._chips.items():
            if chip.isCheckable():
                chip.setChecked(key in keys)

    def _clicked(self, key: str) -> None:
        if self._kind == "one":
            self.set_selected([key])
        if self._kind in ("one", "several"):
            self.changed.emit(self.selected())
