"""The constraints card: rules as chips, how much they leave, and the size of a grid."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from hpo_gui.core.constraint import make_constraint
from hpo_gui.core.errors import StudioError
from hpo_gui.core.space import Space
from hpo_gui.gui.later import later
from hpo_gui.gui.space_editor import SpaceEditor
from hpo_gui.gui.typography import monospace_font
from hpo_gui.gui.widgets.buttons import LinkButton
from hpo_gui.gui.widgets.card import Card
from hpo_gui.gui.widgets.flow_layout import FlowLayout
from hpo_gui.gui.widgets.labels import label, set_role, wrapped
from hpo_gui.gui.widgets.rule_chip import RuleChip

SAMPLES, SLICE = 1000, 40
GRID_POINTS = 5
MOST_PARENTS = 2000


class FeasibleShare(QObject):
    """Estimates how much of a space the constraints leave, a few samples at a time.

    Signals
    -------
    found : the share, 0 to 1
    """

    found = Signal(float)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._space: Space | None = None
        self._good = self._done = 0
        self._rng = np.random.default_rng(0)
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._go_on)

    def start(self, space: Space | None) -> None:
        """Estimate anew; None stops."""
        self._space, self._good, self._done = space, 0, 0
        self._rng = np.random.default_rng(0)
        if space is None or not space.constraints:
            self._timer.stop()
        else:
            self._timer.start()

    def _go_on(self) -> None:
        space = self._space
        if space is None:
            return
        try:
            for _ in range(SLICE):
                self._good += space.feasible(space.quantile(self._rng.random(len(space))))
        except StudioError:
            self._timer.stop()
            return
        self._done += SLICE
        if self._done >= SAMPLES:
            self._timer.stop()
            self.found.emit(self._good / self._done)


def space_summary(space: Space) -> str:
    """Such as ``7 tuned · 1 conditional · grid of 5 each: 112,500 trials``."""
    tr = _tr
    parts = [tr("{0} tuned").format(len(space))]
    conditional = sum(bool(parameter.when) for parameter in space)
    if conditional:
        parts.append(tr("{0} conditional").format(conditional))
    size = grid_count(space, GRID_POINTS)
    if size is not None and len(space):
        shown = f"{size:,.0f}" if size < 1e9 else f"{size:.1e}"
        parts.append(tr("grid of {0} each: {1} trials").format(GRID_POINTS, shown))
    return " · ".join(parts)


def grid_count(space: Space, points: int) -> float | None:
    """Combinations of a grid; None where counting them would take long."""
    values = space.grid_values(points)
    parents = {name for parameter in space for name in parameter.when}
    if math.prod(len(values[name]) for name in parents) > MOST_PARENTS:
        return None
    return space.grid_size(values)


class ConstraintsCard(Card):
    """Shows and edits the constraints of the model shown."""

    def __init__(self, editor: SpaceEditor, parent: QWidget | None = None) -> None:
        super().__init__("", "", parent)
        self._editor = editor
        self._drawn: tuple[object, ...] = ()
        self._editing: int | None = None
        self.chips: list[RuleChip] = []
        self.share = label("", "good")
        self.summary = label("", "muted")
        self.add_button = LinkButton(self.tr("+ add"))
        self.add_button.clicked.connect(lambda: self.open_field(None))
        self.field = _RuleEdit()
        self.field.setFont(monospace_font())
        self.field.setPlaceholderText("a < b  ·  not (kernel = poly and degree > 3)")
        self.field.setAccessibleName(self.tr("Constraint"))
        self.field.returnPressed.connect(self._take)
        self.field.given_up.connect(self._close_field)
        self.error = wrapped("", "error")
        self._box = QWidget()
        self._flow = FlowLayout(self._box, gap=10, line_gap=6)
        self._build_card()
        self.estimate = FeasibleShare(self)
        self.estimate.found.connect(self._show_share)
        editor.changed.connect(self._show)
        self._show()

    def _build_card(self) -> None:
        self.setAccessibleName(self.tr("Constraints"))
        line = QHBoxLayout()
        line.setSpacing(16)
        title = label(self.tr("Constraints"), "strong")
        line.addWidget(title, 0, Qt.AlignmentFlag.AlignVCenter)
        line.addWidget(self._box, 1)
        line.addWidget(self.summary, 0, Qt.AlignmentFlag.AlignVCenter)
        column = QVBoxLayout()
        column.setSpacing(6)
        column.addLayout(line)
        column.addWidget(self.field)
        column.addWidget(self.error)
        self.body.addLayout(column)
        self.body.setContentsMargins(14, 10, 14, 10)
        self.field.hide()
        self.error.hide()

    def open_field(self, number: int | None) -> None:
        """Let the user type a new constraint, or change the one of a number."""
        self._editing = number
        self.field.setText("" if number is None else self._editor.constraints[number])
        self._tell("")
        self.field.show()
        self.field.setFocus()
        self.field.selectAll()

    def _take(self) -> None:
        text = self.field.text().strip()
        if not text:
            self._close_field()
            return
        names = [row.name for row in self._editor.rows if row.tuned]
        try:
            make_constraint(text, names)
        except StudioError as error:
            self._tell(str(error))
            return
        rules = list(self._editor.constraints)
        if self._editing is None:
            rules.append(text)
            words = self.tr("Add constraint")
        else:
            rules[self._editing] = text
            words = self.tr("Change constraint")
        self._close_field()
        self._editor.set_constraints(rules, words)

    def _close_field(self) -> None:
        self._editing = None
        self.field.hide()
        self._tell("")
        self.add_button.setFocus()

    def _tell(self, problem: str) -> None:
        self.error.setText(problem)
        self.error.setVisible(bool(problem))
        self.field.setProperty("invalid", bool(problem))
        self.field.style().unpolish(self.field)
        self.field.style().polish(self.field)

    def _remove(self, number: int) -> None:
        rules = list(self._editor.constraints)
        del rules[number]
        later(self, lambda: self._editor.set_constraints(rules, self.tr("Remove constraint")))

    def _show(self) -> None:
        rules, errors = self._editor.constraints, self._editor.reading.rule_errors
        drawn = (rules, tuple(errors.items()))
        if drawn != self._drawn or not self._flow.count():
            self._drawn = drawn
            self._fill(rules)
        space = self._editor.space
        self.summary.setText(space_summary(space) if space is not None else "")
        self.share.setVisible(bool(rules) and space is not None)
        self.share.setText(self.tr("counting…"))
        set_role(self.share, "muted")
        self.estimate.start(space)

    def _fill(self, rules: tuple[str, ...]) -> None:
        while (item := self._flow.takeAt(0)) is not None:
            widget = item.widget()
            if isinstance(widget, RuleChip):
                widget.hide()
                widget.deleteLater()
        self.chips = []
        for number, text in enumerate(rules):
            chip = RuleChip(text, self._editor.reading.rule_errors.get(number, ""), self._box)
            chip.clicked.connect(lambda _=False, number=number: self.open_field(number))
            chip.removed.connect(lambda number=number: self._remove(number))
            self._flow.addWidget(chip)
            self.chips.append(chip)
            chip.show()
        self._flow.addWidget(self.share)
        self._flow.addWidget(self.add_button)
        self.add_button.show()
        self._box.updateGeometry()

    def _show_share(self, share: float) -> None:
        if share == 0:
            self.share.setText(self.tr("✕ nothing is feasible: loosen or remove a constraint"))
            set_role(self.share, "bad")
        elif share < 0.05:
            text = f"{share:.1%}" if share >= 0.001 else "< 0.1%"
            self.share.setText(self.tr("⚠ only {0} feasible").format(text.replace("%", " %")))
            set_role(self.share, "warning")
        else:
            self.share.setText(self.tr("✓ {0} % feasible").format(round(share * 100)))
            set_role(self.share, "good")


class _RuleEdit(QLineEdit):
    """A line edit that can be given up with Escape.

    Signals
    -------
    given_up : Escape was pressed
    """

    given_up = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Give up on Escape."""
        if event.key() == Qt.Key.Key_Escape:
            self.given_up.emit()
            return
        super().keyPressEvent(event)


def _tr(text: str) -> str:
    from PySide6.QtCore import QCoreApplication

    return QCoreApplication.translate("ConstraintsCard", text)
