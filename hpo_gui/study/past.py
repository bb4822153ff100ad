"""The past of a study: its history as it was when a trial was proposed, or stopped.

A history keeps of each trial what it has become. What it was earlier follows from the order that
is logged: `Trial.asked` and `Trial.told` for proposals, `Judged` for the verdicts of pruners,
`PastAct` for what a person did to trials.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence

import msgspec

from hpo_gui.core.acts import Act, apply, as_measured
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History, HistoryBuilder, See
from hpo_gui.core.plan import Plan
from hpo_gui.core.space import Space
from hpo_gui.core.thought import as_proposed
from hpo_gui.core.trial import Trial, TrialState, summarize


class Judged(msgspec.Struct, frozen=True):
    """What a pruner saw when it stopped a trial.

    Attributes
    ----------
    trial : number of the one that was stopped
    trials : how many there were
    told : how many of them had finished
    steps : number of an open trial -> the steps that it had done, where there were any
    """

    trial: int
    trials: int
    told: int
    steps: dict[int, int]


def judged(history: History, number: int) -> Judged:
    """What there is to see now, at the moment when a trial is stopped."""
    done = {int(place): history.trials[place].steps_done for place in history.open}
    steps = {place: count for place, count in done.items() if count}
    return Judged(number, len(history), history.told, steps)


class PastAct(msgspec.Struct, frozen=True):
    """An act, and how many trials there were when it was done.

    Attributes
    ----------
    goals : of the study at that time; None for those of the past that it is part of
    """

    trials: int
    act: Act
    goals: tuple[Goal, ...] | None = None


class Past:
    """Histories of earlier moments; quickest when they are asked for in the order of time.

    Parameters
    ----------
    trials : all of the study, as they are now
    plan_at : the plan of the study when there were so many trials and so many had finished
    acts : what a person did to trials, in order; a trial with the number that there were then, or
        a higher one, was proposed from the history after it
    see : how trials of other versions of the specification were seen then; None for none
    """

    def __init__(
        self,
        space: Space,
        goals: Sequence[Goal],
        trials: Sequence[Trial],
        plan_at: Callable[[int, int], Plan] = lambda trials, told: Plan(),
        acts: Sequence[PastAct] = (),
        see: See | None = None,
    ) -> None:
        self._space = space
        self._goals = tuple(goals)
        self._trials = tuple(map(as_measured, trials))
        self._plan_at = plan_at
        self._acts = tuple(acts)
        self._ended = sorted(
            (trial for trial in self._trials if trial.told is not None),
            key=lambda t: t.told or 0,
        )
        self._told = [trial.told or 0 for trial in self._ended]
        self._see = see
        self._builder = HistoryBuilder(space, goals, see=see)
        self._moment = 0  # how many had finished in what the builder holds
        self._acted = 0  # how many acts it knows of

    def before(self, number: int) -> History:
        """What the proposal of a trial was made from.

        The trials before it: those with ``told <= asked`` with all that they gave, the others as
        they were proposed.
        """
        asked = self._trials[number].asked
        plan = self._plan_at(number, asked)
        builder = self._builder
        if number < len(builder.trials) or asked < self._moment or plan != builder.plan:
            builder = self._builder = HistoryBuilder(
                self._space, self._goals, plan=plan, see=self._see
            )
            self._moment = self._acted = 0
        first = bisect_right(self._told, self._moment)
        for trial in self._ended[first : bisect_right(self._told, asked)]:
            if trial.number < len(builder.trials):
                builder.put(trial)
        for trial in self._trials[len(builder.trials) : number]:
            builder.put(self._seen(trial, asked))
        self._moment = asked
        self._acted = self._act(builder, self._acted, number)
        return builder.snapshot()

    def at(self, moment: Judged) -> History:
        """What a pruner saw when it stopped a trial: of open trials, their course."""
        plan = self._plan_at(moment.trials, moment.told)
        builder = HistoryBuilder(self._space, self._goals, plan=plan, see=self._see)
        for trial in self._trials[: moment.trials]:
            seen = self._seen(trial, moment.told)
            done = moment.steps.get(trial.number, 0)
            builder.put(_underway(trial, done) if done else seen)
        self._act(builder, 0, moment.trials)
        return builder.snapshot()

    def _act(self, builder: HistoryBuilder, known: int, trials: int) -> int:
        """Do the acts after the first ``known`` ones; how many are done then."""
        while known < len(self._acts) and self._acts[known].trials <= trials:
            act, goals = self._acts[known].act, self._acts[known].goals
            if act.number < len(builder.trials):
                trial = builder.trials[act.number]
                builder.put(apply(act, trial, self._goals if goals is None else goals))
            known += 1
        return known

    def _seen(self, trial: Trial, told: int) -> Trial:
        """A trial as it was when so many had finished."""
        over = trial.told is not None and trial.told <= told
        return trial if over else as_proposed(trial)


def _underway(trial: Trial, steps: int) -> Trial:
    """A trial as it was after so many steps.

    Where a step is all folds, what single folds had then is gone: `Trial.course` is what pruners
    go by.
    """
    curves = {name: values[:steps] for name, values in trial.curves.items()}
    folds = {} if curves else {n: values[:steps] for n, values in trial.fold_scores.items()}
    scores = {name: values[-1] for name, values in curves.items()} or summarize(folds)
    return msgspec.structs.replace(
        as_proposed(trial),
        state=TrialState.RUNNING,
        curves=curves,
        fold_scores=folds,
        scores=scores,
    )
