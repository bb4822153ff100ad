"""The loop: proposals to the executor, outcomes to the study, events to whoever watches."""

from __future__ import annotations

import math
import queue
import time
from collections.abc import Callable, Container, Iterator, Sequence

from hpo_gui.core.errors import SpecError, StudioError
from hpo_gui.core.expected_gain import ExpectedGain
from hpo_gui.core.spec import BudgetSpec
from hpo_gui.core.thought import Thinker
from hpo_gui.core.trial import Failure, Trial, TrialState
from hpo_gui.execution.executor import Executor, Outcome, StepDone, Task, TaskEnded, TaskStarted
from hpo_gui.pruners.pruner import Pruner
from hpo_gui.study.asking import Asking
from hpo_gui.study.budget import finished_trials, gain_in_doubt, share_used, why_done
from hpo_gui.study.events import (
    Event,
    Finished,
    Message,
    Progress,
    RunState,
    StateChanged,
    TrialChanged,
)
from hpo_gui.study.past import Judged, judged
from hpo_gui.study.progress import estimate
from hpo_gui.study.study import Study
from hpo_gui.study.verdicts import Verdicts

POLL = 0.1  # seconds that one turn of the loop waits at most
PROGRESS_EVERY = 0.25
KEEP_SECONDS_EVERY = 2.0
THINKING = 0.5  # seconds that a worker waits for a proposal before it is told
GAIN_EVERY = 100  # after t trials the gain is estimated anew after t / 100 more
NOTHING_LEFT = "There is nothing left to try."
UNKEPT = "What trials have learnt cannot be kept"
LEARNS_ANEW = "Until then a trial that halts, or is interrupted, learns anew, which takes longer."
HOPELESS = 10  # failed trials in a row from the start that end a run


class Runner:
    """Runs a study on an executor until its budget is used, nothing is left, or it is stopped.

    Parameters
    ----------
    steps : number of steps of a full evaluation
    pruner : asked after every step; None for no pruning
    forget_states : called with the trials whose states are still needed, where each step
        continues from the state before it; None where steps are independent
    thinker : where the strategy thinks; None for in place
    seconds : running time of earlier sessions
    messages : what a person should know before it begins
    size : number of trials that the strategy can propose at most, for the progress
    keep_seconds : called now and then with the running time so far, to write it down
    note_judged : called with what the pruner saw whenever it stops a trial
    clean_up : called once when the run is over, however it ends

    Controls (`pause`, `resume`, `stop_after_current`, `stop_now`, `kill_trial`, `add_trial`,
    `set_workers`) may be called from any thread.
    """

    def __init__(
        self,
        study: Study,
        executor: Executor,
        steps: int,
        *,
        budget: BudgetSpec,
        pruner: Pruner | None = None,
        forget_states: Callable[[Container[int]], None] | None = None,
        thinker: Thinker | None = None,
        seconds: float = 0.0,
        messages: Sequence[Message] = (),
        size: float = math.inf,
        keep_seconds: Callable[[float], None] = lambda seconds: None,
        note_judged: Callable[[Judged], None] = lambda seen: None,
        clean_up: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.study = study
        self.seconds = seconds
        self._executor = executor
        self._budget = budget
        self._verdicts = Verdicts(study, pruner, steps, learns=forget_states is not None)
        self._forget_others = forget_states
        self._keeps_states = getattr(study.strategy, "keeps_states", None)
        self._size = size
        self._messages = tuple(messages)
        self._keep_seconds = keep_seconds
        self._note_judged = note_judged
        self._clean_up = clean_up
        self._clock = clock
        self._asking = Asking(study, thinker, executor.wake, clock)
        self._commands: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._events: list[Event] = []
        self._state: RunState = "starting"
        self._in_flight: dict[int, bool] = {}  # trial number -> a worker has taken it up
        self._put_back: set[int] = set()  # trials that wait again once their task has ended
        self._over: set[int] = set()  # trials that have ended before their task has
        self._spent: dict[int, float] = {}  # seconds that the steps of open trials have taken
        self._gain: ExpectedGain | None = None
        self._gain_due = 0  # trials that have finished when it is estimated again
        self._reason: Finished | None = None
        self._unkept = any(
            message.head == UNKEPT for message in messages
        )  # it was told that states cannot be kept
        self._only_failures = 0  # trials that failed in this run before any other outcome
        self._last_turn = 0.0
        self._last_progress = -math.inf
        self._last_kept = -math.inf

    @property
    def budget(self) -> BudgetSpec:
        """When it ends."""
        return self._budget

    # --- controls -----------------------------------------------------------------------------

    def pause(self) -> None:
        """Let running trials finish, then wait for `resume`."""
        self._command(self._pause)

    def resume(self) -> None:
        """Go on after a pause."""
        self._command(self._resume)

    def stop_after_current(self) -> None:
        """Let running trials finish, then end the run."""
        self._command(lambda: self._end("Stopped after the running trials.", done=False))

    def stop_now(self) -> None:
        """Kill running trials and end the run; they wait for the next run."""
        self._command(lambda: self._cut("Stopped.", done=False))

    def kill_trial(self, number: int) -> None:
        """Kill one trial, which counts as cancelled, and go on."""
        self._command(lambda: self._kill(number))

    def add_trial(self, params: dict[str, object]) -> None:
        """Queue a configuration by hand; an illegal one gives an error message event."""
        self._command(lambda: self._add(params))

    def set_workers(self, workers: int) -> None:
        """Change the number of workers."""
        self._command(lambda: self._executor.resize(workers))

    def _command(self, action: Callable[[], None]) -> None:
        self._commands.put(action)
        self._executor.wake()

    def _pause(self) -> None:
        if self._state in ("starting", "running"):
            self._change_state("pausing")
            self._recall_queued()

    def _resume(self) -> None:
        if self._state in ("pausing", "paused"):
            self._change_state("running")

    def _end(self, reason: str, *, done: bool) -> None:
        """Ask for nothing more; the run is over when nothing is in flight."""
        if self._reason is None:
            self._reason = Finished(reason, done)
        self._change_state("stopping")
        self._recall_queued()

    def _cut(self, reason: str, *, done: bool) -> None:
        self._reason = Finished(reason, done)
        self._change_state("stopping")
        for number in list(self._in_flight):
            if number not in self._over:
                self._put_back.add(number)
            self._executor.kill(number)

    def _recall_queued(self) -> None:
        for number, taken_up in list(self._in_flight.items()):
            if not taken_up:
                self._put_back.add(number)
                self._executor.stop(number)

    def _kill(self, number: int) -> None:
        if number in self._in_flight:
            self._executor.kill(number)
        elif self._waits(number):
            failure = Failure("stopped", "Stopped by the user before it started.")
            self.study.fail(number, failure, state=TrialState.CANCELLED)

    def _waits(self, number: int) -> bool:
        trials = self.study.trials
        return 0 <= number < len(trials) and trials[number].state is TrialState.WAITING

    def _add(self, params: dict[str, object]) -> None:
        try:
            self.study.add(params)
        except SpecError as error:
            self._events.append(Message("error", "The trial was not added", str(error)))
        self._asking.reconsider()

    # --- the loop -----------------------------------------------------------------------------

    def run(self) -> Iterator[Event]:
        """Yield events until the run is over; the last one is `Finished`.

        Errors of the strategy or the storage end the run with their message: running trials are
        killed and wait for the next run, and the error is raised after the last event.
        """
        self._last_turn = self._clock()
        yield StateChanged("starting")
        yield from self._messages
        if self.study.interrupted:
            yield _interrupted(self.study.interrupted)
        self._change_state("running")
        try:
            while True:
                yield from self._turn()
                if self._state == "finished":
                    break
        except StudioError:
            self._abandon()
            raise
        finally:
            self._asking.close()
            self._executor.close()
            self._clean_up()
        assert self._reason is not None
        yield self._reason

    def _turn(self) -> Iterator[Event]:
        self._count_time()
        while not self._commands.empty():
            self._commands.get()()
        if self._state == "running":
            self._check_budget()
        if self._state == "running":
            self._fill()
        self._settle()
        if self._state != "finished":
            self._take(self._executor.collect(POLL))
        self._keep()
        yield from self._drain()

    def _drain(self) -> Iterator[Event]:
        events, self._events = self._events, []
        yield from events
        now = self._clock()
        if now - self._last_progress >= PROGRESS_EVERY or self._state == "finished":
            self._last_progress = now
            yield self.progress()
        if now - self._last_kept >= KEEP_SECONDS_EVERY or self._state == "finished":
            self._last_kept = now
            self._keep_seconds(self.seconds)

    def _count_time(self) -> None:
        now = self._clock()
        if self._state != "paused":
            self.seconds += now - self._last_turn
        self._last_turn = now

    def _check_budget(self) -> None:
        history = self.study.history
        if history.told >= self._gain_due:
            self._gain = gain_in_doubt(self._budget, history)
            self._gain_due = history.told + 1 + history.told // GAIN_EVERY
        reason = why_done(self._budget, history, self.seconds, self._gain)
        if reason is None:
            return
        out_of_time = self._budget.seconds is not None and self.seconds >= self._budget.seconds
        if out_of_time:
            self._cut(reason, done=True)
        else:
            self._end(reason, done=True)

    def _fill(self) -> None:
        """Keep every worker busy."""
        self._verdicts.judge_halted(self._in_flight, self._prune)
        halted = self._verdicts.halted
        workers, allowed = self._executor.workers, self._allowed() - len(halted)
        free = workers * self._asking.per_worker - len(self._in_flight)
        count = max(0, int(min(free, allowed)))
        proposed = self._asking.take(count, allowed, workers, {*self._in_flight, *halted})
        if not proposed:
            return
        self._keep()  # a trial is in the file before a worker sees it
        for trial in proposed:
            self._submit(trial)

    def _submit(self, trial: Trial, *, urgent: bool = False) -> None:
        """Give the next steps of a trial to the executor."""
        self._in_flight[trial.number] = False
        begins = self._verdicts.begins(trial)
        first = max(trial.steps_done, begins)
        task = Task(
            trial.number,
            trial.params,
            trial.seed,
            first,
            self._verdicts.last(trial, first),
            parent=trial.parent,
            begins=begins,
            keep=self._verdicts.halts or self._keeps_states is not None,
            needed=self._keeps_states is not None,
            spent=self._spent.get(trial.number, 0.0),
            urgent=urgent,
        )
        self._executor.submit(task)

    def _allowed(self) -> float:
        """How many more trials may start within the budget of trials."""
        if self._budget.trials is None:
            return math.inf
        underway = len(self._in_flight.keys() - self._over)
        return self._budget.trials - finished_trials(self.study.history) - underway

    def _keep(self) -> None:
        """Write what changed, then tell of it."""
        self._events += [TrialChanged(trial) for trial in self.study.flush()]

    def _settle(self) -> None:
        """Nothing in flight: pause, or end."""
        if self._in_flight:
            return
        if self._state == "running" and self._verdicts.halted and self._nothing_new():
            self._verdicts.let_go()
            self._asking.reconsider()
            return
        if self._state == "pausing":
            self._change_state("paused")
        elif self._state == "running" and self._asking.nothing_left:
            self._reason = Finished(self._closing_words(), done=True)
            self._change_state("finished")
        elif self._state == "stopping":
            self._change_state("finished")

    def _closing_words(self) -> str:
        words: str = NOTHING_LEFT
        if hasattr(self.study.strategy, "closing_words"):
            words = self.study.strategy.closing_words(self.study.history)
        return words

    def _nothing_new(self) -> bool:
        """Whether no further trial can begin."""
        return self._asking.nothing_left or self._allowed() <= len(self._verdicts.halted)

    # --- outcomes -----------------------------------------------------------------------------

    def _take(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            match outcome:
                case TaskStarted():
                    self._in_flight[outcome.trial] = True
                    self.study.begin(outcome.trial, outcome.at)
                case StepDone():
                    self._take_step(outcome)
                case TaskEnded():
                    self._take_end(outcome)

    def _take_step(self, step: StepDone) -> None:
        if step.trial in self._over:
            return
        again = step.index < self.study.trials[step.trial].steps_done
        trial = self.study.tell_step(step.trial, step.index, step.scores, step.seconds, step.at)
        self._spent[trial.number] = self._spent.get(trial.number, 0.0) + step.seconds
        # a step that is done again, for want of a checkpoint, was judged the first time
        if not again and (reason := self._verdicts.after_step(trial, step.seconds)):
            self._over.add(trial.number)
            self._prune(trial.number, reason, step.at)
            self._executor.stop(trial.number)

    def _prune(self, number: int, reason: str, at: float | None = None) -> None:
        self._note_judged(judged(self.study.history, number))
        self.study.fail(number, Failure("pruned", reason), state=TrialState.PRUNED, at=at)
        self._forget_states(number)

    def _take_end(self, end: TaskEnded) -> None:
        self._in_flight.pop(end.trial, None)
        self._asking.reconsider()
        self._warn_unkept(end)
        if end.trial in self._over:
            self._over.discard(end.trial)
        elif end.trial in self._put_back and (end.failure is not None or end.stopped):
            self.study.requeue(end.trial)
        elif end.unkept and self._keeps_states is not None:
            # whoever comes next would fail for want of its state: what is wrong is not the trial
            self.study.requeue(end.trial)
            self._end(f"Stopped: {end.unkept}", done=False)
        elif end.failure is None and not end.stopped:
            self._go_on_or_complete(end)
        else:
            failure = end.failure or Failure("stopped", "Stopped by the user.")
            stopped = failure.kind == "stopped"
            state = TrialState.CANCELLED if stopped else TrialState.FAILED
            self._report(self.study.fail(end.trial, failure, state=state, at=end.at))
        self._put_back.discard(end.trial)
        if not self.study.trials[end.trial].state.is_open:
            self._forget_states(end.trial)

    def _go_on_or_complete(self, end: TaskEnded) -> None:
        """A task has done all its steps: those of the trial, or those before a verdict."""
        trial = self.study.trials[end.trial]
        if end.over or trial.steps_done >= self._verdicts.full(trial):
            self._report(self.study.complete(end.trial, end.at))
        elif end.trial in self._put_back:
            self.study.requeue(end.trial)
        elif self._verdicts.must_wait(trial):
            self.study.halt(end.trial)
        else:
            self._submit(trial, urgent=True)

    def _forget_states(self, number: int) -> None:
        """Delete the states that nobody will go on from, now that a trial has ended."""
        self._spent.pop(number, None)
        if self._forget_others is None:
            return
        history = self.study.history
        wanted = set(self._keeps_states(history)) if self._keeps_states is not None else set()
        for trial in (history.trials[index] for index in history.open):
            wanted.add(trial.number)
            if trial.parent is not None:
                wanted.add(trial.parent)
        self._forget_others(wanted)

    def _warn_unkept(self, end: TaskEnded) -> None:
        """Say once that trials learn anew where they could go on."""
        if end.unkept and not self._unkept and self._keeps_states is None:
            self._unkept = True
            text = f"{end.unkept} {LEARNS_ANEW}"
            self._events.append(Message("warning", UNKEPT, text))

    def _report(self, trial: Trial) -> None:
        failure = trial.failure
        if trial.state is TrialState.COMPLETE:
            self._only_failures = -1
        if trial.state is not TrialState.FAILED or failure is None:
            return
        head = f"Trial {trial.number} failed"
        message = Message("warning", head, failure.message, failure.traceback, trial.number)
        self._events.append(message)
        if self._only_failures >= 0:
            self._only_failures += 1
        if self._only_failures == HOPELESS:
            self._end(f"The first {HOPELESS} trials all failed: {failure.message}", done=False)

    def _abandon(self) -> None:
        """An error ends the run: what runs is put back without a word to the broken part."""
        for number in list(self._in_flight):
            self._executor.kill(number)
        self._in_flight.clear()
        self._state = "finished"

    def _change_state(self, state: RunState) -> None:
        if state != self._state and self._state != "finished":
            self._state = state
            self._events.append(StateChanged(state))

    def progress(self) -> Progress:
        """How far the run is now."""
        return estimate(
            self.study.history,
            self._budget,
            self.seconds,
            self._size,
            running=sum(self._in_flight.values()),
            workers=self._executor.workers,
            thinking=self._state == "running" and self._asking.idle_seconds() > THINKING,
            share=share_used(self._budget, self.study.history, self.seconds, self._size),
        )


def _interrupted(numbers: tuple[int, ...]) -> Message:
    which = ", ".join(str(number) for number in numbers[:5]) + ("…" if len(numbers) > 5 else "")
    if len(numbers) == 1:
        words = f"Trial {which} ran when the study ended; it is continued now."
        return Message("info", "1 interrupted trial", words)
    words = f"Trials {which} ran when the study ended; they are continued now."
    return Message("info", f"{len(numbers)} interrupted trials", words)
