"""Scores computed again: every step of every trial with the same seed, compared bit for bit."""

from __future__ import annotations

import tempfile
from collections import Counter, deque
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hpo_gui.assembly.repetition import Difference
from hpo_gui.core.objective import ObjectiveFactory
from hpo_gui.core.plan import UNITS
from hpo_gui.core.thought import as_proposed
from hpo_gui.core.trial import Failure, Trial, TrialState, add_step
from hpo_gui.execution.checkpoints import Checkpoints
from hpo_gui.execution.executor import Executor, Outcome, StepDone, Task, TaskEnded
from hpo_gui.execution.inline import InlineExecutor
from hpo_gui.execution.process_pool import ProcessPool

AHEAD = 2  # tasks that the executor has for each worker
POLL = 0.1
ENDED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAILED, TrialState.CANCELLED)


@dataclass(frozen=True)
class Evaluation:
    """How trials are evaluated.

    Attributes
    ----------
    steps : of a full evaluation
    unit : what a step is, a key of `core.plan.UNITS`
    workers : processes at once; None for this process
    left_out : metrics that are not compared
    """

    factory: ObjectiveFactory
    steps: int
    unit: str
    workers: int | None
    left_out: Container[str] = ()


def has_scores(trial: Trial, trials: Sequence[Trial]) -> bool:
    """Whether there is something to compute again: it has done a step, or has failed in one."""
    if trial.state not in ENDED:
        return False
    if trial.state is TrialState.COMPLETE or _raises(trial):
        return True
    return trial.steps_done > begins(trial, trials)


def begins(trial: Trial, trials: Sequence[Trial]) -> int:
    """The steps of its parent, which count as its own."""
    return 0 if trial.parent is None else trials[trial.parent].steps_done


class ScoresAgain:
    """Evaluates trials again.

    Parameters
    ----------
    trials : all of the study
    numbers : of those to evaluate, with all that they go on from, rising
    tell : called often with how many were evaluated again; may raise, to give up
    """

    def __init__(
        self,
        evaluation: Evaluation,
        trials: Sequence[Trial],
        numbers: Iterable[int],
        tell: Callable[[int], None],
    ) -> None:
        self._evaluation = evaluation
        self._trials = trials
        self._pending = deque(numbers)
        self._tell = tell
        self._again: dict[int, Trial] = {}  # those that are evaluated
        self._awaited = {trials[number].parent for number in self._pending} - {None}
        self._children = Counter(trials[number].parent for number in self._pending)
        self._done = 0
        self._first: Difference | None = None

    def run(self) -> Difference | None:
        """The first trial that is different; None for none."""
        with tempfile.TemporaryDirectory(
            prefix="hpo-studio-", ignore_cleanup_errors=True
        ) as folder:
            states = Checkpoints(Path(folder) / "states") if self._awaited else None
            executor = self._make_executor(states)
            try:
                while True:
                    self._submit(executor)
                    if not self._is_wanted_still():
                        return self._first
                    for outcome in executor.collect(POLL):
                        self._take(outcome, states)
                    self._tell(self._done)
            finally:
                executor.close()

    def _make_executor(self, states: Checkpoints | None) -> Executor:
        if self._evaluation.workers is None:
            return InlineExecutor(self._evaluation.factory, checkpoints=states)
        return ProcessPool(self._evaluation.factory, self._evaluation.workers, checkpoints=states)

    def _is_wanted_still(self) -> bool:
        """Whether a trial is under way that may be the first to differ."""
        if self._first is None:
            return bool(self._again)
        return any(number < self._first.trial for number in self._again)

    def _submit(self, executor: Executor) -> None:
        room = executor.workers * AHEAD - len(self._again)
        while room > 0 and self._pending:
            trial = self._trials[self._pending[0]]
            if trial.parent in self._awaited:
                return  # its turn comes: a parent has a lower number
            self._pending.popleft()
            if self._first is not None and trial.number > self._first.trial:
                continue
            self._again[trial.number] = as_proposed(trial)
            kept = self._children[trial.number] > 0
            executor.submit(
                Task(
                    trial.number,
                    trial.params,
                    trial.seed,
                    begins(trial, self._trials),
                    self._last(trial),
                    parent=trial.parent,
                    begins=begins(trial, self._trials),
                    keep=kept,
                    needed=kept,
                )
            )
            room -= 1

    def _last(self, trial: Trial) -> int:
        """How far to evaluate it: to its end, or through the step in which it failed."""
        full = trial.steps or self._evaluation.steps
        if trial.state is TrialState.COMPLETE:
            return max(full, trial.steps_done)
        return trial.steps_done + 1 if _raises(trial) else trial.steps_done

    def _take(self, outcome: Outcome, states: Checkpoints | None) -> None:
        if isinstance(outcome, StepDone):
            again = self._again[outcome.trial]
            self._again[outcome.trial] = add_step(again, outcome.index, outcome.scores)
        elif isinstance(outcome, TaskEnded):
            again = self._again.pop(outcome.trial)
            self._done += 1
            self._awaited.discard(outcome.trial)
            self._forget(outcome.trial, states)
            self._compare(again, outcome.failure)

    def _forget(self, number: int, states: Checkpoints | None) -> None:
        """Delete what no other trial will go on from."""
        parent = self._trials[number].parent
        if parent is not None:
            self._children[parent] -= 1
        for ended in (number, parent):
            if states is not None and ended is not None and self._children[ended] <= 0:
                states.forget(ended)

    def _compare(self, again: Trial, failure: Failure | None) -> None:
        then = self._trials[again.number]
        unit = UNITS[self._evaluation.unit][0]
        found = compare_scores(then, again, failure, unit, self._evaluation.left_out)
        if found is not None and not (self._first and self._first.trial < found.trial):
            self._first = found


def compare_scores(
    then: Trial, again: Trial, failure: Failure | None, unit: str, left_out: Container[str]
) -> Difference | None:
    """What is different in a trial that was evaluated again; None where it is the same.

    Parameters
    ----------
    failure : why it could not be evaluated to the end today
    unit : what a step is called
    """
    found = _first_score(then, again, unit, left_out)
    if found is not None:
        return found
    if _raises(then) != (failure is not None):
        was = "failed" if _raises(then) else "went well"
        now = "it went well" if failure is None else f"it failed: {failure.message}"
        return Difference(then.number, "end", "", f"it {was}", now)
    if then.steps_done != again.steps_done:
        steps = (f"after {trial.steps_done:,}" for trial in (then, again))
        return Difference(then.number, "end", "", *steps)
    return None


def _first_score(
    then: Trial, again: Trial, unit: str, left_out: Container[str]
) -> Difference | None:
    """The first score that differs, step by step; curves before the scores that remain."""
    for was, now, word in (
        (then.curves, again.curves, unit),
        (then.fold_scores, again.fold_scores, UNITS["folds"][0]),
    ):
        names = [name for name in dict.fromkeys((*was, *now)) if name not in left_out]
        common = min(_length(was, names), _length(now, names))
        for index in range(common):
            for name in names:
                first, second = _at(was.get(name), index), _at(now.get(name), index)
                if first != second:
                    where = f"{name} of {word} {index + 1}"
                    return Difference(then.number, "score", where, _shown(first), _shown(second))
    return None


def _length(columns: dict[str, tuple[float, ...]], names: Iterable[str]) -> int:
    return max((len(columns[name]) for name in names if name in columns), default=0)


def _at(column: tuple[float, ...] | None, index: int) -> str:
    """All bits of a score, as text; "" where there is none."""
    return column[index].hex() if column is not None and index < len(column) else ""


def _shown(bits: str) -> str:
    return repr(float.fromhex(bits)) if bits else "none"


def _raises(trial: Trial) -> bool:
    """Whether it failed by its own doing, so that it must fail again."""
    return trial.state is TrialState.FAILED and (
        trial.failure is not None and trial.failure.kind == "raised"
    )


def unlucky(trial: Trial) -> bool:
    """Whether it ended by what does not repeat: a limit, a crash, the user."""
    kinds = ("time_limit", "memory_limit", "crashed", "interrupted", "stopped")
    return trial.failure is not None and trial.failure.kind in kinds
