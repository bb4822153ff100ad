"""The card under the plot: the trials in several views behind tabs, with one filter for all."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QStackedWidget, QTabBar, QVBoxLayout, QWidget

from hpo_gui.gui.plots.landscape_view import LandscapeView
from hpo_gui.gui.plots.learning_view import LearningView, show_learning_tab
from hpo_gui.gui.plots.pareto_view import ParetoView, show_pareto_tab
from hpo_gui.gui.plots.population_view import PopulationView
from hpo_gui.gui.plots.slice_plot import SlicesView
from hpo_gui.gui.plots.timeline_plot import TimelinePlot
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.filter_box import FilterBox
from hpo_gui.gui.tables.trial_store import trial_store
from hpo_gui.gui.tables.trial_table import TrialTable
from hpo_gui.gui.widgets.buttons import IconButton
from hpo_gui.gui.widgets.card import Card
from hpo_gui.gui.widgets.labels import hairline, label
from hpo_gui.gui.widgets.tab_row import TabRow


class TrialsCard(Card):
    """See the module.

    Signals
    -------
    export_wanted : number of a trial whose model is to be exported
    """

    export_wanted = Signal(int)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent, flush=True)
        self._session = session
        self._store = trial_store(session)
        self.setAccessibleName(self.tr("Trials"))
        self.table = TrialTable(session)
        self.pareto = ParetoView(session)
        self.slices = SlicesView(session)
        self.landscape = LandscapeView(session)
        self.learning = LearningView(session)
        self.population = PopulationView(session)
        self.timeline = TimelinePlot(session)
        self.filter = FilterBox(session)
        self.count = label("", "small")
        self.columns = IconButton("columns", self.tr("Choose columns"))
        self.tabs = QTabBar()
        self.stack = QStackedWidget()
        self._fill()
        self.columns.clicked.connect(self._choose_columns)
        self.tabs.currentChanged.connect(self._show_tab)
        self.table.export_wanted.connect(self.export_wanted)
        for signal in (self._store.reset, self._store.changed, self._store.filtered):
            signal.connect(self._count)
        for signal in (self._store.reset, self._store.changed, session.spec_changed):
            signal.connect(self._offer_learning)
        self._count()
        self._offer_learning()

    def _fill(self) -> None:
        for words, view in (
            (self.tr("Trials"), self.table),
            (self.tr("Pareto"), self.pareto),
            (self.tr("Parameters"), self.slices),
            (self.tr("Landscape"), self.landscape),
            (self.tr("Learning"), self.learning),
            (self.tr("Timeline"), self.timeline),
            (self.tr("Population"), self.population),
        ):
            self.tabs.addTab(words)
            self.stack.addWidget(view)
        self.tabs.setAccessibleName(self.tr("Views of the trials"))
        self.tabs.setExpanding(False)
        self._offer_pareto(self.pareto.is_wanted)
        self.pareto.wanted_changed.connect(self._offer_pareto)
        self._offer_population(self.population.is_wanted)
        self.population.wanted_changed.connect(self._offer_population)
        row = TabRow(self.tabs, (self.count, 0), (self.filter, 2), (self.columns, 0))
        told = QVBoxLayout()
        told.setContentsMargins(14, 0, 14, 0)
        told.addWidget(self.filter.message)
        self.body.addWidget(row)
        self.body.addLayout(told)
        self.body.addWidget(hairline())
        self.body.addWidget(self.stack, 1)

    def _offer_pareto(self, wanted: bool) -> None:
        show_pareto_tab(self.tabs, self.stack.indexOf(self.pareto), wanted)

    def _offer_population(self, wanted: bool) -> None:
        self.tabs.setTabVisible(self.stack.indexOf(self.population), wanted)

    def _show_tab(self, place: int) -> None:
        self.stack.setCurrentIndex(place)
        self.columns.setVisible(place == 0)
        self.tabs.updateGeometry()  # the chosen tab is bold, thus wider

    def _offer_learning(self) -> None:
        show_learning_tab(self.tabs, self.stack.indexOf(self.learning), self._session)

    def show_learning(self) -> None:
        """Show the learning curves."""
        self.tabs.setCurrentIndex(self.stack.indexOf(self.learning))

    def show_landscape(self, kind: str = "") -> None:
        """Show the landscape, as "slices", as a "map", or as it was last."""
        self.tabs.setCurrentIndex(self.stack.indexOf(self.landscape))
        self.landscape.show_kind(kind)

    def show_pareto(self, kind: str = "") -> None:
        """Show the Pareto front, as "front", in "parallel", its "growth", or as it was last."""
        self.tabs.setCurrentIndex(self.stack.indexOf(self.pareto))
        self.pareto.show_kind(kind)

    def show_population(self) -> None:
        """Show how the population goes on."""
        self.tabs.setCurrentIndex(self.stack.indexOf(self.population))

    def _choose_columns(self) -> None:
        menu = self.table.column_menu()
        menu.popup(self.columns.mapToGlobal(QPoint(0, self.columns.height())))

    def _count(self) -> None:
        """Say how many pass, while a filter hides some."""
        total, mask = self._store.count, self._store.mask
        passed = int(mask.sum())
        words = self.tr("{0:,} of {1:,}").format(passed, total) if passed < total else ""
        self.count.setText(words)
