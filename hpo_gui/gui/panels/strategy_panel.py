"""The Strategy panel: what is tried next, how it is judged, when it ends, and where it runs."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QVBoxLayout, QWidget

from hpo_gui.gui.cards.budget_card import BudgetCard
from hpo_gui.gui.cards.compute_card import ComputeCard
from hpo_gui.gui.cards.ensemble_switch import EnsembleSwitchCard
from hpo_gui.gui.cards.metrics_card import MetricsCard
from hpo_gui.gui.cards.rows_card import RowsCard
from hpo_gui.gui.cards.start_card import StartCard
from hpo_gui.gui.cards.strategy_card import StrategyCard
from hpo_gui.gui.cards.strategy_choice import StrategyChoiceCard
from hpo_gui.gui.cards.validation_card import (
    PreprocessingCard,
    PrunerCard,
    ValidationCard,
)
from hpo_gui.gui.session import Session

GAP = 12
WIDE = 1440  # from here on there are three columns


class StrategyPanel(QWidget):
    """Cards in two columns under the strategy."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setAccessibleName(self.tr("Strategy"))
        self.strategy = StrategyChoiceCard(session)
        self.budget = BudgetCard(session)
        self.metrics = MetricsCard(session)
        self.validation = ValidationCard(session)
        self.rows = RowsCard(session)
        self.start = StartCard(session)
        self.preprocessing = PreprocessingCard(session)
        self.pruner = PrunerCard(session)
        self.ensemble = EnsembleSwitchCard(session)
        self.compute = ComputeCard(session)
        self.area = QScrollArea()
        self._columns = QGridLayout()
        self._sides: list[QVBoxLayout] = []
        self._count = 0
        self._build()

    @property
    def cards(self) -> tuple[StrategyCard, ...]:
        """All cards, in the order of the keyboard."""
        return (
            self.strategy,
            self.budget,
            self.metrics,
            self.start,
            self.compute,
            self.validation,
            self.rows,
            self.preprocessing,
            self.pruner,
            self.ensemble,
        )

    def _build(self) -> None:
        inner = QFrame()
        inner.setProperty("kind", "plain")
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 4, 0)
        column.setSpacing(GAP)
        column.addWidget(self.strategy)
        column.addLayout(self._columns)
        column.addStretch(1)
        self._columns.setSpacing(GAP)
        for place in range(3):
            side = QVBoxLayout()
            side.setSpacing(GAP)
            self._sides.append(side)
            self._columns.addLayout(side, 0, place)
        self._arrange(2)
        self.area.setWidget(inner)
        self.area.setWidgetResizable(True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.area)

    def _arrange(self, count: int) -> None:
        """Put the cards into two or three columns."""
        if count == self._count:
            return
        self._count = count
        start, compute = self.start, self.compute
        parts: tuple[tuple[StrategyCard, ...], ...] = (
            (self.budget, self.metrics, start, compute),
            (self.validation, self.rows, self.preprocessing, self.pruner, self.ensemble),
            (),
        )
        if count == 3:
            parts = (
                (self.budget, self.metrics, self.ensemble),
                (self.validation, self.rows, self.preprocessing),
                (start, compute, self.pruner),
            )
        for place, (side, cards) in enumerate(zip(self._sides, parts, strict=True)):
            while side.takeAt(0) is not None:
                pass
            for card in cards:
                side.addWidget(card)
            side.addStretch(1)
            self._columns.setColumnStretch(place, 1 if cards else 0)
            self._columns.setColumnMinimumWidth(place, 1 if cards else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use three columns where there is room."""
        super().resizeEvent(event)
        self._arrange(3 if event.size().width() >= WIDE else 2)

    def focus_field(self, field: str) -> None:
        """Show the card of a field, such as "validation", and put the keyboard into it."""
        name = field.partition(".")[0]
        for card in self.cards:
            if name in card.fields:
                self.area.ensureWidgetVisible(card)
                first = next(
                    (
                        widget
                        for widget in card.findChildren(QWidget)
                        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
                        and widget.isEnabled()
                        and widget.isVisible()
                    ),
                    None,
                )
                if first is not None:
                    first.setFocus(Qt.FocusReason.OtherFocusReason)
                return
