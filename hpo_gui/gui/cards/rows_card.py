"""The card that lets trials learn from growing shares of the rows."""

from __future__ import annotations

from typing import Any

import msgspec
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QGridLayout, QWidget

from hpo_gui.core.spec import MOST_SHARES, RowsSpec, StudySpec
from hpo_gui.gui.cards.strategy_card import StrategyCard
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.score_text import share_text
from hpo_gui.gui.widgets.buttons import explain
from hpo_gui.gui.widgets.labels import ElidedLabel, label, wrapped
from hpo_gui.gui.widgets.number_rule import NumberRule
from hpo_gui.gui.widgets.toggle import Toggle
from hpo_gui.gui.widgets.value_edit import ValueEdit

RULES = {
    "steps": NumberRule(integer=True, at_least=2, at_most=MOST_SHARES),
    "least": NumberRule(above=0, below=1),
}


class RowsCard(StrategyCard):
    """Edits `RowsSpec`; hidden for a function of the user's own."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, "", "", parent, fields=("rows",))
        self.set_title(self.tr("Rows to learn from"))
        self.switch = Toggle(self.tr("Learn from growing shares of the rows"))
        self.switch.clicked.connect(self._switch)
        self.text = wrapped("", "muted")
        self.numbers = QWidget()
        self._grid = QGridLayout(self.numbers)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnMinimumWidth(0, 150)
        self._grid.setColumnStretch(2, 1)
        self.edits: dict[str, ValueEdit] = {}
        self._line("steps", self.tr("Steps"), self.tr("the last one: all rows"))
        self._line("least", self.tr("First share"), self.tr("such as 0.1 for a tenth"))
        for part in (self.switch, self.text, self.numbers):
            self.add(part)
        self.begin()

    def _line(self, name: str, title: str, note: str) -> None:
        row = self._grid.rowCount()
        edit = ValueEdit(RULES[name], title)
        edit.setFixedWidth(120)
        edit.value_changed.connect(lambda value: self._set(name, value))
        words = label(title)
        words.setBuddy(edit)
        self._grid.addWidget(words, row, 0)
        self._grid.addWidget(edit, row, 1)
        self._grid.addWidget(ElidedLabel(note, "small"), row, 2)
        self.edits[name] = edit

    def show_spec(self) -> None:
        """Show whether it is on, the numbers, and what they mean."""
        spec = self.session.spec
        self.setVisible(spec.objective is None)
        self.switch.setChecked(spec.rows is not None)
        explain(self.switch, "" if spec.rows is not None else why_no_shares(spec))
        self.numbers.setVisible(spec.rows is not None)
        self.text.setText(rows_words(spec.rows))
        for name, edit in self.edits.items():
            edit.set_value(getattr(spec.rows or RowsSpec(), name))

    def _switch(self, on: bool) -> None:
        words = self.tr("Learn from growing shares") if on else self.tr("Learn from all rows")
        self.change(words, rows=RowsSpec() if on else None)

    def _set(self, name: str, value: Any) -> None:
        changes: dict[str, Any] = {name: value}
        wanted = msgspec.structs.replace(self.session.spec.rows or RowsSpec(), **changes)
        words = self.tr("Change the first share")
        self.change(self.tr("Change the shares") if name == "steps" else words, rows=wanted)


def why_no_shares(spec: StudySpec) -> str:
    """Why trials cannot learn from growing shares of the rows; "" where they can."""
    if spec.training is not None:
        return _tr("The models learn step by step: switch Training off in the Space step first.")
    if spec.ensemble is not None:
        return _tr("The best models are to be combined: switch the ensemble off first.")
    return ""


def rows_words(rows: RowsSpec | None) -> str:
    """What the shares are, and what they cost, in sentences."""
    if rows is None:
        return _tr(
            "A trial then learns from a small share of the rows first, and what will not win "
            "stops there. Worth it on large tables, where a fit takes long."
        )
    *shares, _ = rows.shares
    text = _tr(
        "Each trial learns from {0} and then all of the rows, and is judged by the same rows "
        "each time. To the end it costs about {1} times as much as at once."
    )
    return text.format(", ".join(map(share_text, shares)), f"{sum(rows.shares):.1f}")


def _tr(text: str) -> str:
    return QCoreApplication.translate("RowsCard", text)
