"""The Pareto page: the front in the plane, in pairs or in parallel, its growth, and the choice."""

from __future__ import annotations

from itertools import combinations

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QMenu,
    QScrollArea,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from hpo_gui.core.trial import TrialState
from hpo_gui.gui.plots.convergence_plot import ConvergencePlot
from hpo_gui.gui.plots.convergence_points import HYPERVOLUME
from hpo_gui.gui.plots.legend import Legend, LegendItem
from hpo_gui.gui.plots.parallel_plot import ParallelView
from hpo_gui.gui.plots.pareto_look import ParetoLook
from hpo_gui.gui.plots.pareto_plot import ParetoPlot
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.front_words import front_words
from hpo_gui.gui.tables.score_text import metric_words
from hpo_gui.gui.tables.trial_store import trial_store
from hpo_gui.gui.widgets.buttons import IconButton, SecondaryButton, explain
from hpo_gui.gui.widgets.combo import Combo
from hpo_gui.gui.widgets.empty_state import EmptyState
from hpo_gui.gui.widgets.labels import wrapped
from hpo_gui.gui.widgets.segmented_control import SegmentedControl

FOLLOW_MS, SLOW_MS, MANY = 250, 1000, 3000
LEAST_WIDTH, HEIGHT = 300, 230
EPSILONS = (0.01, 0.02, 0.05, 0.1, 0.2)


class ParetoView(QStackedWidget):
    """See the module.

    Signals
    -------
    wanted_changed : whether the study has several goals
    """

    wanted_changed = Signal(bool)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._store = trial_store(session)
        self.look = ParetoLook(self._store, self)
        self.kind = SegmentedControl(
            [
                ("front", self.tr("Front")),
                ("parallel", self.tr("Parallel")),
                ("growth", self.tr("Hypervolume")),
            ],
            self.tr("View of the goals"),
        )
        self.words = wrapped("", "small")
        self.legend = Legend()
        self.epsilon = Combo(self._epsilons(), self.tr("Trials near the front"), dense=True)
        self.use = SecondaryButton(self.tr("Use this one"))
        self.more = IconButton("more", self.tr("More about the plot"))
        self.plots: list[ParetoPlot] = []
        self.parallel = ParallelView(session, of_goals=True)
        self.growth = ConvergencePlot(session, HYPERVOLUME)
        self.pages = QStackedWidget()
        self._stale = True
        self._wanted: bool | None = None
        self._build()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._mark_stale)
        self._listen()
        self._reset()

    def _build(self) -> None:
        self._inner = QWidget()
        self._grid = QGridLayout(self._inner)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(6)
        area = QScrollArea()
        area.setWidget(self._inner)
        self._inner.setAutoFillBackground(False)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.pages.addWidget(area)
        self.pages.addWidget(self.parallel)
        self.pages.addWidget(self.growth)
        head = QHBoxLayout()
        head.setContentsMargins(14, 6, 10, 0)
        head.setSpacing(10)
        head.addWidget(self.kind)
        head.addStretch(1)
        head.addWidget(self.epsilon)
        head.addWidget(self.use)
        head.addWidget(self.more)
        said = QHBoxLayout()
        said.setContentsMargins(14, 4, 14, 0)
        said.setSpacing(16)
        said.addWidget(self.words, 1)
        said.addWidget(self.legend)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addLayout(said)
        column.addWidget(self.pages, 1)
        self.empty = EmptyState(
            "chart",
            self.tr("No trial is complete yet"),
            self.tr(
                "With several goals the best is a set of trials: those that no other one beats in "
                "all goals. They appear here as they are found."
            ),
        )
        self.addWidget(page)
        self.addWidget(self.empty)

    def _epsilons(self) -> list[tuple[object, str]]:
        said = self.tr("within {0:.0%} of the front")
        choices: list[tuple[object, str]] = [(None, self.tr("all trials"))]
        choices.append((0.0, self.tr("the front alone")))
        return choices + [(share, said.format(share)) for share in EPSILONS]

    def _listen(self) -> None:
        session, store = self._session, self._store
        store.reset.connect(self._reset)
        store.filtered.connect(self._mark_stale)
        store.changed.connect(self._follow)
        store.chosen_changed.connect(self._tell)
        session.looking.selection_changed.connect(self._tell)
        self.look.changed.connect(self._mark_stale)
        self.kind.changed.connect(self.show_kind)
        self.epsilon.picked.connect(self._set_epsilon)
        self.use.clicked.connect(self._use)
        self.more.clicked.connect(self._popup)

    @property
    def is_wanted(self) -> bool:
        """Whether the study has several goals."""
        return self._store.several

    def show_kind(self, kind: str) -> None:
        """Show the "front", its trials in "parallel", or its "growth"."""
        if kind in ("front", "parallel", "growth"):
            self.kind.set_current(kind)
            self.pages.setCurrentIndex(("front", "parallel", "growth").index(kind))
            for widget in (self.legend, self.epsilon, self.more):
                widget.setVisible(kind == "front")

    # --- following ------------------------------------------------------------------------------

    def _reset(self) -> None:
        self.look.renew()
        if self.is_wanted != self._wanted:
            self._wanted = self.is_wanted
            self.wanted_changed.emit(self.is_wanted)
        pairs = list(combinations(range(len(self._store.goals)), 2))
        if [(plot.across, plot.up) for plot in self.plots] != pairs:
            for plot in self.plots:
                self._grid.removeWidget(plot)
                plot.deleteLater()
            small = len(pairs) > 1
            self.plots = [
                ParetoPlot(self._session, self.look, across, up, self._inner, small=small)
                for across, up in pairs
            ]
            self._place()
        self.look.logs.clear()
        self._mark_stale()

    def _follow(self) -> None:
        if self._wanted and not self._timer.isActive():
            self._timer.start(SLOW_MS if self._store.count > MANY else FOLLOW_MS)

    def _mark_stale(self) -> None:
        self._stale = True
        if self.isVisible():
            self._refresh()

    def _refresh(self) -> None:
        if not self.is_wanted:
            return
        self._stale = False
        self.look.renew()
        there = bool(len(self.look.made.numbers))
        self.setCurrentIndex(0 if there else 1)
        for plot in self.plots:
            plot.mark_stale()
        self._show_legend()
        self._tell()

    def _show_legend(self) -> None:
        made = self.look.made
        items = []
        if len(made.front):
            items.append(LegendItem(self.tr("front"), token="accent", marker="circle"))
        if (made.feasible & ~made.on_front).any():
            items.append(LegendItem(self.tr("dominated"), marker="circle"))
        if self.look.undominated.any():
            words = self.tr("not significantly dominated")
            items.append(LegendItem(words, token="accent", marker="diamond_open"))
        if not made.feasible.all():
            items.append(LegendItem(self.tr("not feasible"), token="bad", marker="cross"))
        self.legend.set_items(items)

    def _tell(self) -> None:
        """What the front is, and whether the selected trial can be taken."""
        if not self.is_wanted:
            return
        # NOTE: what the front holds stands beside this page already
        self.words.setText("" if len(self._store.pareto.front) else front_words(self._store))
        number = self._candidate()
        why = "" if number is not None else self.tr("Select a complete trial first.")
        if number is not None and number == self._session.looking.choice:
            why = self.tr("Trial #{0} is taken already.").format(number)
        explain(
            self.use,
            why,
            self.tr("Take this trial for the export, the final test and the model."),
        )

    def _candidate(self) -> int | None:
        chosen = [n for n in self._session.looking.selection if n < self._store.count]
        if not chosen or self._store.trial(chosen[-1]).state is not TrialState.COMPLETE:
            return None
        return chosen[-1]

    def _use(self) -> None:
        number = self._candidate()
        if number is not None:
            self._session.looking.choose(number)

    # --- choices --------------------------------------------------------------------------------

    def _set_epsilon(self, share: object) -> None:
        self.look.set_epsilon(share if isinstance(share, float) else None)

    def menu(self) -> QMenu:
        """What else can be shown."""
        menu, look = QMenu(self), self.look
        menu.setToolTipsVisible(True)
        bars = menu.addAction(self.tr("95 % intervals of the front"))
        bars.setCheckable(True)
        bars.setChecked(look.bars)
        bars.setEnabled(len(self.plots) == 1)
        bars.toggled.connect(lambda on: look.choose(bars=on))
        chance = menu.addAction(self.tr("Trials that are not significantly dominated"))
        chance.setCheckable(True)
        chance.setChecked(look.by_chance)
        why = look.why_no_chance
        chance.setEnabled(not why)
        chance.setToolTip(
            why or self.tr("Paired over the folds, no trial of the front is better in all goals.")
        )
        chance.toggled.connect(lambda on: look.choose(by_chance=on))
        menu.addSeparator()
        for place, goal in enumerate(look.made.goals):
            words = self.tr("Logarithmic {0}").format(metric_words(goal.metric))
            log = menu.addAction(words)
            log.setCheckable(True)
            log.setChecked(self._is_log(place))
            log.toggled.connect(lambda on, name=goal.metric: look.set_log(name, on))
        menu.addSeparator()
        back = menu.addAction(self.tr("Show everything again"), self._reset_views)
        back.setEnabled(any(plot.is_zoomed for plot in self.plots))
        return menu

    def _is_log(self, place: int) -> bool:
        for plot in self.plots:
            if plot.across == place:
                return plot.x_home.log
            if plot.up == place:
                return plot.y_home.log
        return False

    def _reset_views(self) -> None:
        for plot in self.plots:
            plot.reset_view()

    def _popup(self) -> None:
        self.menu().popup(self.more.mapToGlobal(QPoint(0, self.more.height())))

    # --- room -----------------------------------------------------------------------------------

    def _place(self) -> None:
        columns = max(min(self.width() // LEAST_WIDTH, len(self.plots)), 1)
        for number, plot in enumerate(self.plots):
            self._grid.addWidget(plot, number // columns, number % columns)
            if len(self.plots) > 1:
                plot.setFixedHeight(HEIGHT)
        for column in range(self._grid.columnCount()):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
        rows = -(-len(self.plots) // columns)
        for row in range(self._grid.rowCount() + 1):
            alone = len(self.plots) == 1
            self._grid.setRowStretch(row, 1 if row == (0 if alone else rows) else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit as many side by side as there is room for."""
        super().resizeEvent(event)
        self._place()

    def showEvent(self, event: QShowEvent) -> None:
        """Show what has changed while nobody looked."""
        super().showEvent(event)
        if self._stale:
            self._refresh()


def show_pareto_tab(tabs: QTabBar, place: int, wanted: bool) -> None:
    """Show the tab of the Pareto page where there are several goals."""
    if not wanted and tabs.currentIndex() == place:
        tabs.setCurrentIndex(0)
    tabs.setTabVisible(place, wanted)
