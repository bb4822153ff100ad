"""What the Pareto plots of a window show: bars, the epsilon filter, who is dominated by chance."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Signal

from hpo_gui.analysis.pareto import FloatArray, Mask, Pareto, half_widths, within_epsilon
from hpo_gui.analysis.significance import has_folds, is_quick, not_dominated
from hpo_gui.gui.tables.trial_store import TrialStore


class ParetoLook(QObject):
    """The choices, and what follows from them for the trials there are; computed when asked for.

    Signals
    -------
    changed : something else is to be shown
    """

    changed = Signal()

    def __init__(self, store: TrialStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self.bars = True
        self.by_chance = False
        self.epsilon: float | None = None
        self.logs: dict[str, bool] = {}
        self.made: Pareto = store.pareto
        self._widths: FloatArray | None = None
        self._sure: Mask | None = None

    def renew(self) -> None:
        """Look at the trials there are now."""
        if self.made is not self._store.pareto:
            self.made = self._store.pareto
            self._widths = self._sure = None

    def choose(
        self,
        *,
        bars: bool | None = None,
        by_chance: bool | None = None,
    ) -> None:
        """Switch error bars, or the trials that are not significantly dominated, on or off."""
        self.bars = self.bars if bars is None else bars
        self.by_chance = self.by_chance if by_chance is None else by_chance
        self.changed.emit()

    def set_epsilon(self, epsilon: float | None) -> None:
        """Show only trials within a share of the front's range of the front; None for all."""
        self.epsilon = epsilon
        self.changed.emit()

    def set_log(self, metric: str, log: bool) -> None:
        """Make the axis of a goal logarithmic, or not."""
        self.logs[metric] = log
        self.changed.emit()

    @property
    def rows(self) -> Mask:
        """Which of the complete trials are shown."""
        made = self.made
        shown = self._store.mask[made.numbers]
        if self.epsilon is not None:
            shown = shown & (within_epsilon(made, self.epsilon) | made.on_front)
        return shown

    @property
    def widths(self) -> FloatArray:
        """Half-widths of the intervals of the front, in its order."""
        if self._widths is None:
            history = self._store.session.history
            self._widths = half_widths(history, self.made.front, self._store.test_ratio)
        return self._widths

    @property
    def why_no_chance(self) -> str:
        """Why it cannot be told who is dominated by chance only, or ""."""
        if not has_folds(self._store.session.history, self.made):
            return self.tr("One fold tells no uncertainty.")
        if not is_quick(self.made):
            return self.tr("There are too many trials and too large a front to compare them all.")
        return ""

    @property
    def undominated(self) -> Mask:
        """Which trials beside the front are not significantly dominated; none unless wanted."""
        if not self.by_chance or self.why_no_chance:
            return np.zeros(len(self.made.numbers), dtype=bool)
        if self._sure is None:
            history = self._store.session.history
            self._sure = not_dominated(history, self.made, self._store.test_ratio)
        return self._sure & ~self.made.on_front
