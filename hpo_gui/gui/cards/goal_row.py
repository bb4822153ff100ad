"""One goal as a line of the goals card: metric, direction, threshold; for a gap its two parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import structs
from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from hpo_gui.core.goal import Goal
from hpo_gui.evaluation.group_gap import MEASURES, GroupGap, read_gap
from hpo_gui.evaluation.metrics import find_metric, metric_direction, metric_title
from hpo_gui.gui.widgets.buttons import IconButton
from hpo_gui.gui.widgets.combo import Combo, SearchableCombo
from hpo_gui.gui.widgets.labels import label, wrapped
from hpo_gui.gui.widgets.number_rule import NumberRule
from hpo_gui.gui.widgets.value_edit import ValueEdit

GAP = "gap"
"""Key of the choice that stands for all gaps; the parts are chosen below."""


@dataclass(frozen=True)
class Offers:
    """What a goal can be.

    Attributes
    ----------
    metrics : names that no other goal has
    measures, columns : the parts of a gap between groups; without columns none is offered
    typed : the user's own function gives the scores, under names that only he knows
    """

    metrics: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    typed: bool = False


class GoalRow(QWidget):
    """Shows and edits one goal.

    Signals
    -------
    changed : the goal as it is now
    removed, preferred : the button to take it out, or to make it the first, was pressed
    """

    changed = Signal(object)
    removed = Signal()
    preferred = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._goal = Goal("value")
        self._offers = Offers()
        self.choice = SearchableCombo([], self.tr("Goal"))
        self.key = QLineEdit()
        self.key.setAccessibleName(self.tr("Key of the score in your function's result"))
        self.direction = Combo(
            [("maximize", direction_words(True)), ("minimize", direction_words(False))],
            self.tr("Direction"),
        )
        self.arrow = label("", "good")
        self.side = label("", "small")
        self.threshold = ValueEdit(NumberRule(optional=True), self.tr("Threshold of the goal"))
        self.up = IconButton("arrow_up", self.tr("Make this the first goal"))
        self.remove = IconButton("close", self.tr("Take this goal out"))
        self.measure = SearchableCombo([], self.tr("Measure that is compared between groups"))
        self.column = SearchableCombo([], self.tr("Column whose groups are compared"))
        self.note = wrapped("", "small")
        self.problem = wrapped("", "error")
        self._parts = QWidget()
        self._build()
        self._connect()

    def _build(self) -> None:
        self.threshold.setFixedWidth(72)
        self.threshold.setPlaceholderText(self.tr("any"))
        self.threshold.set_hint(
            self.tr(
                "A trial that misses it is not feasible: it is neither the best one nor on the "
                "Pareto front. Leave it empty where every score is welcome."
            )
        )
        for combo in (self.choice, self.measure, self.column):
            combo.setSizeAdjustPolicy(Combo.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            combo.setMinimumContentsLength(8)
        width = self.fontMetrics().horizontalAdvance
        self.arrow.setMinimumWidth(max(width(direction_words(up)) for up in (True, False)) + 2)
        self.side.setMinimumWidth(max(width(side_words(up)) for up in (True, False)))
        self.side.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        line = QHBoxLayout()
        line.setSpacing(8)
        for part, stretch in (
            (self.choice, 1),
            (self.key, 1),
            (self.direction, 0),
            (self.arrow, 0),
            (self.side, 0),
            (self.threshold, 0),
        ):
            line.addWidget(part, stretch)
        buttons = QHBoxLayout()
        buttons.setSpacing(0)
        buttons.addWidget(self.up)
        buttons.addWidget(self.remove)
        line.addLayout(buttons)
        parts = QHBoxLayout(self._parts)
        parts.setContentsMargins(0, 0, 0, 0)
        parts.setSpacing(8)
        parts.addWidget(label(self.tr("of"), "small"))
        parts.addWidget(self.measure, 1)
        parts.addWidget(label(self.tr("between groups of"), "small"))
        parts.addWidget(self.column, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(line)
        for widget in (self._parts, self.note, self.problem):
            column.addWidget(widget)
        self.problem.hide()

    def _connect(self) -> None:
        self.choice.picked.connect(lambda key: self._pick(str(key)))
        self.measure.picked.connect(lambda _: self._pick_gap())
        self.column.picked.connect(lambda _: self._pick_gap())
        self.key.editingFinished.connect(self._type)
        self.direction.picked.connect(lambda key: self._turn(str(key)))
        self.threshold.value_changed.connect(self._bound)
        self.up.clicked.connect(self.preferred)
        self.remove.clicked.connect(self.removed)

    @property
    def stops(self) -> tuple[QWidget, ...]:
        """What Tab goes through, in this order."""
        return (
            self.choice,
            self.key,
            self.direction,
            self.threshold,
            self.up,
            self.remove,
            self.measure,
            self.column,
        )

    def show_goal(self, goal: Goal, offers: Offers, *, first: bool, alone: bool) -> None:
        """Show a goal.

        Parameters
        ----------
        first, alone : whether it is the first goal, or even the only one
        """
        self._goal, self._offers = goal, offers
        gap = None if offers.typed else read_gap(goal.metric)
        self._offer(gap)
        for known in (self.choice, self.arrow):
            known.setVisible(not offers.typed)
        for typed in (self.key, self.direction):
            typed.setVisible(offers.typed)
        self.key.setText(goal.metric)
        self.direction.set_current_key("maximize" if goal.maximize else "minimize")
        self.arrow.setText(direction_words(goal.maximize))
        self.arrow.setToolTip(
            self.tr("Higher is better.") if goal.maximize else self.tr("Lower is better.")
        )
        self.side.setText(side_words(goal.maximize))
        self.threshold.set_value(goal.threshold)
        for button in (self.up, self.remove):
            button.setVisible(not alone)
        self.up.setEnabled(not first)
        facts = None if offers.typed else find_metric(goal.metric)
        self.note.setText("" if facts is None else facts.note)
        self.note.setVisible(bool(self.note.text()))

    def set_problem(self, text: str) -> None:
        """Tell what is wrong with this goal; "" when nothing is."""
        self.problem.setText(text)
        self.problem.setVisible(bool(text))

    def _offer(self, gap: GroupGap | None) -> None:
        """Fill the combos; what cannot be chosen, but is, stands in them by its name."""
        offers, name = self._offers, self._goal.metric
        options = [(metric, metric_title(metric)) for metric in offers.metrics]
        if offers.columns or gap is not None:
            options.append((GAP, self.tr("Gap between groups…")))
        self._parts.setVisible(gap is not None)
        _fill(self.choice, options, GAP if gap is not None else name)
        if gap is None:
            return
        measures = [(measure, MEASURES[measure].title) for measure in offers.measures]
        _fill(self.measure, measures, gap.measure)
        _fill(self.column, [(column, column) for column in offers.columns], gap.column)

    def _pick(self, key: str) -> None:
        if key != GAP:
            self.changed.emit(Goal(key, metric_direction(key)))
        elif read_gap(self._goal.metric) is None:
            gap = GroupGap(self._offers.measures[0], self._offers.columns[0])
            self.changed.emit(Goal(gap.name, "minimize"))

    def _pick_gap(self) -> None:
        gap = GroupGap(str(self.measure.current_key()), str(self.column.current_key()))
        self._change(structs.replace(self._goal, metric=gap.name))

    def _type(self) -> None:
        name = self.key.text().strip()
        if not name:
            self.key.setText(self._goal.metric)
        elif name != self._goal.metric:
            self._change(Goal(name, threshold=self._goal.threshold))

    def _turn(self, key: str) -> None:
        direction = "maximize" if key == "maximize" else "minimize"
        self._change(structs.replace(self._goal, direction=direction))

    def _bound(self, value: float | None) -> None:
        threshold = None if value is None else float(value)
        self._change(structs.replace(self._goal, threshold=threshold))

    def _change(self, goal: Goal) -> None:
        if goal != self._goal:
            self.changed.emit(goal)


def _fill(combo: Combo, options: Sequence[tuple[str, str]], chosen: str) -> None:
    """Offer these choices, and what is chosen although it cannot be."""
    if chosen not in (key for key, _ in options):
        options = [(chosen, chosen), *options]
    combo.set_options(options)
    combo.set_current_key(chosen)


def direction_words(maximize: bool) -> str:
    """The direction as an arrow and a word."""
    translate = QCoreApplication.translate
    return translate("GoalRow", "▲ maximize") if maximize else translate("GoalRow", "▼ minimize")


def side_words(maximize: bool) -> str:
    """On which side of a threshold a score must be."""
    translate = QCoreApplication.translate
    return translate("GoalRow", "at least") if maximize else translate("GoalRow", "at most")
