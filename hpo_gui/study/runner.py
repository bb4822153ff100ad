"""The loop: proposals to the executor, outcomes to the study, events to whoever watches."""

from __future__ import annotations

import math
import queue
import time
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from msgspec.structs import replace

from hpo_gui.core.acts import Act, changes_scores
from hpo_gui.core.errors import StorageError, StudioError
from hpo_gui.core.expected_gain import ExpectedGain
from hpo_gui.core.spec import BudgetSpec
from hpo_gui.core.thought import Thinker
from hpo_gui.core.value import Params
from hpo_gui.core.wanted import Typed, Wanted
from hpo_gui.execution.executor import Executor
from hpo_gui.pruners.pruner import Pruner
from hpo_gui.study.asking import Asking
from hpo_gui.study.budget import finished_trials, gain_in_doubt, share_used, why_done
from hpo_gui.study.events import (
    NO_RESCUE,
    BudgetSet,
    Event,
    Finished,
    Message,
    Progress,
    RunState,
    StateChanged,
    TrialsActed,
)
from hpo_gui.study.in_flight import UNKEPT, InFlight
from hpo_gui.study.keeping import Keeping, Shelter
from hpo_gui.study.past import Judged
from hpo_gui.study.progress import estimate
from hpo_gui.study.queueing import queued_messages
from hpo_gui.study.study import Study
from hpo_gui.study.verdicts import Verdicts

POLL = 0.1  # seconds that one turn of the loop waits at most
PROGRESS_EVERY = 0.25
THINKING = 0.5  # seconds that a worker waits for a proposal before it is told
GAIN_EVERY = 100  # after t trials the gain is estimated anew after t / 100 more
NOTHING_LEFT = "There is nothing left to try."


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
    keep_budget : called with another budget, to write it down
    shelter : where the study can go when its file is in trouble; None for nowhere
    clean_up : called once when the run is over, however it ends

    Controls (`pause`, `resume`, `stop_after_current`, `stop_now`, `kill_trial`, `add_trial`,
    `queue`, `act`, `set_workers`, `set_budget`, `try_again`, `save_elsewhere`, `leave`) may be
    called from any thread.

    While the study file cannot be written (`events.Stuck`) running trials go on to their end,
    their results stay in memory, and nothing new begins. The run does not end before they are
    written.
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
        keep_budget: Callable[[BudgetSpec], None] = lambda budget: None,
        shelter: Shelter | None = None,
        clean_up: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.study = study
        self.seconds = seconds
        self._executor = executor
        self._budget = budget
        self._verdicts = Verdicts(study, pruner, steps, learns=forget_states is not None)
        self._size = size
        self._messages = tuple(messages)
        self._keep_budget = keep_budget
        self._keeping = Keeping(study, shelter, keep_seconds, clock)
        self._held_up = False  # it waits for the study file and goes on by itself
        self._leaving = self._may_lose = False
        self._clean_up = clean_up
        self._closed = False
        self._clock = clock
        self._asking = Asking(study, thinker, executor.wake, clock)
        self._in_flight = InFlight(
            study,
            executor,
            self._verdicts,
            forget_states=forget_states,
            note_judged=note_judged,
            freed=self._asking.reconsider,
            tell=lambda message: self._events.append(message),
            end=lambda reason: self._end(reason, done=False),
            unkept=any(message.head == UNKEPT for message in messages),
        )
        self._commands: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._events: list[Event] = []
        self._state: RunState = "starting"
        self._gain: ExpectedGain | None = None
        self._gain_due = 0  # trials that have finished when it is estimated again
        self._reason: Finished | None = None
        self._else: Finished | None = None  # why it ends even where the budget is raised
        self._last_call = False  # nothing new begins; what is on its way may still win
        self._last_turn = 0.0
        self._last_progress = -math.inf

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

    def add_trial(self, params: Params) -> None:
        """Queue a configuration by hand; an illegal one gives an error message event."""
        self.queue((Typed(params),))

    def queue(self, wanted: Sequence[Wanted]) -> None:
        """Queue what a person wants; message events tell what of it is not possible."""
        self._command(lambda: self._queue(wanted))

    def act(self, acts: Sequence[Act]) -> None:
        """Retract, correct or annotate trials; a `TrialsActed` event tells what was possible."""
        self._command(lambda: self._act(acts))

    def set_workers(self, workers: int) -> None:
        """Change the number of workers."""
        self._command(lambda: self._executor.resize(workers))

    def try_again(self) -> None:
        """Write the study file now, and go on if that works."""
        self._command(self._try_again)

    def save_elsewhere(self, path: Path) -> None:
        """Write the whole study to another file and go on there, else tell why not."""
        self._command(lambda: self._save_elsewhere(path))

    def leave(self, *, lose: bool = False) -> None:
        """Stop now; what the study file does not take goes to a rescue copy.

        Where not even that can be written, a message says so and the run waits on; with ``lose``
        it ends with the error, and what is in memory only is lost.
        """
        self._command(lambda: self._leave(lose))

    def set_budget(self, budget: BudgetSpec) -> None:
        """Another budget from now on; a run that is ending because it is used goes on."""
        self._command(lambda: self._set_budget(budget))

    def _command(self, action: Callable[[], None]) -> None:
        self._commands.put(action)
        self._executor.wake()

    def _pause(self) -> None:
        self._held_up = False
        if self._state in ("starting", "running"):
            self._change_state("pausing")
            self._in_flight.recall_queued()

    def _resume(self) -> None:
        if self._state not in ("pausing", "paused"):
            return
        if self._keeping.trouble is not None:
            self._held_up = True
            self._try_again()
        else:
            self._change_state("running")

    def _end(self, reason: str, *, done: bool) -> None:
        """Ask for nothing more; the run is over when nothing is in flight."""
        if self._reason is None:
            self._reason = Finished(reason, done)
        elif not done and self._else is None:
            self._else = Finished(reason, done)
        self._change_state("stopping")
        self._in_flight.recall_queued()

    def _cut(self, reason: str, *, done: bool) -> None:
        if self._state == "finished":
            return  # asked for while the run came to its end by itself
        self._reason = Finished(reason, done)
        self._change_state("stopping")
        self._in_flight.cut()

    def _try_again(self) -> None:
        self._events += self._keeping.try_again()
        self._go_on_if_freed()

    def _save_elsewhere(self, path: Path) -> None:
        try:
            self._events += self._keeping.move_to(path)
        except StorageError as error:
            self._events.append(Message("error", "The study was not saved there", str(error)))
        self._go_on_if_freed()

    def _leave(self, lose: bool) -> None:
        self._leaving, self._may_lose = True, lose
        self._cut("Stopped.", done=False)

    def _kill(self, number: int) -> None:
        if number in self._in_flight:
            self._executor.kill(number)
        else:
            self.study.skip(number)

    def _queue(self, wanted: Sequence[Wanted]) -> None:
        queued = self.study.queue(wanted)
        self._events += queued_messages(queued)
        self._asking.reconsider()

    def _set_budget(self, budget: BudgetSpec) -> None:
        if self._state == "finished":
            self._events.append(BudgetSet(self._budget))
            return
        try:
            self._keep_budget(budget)
        except StorageError as error:
            self._events.append(Message("error", "The budget stays as it is", str(error)))
            self._events.append(BudgetSet(self._budget))
            return
        self._budget = budget
        self._events.append(BudgetSet(budget))
        plan = self.study.history.plan
        self.study.plan_again(replace(plan, trials=budget.trials, seconds=budget.seconds))
        self._gain, self._gain_due = None, 0
        self._asking.forget()  # what is being thought is for the plan of before
        if self._state == "stopping" and self._reason is not None and self._reason.done:
            self._reason = self._else
            if self._reason is None:
                self._change_state("running")

    def _act(self, acts: Sequence[Act]) -> None:
        self._try_again()
        try:
            if not self._keep():  # else an act would stand in the file before its trial
                assert self._keeping.trouble is not None
                raise self._keeping.trouble
            acted = self.study.act_all(acts)
        except StorageError as error:
            self._events.append(Message("error", "That was not possible", str(error)))
            return
        self._events.append(TrialsActed(acted))
        if any(changes_scores(one.act) for one in acted.done):
            self._asking.forget()
            self._gain_due = 0

    # --- the loop -----------------------------------------------------------------------------

    def run(self) -> Iterator[Event]:
        """Yield events until the run is over; the last one is `Finished`.

        Errors of the strategy end the run with their message: running trials are killed and wait
        for the next run, and the error is raised after the last event.
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
            self._executor.close()  # which takes a while
            yield from self._last_commands()
        except StudioError:
            self._abandon()
            raise
        finally:
            self.close()
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
            self._in_flight.take(self._executor.collect(POLL))
        self._keep()
        yield from self._drain()

    def _last_commands(self) -> Iterator[Event]:
        """What was asked for while the run came to its end: an act is never lost."""
        while not self._commands.empty():
            self._commands.get()()
        self._keep()
        yield from self._drain()

    def _drain(self) -> Iterator[Event]:
        if self._state != "finished":
            self._events += self._keeping.note_seconds(self.seconds)
        events, self._events = self._events, []
        yield from events
        now = self._clock()
        if now - self._last_progress >= PROGRESS_EVERY or self._state == "finished":
            self._last_progress = now
            yield self.progress()

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
        self._last_call = reason is not None and self._may_still_win()
        if reason is None or self._last_call:
            return
        out_of_time = self._budget.seconds is not None and self.seconds >= self._budget.seconds
        if out_of_time:
            self._cut(reason, done=True)
        else:
            self._end(reason, done=True)

    def _may_still_win(self) -> bool:
        """Whether it ends for want of progress only, while trials are on their way between rungs.

        Who has come past a rung is better than most that finished: the progress is yet to come.
        """
        if not self._verdicts.halts or not self._on_their_way():
            return False
        others = replace(self._budget, no_improvement=None, gain=None)
        return why_done(others, self.study.history, self.seconds) is None

    def _on_their_way(self) -> int:
        """Open trials that have done a step of their own."""
        history = self.study.history
        opened = (history.trials[number] for number in history.open.tolist())
        return sum(trial.steps_done > self._verdicts.begins(trial) for trial in opened)

    def _fill(self) -> None:
        """Keep every worker busy."""
        self._verdicts.judge_halted(self._in_flight, self._in_flight.prune)
        halted = self._verdicts.halted
        workers, allowed = self._executor.workers, self._allowed() - len(halted)
        free = workers * self._asking.per_worker - len(self._in_flight)
        count = max(0, int(min(free, allowed)))
        proposed = self._asking.take(count, allowed, workers, {*self._in_flight, *halted})
        if not proposed:
            return
        if not self._keep():  # a trial is in the file before a worker sees it
            return
        for trial in proposed:
            self._in_flight.submit(trial)

    def _allowed(self) -> float:
        """How many more trials may start or go on within the budget of trials."""
        if self._last_call:
            return self._on_their_way() - self._in_flight.underway
        if self._budget.trials is None:
            return math.inf
        underway = self._in_flight.underway
        return self._budget.trials - finished_trials(self.study.history) - underway

    def _keep(self) -> bool:
        """Write what changed, then tell of it; whether everything is written."""
        self._events += self._keeping.keep()
        if self._keeping.trouble is None:
            self._go_on_if_freed()
            return True
        if self._state == "running":
            self._change_state("pausing")
            self._in_flight.recall_queued()
            self._held_up = True
        return False

    def _go_on_if_freed(self) -> None:
        if self._held_up and self._keeping.trouble is None:
            self._held_up = False
            self._asking.reconsider()
            if self._state in ("pausing", "paused"):
                self._change_state("running")

    def _finish(self) -> None:
        """The end of the run, once everything is written."""
        self._events += self._keeping.note_seconds(self.seconds, now=True)
        if not self._keep() and self._leaving:
            self._rescue()
        if self._keeping.trouble is None:
            self._change_state("finished")

    def _rescue(self) -> None:
        try:
            self._events += self._keeping.rescue()
        except StorageError as error:
            if self._may_lose:
                raise
            self._leaving = False
            self._events.append(Message("error", NO_RESCUE, str(error)))

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
            self._change_state("stopping")
        if self._state == "stopping":
            self._finish()

    def _closing_words(self) -> str:
        words: str = NOTHING_LEFT
        if hasattr(self.study.strategy, "closing_words"):
            words = self.study.strategy.closing_words(self.study.history)
        return words

    def _nothing_new(self) -> bool:
        """Whether no further trial can begin."""
        return self._asking.nothing_left or self._allowed() <= len(self._verdicts.halted)

    def _abandon(self) -> None:
        """An error ends the run."""
        self._in_flight.abandon()
        self._state = "finished"

    def close(self) -> None:
        """Free everything; what has not been written yet is, where it can be.

        A run does that at its end by itself; may be called twice.
        """
        if self._closed:
            return
        self._closed = True
        with ExitStack() as closing:
            closing.callback(self._clean_up)
            closing.callback(self._executor.close)
            closing.callback(self._asking.close)
            with suppress(StorageError):  # of a run that another error ends
                self.study.flush()

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
            running=self._in_flight.running,
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
