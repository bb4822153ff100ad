"""Where a run gets its trials from: those that wait, then the strategy's.

A strategy that takes no notice of scores is asked in place, and one trial ahead for each worker.
One that does thinks apart, in a `core.thought.Thinker`, while the run goes on:

- It is asked when a worker is idle. With two workers or more it is also asked ahead, for one
  trial, once thinking would leave a worker idle for more than `NEGLIGIBLE` of a trial. Not
  earlier than that, because who is asked later knows more.
- With one worker it is never asked ahead: each proposal knows the trial before, and the study
  does not depend on how long anything takes.
- A proposal joins the study when a worker is there for it. Until then it is no trial: when the
  run ends it is forgotten, and thought again in the next run.
- A proposal is for one number, the next one. When a trial that was added by hand takes it, the
  thought is dropped and had anew.
"""

from __future__ import annotations

import statistics
import time
from collections import deque
from collections.abc import Callable, Container

from hpo_gui.core.thought import Thinker, Thought
from hpo_gui.core.trial import Trial
from hpo_gui.study.study import Study

NEGLIGIBLE = 0.02  # of a trial's duration
RECENT = 50  # thoughts and trials whose durations speak for the next ones


class Asking:
    """Finds trials for idle workers.

    Parameters
    ----------
    thinker : None to ask the strategy in place
    wake : called from another thread when a thought is there

    Attributes
    ----------
    per_worker : how many tasks the executor may have for each worker
    nothing_left : the strategy had nothing to propose, and nothing has changed since
    """

    def __init__(
        self,
        study: Study,
        thinker: Thinker | None,
        wake: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        looks = thinker is not None or getattr(study.strategy, "looks_at_scores", True)
        self.per_worker = 1 if looks else 2
        self.nothing_left = False
        self._study = study
        self._thinker = thinker
        self._wake = wake
        self._clock = clock
        self._asked_at: float | None = None  # while the thinker thinks
        self._held: Thought | None = None
        self._stale = False  # what is being thought is of no use
        self._seconds: deque[float] = deque(maxlen=RECENT)  # from a question to its answer
        self._idle_since: float | None = None  # while a worker waits for a thought

    def take(self, count: int, room: float, workers: int, busy: Container[int]) -> list[Trial]:
        """Up to ``count`` waiting trials, without those that are ``busy``.

        Parameters
        ----------
        room : how many trials the study may still begin
        workers : how many could work on them
        """
        if self.nothing_left:
            return []
        waiting = [trial for trial in self._study.waiting if trial.number not in busy]
        found = waiting[:count]
        if self._thinker is None:
            for _ in range(count - len(found)):
                trial = self._propose()
                if trial is None:
                    break
                self._use(trial, found)
            return found
        self._listen(self._thinker)
        if self._held is not None and self._held.number != len(self._study.trials):
            self._held = None
        if len(found) < count and self._held is not None:
            self._use(self._study.join(self._held), found)
            self._held = None
        short = len(found) < count
        ahead = room > len(found) and len(waiting) <= count and self._is_worthwhile(workers)
        if (short or ahead) and not self.nothing_left:
            self._ask(self._thinker)
        self._note_idle(short)
        return found

    def reconsider(self) -> None:
        """A trial has ended or was added: there may be something to propose again."""
        self.nothing_left = False

    def forget(self) -> None:
        """The history that was thought about is not true any more: the thought is of no use."""
        self._held = None
        self._stale = self._asked_at is not None
        self.reconsider()

    def idle_seconds(self) -> float:
        """For how long a worker has been waiting for a thought."""
        return 0.0 if self._idle_since is None else self._clock() - self._idle_since

    def close(self) -> None:
        """Give up thinking."""
        if self._thinker is not None:
            self._thinker.close()

    def _use(self, trial: Trial, found: list[Trial]) -> None:
        """Take a new trial, unless its score was known, so that it is complete already."""
        if trial.state.is_open:
            found.append(trial)
        else:
            self._wake()  # there is something to keep, and more to ask for

    def _propose(self) -> Trial | None:
        trial = self._study.propose_next()
        self.nothing_left = trial is None
        return trial

    def _ask(self, thinker: Thinker) -> None:
        if self._asked_at is None and self._held is None:
            self._asked_at = self._clock()
            thinker.ask(self._study.history, self._wake)

    def _listen(self, thinker: Thinker) -> None:
        """Take in the thought that is there."""
        if self._asked_at is None or (thought := thinker.answer()) is None:
            return
        self._seconds.append(self._clock() - self._asked_at)
        self._asked_at = None
        if self._stale:
            self._stale = False
            return
        if thought.proposal is not None:
            self._held = thought
        else:  # of a history that may be out of date
            history = self._study.history
            self.nothing_left = (thought.number, thought.asked) == (len(history), history.told)

    def _is_worthwhile(self, workers: int) -> bool:
        """Whether asking ahead saves more time than the results to come are worth."""
        if workers < 2 or not self._seconds:
            return False
        durations = [trial.seconds for trial in self._study.trials[-RECENT:]]
        known = [seconds for seconds in durations if seconds is not None]
        if not known:
            return False
        return statistics.median(self._seconds) > NEGLIGIBLE * statistics.median(known)

    def _note_idle(self, short: bool) -> None:
        if not short or self.nothing_left:
            self._idle_since = None
        elif self._idle_since is None:
            self._idle_since = self._clock()
