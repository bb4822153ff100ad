"""The Run panel: the best score as it climbs, the trials, and the trial looked at."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from hpo_gui.core.trial import TrialState
from hpo_gui.gui.cards.add_trial import AddTrialCard
from hpo_gui.gui.cards.inspector import Inspector
from hpo_gui.gui.cards.score_card import ScoreCard
from hpo_gui.gui.cards.trials_card import TrialsCard
from hpo_gui.gui.session import Session
from hpo_gui.gui.summaries import run_problem
from hpo_gui.gui.tables.trial_store import trial_store
from hpo_gui.gui.widgets.buttons import PrimaryButton, explain
from hpo_gui.gui.widgets.card import Card
from hpo_gui.gui.widgets.empty_state import EmptyState
from hpo_gui.gui.widgets.message_bar import MessageStack

SCORE_SHARE, TRIALS_SHARE = 51, 49


class RunPanel(QWidget):
    """See the module."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._store = trial_store(session)
        self.messages = MessageStack()
        self.score = ScoreCard(session)
        self.trials = TrialsCard(session)
        self.inspector = Inspector(session)
        self.add_trial = AddTrialCard(session)
        self.run_button = PrimaryButton(self.tr("Run"), "run")
        self.stack = QStackedWidget()
        self.side = QStackedWidget()
        self._build()
        self._listen()
        self._refresh()

    def _build(self) -> None:
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setObjectName("plot")
        self.splitter.setHandleWidth(12)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self.score)
        self.splitter.addWidget(self.trials)
        self.splitter.setSizes([SCORE_SHARE * 10, TRIALS_SHARE * 10])
        self.splitter.setStretchFactor(0, SCORE_SHARE)
        self.splitter.setStretchFactor(1, TRIALS_SHARE)
        across = QSplitter(Qt.Orientation.Horizontal)
        across.setObjectName("inspector")
        across.setHandleWidth(14)
        across.setChildrenCollapsible(False)
        self.side.addWidget(self.inspector)
        self.side.addWidget(self.add_trial)
        self.side.setMinimumWidth(self.inspector.minimumWidth())
        self.side.setMaximumWidth(self.inspector.maximumWidth())
        across.addWidget(self.splitter)
        across.addWidget(self.side)
        across.setStretchFactor(0, 1)
        across.setSizes([900, self.inspector.minimumWidth()])
        self.stack.addWidget(self._empty())
        self.stack.addWidget(across)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.messages)
        column.addWidget(self.stack, 1)

    def _empty(self) -> QWidget:
        self.empty = EmptyState(
            "chart",
            self.tr("No trials yet"),
            self.tr(
                "Each trial appears here when it starts: its score as a point, the best so far "
                "as a line, the model's defaults as a dashed line to beat. Any trial can be "
                "looked at, compared and stopped while the others run."
            ),
            self.run_button,
        )
        card = Card(flush=True)
        card.add(self.empty, 1)
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(card)
        return page

    def _listen(self) -> None:
        session, store = self.session, self._store
        store.reset.connect(self._refresh)
        store.changed.connect(self._refresh)
        session.state_changed.connect(self._refresh)
        session.problems_changed.connect(self._refresh)
        session.read_only_changed.connect(self._refresh)
        session.opening.changed.connect(self._refresh)
        session.study_edit.changed.connect(self._refresh)
        session.study_changed.connect(self._another_study)
        self.run_button.clicked.connect(session.run)
        self.inspector.export_wanted.connect(self._export)
        self.trials.export_wanted.connect(self._export)
        self.add_trial.closed.connect(lambda: self.side.setCurrentWidget(self.inspector))

    def _export(self, number: int) -> None:
        self.session.looking.select([number])
        self.session.go_to.emit("results", "export")

    def focus_field(self, field: str) -> None:
        """Show a part.

        "add_trial", "note", "filter", "pareto", "pareto.parallel", "pareto.growth", "learning",
        "landscape", "landscape.map" or "population".
        """
        if field == "add_trial":
            self.stack.setCurrentIndex(1)
            self.add_trial.begin()
            self.side.setCurrentWidget(self.add_trial)
        elif field.startswith("landscape"):
            self.trials.show_landscape(field.partition(".")[2])
        elif field.startswith("pareto"):
            self.trials.show_pareto(field.partition(".")[2])
        elif field == "learning":
            self.trials.show_learning()
        elif field == "population":
            self.trials.show_population()
        elif field == "note":
            self.side.setCurrentWidget(self.inspector)
            self.inspector.refresh()
            self.inspector.ensureWidgetVisible(self.inspector.note)
            self.inspector.note.edit()
        elif field == "filter":
            self.trials.filter.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _another_study(self) -> None:
        self.messages.remove("failures")
        self._refresh()

    def _refresh(self) -> None:
        adding = self.side.currentWidget() is self.add_trial
        self.stack.setCurrentIndex(1 if self._store.count or adding else 0)
        why = run_problem(self.session)
        if self.session.is_active:
            why = self.tr("The study is starting.")
        explain(self.run_button, why)
        self._complain()

    def _complain(self) -> None:
        """Say so when there are trials but none has a score."""
        counts = self._store.summary.counts
        failed = counts[TrialState.FAILED]
        hopeless = failed >= 3 and not counts[TrialState.COMPLETE]
        if not hopeless:
            self.messages.remove("failures")
            return
        if self.messages.keys():
            return
        trial = next(t for t in self.session.builder.trials if t.state is TrialState.FAILED)
        why = trial.failure.message if trial.failure is not None else ""
        self.messages.show_message(
            "failures",
            "error",
            self.tr("No trial has a score yet, {0} failed").format(failed),
            why,
            actions=[(self.tr("Show"), lambda: self.session.looking.select([trial.number]))],
            details=trial.failure.traceback if trial.failure is not None else "",
        )
