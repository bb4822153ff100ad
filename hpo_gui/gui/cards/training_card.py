"""The training card: whether trials learn step by step, in how many steps, and when they end."""

from __future__ import annotations

from typing import Any

from msgspec import structs
from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from hpo_gui.core.spec import StudySpec, TrainingSpec
from hpo_gui.evaluation.schedules import SCHEDULES
from hpo_gui.gui.cards.strategy_card import StrategyCard
from hpo_gui.gui.learning_facts import LearningFacts, learning_facts
from hpo_gui.gui.session import Session
from hpo_gui.gui.training_edits import is_learning, learn_as_a_whole, learn_by_steps
from hpo_gui.gui.widgets.buttons import LinkButton, explain
from hpo_gui.gui.widgets.flow_layout import FlowLayout
from hpo_gui.gui.widgets.labels import ElidedLabel, label, wrapped
from hpo_gui.gui.widgets.number_rule import NumberRule
from hpo_gui.gui.widgets.toggle import Toggle
from hpo_gui.gui.widgets.value_edit import ValueEdit

WHOLE = NumberRule(integer=True, at_least=1)
RULES = {
    "steps": WHOLE,
    "stretch": NumberRule(integer=True, optional=True, at_least=1),
    "patience": NumberRule(integer=True, optional=True, at_least=1),
    "min_delta": NumberRule(at_least=0),
}


class TrainingCard(StrategyCard):
    """Edits `TrainingSpec`: one line while it is closed.

    Signals
    -------
    opened : whether the steps and the schedule are to be seen
    """

    opened = Signal(bool)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, "", "", parent, fields=("training",), step="space")
        self.setAccessibleName(self.tr("Training"))
        self.edits: dict[str, ValueEdit] = {}
        self.titles: dict[str, QLabel] = {}
        self._by_steps: StudySpec | None = None
        self._as_a_whole: StudySpec | None = None
        self._is_open = False
        self.toggle = Toggle(self.tr("Learn step by step"))
        self.toggle.clicked.connect(self._switch)
        self.summary = ElidedLabel("", "muted")
        self.more = LinkButton("")
        self.more.setCheckable(True)
        self.more.clicked.connect(self.open)
        self.restore = QCheckBox(self.tr("Keep the best step"))
        self.restore.setToolTip(self.tr("The model and the scores of the best step remain."))
        self.restore.clicked.connect(lambda on: self._set("restore_best", on))
        self.sentence = wrapped("", "small")
        self.phases = wrapped("", "small")
        self.forget = LinkButton(self.tr("Forget the schedule that is replayed"))
        self.forget.clicked.connect(lambda: self._set("phases", ()))
        self.fields_box = QWidget()
        self._build_card()
        session.problems_changed.connect(self.show_spec)
        session.study_changed.connect(self._forget)
        self.begin()

    def _build_card(self) -> None:
        line = QHBoxLayout()
        line.setSpacing(16)
        title = label(self.tr("Training"), "strong")
        line.addWidget(title, 0, Qt.AlignmentFlag.AlignVCenter)
        line.addWidget(self.toggle, 0, Qt.AlignmentFlag.AlignVCenter)
        line.addWidget(self.summary, 1, Qt.AlignmentFlag.AlignVCenter)
        line.addWidget(self.more, 0, Qt.AlignmentFlag.AlignVCenter)
        line_box = QWidget()
        flow = FlowLayout(line_box, gap=24, line_gap=6)
        for name, text, empty in (
            ("steps", self.tr("Steps"), ""),
            ("stretch", "", self.tr("auto")),
            ("patience", self.tr("Stop after"), self.tr("never")),
            ("min_delta", self.tr("Better by"), ""),
        ):
            flow.addWidget(self._field(name, text, empty))
        flow.addWidget(self.restore)
        column = QVBoxLayout(self.fields_box)
        column.setContentsMargins(0, 2, 0, 0)
        column.setSpacing(6)
        column.addWidget(line_box)
        column.addWidget(self.sentence)
        column.addWidget(self.phases)
        column.addWidget(self.forget, 0, Qt.AlignmentFlag.AlignLeft)
        self.body.addLayout(line)
        self.add(self.fields_box)
        self.body.setContentsMargins(14, 10, 14, 10)

    def _field(self, name: str, text: str, empty: str) -> QWidget:
        edit = ValueEdit(RULES[name], text)
        edit.setFixedWidth(84 if name == "stretch" else 72)
        edit.setPlaceholderText(empty)
        edit.value_changed.connect(lambda value: self._set(name, value))
        title = label(text)
        title.setBuddy(edit)
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(title)
        row.addWidget(edit)
        if name == "patience":
            row.addWidget(label(self.tr("steps without a better score"), "muted"))
        self.edits[name], self.titles[name] = edit, title
        return box

    # --- what is shown --------------------------------------------------------------------------

    @property
    def facts(self) -> LearningFacts:
        """How the study's models can learn."""
        roles = self.session.roles
        task = roles.task if roles is not None else "classification"
        return learning_facts(self.session.spec, task)

    @property
    def is_open(self) -> bool:
        """Whether the steps, and elsewhere the schedule, are to be seen."""
        return self._is_open and is_learning(self.session.spec)

    def open(self, wanted: bool = True) -> None:
        """Show the steps and the schedule, or one line."""
        self._is_open = wanted
        self.show_spec()
        self.opened.emit(self.is_open)

    def show_spec(self) -> None:
        """Show whether and how trials learn step by step."""
        spec, facts = self.session.spec, self.facts
        on = is_learning(spec)
        training = spec.training or TrainingSpec()
        self.toggle.setChecked(on)
        always = self.tr("Your function has a `start`: it always learns step by step.")
        why_not = always if facts.always else "" if on else facts.why_not
        explain(self.toggle, why_not, how_it_works())
        self.summary.setText(self._summary(spec, facts))
        self.more.setVisible(on)
        arrow = "▴" if self.is_open else "▾"
        self.more.setText(f"{self.tr('Steps and schedule')} {arrow}")
        self.more.setAccessibleName(self.tr("Steps and schedule"))
        self.more.setChecked(self.is_open)
        self.fields_box.setVisible(self.is_open)
        for name, edit in self.edits.items():
            edit.set_value(getattr(training, name))
        asked = self.session.asked.training
        self.edits["stretch"].set_value(asked.stretch if asked is not None else None)
        self._show_stretch(facts)
        self.restore.setChecked(training.restore_best)
        for widget in (self.edits["min_delta"], self.titles["min_delta"], self.restore):
            widget.setEnabled(training.patience is not None)
        self.sentence.setText(training_words(training, facts))
        self._show_phases(training)

    def _show_stretch(self, facts: LearningFacts) -> None:
        words = {
            "epochs": self.tr("Epochs a step"),
            "trees": self.tr("Trees a step"),
            "": self.tr("Epochs or trees a step"),
        }[facts.unit]
        self.titles["stretch"].setText(words)
        edit = self.edits["stretch"]
        edit.setAccessibleName(words)
        auto = self.tr("auto") if facts.stretch is None else self.tr("auto: {0}")
        edit.setPlaceholderText(auto.format(facts.stretch))
        box = edit.parentWidget()
        if box is not None:
            box.setVisible(not facts.always)

    def _show_phases(self, training: TrainingSpec) -> None:
        count = len(training.phases)
        self.phases.setVisible(count > 0)
        self.forget.setVisible(count > 0)
        text = self.tr("A schedule is replayed: from steps {0} on, parameters are fixed anew.")
        self.phases.setText(text.format(", ".join(str(p.step + 1) for p in training.phases)))

    def _summary(self, spec: StudySpec, facts: LearningFacts) -> str:
        if not is_learning(spec):
            return facts.why_not or self.tr("off: each model learns everything at once")
        if facts.why_not:
            return facts.why_not
        training = spec.training or TrainingSpec()
        parts = [self.tr("{0} steps").format(f"{training.steps:,}")]
        if spec.schedule.name in SCHEDULES and spec.schedule.name != "constant":
            parts.append(SCHEDULES[spec.schedule.name].title)
        if training.patience is not None:
            parts.append(self.tr("patience {0}").format(training.patience))
        return " · ".join(parts)

    # --- edits ----------------------------------------------------------------------------------

    def _forget(self) -> None:
        self._by_steps = self._as_a_whole = None
        self.open(False)

    def _switch(self, on: bool) -> None:
        spec, asked = self.session.spec, self.session.asked
        if on:
            self._as_a_whole = spec
            new = learn_by_steps(spec, asked, self._by_steps)
            text = self.tr("Learn step by step")
        else:
            # what was left open of the steps stays open, should they come again
            self._by_steps = structs.replace(spec, training=asked.training)
            new = learn_as_a_whole(spec, asked, self._as_a_whole)
            text = self.tr("Learn everything at once")
        self.session.edit(new, text)
        self.open(on)

    def _set(self, name: str, value: Any) -> None:
        training = self.session.spec.training or TrainingSpec()
        changes: dict[str, Any] = {name: value}
        self.change(self.tr("Change the training"), training=structs.replace(training, **changes))


def training_words(training: TrainingSpec, facts: LearningFacts) -> str:
    """What a training does, in sentences."""
    stretch = training.stretch or facts.stretch
    steps = _tr("1 step") if training.steps == 1 else _tr("{0:,} steps").format(training.steps)
    if facts.unit and stretch:
        unit = {"epochs": _tr("epochs"), "trees": _tr("trees")}[facts.unit]
        text = _tr("Each trial learns in {0} of {1} {2}, {3:,} in all, and is judged after each.")
        words = text.format(steps, stretch, unit, training.steps * stretch)
    else:
        words = _tr("Each trial learns in {0} and is judged after each.").format(steps)
    if training.patience is None:
        return f"{words} {_tr('It learns to the end, unless a pruner stops it.')}"
    ends = _tr("It ends earlier after {0} steps without a better score").format(training.patience)
    kept = _tr("the best step remains") if training.restore_best else _tr("the last step remains")
    return f"{words} {ends}; {kept}."


def how_it_works() -> str:
    """What learning step by step is for."""
    return _tr(
        "A trial is judged after each stretch of epochs or trees: its learning curve can be "
        "watched, and it can be stopped early, halted and gone on with."
    )


def _tr(text: str) -> str:
    return QCoreApplication.translate("TrainingCard", text)
