"""The trials that the executor has: what it is given to do, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence

from hpo_gui.core.trial import Failure, Trial, TrialState
from hpo_gui.execution.executor import Executor, Outcome, StepDone, Task, TaskEnded, TaskStarted
from hpo_gui.study.events import Message
from hpo_gui.study.past import Judged, judged
from hpo_gui.study.study import Study
from hpo_gui.study.verdicts import Verdicts

UNKEPT = "What trials have learnt cannot be kept"
LEARNS_ANEW = "Until then a trial that halts, or is interrupted, learns anew, which takes longer."
HOPELESS = 10  # failed trials in a row from the start that end a run


class InFlight:
    """Keeps book of the tasks of a run, and brings their outcomes into the study.

    Parameters
    ----------
    forget_states : see `Runner`
    note_judged : see `Runner`
    freed : called when a task has ended: its worker may have another one
    tell : called with what a person should know
    end : called with the reason why the run cannot go on
    unkept : whether it was told already that states cannot be kept
    """

    def __init__(
        self,
        study: Study,
        executor: Executor,
        verdicts: Verdicts,
        *,
        forget_states: Callable[[Container[int]], None] | None,
        note_judged: Callable[[Judged], None],
        freed: Callable[[], None],
        tell: Callable[[Message], None],
        end: Callable[[str], None],
        unkept: bool,
    ) -> None:
        self._study = study
        self._executor = executor
        self._verdicts = verdicts
        self._forget_others = forget_states
        self._keeps_states = getattr(study.strategy, "keeps_states", None)
        self._note_judged = note_judged
        self._freed = freed
        self._tell = tell
        self._end = end
        self._unkept = unkept
        self._taken_up: dict[int, bool] = {}  # trial number -> whether a worker has it
        self._put_back: set[int] = set()  # trials that wait again once their task has ended
        self._over: set[int] = set()  # trials that have ended before their task has
        self._spent: dict[int, float] = {}  # seconds that the steps of open trials have taken
        self._only_failures = 0  # trials that failed in this run before any other outcome

    def __contains__(self, number: object) -> bool:
        return number in self._taken_up

    def __iter__(self) -> Iterator[int]:
        return iter(self._taken_up)

    def __len__(self) -> int:
        return len(self._taken_up)

    @property
    def running(self) -> int:
        """How many of the trials a worker has."""
        return sum(self._taken_up.values())

    @property
    def underway(self) -> int:
        """How many of the trials have not ended."""
        return len(self._taken_up.keys() - self._over)

    # --- to the executor ----------------------------------------------------------------------

    def submit(self, trial: Trial, *, urgent: bool = False) -> None:
        """Give the next steps of a trial to the executor."""
        self._taken_up[trial.number] = False
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

    def recall_queued(self) -> None:
        """Take back what no worker has taken up."""
        for number, taken_up in list(self._taken_up.items()):
            if not taken_up:
                self._put_back.add(number)
                self._executor.stop(number)

    def cut(self) -> None:
        """Kill all; trials that have not ended wait for the next run."""
        for number in list(self._taken_up):
            if number not in self._over:
                self._put_back.add(number)
            self._executor.kill(number)

    def abandon(self) -> None:
        """An error ends the run: what runs is put back without a word to the broken part."""
        for number in list(self._taken_up):
            self._executor.kill(number)
        self._taken_up.clear()

    # --- outcomes -----------------------------------------------------------------------------

    def take(self, outcomes: Sequence[Outcome]) -> None:
        """What the executor has to say goes into the study."""
        for outcome in outcomes:
            match outcome:
                case TaskStarted():
                    self._taken_up[outcome.trial] = True
                    self._study.begin(outcome.trial, outcome.at)
                case StepDone():
                    self._take_step(outcome)
                case TaskEnded():
                    self._take_end(outcome)

    def _take_step(self, step: StepDone) -> None:
        if step.trial in self._over:
            return
        again = step.index < self._study.trials[step.trial].steps_done
        trial = self._study.tell_step(step.trial, step.index, step.scores, step.seconds, step.at)
        self._spent[trial.number] = self._spent.get(trial.number, 0.0) + step.seconds
        # a step that is done again, for want of a checkpoint, was judged the first time
        if not again and (reason := self._verdicts.after_step(trial, step.seconds)):
            self._over.add(trial.number)
            self.prune(trial.number, reason, step.at)
            self._executor.stop(trial.number)

    def prune(self, number: int, reason: str, at: float | None = None) -> None:
        """A trial stops, as the pruner has said."""
        self._note_judged(judged(self._study.history, number))
        self._study.fail(number, Failure("pruned", reason), state=TrialState.PRUNED, at=at)
        self._forget_states(number)

    def _take_end(self, end: TaskEnded) -> None:
        self._taken_up.pop(end.trial, None)
        self._freed()
        self._warn_unkept(end)
        if end.trial in self._over:
            self._over.discard(end.trial)
        elif end.trial in self._put_back and (end.failure is not None or end.stopped):
            self._study.requeue(end.trial)
        elif end.unkept and self._keeps_states is not None:
            # whoever comes next would fail for want of its state: what is wrong is not the trial
            self._study.requeue(end.trial)
            self._end(f"Stopped: {end.unkept}")
        elif end.failure is None and not end.stopped:
            self._go_on_or_complete(end)
        else:
            failure = end.failure or Failure("stopped", "Stopped by the user.")
            stopped = failure.kind == "stopped"
            state = TrialState.CANCELLED if stopped else TrialState.FAILED
            self._report(self._study.fail(end.trial, failure, state=state, at=end.at))
        self._put_back.discard(end.trial)
        if not self._study.trials[end.trial].state.is_open:
            self._forget_states(end.trial)

    def _go_on_or_complete(self, end: TaskEnded) -> None:
        """A task has done all its steps: those of the trial, or those before a verdict."""
        trial = self._study.trials[end.trial]
        if end.over or trial.steps_done >= self._verdicts.full(trial):
            self._report(self._study.complete(end.trial, end.at))
        elif end.trial in self._put_back:
            self._study.requeue(end.trial)
        elif self._verdicts.must_wait(trial):
            self._study.halt(end.trial)
        else:
            self.submit(trial, urgent=True)

    def _forget_states(self, number: int) -> None:
        """Delete the states that nobody will go on from, now that a trial has ended."""
        self._spent.pop(number, None)
        if self._forget_others is None:
            return
        history = self._study.history
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
            self._tell(Message("warning", UNKEPT, text))

    def _report(self, trial: Trial) -> None:
        failure = trial.failure
        if trial.state is TrialState.COMPLETE:
            self._only_failures = -1
        if trial.state is not TrialState.FAILED or failure is None:
            return
        head = f"Trial {trial.number} failed"
        message = Message("warning", head, failure.message, failure.traceback, trial.number)
        self._tell(message)
        if self._only_failures >= 0:
            self._only_failures += 1
        if self._only_failures == HOPELESS:
            self._end(f"The first {HOPELESS} trials all failed: {failure.message}")
