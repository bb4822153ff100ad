"""The schedule card: how the learning rate changes, with its curve while it is edited."""

from __future__ import annotations

from typing import Any

import msgspec
from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget

from hpo_gui.core.errors import SpecError
from hpo_gui.core.spec import Choice, TrainingSpec
from hpo_gui.evaluation.schedules import NAME, PREFIX, SCHEDULES, tunable
from hpo_gui.gui.cards.strategy_card import StrategyCard
from hpo_gui.gui.cards.tune_chips import TuneChips
from hpo_gui.gui.learning_facts import LearningFacts, learning_facts
from hpo_gui.gui.plots.schedule_picture import draw_curve
from hpo_gui.gui.plots.schedule_view import ScheduleView
from hpo_gui.gui.session import Session
from hpo_gui.gui.training_edits import is_learning, leave, tune, tuned_options, with_schedule
from hpo_gui.gui.widgets.buttons import explain
from hpo_gui.gui.widgets.labels import wrapped
from hpo_gui.gui.widgets.option_fields import OptionField, option_fields
from hpo_gui.gui.widgets.options_form import OptionsForm
from hpo_gui.gui.widgets.reference_list import ReferenceList
from hpo_gui.gui.widgets.segmented_control import SegmentedControl
from hpo_gui.gui.widgets.value_edit import ValueEdit

WIDE = 760  # pixels from which on the picture stands beside the options


class ScheduleCard(StrategyCard):
    """Chooses the schedule, edits its options and marks those that are tuned."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, "", "", parent, fields=("schedule",), step="space")
        self.set_title(self.tr("Learning rate"))
        self._kept: dict[str, dict[str, Any]] = {}
        self._shown = ""
        self.form: OptionsForm | None = None
        titles = [(entry.name, entry.title) for entry in SCHEDULES]
        self.kinds = SegmentedControl(titles, self.tr("Kind of schedule"))
        self.kinds.changed.connect(self._choose)
        self.sentence = wrapped("", "")
        self.chips = TuneChips()
        self.chips.wanted.connect(self._tune)
        self.references = ReferenceList()
        self.picture = ScheduleView()
        self.picture.others.clicked.connect(self._preview)
        self.picture.log.clicked.connect(self._preview)
        self._sides = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._options = QVBoxLayout()
        self._build_card()
        session.study_changed.connect(self._forget)
        session.problems_changed.connect(self.show_spec)
        session.looking.options_changed.connect(self._show_advanced)
        self.begin()

    def _build_card(self) -> None:
        self.add_action(self.kinds)
        self._options.setSpacing(8)
        self.add(self.sentence)
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addLayout(self._options)
        left.addWidget(self.chips)
        left.addWidget(self.references)
        left.addStretch(1)
        self._sides.setSpacing(24)
        self._sides.addLayout(left, 1)
        self._sides.addWidget(self.picture, 1)
        self.body.addLayout(self._sides)

    def minimumSizeHint(self) -> QSize:
        """Return the height at this width; Qt would count words as if they were broken."""
        hint, height = super().minimumSizeHint(), self.heightForWidth(self.width())
        return QSize(hint.width(), height) if height > 0 else hint

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the picture beside the options where there is room, else above them."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()
        wide = event.size().width() >= WIDE
        direction = QBoxLayout.Direction
        self._sides.setDirection(direction.LeftToRight if wide else direction.BottomToTop)

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what changed while it was hidden."""
        super().showEvent(event)
        self._preview()

    # --- what is shown --------------------------------------------------------------------------

    def show_spec(self) -> None:
        """Show the schedule, its options and its curve."""
        spec = self.session.spec
        choice = spec.schedule
        if choice.name != self._shown:
            self._make_form(choice.name)
        if choice.name in SCHEDULES:  # else it is told as a problem
            self.kinds.set_current(choice.name)
        self._kept[choice.name] = dict(choice.options)
        if self.form is not None and self.form.values() != dict(choice.options):
            self.form.set_values(choice.options)
        self._show_tuned()
        self._show_use()
        self._preview()

    def _show_use(self) -> None:
        """Hide what would be of no use; what was chosen nevertheless can be undone."""
        choice, why_not = self.session.spec.schedule, self._facts().why_no_rate
        if tuned_options(self.session.spec) or choice != Choice("constant"):
            why_not = ""
        for name in SCHEDULES.names:
            locked = why_not if name != "constant" else ""
            explain(self.kinds.button(name), locked, SCHEDULES[name].use_when)
        for part in (self.form, self.chips, self.references, self.picture):
            if part is not None:
                part.setVisible(not why_not)
        if choice.name in SCHEDULES:
            self.sentence.setText(why_not or SCHEDULES[choice.name].use_when)

    def _facts(self) -> LearningFacts:
        roles = self.session.roles
        task = roles.task if roles is not None else "classification"
        return learning_facts(self.session.spec, task)

    def _show_tuned(self) -> None:
        """Offer the options to be tuned; seldom needed ones only where all are to be seen."""
        spec, name = self.session.spec, self.session.spec.schedule.name
        if name not in SCHEDULES:
            return
        tuned, everything = tuned_options(spec), self.session.looking.options == "all"
        offered = {parameter.name for parameter in tunable(name)}
        options = [
            (f"{PREFIX}{field.name}", field.title)
            for field in _fields(name)
            if f"{PREFIX}{field.name}" in offered
            and (everything or field.name in tuned or not field.advanced)
        ]
        chosen = {f"{PREFIX}{option}" for option in tuned}
        self.chips.show_options(options, chosen, self._why_not_tuned())

    def _why_not_tuned(self) -> str:
        """Why no option can be marked to be tuned, or ""."""
        spec = self.session.spec
        parts = spec.models if spec.objective is None else (spec.objective,)
        if not parts or any(part.space is None for part in parts):
            return self.tr("The search space has to be mended first.")
        if any(parameter.name == NAME for part in parts for parameter in part.space or ()):
            return self.tr("The schedule itself is tuned: edit its options in the search space.")
        return ""

    def _make_form(self, name: str) -> None:
        self._shown = name
        if self.form is not None:
            self._options.removeWidget(self.form)
            self.form.hide()
            self.form.deleteLater()
            self.form = None
        known = name in SCHEDULES
        self.sentence.setText("")
        self.references.set_references(SCHEDULES[name].references if known else ())
        if not known:
            return
        self.form = OptionsForm(SCHEDULES[name].kind)
        self.form.changed.connect(self._set_options)
        for edit in self.form.findChildren(ValueEdit):
            edit.textChanged.connect(self._preview)
        self._options.addWidget(self.form)
        self._show_advanced(self.session.looking.options)

    def _show_advanced(self, options: str) -> None:
        if self.form is not None:
            self.form.show_advanced(options == "all")
        self._show_tuned()

    def _typed(self) -> Choice:
        """The schedule as it would be if all that is typed were entered."""
        choice = self.session.spec.schedule
        options = dict(choice.options)
        if self.form is not None:
            for field in _fields(self._shown):
                editor = self.form.editor(field.name)
                if isinstance(editor, ValueEdit) and editor.value() is not None:
                    options[field.name] = editor.value()
        return Choice(choice.name, options)

    def _preview(self) -> None:
        """Draw what is typed; what is wrong leaves the curve as it was."""
        spec = self.session.spec
        if not (self.isVisible() and is_learning(spec) and self._shown in SCHEDULES):
            return
        steps = (spec.training or TrainingSpec()).steps
        names = self._other_names() if self.picture.others.isChecked() else []
        try:
            curve = draw_curve(self._typed(), steps)
            others = [draw_curve(self._choice(name), steps) for name in names]
        except SpecError:
            return  # told beside the field, or as a problem of the specification
        facts = self._facts()
        self.picture.show_curve(steps, curve, tuple(others), facts.rate, facts.why_no_rate)

    def _other_names(self) -> list[str]:
        return [name for name in SCHEDULES.names if name != self._shown]

    def _choice(self, name: str) -> Choice:
        """A schedule as it was left, or with the options that it has in common with this one."""
        kept = self._kept.get(name)
        if kept is None:
            fields = SCHEDULES[name].kind.__struct_fields__
            before = self._kept.get(self._shown, {})
            kept = {key: value for key, value in before.items() if key in fields}
        return Choice(name, kept)

    # --- edits ----------------------------------------------------------------------------------

    def _forget(self) -> None:
        self._kept.clear()
        self.picture.forget()

    def _choose(self, name: str) -> None:
        text = self.tr("Choose the schedule {0}").format(SCHEDULES[name].title)
        self.session.edit(with_schedule(self.session.spec, self._choice(name)), text)

    def _set_options(self, values: dict[str, Any]) -> None:
        choice = Choice(self.session.spec.schedule.name, values)
        self.change(self.tr("Change the schedule"), schedule=choice)

    def _tune(self, name: str, on: bool) -> None:
        spec = self.session.spec
        title = name.removeprefix(PREFIX)
        if not on:
            self.session.edit(leave(spec, name), self.tr("Do not tune {0}").format(title))
            return
        offered = {p.name: p for p in tunable(spec.schedule.name, spec.schedule.options)}
        self.session.edit(tune(spec, offered[name]), self.tr("Tune {0}").format(title))


def _fields(name: str) -> tuple[OptionField, ...]:
    """The options of a schedule."""
    kind: type[msgspec.Struct] = SCHEDULES[name].kind
    return option_fields(kind)
