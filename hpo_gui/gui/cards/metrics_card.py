"""The metrics card: the goal with its direction, and what else is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from hpo_gui.core.goal import Goal
from hpo_gui.evaluation.metrics import COSTS, METRICS, metric_direction, metric_names, metric_title
from hpo_gui.gui.cards.strategy_card import StrategyCard
from hpo_gui.gui.session import Session
from hpo_gui.gui.widgets.chip_list import ChipList
from hpo_gui.gui.widgets.combo import Combo, SearchableCombo
from hpo_gui.gui.widgets.labels import label, wrapped

if TYPE_CHECKING:
    from hpo_gui.evaluation.dataset import Task


class MetricsCard(StrategyCard):
    """Edits the goal and the other metrics."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, "", "", parent, fields=("metric", "goals", "metrics"))
        self.set_title(self.tr("Metrics"))
        self.set_subtitle(self.tr("what the study makes as good as possible"))
        self.goal = SearchableCombo([], self.tr("Goal"))
        self.goal.picked.connect(lambda name: self._set_goal(str(name)))
        self.adder = SearchableCombo([], self.tr("Record another metric"))
        self.key = QLineEdit()
        self.key.setAccessibleName(self.tr("Key of the score in your function's result"))
        self.key.editingFinished.connect(self._set_key)
        self.direction = Combo(
            [("maximize", self.tr("higher is better")), ("minimize", self.tr("lower is better"))],
            self.tr("Direction"),
        )
        self.direction.picked.connect(lambda direction: self._set_direction(str(direction)))
        self.arrow = label("", "good")
        for combo in (self.goal, self.adder):
            combo.setSizeAdjustPolicy(Combo.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            combo.setMinimumContentsLength(12)
        line = QHBoxLayout()
        line.setSpacing(12)
        line.addWidget(self.goal, 1)
        line.addWidget(self.key, 1)
        line.addWidget(self.direction)
        line.addWidget(self.arrow)
        self.body.addLayout(line)
        self.note = wrapped("", "small")
        self.add(self.note)
        self.more = ChipList("remove", self.tr("Also recorded"), gap=6)
        self.more.removed.connect(self._remove)
        self.adder.picked.connect(lambda name: self._add(str(name)))
        self.recorded = label(self.tr("Also recorded"), "strong")
        self.add(self.recorded)
        self.add(self.more)
        self.add(self.adder)
        costs = ", ".join(metric.title for metric in COSTS)
        self.free = wrapped(self.tr("Free with every trial: {0}.").format(costs), "small")
        self.add(self.free)
        session.table_changed.connect(self.show_spec)
        self.begin()

    @property
    def is_function(self) -> bool:
        """Whether the user's own function gives the scores."""
        return self.session.spec.objective is not None

    @property
    def current(self) -> Goal | None:
        """The goal in the specification, else the one that follows from it."""
        goals = self.session.spec.goals
        return goals[0] if goals else self.session.goal

    def show_spec(self) -> None:
        """Show the goal and the chips."""
        spec, goal = self.session.spec, self.current
        names = self._offered()
        self.goal.setVisible(not self.is_function)
        self.arrow.setVisible(not self.is_function)
        self.key.setVisible(self.is_function)
        self.direction.setVisible(self.is_function)
        self.goal.set_options([(name, metric_title(name)) for name in names])
        if goal is not None:
            self.goal.set_current_key(goal.metric)
            self.key.setText(goal.metric)
            self.direction.set_current_key("maximize" if goal.maximize else "minimize")
            up = self.tr("▲ higher is better") if goal.maximize else self.tr("▼ lower is better")
            self.arrow.setText(up)
            known = METRICS.get(goal.metric)
            note = known.note if known is not None and not self.is_function else ""
            self.note.setText(note)
            self.note.setVisible(bool(note))
        taken = {*spec.metrics, goal.metric if goal is not None else ""}
        self.more.set_items([(name, metric_title(name)) for name in spec.metrics])
        self.more.setVisible(bool(spec.metrics) and not self.is_function)
        for part in (self.recorded, self.free):
            part.setVisible(not self.is_function)
        left = [name for name in names if name not in taken]
        words = [("", self.tr("Add a metric…"))]
        self.adder.set_options([*words, *((name, metric_title(name)) for name in left)])
        self.adder.set_current_key("")
        self.adder.setVisible(not self.is_function)

    def _offered(self) -> tuple[str, ...]:
        if self.is_function:
            return ()
        return metric_names(self._task(), self._classes())

    def _task(self) -> Task:
        roles = self.session.roles
        return roles.task if roles is not None else "classification"

    def _classes(self) -> int | None:
        table, roles = self.session.table, self.session.roles
        if table is None or roles is None or roles.target is None:
            return None
        if roles.task == "regression":
            return None
        return int(np.size(table.frame[roles.target].dropna().unique()))

    def _set_goal(self, name: str) -> None:
        metrics = tuple(other for other in self.session.spec.metrics if other != name)
        goal = Goal(name, metric_direction(name))
        self.change(self.tr("Change the goal"), goals=(goal,), metrics=metrics)

    def _set_key(self) -> None:
        name, goal = self.key.text().strip(), self.current
        if name and (goal is None or goal.metric != name):
            self.change(self.tr("Change the goal"), goals=(Goal(name),))

    def _set_direction(self, direction: str) -> None:
        goal = self.current
        if goal is not None:
            new = Goal(goal.metric, "maximize" if direction == "maximize" else "minimize")
            self.change(self.tr("Change the direction of the goal"), goals=(new,))

    def _add(self, name: str) -> None:
        if name:
            metrics = (*self.session.spec.metrics, name)
            self.change(self.tr("Record {0}").format(name), metrics=metrics)

    def _remove(self, name: str) -> None:
        metrics = tuple(other for other in self.session.spec.metrics if other != name)
        self.change(self.tr("Stop recording {0}").format(name), metrics=metrics)
