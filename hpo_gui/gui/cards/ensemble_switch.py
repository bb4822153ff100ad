"""The card that switches on that the best models are combined in the end."""

from __future__ import annotations

from typing import Any

import msgspec
from PySide6.QtWidgets import QGridLayout, QWidget

from hpo_gui.core.spec import EnsembleSpec
from hpo_gui.gui.cards.strategy_card import StrategyCard
from hpo_gui.gui.session import Session
from hpo_gui.gui.widgets.labels import ElidedLabel, label, wrapped
from hpo_gui.gui.widgets.number_rule import NumberRule
from hpo_gui.gui.widgets.toggle import Toggle
from hpo_gui.gui.widgets.value_edit import ValueEdit


class EnsembleSwitchCard(StrategyCard):
    """Edits `EnsembleSpec`; hidden for a function of the user's own."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, "", "", parent, fields=("ensemble",))
        self.set_title(self.tr("Ensemble"))
        self.switch = Toggle(self.tr("Combine the best models in the end"))
        self.switch.clicked.connect(self._switch)
        self.text = wrapped(
            self.tr(
                "Every trial then keeps what it says of the rows it has not learnt from, and the "
                "trials that are best together vote. Costs a little time and disk space."
            ),
            "muted",
        )
        self.numbers = QWidget()
        self._grid = QGridLayout(self.numbers)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnMinimumWidth(0, 150)
        self._grid.setColumnStretch(2, 1)
        self.edits: dict[str, ValueEdit] = {}
        self._line("size", self.tr("Votes"), self.tr("in all; one trial may have several"), 1)
        self._line("candidates", self.tr("Candidates"), self.tr("so many of the best trials"), 2)
        for part in (self.switch, self.text, self.numbers):
            self.add(part)
        self.begin()

    def _line(self, name: str, title: str, note: str, least: int) -> None:
        row = self._grid.rowCount()
        edit = ValueEdit(NumberRule(integer=True, at_least=least, at_most=1000), title)
        edit.setFixedWidth(120)
        edit.value_changed.connect(lambda value: self._set(name, value))
        words = label(title)
        words.setBuddy(edit)
        self._grid.addWidget(words, row, 0)
        self._grid.addWidget(edit, row, 1)
        self._grid.addWidget(ElidedLabel(note, "small"), row, 2)
        self.edits[name] = edit

    def show_spec(self) -> None:
        """Show whether it is on, and the numbers."""
        spec = self.session.spec
        self.setVisible(spec.objective is None)
        self.switch.setChecked(spec.ensemble is not None)
        self.numbers.setVisible(spec.ensemble is not None)
        for name, edit in self.edits.items():
            edit.set_value(getattr(spec.ensemble or EnsembleSpec(), name))

    def _switch(self, on: bool) -> None:
        words = self.tr("Combine the best models") if on else self.tr("Take the best model alone")
        self.change(words, ensemble=EnsembleSpec() if on else None)

    def _set(self, name: str, value: Any) -> None:
        changes: dict[str, Any] = {name: value}
        wanted = self.session.spec.ensemble or EnsembleSpec()
        self.change(
            self.tr("Change the ensemble"), ensemble=msgspec.structs.replace(wanted, **changes)
        )
