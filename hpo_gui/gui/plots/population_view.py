"""The population of a study, over the steps of training: scores, lineage, parameters."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from hpo_gui.analysis.population import lineage, varying
from hpo_gui.gui.plots.lineage_plot import (
    HEIGHT,
    LEAST_WIDTH,
    LineagePlot,
    LineageTreePlot,
    ParameterPathsPlot,
    ScorePathsPlot,
)
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.trial_store import trial_store
from hpo_gui.gui.widgets.empty_state import EmptyState

FOLLOW_MS = 500


class PopulationView(QStackedWidget):
    """See the module.

    Signals
    -------
    wanted_changed : whether there is a population to look at, or one is to come
    """

    wanted_changed = Signal(bool)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._store = trial_store(session)
        self.scores = ScorePathsPlot(session)
        self.tree = LineageTreePlot(session)
        self.parameters: list[ParameterPathsPlot] = []
        self._stale = True
        self._has_children = False
        self._fill()
        self.setAccessibleName(self.tr("Population"))
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(FOLLOW_MS)
        self._timer.timeout.connect(self._mark_stale)
        self._store.reset.connect(self._reset)
        self._store.filtered.connect(self._mark_stale)
        self._store.changed.connect(self._follow)
        session.spec_changed.connect(self._tell)
        self._reset()

    @property
    def is_wanted(self) -> bool:
        """Whether there is a population to look at, or one is to come."""
        return self._has_children or self._session.spec.strategy.name == "population"

    @property
    def plots(self) -> list[LineagePlot]:
        """All plots, in the order of the grid."""
        return [self.scores, self.tree, *self.parameters]

    def _fill(self) -> None:
        empty = EmptyState(
            "chart",
            self.tr("No generation is over yet"),
            self.tr(
                "Once the first interval of training is over, members go on from each other's "
                "states. Their scores, their parameters and who copied whom are shown here."
            ),
        )
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(empty, 1)
        self._inner = QWidget()
        self._grid = QGridLayout(self._inner)
        self._grid.setContentsMargins(6, 8, 6, 8)
        self._grid.setSpacing(6)
        self._area = QScrollArea()
        self._area.setWidget(self._inner)
        self._inner.setAutoFillBackground(False)
        self._area.setWidgetResizable(True)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.addWidget(page)
        self.addWidget(self._area)

    def _reset(self) -> None:
        trials = self._session.builder.trials
        self._has_children = any(trial.parent is not None for trial in trials)
        self._tell()
        self._mark_stale()

    def _tell(self) -> None:
        self.wanted_changed.emit(self.is_wanted)

    def _follow(self, numbers: Sequence[int]) -> None:
        if not self._has_children:
            found = (self._store.trial(int(number)).parent for number in numbers)
            self._has_children = any(parent is not None for parent in found)
            self._tell()
        if not self._timer.isActive():
            self._timer.start()

    def _mark_stale(self) -> None:
        self._stale = True
        if self.isVisible():
            self._refresh()

    def _refresh(self) -> None:
        """Show what there is now."""
        self._stale = False
        made = lineage(self._store.history)
        self.setCurrentIndex(1 if made.is_population else 0)
        if not made.is_population:
            return
        names = varying(self._store.history, made)
        if [plot.name for plot in self.parameters] != list(names):
            for plot in self.parameters:
                self._grid.removeWidget(plot)
                plot.deleteLater()
            self.parameters = [ParameterPathsPlot(self._session, name) for name in names]
            self._place()
        for shown in self.plots:
            shown.mark_stale()

    def _place(self) -> None:
        columns = self.columns_for(self.width())
        for number, plot in enumerate(self.plots):
            self._grid.addWidget(plot, number // columns, number % columns)
            plot.setFixedHeight(HEIGHT)
        for column in range(self._grid.columnCount()):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
        self._grid.setRowStretch(self._grid.rowCount(), 1)

    def columns_for(self, width: int) -> int:
        """How many plots fit side by side."""
        return max(min(width // LEAST_WIDTH, len(self.plots)), 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit as many side by side as there is room for."""
        super().resizeEvent(event)
        if self.columns_for(max(event.oldSize().width(), 1)) != self.columns_for(self.width()):
            self._place()

    def showEvent(self, event: QShowEvent) -> None:
        """Show what has changed while nobody looked."""
        super().showEvent(event)
        if self._stale:
            self._refresh()
        self._place()
