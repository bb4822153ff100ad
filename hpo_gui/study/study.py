"""A study in its ask-and-tell form: the history, and the one place that changes it.

>>> from hpo_gui.core.goal import Goal
>>> from hpo_gui.core.parameter import Float
>>> from hpo_gui.core.space import Space
>>> from hpo_gui.strategies.random import Random
>>> study = Study(Space([Float("x", -1, 1)]), [Goal("loss", "minimize")], Random(), seed=7)
>>> for trial in study.ask(8):
...     _ = study.tell(trial.number, {"loss": trial.params["x"] ** 2})
>>> study.best.state
<TrialState.COMPLETE: 'complete'>
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

import msgspec

from hpo_gui.core.acting import Acted, Done, do_acts
from hpo_gui.core.acts import Act
from hpo_gui.core.errors import ActError, ObjectiveError, SpecError, StudioError
from hpo_gui.core.fitting import why_outside
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History, HistoryBuilder, See
from hpo_gui.core.plan import Plan
from hpo_gui.core.space import Space
from hpo_gui.core.spec import Duplicates
from hpo_gui.core.thought import Thought, think
from hpo_gui.core.trial import Failure, Origin, Proposal, StepScores, Trial, TrialState, add_step
from hpo_gui.core.wanted import Again, Queued, Typed, Wanted
from hpo_gui.storage.records import StepRow
from hpo_gui.strategies.strategy import Strategy
from hpo_gui.study.duplicates import repeat_of, settle

BY_HAND = "manual"  # origin of a trial that a person has typed
NO_NOTES: Mapping[int, tuple[float, str]] = {}


class TrialStore(Protocol):
    """Where trials are kept: all of a call, or nothing, and durable when the call returns."""

    def record(self, trials: Iterable[Trial], steps: Iterable[StepRow]) -> None: ...

    def act(self, done: Sequence[Done]) -> None: ...


class Study:
    """Ask for trials, tell their scores.

    Parameters
    ----------
    space : what may be tried
    goals : at least one
    strategy : decides what to try after the starting proposals
    seed : of the study; proposals depend on it and on the history only
    start : proposals that come before the strategy's, where none of them has come yet
    trials : of an earlier session; running ones are put back to waiting with the steps they have;
        waiting ones of an earlier version of the specification get today's, or are cancelled
        where they do not fit the space any more
    store : keeps every change; None for a study in memory
    spec_version : recorded with new trials
    plan : what is known ahead, for strategies that divide a budget
    duplicates : what becomes of a configuration that was tried already, see `study.duplicates`
    see : how trials of earlier versions look in the space; None where they are alike
    notes : version of the specification -> since when, and what was different

    Attributes
    ----------
    interrupted : numbers of the trials that ran when the study ended
    unfit : numbers of the waiting trials that were cancelled, as they do not fit any more
    """

    def __init__(
        self,
        space: Space,
        goals: Sequence[Goal],
        strategy: Strategy,
        *,
        seed: int = 0,
        start: Sequence[Proposal] = (),
        trials: Iterable[Trial] = (),
        store: TrialStore | None = None,
        spec_version: int = 1,
        plan: Plan = Plan(),
        duplicates: Duplicates = "run",
        see: See | None = None,
        notes: Mapping[int, tuple[float, str]] = NO_NOTES,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if not goals:
            raise StudioError("goals", "must name at least one metric", list(goals))
        self.seed = seed
        self.strategy = strategy
        self.notes = notes
        self._store = store
        self._spec_version = spec_version
        self._duplicates: Duplicates = duplicates
        self._clock = clock
        self._builder = HistoryBuilder(space, goals, plan=plan, see=see)
        self._pending: dict[int, Trial] = {}
        self._steps: list[StepRow] = []
        for trial in trials:
            self._builder.put(trial)
        self.interrupted = tuple(
            trial.number for trial in self.trials if trial.state is TrialState.RUNNING
        )
        for number in self.interrupted:
            self.requeue(number)
        self.unfit = tuple(self._bring_up_to_date())
        # Killed before its first trial, it may have trials that a person has queued since.
        if all(t.started is None and t.origin.strategy == BY_HAND for t in self.trials):
            queued = self.history
            for proposal in start:
                if not queued.knows(proposal.params):
                    self._add(proposal)
        self.flush()

    def _bring_up_to_date(self) -> Iterator[int]:
        """Give waiting trials today's specification; the numbers of those that do not fit it."""
        see = self._builder.see
        for trial in list(self.trials):
            if trial.state is not TrialState.WAITING or trial.spec_version == self._spec_version:
                continue
            params = trial.params if see is None else see(trial).params
            if self.space.contains(params):
                self._change(trial.number, params=params, spec_version=self._spec_version)
                continue
            why = why_outside(self.space, params)
            failure = Failure("stopped", f"It does not fit the space any more: {why}.")
            self.fail(trial.number, failure, state=TrialState.CANCELLED)
            yield trial.number

    # --- what is known ------------------------------------------------------------------------

    @property
    def space(self) -> Space:
        return self._builder.space

    @property
    def goals(self) -> tuple[Goal, ...]:
        return self._builder.goals

    @property
    def trials(self) -> Sequence[Trial]:
        return self._builder.trials

    @property
    def history(self) -> History:
        """A read-only snapshot."""
        return self._builder.snapshot()

    @property
    def best(self) -> Trial | None:
        """The complete trial with the best score of the first goal."""
        return self.history.best

    # --- ask ----------------------------------------------------------------------------------

    def ask(self, count: int = 1) -> list[Trial]:
        """Up to ``count`` trials to evaluate, now running; fewer when nothing is left to try."""
        asked = [self.begin(trial.number) for trial in self.propose(count)]
        self.flush()
        return asked

    def propose(self, count: int = 1) -> list[Trial]:
        """Up to ``count`` waiting trials: those that wait already, then the strategy's.

        A proposal whose score is known is complete at once: then there may be fewer.
        """
        waiting = self.waiting[:count]
        for _ in range(count - len(waiting)):
            proposed = self.propose_next()
            if proposed is None:
                break
            if proposed.state.is_open:
                waiting.append(proposed)
        return waiting

    @property
    def waiting(self) -> list[Trial]:
        """The trials that wait to be run, in the order of their numbers."""
        candidates = (self.trials[number] for number in self.history.open)
        return [trial for trial in candidates if trial.state is TrialState.WAITING]

    def propose_next(self) -> Trial | None:
        """A new waiting trial by the strategy, which thinks here; None when nothing is left."""
        thought = think(self.strategy, self.history, self.seed)
        return None if thought.proposal is None else self.join(thought)

    def join(self, thought: Thought) -> Trial:
        """A new waiting trial from what the strategy thought, perhaps elsewhere and before.

        The thought must be about the next trial; trials may have finished since.
        """
        assert thought.number == len(self.trials), "a thought is about one number"
        assert thought.proposal is not None
        return self._add(thought.proposal, thought.asked)

    def add(self, params: Mapping[str, object], origin: str = BY_HAND, reason: str = "") -> Trial:
        """Queue a configuration by hand.

        Raises
        ------
        SpecError : it is not legal in the space
        """
        legal = self.space.check(dict(params))
        return self._add(Proposal(legal, Origin(origin, reason or "Typed by hand.")))

    def queue(self, wanted: Sequence[Wanted]) -> Queued:
        """Queue what a person wants; what is not possible of it is left out and told."""
        trials: list[Trial] = []
        refused: list[StudioError] = []
        for one in wanted:
            try:
                match one:
                    case Typed(params=params):
                        trials.append(self.add(params))
                    case Again(number=number, fresh=fresh):
                        trials.append(self.repeat(number, fresh=fresh))
            except (ActError, SpecError) as error:
                refused.append(error)
        return Queued(tuple(trials), tuple(refused))

    def repeat(self, number: int, *, fresh: bool = False) -> Trial:
        """Queue a trial once more, whatever the policy for duplicates is.

        Parameters
        ----------
        fresh : with a seed that its configuration has not had yet; else with its own one

        Raises
        ------
        ActError, SpecError : see `study.duplicates.repeat_of`
        """
        proposal, seed = repeat_of(self.history, number, fresh=fresh, seed=self.seed)
        return self._add(proposal, seed=seed)

    def plan_again(self, plan: Plan) -> None:
        """Go on with another plan, such as of another budget."""
        self._builder.plan_again(plan)

    def _add(self, proposal: Proposal, asked: int | None = None, seed: int | None = None) -> Trial:
        """Add a waiting trial; without a ``seed`` the policy for duplicates is followed."""
        trial = Trial(
            number=len(self.trials),
            params=proposal.params,
            origin=proposal.origin,
            parent=proposal.parent,
            steps=proposal.steps,
            seed=self.seed if seed is None else seed,
            spec_version=self._spec_version,
            asked=self._builder.told if asked is None else asked,
        )
        if seed is None and self._duplicates != "run":
            trial = settle(trial, self.history, self._duplicates, self._clock())
        return self._put(trial)

    # --- tell ---------------------------------------------------------------------------------

    def begin(self, number: int, at: float | None = None) -> Trial:
        """A waiting trial starts to run, or a halted one runs on."""
        started = self.trials[number].started or at or self._clock()
        return self._change(number, state=TrialState.RUNNING, started=started)

    def halt(self, number: int) -> Trial:
        """A running trial waits for others, with the steps that it has done."""
        return self._change(number, state=TrialState.WAITING)

    def tell(self, number: int, scores: Mapping[str, float] | float) -> Trial:
        """All scores of a trial at once; a non-finite goal makes it a failed one.

        Raises
        ------
        ObjectiveError : the goal's metric is missing, or the trial is over already
        """
        self._check_open(number)
        if isinstance(scores, int | float):
            scores = {self.goals[0].metric: float(scores)}
        for goal in self.goals:
            if goal.metric not in scores:
                raise ObjectiveError(
                    f"trial {number}", f"must have a score for `{goal.metric}`", dict(scores)
                )
        self._put(add_step(self.trials[number], 0, scores))
        trial = self.complete(number)
        self.flush()
        return trial

    def tell_step(
        self, number: int, index: int, scores: StepScores, seconds: float, at: float
    ) -> Trial:
        """What one step of a running trial gave."""
        self._check_open(number)
        trial = add_step(self.trials[number], index, scores)
        self._builder.put(trial)
        self._steps.append(StepRow(number, index, scores, seconds, at))
        return trial

    def complete(self, number: int, at: float | None = None) -> Trial:
        """All steps are done: complete, or failed where a goal's score is not finite."""
        trial = self.trials[number]
        for goal in self.goals:
            score = trial.scores.get(goal.metric, math.nan)
            if not math.isfinite(score):
                failure = Failure("not_finite", f"The score `{goal.metric}` is {score}.")
                return self.fail(number, failure, at=at)
        return self._end(number, TrialState.COMPLETE, None, at)

    def fail(
        self,
        number: int,
        failure: Failure,
        *,
        state: TrialState = TrialState.FAILED,
        at: float | None = None,
    ) -> Trial:
        """A trial ends without (all) scores: failed, pruned or cancelled."""
        self._check_open(number)
        return self._end(number, state, failure, at)

    def skip(self, number: int) -> Trial | None:
        """A waiting trial is cancelled before it has begun; None where it does not wait."""
        trial = self._find(number)
        if trial is None or trial.state is not TrialState.WAITING:
            return None
        failure = Failure("stopped", "Stopped by the user before it started.")
        return self.fail(number, failure, state=TrialState.CANCELLED)

    def requeue(self, number: int) -> Trial:
        """A running trial goes back to waiting, with the steps that it has done."""
        return self._change(number, state=TrialState.WAITING, started=None)

    def act(self, act: Act) -> Trial:
        """What a person does to a trial: retract, restore, correct, annotate it.

        It is in the store, and in the audit trail, when the call returns.

        Raises
        ------
        ActError : it is not possible
        StorageError : it cannot be written; then nothing has changed
        """
        acted = self.act_all((act,))
        for error in acted.refused:
            raise error
        return acted.done[0].after

    def act_all(self, acts: Sequence[Act]) -> Acted:
        """Several acts, one after the other; those that are possible are kept together.

        Raises
        ------
        StorageError : they cannot be written; then nothing has changed
        """
        acted = do_acts(acts, self._find, self.goals)
        if self._store is not None and acted.done:
            unsaved = [trial.number for trial in acted.trials if trial.number in self._pending]
            if unsaved:  # an act is written as a change of what the store has
                self._store.record([self._pending[number] for number in unsaved], ())
            self._store.act(acted.done)
        for trial in acted.trials:
            self._builder.put(trial)
            if trial.number in self._pending:
                self._pending[trial.number] = trial
        return acted

    def _find(self, number: int) -> Trial | None:
        return self.trials[number] if 0 <= number < len(self.trials) else None

    def _end(
        self, number: int, state: TrialState, failure: Failure | None, at: float | None
    ) -> Trial:
        return self._change(
            number,
            state=state,
            failure=failure,
            finished=at or self._clock(),
            told=self._builder.told + 1,
        )

    def _check_open(self, number: int) -> None:
        if not 0 <= number < len(self.trials):
            raise ObjectiveError(
                f"trial {number}", "must be one that was asked for", len(self.trials)
            )
        if not self.trials[number].state.is_open:
            raise ObjectiveError(
                f"trial {number}", "must be running", str(self.trials[number].state)
            )

    # --- keeping ------------------------------------------------------------------------------

    def flush(self) -> list[Trial]:
        """Write what changed since the last call, in one transaction, and return it.

        Trials whose state changed are written whole; of the others the new steps. When writing
        fails, everything stays pending, and the error is raised.
        """
        steps = [step for step in self._steps if step.trial not in self._pending]
        if self._store is not None and (self._pending or steps):
            self._store.record(self._pending.values(), steps)
        numbers = {*self._pending, *(step.trial for step in self._steps)}
        self._pending.clear()
        self._steps.clear()
        return [self.trials[number] for number in sorted(numbers)]

    @property
    def unsaved(self) -> tuple[int, ...]:
        """The numbers of the trials of which something is only in memory."""
        return tuple(sorted({*self._pending, *(step.trial for step in self._steps)}))

    def _change(self, number: int, **changes: object) -> Trial:
        return self._put(msgspec.structs.replace(self.trials[number], **changes))

    def _put(self, trial: Trial) -> Trial:
        self._builder.put(trial)
        self._pending[trial.number] = trial
        return trial
