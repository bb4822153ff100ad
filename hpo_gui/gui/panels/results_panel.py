"""The Results panel: who won and by how much, what made the difference, and the way out."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from hpo_gui.core.durations import show_duration
from hpo_gui.gui.cards.best_card import BestCard
from hpo_gui.gui.cards.ensemble_card import EnsembleCard
from hpo_gui.gui.cards.export_drawer import ExportDrawer
from hpo_gui.gui.cards.final_test import FinalTestCard
from hpo_gui.gui.plots.fold_plot import FoldPlot
from hpo_gui.gui.plots.landscape_view import LandscapeView
from hpo_gui.gui.plots.learning_view import LearningView, show_learning_tab
from hpo_gui.gui.plots.parallel_plot import ParallelView
from hpo_gui.gui.plots.pareto_view import ParetoView, show_pareto_tab
from hpo_gui.gui.plots.population_view import PopulationView
from hpo_gui.gui.plots.slice_plot import SlicesView
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.filter_box import FilterBox
from hpo_gui.gui.tables.leaderboard_table import LeaderboardTable
from hpo_gui.gui.tables.models_table import ModelsTable
from hpo_gui.gui.tables.score_text import score_text
from hpo_gui.gui.tables.trial_store import trial_store
from hpo_gui.gui.widgets.buttons import LinkButton, PrimaryButton, explain
from hpo_gui.gui.widgets.card import Card
from hpo_gui.gui.widgets.empty_state import EmptyState
from hpo_gui.gui.widgets.labels import hairline, label, wrapped
from hpo_gui.gui.widgets.segmented_control import SegmentedControl
from hpo_gui.gui.widgets.tab_row import TabRow

SIDE = 320


class AlternativeCard(Card):
    """Names a cheaper trial that is as good within one standard error; else it hides."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._session = session
        self._store = trial_store(session)
        self.text = wrapped("", "muted")
        self.show_button = LinkButton(self.tr("Show it"))
        self.show_button.clicked.connect(self._select)
        self.add(label(self.tr("A cheaper one"), "strong"))
        self.add(self.text)
        self.add(self.show_button)
        self.body.setSpacing(4)

    def refresh(self) -> None:
        """Show the alternative there is now."""
        found = self._store.summary.alternative
        # NOTE: of several goals each trial of the front is an alternative
        self.setVisible(found is not None and not self._store.several)
        if found is None:
            return
        score = found.trial.scores[self._store.goal.metric]
        text = self.tr(
            "Trial #{0} scores {1}, within one standard error of the best, and fits {2:.1f} × "
            "faster ({3} instead of {4})."
        )
        faster = found.best_cost / found.cost if found.cost > 0 else float("inf")
        costs = show_duration(found.cost), show_duration(found.best_cost)
        self.text.setText(text.format(found.trial.number, score_text(score, 3), faster, *costs))

    def _select(self) -> None:
        found = self._store.summary.alternative
        if found is not None:
            self._session.looking.select([found.trial.number])


class ResultsPanel(QWidget):
    """See the module."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._store = trial_store(session)
        self.leaderboard = LeaderboardTable(session)
        self.models = ModelsTable(session)
        self.ranked = SegmentedControl(
            [("trials", self.tr("Trials")), ("models", self.tr("Models"))], self.tr("What to rank")
        )
        self.refit = LinkButton(self.tr("Refit this model on all rows…"))
        self.parallel = ParallelView(session)
        self.pareto = ParetoView(session)
        self.slices = SlicesView(session)
        self.landscape = LandscapeView(session)
        self.learning = LearningView(session)
        self.population = PopulationView(session)
        self.folds = FoldPlot(session)
        self.filter = FilterBox(session)
        self.best = BestCard(session)
        self.alternative = AlternativeCard(session)
        self.test = FinalTestCard(session)
        self.ensemble = EnsembleCard(session)
        self.export_button = PrimaryButton(self.tr("Export results…"), "export")
        self.drawer = ExportDrawer(session)
        self.tabs, self.views = QTabBar(), QStackedWidget()
        self.stack, self.side = QStackedWidget(), QStackedWidget()
        self._build()
        self._listen()
        self.refresh()

    # --- building -------------------------------------------------------------------------------

    def _build(self) -> None:
        down = QSplitter(Qt.Orientation.Vertical)
        down.setObjectName("leaderboard")
        down.setHandleWidth(12)
        down.setChildrenCollapsible(False)
        down.addWidget(self._ranking())
        down.addWidget(self._explore())
        down.setSizes([420, 420])
        across = QSplitter(Qt.Orientation.Horizontal)
        across.setObjectName("export")
        across.setHandleWidth(14)
        across.setChildrenCollapsible(False)
        self.side.addWidget(self._facts())
        self.side.addWidget(self.drawer)
        self.side.setMinimumWidth(298)
        self.side.setMaximumWidth(440)
        across.addWidget(down)
        across.addWidget(self.side)
        across.setStretchFactor(0, 1)
        across.setSizes([900, SIDE])
        self.stack.addWidget(self._empty())
        self.stack.addWidget(across)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.stack)

    def _ranking(self) -> Card:
        self.ranking = Card(self.tr("Leaderboard"), flush=True)
        self.ranked_views = QStackedWidget()
        self.ranked_views.addWidget(self.leaderboard)
        self.ranked_views.addWidget(self.models)
        self.ranking.add(self.ranked_views, 1)
        self.ranking.add_action(self.refit)
        self.ranking.add_action(self.ranked)
        return self.ranking

    def _explore(self) -> Card:
        card = Card(flush=True)
        card.setAccessibleName(self.tr("What made the difference"))
        for words, view in (
            (self.tr("Parallel"), self.parallel),
            (self.tr("Pareto"), self.pareto),
            (self.tr("Parameters"), self.slices),
            (self.tr("Landscape"), self.landscape),
            (self.tr("Learning"), self.learning),
            (self.tr("Folds"), self.folds),
            (self.tr("Population"), self.population),
        ):
            self.tabs.addTab(words)
            self.views.addWidget(view)
        self.tabs.setExpanding(False)
        self.pareto.wanted_changed.connect(self._offer_pareto)
        self._offer_population(self.population.is_wanted)
        self.population.wanted_changed.connect(self._offer_population)
        self.tabs.setAccessibleName(self.tr("Views of the results"))
        told = QVBoxLayout()
        told.setContentsMargins(14, 0, 14, 0)
        told.addWidget(self.filter.message)
        card.body.addWidget(TabRow(self.tabs, (self.filter, 2)))
        card.body.addLayout(told)
        card.add(hairline())
        card.add(self.views, 1)
        return card

    def _offer_pareto(self, wanted: bool) -> None:
        """With several goals the front is what is looked at first."""
        place = self.views.indexOf(self.pareto)
        show_pareto_tab(self.tabs, place, wanted)
        if wanted:
            self.tabs.setCurrentIndex(place)

    def _offer_population(self, wanted: bool) -> None:
        self.tabs.setTabVisible(self.views.indexOf(self.population), wanted)

    def _facts(self) -> QWidget:
        inner = QFrame()
        inner.setProperty("kind", "plain")
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        out = Card()
        out.add(label(self.tr("Take it with you"), "strong"))
        words = self.tr("The fitted model, its parameters, the table of trials, pictures.")
        out.add(wrapped(words, "muted"))
        out.add(self.export_button)
        for card in (self.best, self.test, out, self.ensemble, self.alternative):
            column.addWidget(card)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        return area

    def _empty(self) -> QWidget:
        self.empty_action = PrimaryButton(self.tr("Go to Run"))
        self.empty_action.clicked.connect(lambda: self.session.go_to.emit("run", ""))
        self.empty = EmptyState("chart", "", "", self.empty_action)
        card = Card(flush=True)
        card.add(self.empty, 1)
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(card)
        return page

    # --- behaviour ------------------------------------------------------------------------------

    def _listen(self) -> None:
        self._store.reset.connect(self._reset)
        self._store.changed.connect(self.refresh)
        self.tabs.currentChanged.connect(self.views.setCurrentIndex)
        # NOTE: the chosen tab is bold, thus wider; without room for it Qt would hide the last one
        self.tabs.currentChanged.connect(lambda _: self.tabs.updateGeometry())
        self._offer_pareto(self.pareto.is_wanted)
        self._store.chosen_changed.connect(self.refresh)
        self.export_button.clicked.connect(lambda: self.open_export())
        self.ranked.changed.connect(self._show_ranking)
        self.refit.clicked.connect(self._refit)
        self.ensemble.export_wanted.connect(lambda: self.open_export("ensemble_pickle"))
        self.drawer.closed.connect(lambda: self.side.setCurrentIndex(0))

    def _reset(self) -> None:
        self.side.setCurrentIndex(0)
        self.refresh()

    def focus_field(self, field: str) -> None:
        """Show a part.

        "export", "models", "filter", "pareto", "pareto.parallel", "pareto.growth", "learning",
        "landscape", "landscape.map" or "population".
        """
        if field == "export":
            self.open_export()
        elif field == "models":
            self._show_ranking("models")
        elif field.startswith("landscape"):
            self.tabs.setCurrentIndex(self.views.indexOf(self.landscape))
            self.landscape.show_kind(field.partition(".")[2])
        elif field.startswith("pareto"):
            self.tabs.setCurrentIndex(self.views.indexOf(self.pareto))
            self.pareto.show_kind(field.partition(".")[2])
        elif field == "learning":
            self.tabs.setCurrentIndex(self.views.indexOf(self.learning))
        elif field == "population":
            self.tabs.setCurrentIndex(self.views.indexOf(self.population))
        elif field == "filter":
            self.filter.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def open_export(self, *ticked: str, trial: int | None = None) -> None:
        """Open the export drawer, see `ExportDrawer.begin`."""
        self.stack.setCurrentIndex(1)
        self.side.setCurrentWidget(self.drawer)
        self.drawer.begin(*ticked, trial=trial)

    def _refit(self) -> None:
        """Open the export of the chosen model's best trial, which is fitted on all rows."""
        place = self.models.chosen
        if place is not None and place.best is not None:
            self.session.looking.select([place.best.number])
            self.open_export("model_pickle", trial=place.best.number)

    def _show_ranking(self, key: str) -> None:
        several = len(self.session.spec.models) > 1
        key = key if several else "trials"
        self.ranked.set_current(key)
        self.ranked.setVisible(several)
        self.refit.setVisible(key == "models")
        self.ranked_views.setCurrentIndex(("trials", "models").index(key))

    def refresh(self) -> None:
        """Show what there is now."""
        complete = len(self._store.history.complete)
        exporting = self.side.currentWidget() is self.drawer
        self.stack.setCurrentIndex(1 if complete or exporting else 0)
        if not complete:
            self._show_empty()
        show_learning_tab(self.tabs, self.views.indexOf(self.learning), self.session)
        self._show_ranking(self.ranked.current())
        self.best.refresh()
        self.ensemble.refresh()
        self.alternative.refresh()
        self.ranking.set_subtitle(self._subtitle(complete))
        why = "" if complete else self.tr("No trial is complete yet.")
        explain(self.export_button, why)

    def _subtitle(self, complete: int) -> str:
        shown = len(self.leaderboard.ranking.places)
        if complete <= shown:
            return self.tr("{0:,} complete trials").format(complete)
        return self.tr("the best of {0:,} complete trials").format(complete)

    def _show_empty(self) -> None:
        count = self._store.count
        if not count:
            self.empty.set_text(
                self.tr("No results yet"),
                self.tr(
                    "When the first trials are complete, they are ranked here with what is only "
                    "noise marked, and the best model can be exported."
                ),
            )
            return
        self.empty.set_text(
            self.tr("No trial is complete yet"),
            self.tr("{0:,} trials so far. Those that failed tell why on the Run page.").format(
                count
            ),
        )
