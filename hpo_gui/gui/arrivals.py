"""How trials come into the growing history: at once, and of very many a few at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from hpo_gui.core.history import HistoryBuilder
from hpo_gui.core.trial import Trial

MOST_AT_ONCE = 5000  # trials that are taken in at once; of more a few at a time
AT_A_TIME = 1000


class Arrivals(QObject):
    """Takes trials in, so that the window goes on.

    Parameters
    ----------
    builder : gives the history that grows

    Signals
    -------
    taken : list of the numbers of trials that are new or changed
    many_taken : so many trials came that everything is to be shown anew
    """

    taken = Signal(object)
    many_taken = Signal()

    def __init__(
        self, builder: Callable[[], HistoryBuilder], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._builder = builder
        self._arriving: deque[Trial] = deque()

    def take(self, trials: Sequence[Trial]) -> None:
        """Take in trials that are new or changed."""
        if self._arriving or len(trials) > MOST_AT_ONCE:
            self._take_later(trials)
            return
        builder = self._builder()
        for trial in trials:
            builder.put(trial)
        self.taken.emit([trial.number for trial in trials])

    def take_rest(self) -> None:
        """Take in at once what still waits, and tell nobody: another study is shown next."""
        while self._arriving:
            self._builder().put(self._arriving.popleft())

    def clear(self) -> None:
        """Forget what still waits: the history is another one, or has it already."""
        self._arriving.clear()

    def _take_later(self, trials: Sequence[Trial]) -> None:
        """Take very many a few at a time, so that the window goes on, and tell of all at once."""
        if not self._arriving:
            QTimer.singleShot(0, self, self._take_some)
        self._arriving.extend(trials)

    def _take_some(self) -> None:
        for _ in range(min(AT_A_TIME, len(self._arriving))):
            self._builder().put(self._arriving.popleft())
        if self._arriving:
            QTimer.singleShot(0, self, self._take_some)
        else:
            self.many_taken.emit()
