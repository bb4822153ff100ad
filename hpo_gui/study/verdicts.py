"""What the pruner has to say: which trials stop, which wait for others, and when it is asked."""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Callable, Container

from hpo_gui.core.trial import Trial
from hpo_gui.pruners.pruner import Halts, Pruner
from hpo_gui.study.study import Study

RECENT = 50  # steps whose durations speak for the next ones
SLOW_STEP = 0.05  # seconds of a step that is worth more than handing a trial back


class Verdicts:
    """Asks the pruner about the trials of a study.

    Parameters
    ----------
    pruner : None for no pruning
    steps : of a full evaluation
    learns : whether each step continues from the state before it

    Attributes
    ----------
    halted : numbers of the trials that wait for others
    """

    def __init__(self, study: Study, pruner: Pruner | None, steps: int, *, learns: bool) -> None:
        self.halted: set[int] = set()
        self._study = study
        self._pruner = pruner
        self._halts: Halts | None = pruner if isinstance(pruner, Halts) else None
        self._steps = steps
        self._learns = learns
        self._seconds: deque[float] = deque(maxlen=RECENT)
        self._let_go = False

    @property
    def halts(self) -> bool:
        """Whether trials may halt, and go on later."""
        return self._halts is not None

    def full(self, trial: Trial) -> int:
        """Number of steps after which a trial is complete."""
        return trial.steps or self._steps

    def begins(self, trial: Trial) -> int:
        """The steps of its parent, which count as its own."""
        return 0 if trial.parent is None else self._study.trials[trial.parent].steps_done

    def last(self, trial: Trial, first: int) -> int:
        """After how many steps the worker shall hand a trial back: for good, or for a verdict.

        A verdict that comes while the worker does the next step costs that step. Slow folds are
        therefore done one by one; what continues from a state is handed back at halts only.
        """
        last = self.full(trial)
        if self._halts is not None:
            halt = self._halts.next_halt(self._study.history, trial)
            return last if halt is None else min(last, max(halt, first + 1))
        if self._pruner is None or self._learns or not self._seconds:
            return last
        return min(last, first + 1) if statistics.median(self._seconds) > SLOW_STEP else last

    def after_step(self, trial: Trial, seconds: float) -> str | None:
        """Why a trial stops after a step that took so long; None to go on."""
        self._seconds.append(seconds)
        if self._pruner is None or trial.steps_done >= self.full(trial):
            return None
        return self._pruner.should_stop(self._study.history, trial)

    def must_wait(self, trial: Trial) -> bool:
        """Whether a trial that was handed back must wait for others."""
        return self._halts is not None and self._halts.should_wait(self._study.history, trial)

    def judge_halted(self, busy: Container[int], prune: Callable[[int, str], None]) -> None:
        """Find the trials that still wait for others; the rest stops, or may go on.

        Parameters
        ----------
        busy : trials that the executor has
        prune : called with the number of a trial that stops, and the reason
        """
        self.halted.clear()
        if self._halts is None:
            return
        for trial in self._study.waiting:
            if trial.number in busy or trial.steps_done <= self.begins(trial):
                continue
            if reason := self._halts.should_stop(self._study.history, trial):
                prune(trial.number, reason)
            elif not self._let_go and self.must_wait(trial):
                self.halted.add(trial.number)
        self._let_go = False

    def let_go(self) -> None:
        """Let halted trials go on at the next judgement: nothing else can run."""
        self._let_go = True
