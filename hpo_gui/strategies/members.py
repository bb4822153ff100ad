"""Members of a population: which trials are whose, who is next, and who is better than whom.

Each trial is one member's interval of training. A history does not say whose: that follows from
the order in which the study was asked and told, which every trial records.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hpo_gui.core.history import History
from hpo_gui.core.trial import Trial, TrialState

RESTARTS = 2  # trainings of its length that a member may take, failures and restarts included

Line = Sequence[Trial]
"""The trials of a member, in the order in which it had them."""


@dataclass(frozen=True)
class Members:
    """A population as it is now.

    Attributes
    ----------
    lines : one a member
    steps : of a full training
    synchronous : nobody begins an interval before all have ended the one before
    next : the member to decide about next; None where all run, wait or are done
    """

    lines: tuple[Line, ...]
    steps: int
    synchronous: bool
    next: int | None

    @property
    def settled(self) -> Members:
        """Without the trials of a round that has begun, where there are rounds.

        What these have done depends on timing, and must not matter to who is next.
        """
        if not self.synchronous or self.next is None:
            return self
        rounds = len(self.lines[self.next])
        return replace(self, lines=tuple(line[:rounds] for line in self.lines))

    def rivals(self, place: int) -> dict[int, Trial]:
        """The trial of each member to compare the one at ``place`` with, its own included.

        Synchronous: those of the same round. Else the good ones after the nearest number of
        steps, the later of two as near. Members without one are left out.
        """
        own = self.lines[place]
        found: dict[int, Trial] = {}
        for i, line in enumerate(self.lines):
            if i == place:
                found[i] = own[-1]
            elif self.synchronous:
                if len(line) == len(own):
                    found[i] = line[-1]
            elif good := _good(line):
                steps = ends(own[-1])
                found[i] = min(good, key=lambda t: (abs(ends(t) - steps), -t.number))
        return found

    @property
    def furthest(self) -> dict[int, Trial]:
        """Of the members with a good trial before the end: the newest ones, with most steps."""
        good = {i: _good(line) for i, line in enumerate(self.lines)}
        last = {i: line[-1] for i, line in good.items() if line and ends(line[-1]) < self.steps}
        most = max((ends(trial) for trial in last.values()), default=0)
        return {i: trial for i, trial in last.items() if ends(trial) == most}

    @property
    def wanted(self) -> set[int]:
        """Numbers of the trials from whose states a member may go on."""
        if self.next is None and not any(line and line[-1].state.is_open for line in self.lines):
            return set()  # all are done, those without a chance to get to the end included
        reached = []
        for line in self.lines:
            over = bool(line) and is_good(line[-1]) and ends(line[-1]) >= self.steps
            if not over:
                reached.append(next((ends(t) for t in reversed(line) if is_good(t)), 0))
        if not reached:
            return set()
        good = (trial for line in self.lines for trial in _good(line))
        return {trial.number for trial in good if ends(trial) >= min(reached)}

    @property
    def lost(self) -> set[int]:
        """Trials without a state, as it seems: whoever tried to go on from it did no step."""
        trials = [trial for line in self.lines for trial in line if trial.parent is not None]
        failed = {
            trial.parent
            for trial in trials
            if trial.state is TrialState.FAILED and not trial.steps_done
        }
        worked = {trial.parent for trial in trials if trial.steps_done}
        return {number for number in failed - worked if number is not None}


def members_of(
    history: History, trials: Line, count: int, *, synchronous: bool, intervals: int
) -> Members:
    """The population, found out by deciding again who was next each time.

    Parameters
    ----------
    trials : of the history, and those that are about to be proposed
    count : of members; there are more where more trials were there to start from
    intervals : of a full training
    """
    parts = [trial for trial in trials if trial.steps is not None]
    given = sum(t.parent is None and t.origin.strategy != "population" for t in parts)
    kind = _Rounds if synchronous else _Queue
    turns = kind(max(count, given), history.plan.steps, intervals * RESTARTS + 1)
    for trial in parts:
        place = turns.next(trial.asked)
        if place is not None:  # else it was proposed by other options than these
            turns.take(place, trial)
    place = turns.next(history.told)
    lines = tuple(tuple(line) for line in turns.lines)
    return Members(lines, history.plan.steps, synchronous, place)


def ends(trial: Trial) -> int:
    """Number of steps after which a trial ends, its ancestors' included."""
    return trial.steps or 0


def is_good(trial: Trial) -> bool:
    """Whether a member may go on from a trial."""
    finite = all(math.isfinite(score) for score in trial.scores.values())
    return trial.state is TrialState.COMPLETE and bool(trial.scores) and finite


def ranked(history: History, rivals: dict[int, Trial]) -> list[int]:
    """Places of the members, the best first; those without a good trial come last."""

    def key(place: int) -> tuple[bool, float, int]:
        trial = rivals[place]
        good = is_good(trial)
        return not good, loss_of(history, trial) if good else math.inf, place

    return sorted(rivals, key=key)


def loss_of(history: History, trial: Trial) -> float:
    """The loss of the first goal; NaN without a score."""
    return history.goal.loss(trial.scores.get(history.goal.metric, math.nan))


def _good(line: Line) -> list[Trial]:
    return [trial for trial in line if is_good(trial)]


class _Turns:
    """Whose turn it is, as the study goes on.

    Parameters
    ----------
    most : trials that a member may have at most
    """

    def __init__(self, count: int, steps: int, most: int) -> None:
        self.lines: list[list[Trial]] = [[] for _ in range(count)]
        self._steps = steps
        self._most = most
        self._arrived = False  # somebody is at the end of the training

    def take(self, place: int, trial: Trial) -> None:
        """It was this member's turn, and this is its trial."""
        self.lines[place].append(trial)

    def _is_done(self, line: Line) -> bool:
        """Whether a member is at the end, or without a chance to get there; its trial is over."""
        last = line[-1]
        at_end = ends(last) >= self._steps
        self._arrived = self._arrived or (at_end and is_good(last))
        return len(line) >= self._most or (at_end and self._arrived)


class _Rounds(_Turns):
    """All in turn, once all have ended."""

    def __init__(self, count: int, steps: int, most: int) -> None:
        super().__init__(count, steps, most)
        self._left = deque(range(count))
        self._running = list(range(count))

    def next(self, told: int) -> int | None:
        """The member whose turn it is when so many trials have finished."""
        if self._left:
            return self._left[0]
        if all(_has_ended(self.lines[place], told) for place in self._running):
            # who has arrived comes first: whether the others try again depends on that
            by_merit = sorted(self._running, key=lambda i: not is_good(self.lines[i][-1]))
            self._running = sorted(i for i in by_merit if not self._is_done(self.lines[i]))
            self._left = deque(self._running)
        return self._left[0] if self._left else None

    def take(self, place: int, trial: Trial) -> None:
        super().take(place, trial)
        self._left.popleft()


class _Queue(_Turns):
    """Whoever has ended first."""

    def __init__(self, count: int, steps: int, most: int) -> None:
        super().__init__(count, steps, most)
        self._ready = [(0, place) for place in range(count)]
        self._running: list[tuple[int, int]] = []  # by when they end

    def next(self, told: int) -> int | None:
        """The member whose turn it is when so many trials have finished."""
        while self._running and self._running[0][0] <= told:
            heapq.heappush(self._ready, heapq.heappop(self._running))
        while self._ready:
            place = self._ready[0][1]
            if not self.lines[place] or not self._is_done(self.lines[place]):
                return place
            heapq.heappop(self._ready)
        return None

    def take(self, place: int, trial: Trial) -> None:
        super().take(place, trial)
        heapq.heappop(self._ready)
        if trial.told is not None:
            heapq.heappush(self._running, (trial.told, place))


def _has_ended(line: Line, told: int) -> bool:
    return line[-1].told is not None and line[-1].told <= told
