"""The budget card: trials, time, a target, no improvement, little gain; whatever comes first."""

from __future__ import annotations

from typing import Any

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QLabel, QWidget

from hpo_gui.core.spec import BudgetSpec
from hpo_gui.gui.cards.strategy_card import StrategyCard
from hpo_gui.gui.session import Session
from hpo_gui.gui.summaries import budget_words
from hpo_gui.gui.widgets.buttons import explain
from hpo_gui.gui.widgets.combo import Combo
from hpo_gui.gui.widgets.labels import ElidedLabel, label, wrapped
from hpo_gui.gui.widgets.number_rule import NumberRule
from hpo_gui.gui.widgets.value_edit import ValueEdit

UNITS = {1.0: "seconds", 60.0: "minutes", 3600.0: "hours"}
FIRST = {"trials": 60, "seconds": 120.0, "target": 0.9, "no_improvement": 20, "gain": 0.001}


class BudgetCard(StrategyCard):
    """Edits `BudgetSpec`: each limit has a box that switches it on."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, "", "", parent, fields=("budget",))
        self.set_title(self.tr("Budget"))
        self.set_subtitle(self.tr("the study ends at whatever comes first"))
        whole, above = NumberRule(integer=True, at_least=1), NumberRule(above=0)
        rules = {
            "trials": whole,
            "seconds": above,
            "target": NumberRule(),
            "no_improvement": whole,
            "gain": above,
        }
        self.boxes: dict[str, QCheckBox] = {}
        self.edits: dict[str, ValueEdit] = {}
        self.notes: dict[str, QLabel] = {}
        self._remembered: dict[str, Any] = dict(FIRST)
        self.unit = Combo(
            [
                (1.0, self.tr("seconds")),
                (60.0, self.tr("minutes")),
                (3600.0, self.tr("hours")),
            ],
            self.tr("Unit of time"),
        )
        self._unit = 1.0
        self.unit.picked.connect(self._set_unit)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        grid.setColumnMinimumWidth(0, 150)
        grid.setColumnStretch(2, 1)
        for row, (name, rule) in enumerate(rules.items()):
            self._add_line(grid, row, name, rule)
        self.body.addLayout(grid)
        self._add_ahead(grid, len(rules) - 1, whole)
        self.words = wrapped("", "small")
        self.add(self.words)
        self.begin()

    def _add_line(self, grid: QGridLayout, row: int, name: str, rule: NumberRule) -> None:
        titles = {
            "trials": (self.tr("Trials"), self.tr("finished, the starting ones included")),
            "seconds": (self.tr("Time"), ""),
            "target": (self.tr("Target score"), ""),
            "no_improvement": (
                self.tr("No improvement"),
                self.tr("trials in a row without a better score"),
            ),
            "gain": (self.tr("Gain below"), ""),
        }
        title, note = titles[name]
        box = QCheckBox(title)
        edit = ValueEdit(rule, title)
        edit.setFixedWidth(96)
        box.clicked.connect(lambda on, name=name: self._switch(name, on))
        edit.value_changed.connect(lambda value, name=name: self._set(name, value))
        grid.addWidget(box, row, 0)
        grid.addWidget(edit, row, 1)
        if name == "seconds":
            self.unit.setFixedWidth(110)
            grid.addWidget(self.unit, row, 2, Qt.AlignmentFlag.AlignLeft)
        elif name == "gain":
            box.setToolTip(self._about_gain())
            edit.setToolTip(self._about_gain())
        else:
            self.notes[name] = ElidedLabel(note, "small")
            grid.addWidget(self.notes[name], row, 2)
        self.boxes[name], self.edits[name] = box, edit

    def _about_gain(self) -> str:
        return self.tr(
            "Stop when the next trials are expected to make the best score better by less than "
            "this. It is estimated from how the best score has improved so far; never before 20 "
            "trials have finished."
        )

    def _add_ahead(self, grid: QGridLayout, row: int, rule: NumberRule) -> None:
        """How many trials the expected gain looks ahead."""
        self.ahead = ValueEdit(rule, self.tr("Trials looked ahead for the expected gain"))
        self.ahead.setFixedWidth(56)
        self.ahead.value_changed.connect(lambda value: self._put("gain_trials", value))
        line = QHBoxLayout()
        line.setSpacing(6)
        line.addWidget(label(self.tr("expected of the next"), "small"))
        line.addWidget(self.ahead)
        line.addWidget(label(self.tr("trials"), "small"))
        line.addStretch(1)
        grid.addLayout(line, row, 2)

    def show_spec(self) -> None:
        """Show the limits."""
        budget = self.session.spec.budget
        for name, box in self.boxes.items():
            value = getattr(budget, name)
            box.setChecked(value is not None)
            self.edits[name].setEnabled(value is not None)
            if value is not None:
                self._remembered[name] = value
            shown = self._remembered[name]
            if name == "seconds":
                self._choose_unit(shown)
                shown = shown / self._unit
            self.edits[name].set_value(shown)
        self.unit.setEnabled(budget.seconds is not None)
        self.ahead.set_value(budget.gain_trials)
        self.ahead.setEnabled(budget.gain is not None)
        goal = self.session.goal
        self._show_what_fits(len(self.session.spec.goals or self.session.goals) > 1)
        if goal is not None:
            at_least = (
                self.tr("{0} of at least this")
                if goal.maximize
                else self.tr("{0} of at most this")
            )
            self.notes["target"].setText(at_least.format(goal.metric))
        self.words.setText(self._sentence(budget))

    def _show_what_fits(self, several: bool) -> None:
        """What a limit means with several goals, and that no gain is foretold then."""
        self.notes["no_improvement"].setText(
            self.tr("trials in a row that do not join the Pareto front")
            if several
            else self.tr("trials in a row without a better score")
        )
        box, is_on = self.boxes["gain"], self.boxes["gain"].isChecked()
        why_not = self.tr("The gain is foretold for one goal only.")
        explain(box, why_not if several and not is_on else "", self._about_gain())

    def _sentence(self, budget: BudgetSpec) -> str:
        words = budget_words(budget)
        if not words:
            return self.tr(
                "No limit: it goes on until you stop it, or until nothing is left to try."
            )
        return self.tr("Ends after {0}.").format(words)

    def _choose_unit(self, seconds: float) -> None:
        """Keep the unit where it gives a short number."""
        if seconds % self._unit or seconds < self._unit:
            self._unit = max((u for u in UNITS if seconds >= u and seconds % u == 0), default=1.0)
        elif self._unit == 1.0 and seconds >= 60 and seconds % 60 == 0 and not self._by_user():
            self._unit = 3600.0 if seconds % 3600 == 0 else 60.0
        self.unit.set_current_key(self._unit)

    def _by_user(self) -> bool:
        return bool(self.unit.property("picked"))

    def _set_unit(self, unit: object) -> None:
        assert isinstance(unit, float)
        self.unit.setProperty("picked", True)
        value = self.edits["seconds"].value()
        self._unit = unit
        if value is not None:
            self._set("seconds", value)

    def _set(self, name: str, value: Any) -> None:
        if name == "seconds":
            value = float(value) * self._unit
        self._put(name, value)

    def _switch(self, name: str, on: bool) -> None:
        self._put(name, self._remembered[name] if on else None)

    def _put(self, name: str, value: Any) -> None:
        changes: dict[str, Any] = {name: value}
        budget = msgspec.structs.replace(self.session.spec.budget, **changes)
        self.change(self.tr("Change the budget"), budget=budget)
