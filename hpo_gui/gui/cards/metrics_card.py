"""The goals card: what the study makes as good as possible, and what else is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import structs
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from hpo_gui.core.goal import MOST_GOALS, Goal
from hpo_gui.evaluation.group_gap import can_group, measure_names
from hpo_gui.evaluation.metrics import COSTS, metric_direction, metric_names, metric_title
from hpo_gui.gui.cards.goal_row import GoalRow, Offers
from hpo_gui.gui.cards.strategy_card import StrategyCard
from hpo_gui.gui.session import Session
from hpo_gui.gui.widgets.buttons import LinkButton, explain
from hpo_gui.gui.widgets.chip_list import ChipList
from hpo_gui.gui.widgets.combo import Combo, SearchableCombo
from hpo_gui.gui.widgets.labels import label, wrapped

if TYPE_CHECKING:
    from hpo_gui.evaluation.dataset import Task

FURTHER = ("model_size", "predict_time", "fit_time")
"""What is proposed as another goal, in this order."""


class MetricsCard(StrategyCard):
    """Edits the goals, a row each, and the other metrics."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, "", "", parent, fields=("goals", "metrics"))
        self.set_title(self.tr("Goals"))
        self.set_subtitle(self.tr("what the study makes as good as possible"))
        self.rows: list[GoalRow] = []
        lines = QWidget()
        self._lines = QVBoxLayout(lines)
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.setSpacing(8)
        self.add(lines)
        self.several = wrapped("", "small")
        self.add(self.several)
        self.add_button = LinkButton(self.tr("Add a goal"), "plus")
        self.add_button.clicked.connect(self._add_goal)
        line = QHBoxLayout()
        line.addWidget(self.add_button)
        line.addStretch(1)
        self.body.addLayout(line)
        self._build_recorded()
        session.table_changed.connect(self.show_spec)
        self.begin()

    def _build_recorded(self) -> None:
        self.recorded = label(self.tr("Also recorded"), "strong")
        self.more = ChipList("remove", self.tr("Also recorded"), gap=6)
        self.more.removed.connect(self._remove)
        self.adder = SearchableCombo([], self.tr("Record another metric"))
        self.adder.setSizeAdjustPolicy(
            Combo.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.adder.setMinimumContentsLength(12)
        self.adder.picked.connect(lambda name: self._add(str(name)))
        costs = ", ".join(metric.title for metric in COSTS)
        self.free = wrapped(self.tr("Free with every trial: {0}.").format(costs), "small")
        for widget in (self.recorded, self.more, self.adder, self.free):
            self.add(widget)

    @property
    def is_function(self) -> bool:
        """Whether the user's own function gives the scores."""
        return self.session.spec.objective is not None

    @property
    def goals(self) -> tuple[Goal, ...]:
        """The goals in the specification, else those that follow from it."""
        goals = self.session.spec.goals or self.session.goals
        if self.is_function:
            return goals
        return tuple(
            structs.replace(goal, direction=goal.direction or metric_direction(goal.metric))
            for goal in goals
        )

    # --- showing ------------------------------------------------------------------------------

    def show_spec(self) -> None:
        """Show the goals and the chips."""
        goals, spec, names = self.goals, self.session.spec, self._offered()
        self._show_rows(goals, names)
        too_many = len(goals) >= MOST_GOALS
        why_not = self.tr("A study has {0} goals at most.").format(MOST_GOALS)
        explain(self.add_button, why_not if too_many else "")
        self.several.setText(
            self.tr(
                "The result is the Pareto front: trials that no other one beats in all goals. The "
                "first goal orders them."
            )
        )
        self.several.setVisible(len(goals) > 1)
        taken = {*spec.metrics, *(goal.metric for goal in goals)}
        self.more.set_items([(name, metric_title(name)) for name in spec.metrics])
        self.more.setVisible(bool(spec.metrics) and not self.is_function)
        for part in (self.recorded, self.free, self.adder):
            part.setVisible(not self.is_function)
        left = [name for name in names if name not in taken]
        words = [("", self.tr("Add a metric…"))]
        self.adder.set_options([*words, *((name, metric_title(name)) for name in left)])
        self.adder.set_current_key("")

    def _show_rows(self, goals: Sequence[Goal], names: tuple[str, ...]) -> None:
        while len(self.rows) > max(len(goals), 1):  # one stays, for the place in the Tab order
            gone = self.rows.pop()
            self._lines.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        while len(self.rows) < max(len(goals), 1):
            self._add_row()
        self.rows[0].setVisible(bool(goals))
        measures, columns = self._gaps()
        taken = {goal.metric for goal in goals}
        for place, (row, goal) in enumerate(zip(self.rows, goals, strict=False)):
            free = tuple(name for name in names if name not in taken or name == goal.metric)
            offers = Offers(free, measures, columns, self.is_function)
            row.show_goal(goal, offers, first=place == 0, alone=len(goals) == 1)

    def _add_row(self) -> None:
        row = GoalRow()
        self.rows.append(row)
        row.changed.connect(lambda goal: self._put(row, goal))
        row.removed.connect(lambda: self._drop(row))
        row.preferred.connect(lambda: self._prefer(row))
        self._lines.addWidget(row)
        row.show()  # now, not with the next event: it gets the keyboard
        chain = [*(part for one in self.rows for part in one.stops), self.add_button, self.adder]
        for before, after in pairwise(chain):
            self.setTabOrder(before, after)

    def show_problems(self) -> None:
        """Tell what is wrong with each goal beside it, and the rest below."""
        told: dict[str, list[str]] = {}
        for problem in self.session.problems:
            head, _, place = problem.field.partition(".")
            if problem.step == self.step and head in self.fields:
                told.setdefault(place, []).append(str(problem.error))
        for number, row in enumerate(self.rows):
            row.set_problem("\n".join(told.pop(str(number), [])))
        rest = "\n".join(text for texts in told.values() for text in texts)
        self.problem.setText(rest)
        self.problem.setVisible(bool(rest))

    # --- what is offered ----------------------------------------------------------------------

    def _offered(self) -> tuple[str, ...]:
        return () if self.is_function else metric_names(self._task(), self._classes())

    def _gaps(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Measures and columns that a gap between groups can be made of."""
        table, roles = self.session.table, self.session.roles
        if self.is_function or table is None or roles is None:
            return (), ()
        columns = tuple(
            name for name in table.column_names if can_group(table, name, roles.target)
        )
        return measure_names(roles.task, self._classes()), columns

    def _task(self) -> Task:
        roles = self.session.roles
        return roles.task if roles is not None else "classification"

    def _classes(self) -> int | None:
        table, roles = self.session.table, self.session.roles
        if table is None or roles is None or roles.target is None:
            return None
        return None if roles.task == "regression" else table.column(roles.target).distinct

    # --- editing ------------------------------------------------------------------------------

    def _edit(self, text: str, goals: Sequence[Goal]) -> None:
        """Change the goals; what is one of them needs not be recorded besides.

        Where there are trials, what was a goal is still recorded, so that it can be one again.
        """
        names = {goal.metric for goal in goals}
        others = list(self.session.spec.metrics)
        if self.session.builder.trials and not self.is_function:
            others += [goal.metric for goal in self.goals]
        metrics = tuple(name for name in dict.fromkeys(others) if name not in names)
        self.change(text, goals=tuple(goals), metrics=metrics)

    def _put(self, row: GoalRow, goal: Goal) -> None:
        goals, place = list(self.goals), self.rows.index(row)
        before = goals[place]
        goals[place] = goal
        if goal.metric != before.metric:
            text = self.tr("Change the goal")
        elif goal.direction != before.direction:
            text = self.tr("Change the direction of the goal")
        else:
            text = self.tr("Change the threshold of {0}").format(goal.metric)
        self._edit(text, goals)

    def _add_goal(self) -> None:
        goals = self.goals
        taken = {goal.metric for goal in goals}
        if self.is_function:
            number = len(goals) + 1
            while f"goal_{number}" in taken:
                number += 1
            name = f"goal_{number}"
            goal = Goal(name)
        else:
            offered = [name for name in (*FURTHER, *self._offered()) if name not in taken]
            name = offered[0]
            goal = Goal(name, metric_direction(name))
        self._edit(self.tr("Add the goal {0}").format(name), (*goals, goal))
        last = self.rows[-1]
        (last.key if self.is_function else last.choice).setFocus()
        if self.is_function:
            last.key.selectAll()

    def _drop(self, row: GoalRow) -> None:
        goals = list(self.goals)
        gone = goals.pop(self.rows.index(row))
        self._edit(self.tr("Take out the goal {0}").format(gone.metric), goals)

    def _prefer(self, row: GoalRow) -> None:
        goals = list(self.goals)
        goals.insert(0, goals.pop(self.rows.index(row)))
        self._edit(self.tr("Make {0} the first goal").format(goals[0].metric), goals)

    def _add(self, name: str) -> None:
        if name:
            metrics = (*self.session.spec.metrics, name)
            self.change(self.tr("Record {0}").format(name), metrics=metrics)

    def _remove(self, name: str) -> None:
        metrics = tuple(other for other in self.session.spec.metrics if other != name)
        self.change(self.tr("Stop recording {0}").format(name), metrics=metrics)
