"""The learning curves with their legend and choices, or what to do to have some."""

from __future__ import annotations

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QHBoxLayout, QMenu, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from hpo_gui.gui.plots.learning_plot import LearningPlot
from hpo_gui.gui.plots.legend import Legend
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.trial_store import trial_store
from hpo_gui.gui.widgets.buttons import IconButton
from hpo_gui.gui.widgets.empty_state import EmptyState
from hpo_gui.gui.widgets.labels import ElidedLabel


class LearningView(QWidget):
    """See the module."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = trial_store(session)
        self.plot = LearningPlot(session)
        self.legend = Legend()
        self.left_out = ElidedLabel("", "small")
        self.more = IconButton("more", self.tr("More about the plot"))
        self.empty = EmptyState("chart", "", "")
        self.stack = QStackedWidget()
        self._log = False
        self._build()
        self.plot.legend_changed.connect(self.legend.set_items)
        self.plot.told.connect(self.left_out.setText)
        self.more.clicked.connect(self._popup)
        self._store.reset.connect(self.refresh)
        self._store.changed.connect(self.refresh)
        session.spec_changed.connect(self.refresh)
        self.refresh()

    def _build(self) -> None:
        page = QWidget()
        head = QHBoxLayout()
        head.setContentsMargins(14, 6, 10, 0)
        head.setSpacing(12)
        head.addWidget(self.legend)
        head.addStretch(1)
        head.addWidget(self.left_out)
        head.addWidget(self.more)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.plot, 1)
        self.stack.addWidget(page)
        self.stack.addWidget(self.empty)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.stack)

    def refresh(self) -> None:
        """Show the curves where there are some, else what to do."""
        there = self._store.learns
        self.stack.setCurrentIndex(0 if there else 1)
        if there:
            return
        if self._store.session.spec.rows is not None:
            self.empty.set_text(
                self.tr("No share of the rows is learnt yet"),
                self.tr("Each trial appears here after its first share of the rows."),
            )
            return
        if self._store.planned_training:
            self.empty.set_text(
                self.tr("No step of training is done yet"),
                self.tr(
                    "Each trial appears here after its first step, and its curve grows while it "
                    "learns."
                ),
            )
            return
        self.empty.set_text(
            self.tr("These trials do not learn step by step"),
            self.tr(
                "Trials learn step by step when the model is an iterative learner and Training is "
                "on in the Space step, or when your function has a start and a step. Any model "
                "has curves over shares of the rows: switch them on in the Strategy step."
            ),
        )

    def menu(self) -> QMenu:
        """The choices of the axes."""
        menu = QMenu(self)
        log = menu.addAction(self.tr("Logarithmic scale"))
        log.setCheckable(True)
        log.setChecked(self._log)
        log.toggled.connect(self._set_log)
        menu.addSeparator()
        back = menu.addAction(self.tr("Show everything again"), self.plot.reset_view)
        back.setEnabled(self.plot.is_zoomed)
        return menu

    def _set_log(self, on: bool) -> None:
        self._log = on
        self.plot.set_log(on)

    def _popup(self) -> None:
        self.menu().popup(self.more.mapToGlobal(QPoint(0, self.more.height())))


def show_learning_tab(tabs: QTabBar, place: int, session: Session) -> None:
    """Hide the tab of the learning curves of a study whose steps are folds."""
    store = trial_store(session)
    wanted = store.learns or bool(store.planned_training) or not store.count
    if tabs.isTabVisible(place) == wanted:
        return
    if not wanted and tabs.currentIndex() == place:
        tabs.setCurrentIndex(0)
    tabs.setTabVisible(place, wanted)
