"""The Space panel: which model, how it learns, over which ranges, under which constraints."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from hpo_gui.gui.cards.constraints_card import ConstraintsCard
from hpo_gui.gui.cards.model_card import ModelCard
from hpo_gui.gui.cards.schedule_card import ScheduleCard
from hpo_gui.gui.cards.training_card import TrainingCard
from hpo_gui.gui.dialogs.text_dialog import TextDialog
from hpo_gui.gui.later import later
from hpo_gui.gui.of_study import of_study
from hpo_gui.gui.session import Session
from hpo_gui.gui.space_editor import SpaceEditor
from hpo_gui.gui.tables.space_model import SpaceTableModel
from hpo_gui.gui.tables.space_table import SpaceTable
from hpo_gui.gui.widgets.buttons import LinkButton, SecondaryButton, explain
from hpo_gui.gui.widgets.card import Card
from hpo_gui.gui.widgets.combo import Combo
from hpo_gui.gui.widgets.empty_state import EmptyState
from hpo_gui.gui.widgets.labels import set_role, wrapped
from hpo_gui.gui.widgets.segmented_control import SegmentedControl

MOST_SENTENCES = 3
GAP = 12
LEAST_TABLE = 240  # pixels that must be left for the search space beside an open schedule


class SpacePanel(QWidget):
    """Shows and edits the search space of the session's specification."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setAccessibleName(self.tr("Space"))
        self.editor = SpaceEditor(session, self)
        self.models = ModelCard(self.editor)
        self.training = TrainingCard(session)
        self.schedule = ScheduleCard(session)
        self.learning = ScheduleArea(self.schedule)
        self.constraints = ConstraintsCard(self.editor)
        self.model = SpaceTableModel(self)
        self.table = SpaceTable(self.model)
        self.card = Card("", "", flush=True)
        self.message = wrapped("", "error")
        self.level = SegmentedControl(
            [("simple", self.tr("Simple")), ("all", self.tr("All options"))],
            self.tr("How much to show"),
        )
        self.reset = SecondaryButton(self.tr("Reset to recommended"))
        self.add = LinkButton(self.tr("+ add parameter"))
        self.which = Combo([], self.tr("Model shown"), dense=True)
        self.empty = EmptyState("flask", "", "")
        self.dialog: TextDialog | None = None
        self._column = QVBoxLayout(self)
        self._build()
        self._connect()
        self._show()

    def _build(self) -> None:
        self.card.set_title(self.tr("Search space"))
        self.card.add_head_widget(self.which)
        self.card.add_action(self.level)
        self.card.add_action(self.reset)
        self.card.add(self.table, 1)
        self.card.add(self.empty, 1)
        foot = QHBoxLayout()
        foot.setContentsMargins(8, 4, 14, 4)
        foot.addWidget(self.add, 0, Qt.AlignmentFlag.AlignTop)
        foot.addWidget(self.message, 1)
        foot.addStretch(0)
        self.card.body.addLayout(foot)
        column = self._column
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self.models)
        column.addWidget(self.training)
        column.addWidget(self.learning, 1)
        column.addWidget(self.card, 1)
        column.addWidget(self.constraints)

    def _connect(self) -> None:
        editor = self.editor
        editor.changed.connect(self._show)
        self.session.problems_changed.connect(self._show_message)
        self.session.spec_changed.connect(self._arrange)
        self.training.opened.connect(self._arrange)
        self.learning.fitted.connect(self._arrange)
        # NOTE: the model must not be reset while one of its editors is being closed
        self.model.edited.connect(
            lambda number, row, text: later(self, lambda: editor.set_row(number, row, text))
        )
        self.table.remove_wanted.connect(lambda n: later(self, lambda: editor.remove_row(n)))
        self.table.restore_wanted.connect(lambda n: later(self, lambda: editor.restore_row(n)))
        self.level.changed.connect(self._set_level)
        self.reset.clicked.connect(editor.reset)
        self.add.clicked.connect(self.ask_name)
        self.which.picked.connect(lambda name: editor.show(str(name)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show the schedule and the search space together where there is room."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """Show what is open: the search space, or the schedule, or both."""
        is_open = self.training.is_open
        others = (self.models, self.training, self.constraints, self.learning)
        needed = sum(part.sizeHint().height() + GAP for part in others)
        both = self.height() - needed >= LEAST_TABLE
        self.learning.setVisible(is_open)
        self.card.setVisible(both or not is_open)
        self.constraints.setVisible(both or not is_open)
        self._column.setStretchFactor(self.learning, 0 if both else 1)

    def focus_field(self, field: str) -> None:
        """Put the keyboard where a problem is, such as "model", "space" or "schedule"."""
        name = field.partition(".")[0]
        if name in ("training", "schedule"):
            self.training.open()
            first = self.schedule.kinds if name == "schedule" else self.training.edits["steps"]
            first.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        if not self.card.isVisibleTo(self):
            self.training.open(False)
        if field == "constraints":
            self.constraints.add_button.setFocus()
        elif field == "model" and self.models.pills:
            next(iter(self.models.pills.values())).setFocus()
        else:
            self.table.setFocus()

    def ask_name(self) -> None:
        """Ask for the name of a new parameter."""
        self.dialog = TextDialog(
            self.tr("Add a parameter"),
            self.tr("Its name, as the model or your function knows it."),
            self.window(),
            name=self.tr("Name of the parameter"),
            verb=self.tr("Add it"),
            check=self.editor.name_problem,
        )
        self.dialog.given.connect(self.editor.add_row)
        of_study(self.dialog, self.session)
        self.dialog.open()

    def _set_level(self, level: str) -> None:
        self.table.show_advanced(level == "all")
        self.editor.show_everything(level == "all")
        self._show()

    def _show(self) -> None:
        editor = self.editor
        everything = self.level.current() == "all"
        self.model.show(editor.rows, editor.reading, everything)
        several = len(editor.models) > 1
        self.which.setVisible(several)
        if several:
            self.which.set_options([(name, _title(editor, name)) for name in editor.models])
            self.which.set_current_key(editor.current)
        self.card.set_subtitle("" if several else editor.title)
        why_not = self.tr("The space is as recommended.") if editor.is_recommended else ""
        if editor.function is not None:
            why_not = self.tr("There is no recommended space for a function of your own.")
        explain(self.reset, why_not, self.tr("Ranges that suit this model and this table"))
        self._show_empty()
        self._show_message()

    def _show_empty(self) -> None:
        editor = self.editor
        if editor.function is not None:
            title = self.tr("No parameters yet")
            text = self.tr("Add the parameters that your function reads from its dictionary.")
        elif not editor.current:
            title = self.tr("No model yet")
            if self.session.table is None:
                text = self.tr("Open a data file first, or tune a function of your own: Custom…")
            else:
                text = self.tr(
                    "Nothing can be learnt from this table as it is: the Data page says why. "
                    "A function of your own can be tuned all the same: Custom…"
                )
        elif editor.is_looking_up:
            title, text = self.tr("Looking up the parameters…"), editor.current
        elif editor.look_up_error:
            title, text = self.tr("This model cannot be used"), editor.look_up_error
        else:
            title = self.tr("Nothing to tune")
            text = self.tr(
                "{0} has no recommended parameters. All options shows what it has; "
                "the study measures its defaults."
            ).format(editor.title)
        self.empty.set_text(title, text)
        shown = bool(self.model.rowCount())
        self.table.setVisible(shown)
        self.empty.setVisible(not shown)

    def _show_message(self) -> None:
        sentences = list(self.editor.reading.sentences)
        role = "error"
        if sentences and not self.editor.reading.applies:
            sentences.append(self.tr("The study keeps its last good space until this is mended."))
        if not sentences:
            told = (*self.training.fields, *self.schedule.fields)
            sentences = [
                str(problem.error)
                for problem in self.session.problems
                if problem.step == "space" and problem.field not in told
            ]
        if not sentences and self.editor.is_looking_up:
            sentences, role = [self.tr("Looking up all parameters…")], "small"
        if len(sentences) > MOST_SENTENCES:
            more = self.tr("And {0} more.").format(len(sentences) - MOST_SENTENCES)
            sentences = [*sentences[:MOST_SENTENCES], more]
        set_role(self.message, role)
        self.message.setText("\n".join(sentences))
        self.message.setVisible(bool(sentences))


class ScheduleArea(QScrollArea):
    """Asks for the room that the schedule needs, and lets it scroll where there is less.

    Signals
    -------
    fitted : the schedule needs more room, or less
    """

    fitted = Signal()

    def __init__(self, card: ScheduleCard) -> None:
        super().__init__()
        self._card = card
        inner = QFrame()
        inner.setProperty("kind", "plain")
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(card)
        column.addStretch(1)
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        card.installEventFilter(self)

    def sizeHint(self) -> QSize:
        """Return the room for all of the schedule."""
        return QSize(super().sizeHint().width(), self._card.minimumSizeHint().height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the schedule when it needs more room, or less."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
            self.fitted.emit()
        return super().eventFilter(watched, event)


def _title(editor: SpaceEditor, name: str) -> str:
    entry = editor.entry(name)
    return entry.title if entry is not None else name.rpartition(".")[2]
