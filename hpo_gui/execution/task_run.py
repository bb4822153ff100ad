"""A task on its way: begins or goes on from a checkpoint, does step by step, keeps its state."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping

from hpo_gui.core.errors import ExecutionError, ObjectiveError
from hpo_gui.core.objective import Objective, State, inherit, is_over, learns
from hpo_gui.core.trial import Learned, StepScores
from hpo_gui.execution import processes
from hpo_gui.execution.checkpoints import Checkpoints
from hpo_gui.execution.executor import StepDone, Task

SAVE_SECONDS = 2.0  # between two checkpoints: at most so much is learnt again after a crash
SAVE_SHARE = 0.02  # of the time may go into checkpoints


class TaskRun:
    """Evaluates the steps of a task, one with each call of `step`.

    Parameters
    ----------
    checkpoints : where states are kept; None for nowhere

    Raises
    ------
    ExecutionError : the state to go on from is gone
    Exception : whatever the objective raises
    """

    def __init__(self, objective: Objective, task: Task, checkpoints: Checkpoints | None) -> None:
        self._objective = objective
        self._task = task
        self._learns = learns(objective)
        self._checkpoints = checkpoints if self._learns else None
        self._saved_at = time.monotonic()
        self._pause = SAVE_SECONDS
        with processes.ending_forks():
            self.state, self.index = self._begin()

    def _begin(self) -> tuple[State, int]:
        task = self._task
        if not self._learns:
            return self._objective.start(task.params, task.seed), task.first
        if self._checkpoints is not None:
            own = self._checkpoints.load(task.trial)
            if own is not None and own.steps <= task.first:
                return own.state, own.steps
        if task.parent is None:
            return self._objective.start(task.params, task.seed), 0
        parents = self._checkpoints.load(task.parent) if self._checkpoints else None
        if parents is None or parents.steps != task.begins:
            raise ExecutionError(
                f"The checkpoint of trial {task.parent}",
                f"must be there, after {task.begins} steps, for trial {task.trial} to go on from",
                ExecutionError.NOTHING if parents is None else f"after {parents.steps} steps",
                remedy="It is missing or damaged in the cache folder, which may have been emptied."
                if parents is None
                else "It was written by another run of this study.",
            )
        return inherit(self._objective, parents.state), parents.steps

    @property
    def is_over(self) -> bool:
        """Whether there is nothing left to learn, although steps may remain."""
        return is_over(self._objective, self.state)

    @property
    def is_done(self) -> bool:
        """Whether no step is left to do."""
        return self.index >= self._task.last or self.is_over

    def step(self) -> StepDone:
        """Do the next step, and keep the state now and then.

        Raises
        ------
        ObjectiveError : the step does not give scores that are numbers
        Exception : whatever the objective raises
        """
        began = time.perf_counter()
        with processes.ending_forks():
            result = self._objective.step(self.state, self._task.params, self.index)
        seconds = time.perf_counter() - began
        scores, self.state = _checked(result)
        done = StepDone(self._task.trial, self.index, scores, seconds, time.time())
        self.index += 1
        return done

    def keep_now_and_then(self) -> None:
        """Keep the state if the last checkpoint is old enough; call it after a step."""
        if self._checkpoints is None or time.monotonic() - self._saved_at < self._pause:
            return
        began = time.monotonic()
        try:
            self._checkpoints.save(self._task.trial, self.index, self.state)
        except ExecutionError as error:  # it can do without until somebody needs the state
            self._checkpoints = None if not self._task.keep else self._checkpoints
            sys.stderr.write(f"{error}\n")
        self._saved_at = time.monotonic()
        self._pause = max(SAVE_SECONDS, (self._saved_at - began) / SAVE_SHARE)

    def leave(self, *, stopped: bool) -> str:
        """Keep the state at the end of the task where somebody will go on from it.

        Returns
        -------
        why it could not be kept, or "": a trial without one does its steps again

        Raises
        ------
        ExecutionError : it cannot be pickled, and others need it
        """
        if self._checkpoints is None or not (self._task.keep or stopped):
            return ""
        try:
            self._checkpoints.save(self._task.trial, self.index, self.state)
        except ExecutionError as error:
            if self._task.needed and not isinstance(error.__cause__, OSError):
                raise
            return str(error)
        return ""


def _checked(result: object) -> tuple[StepScores, State]:
    if isinstance(result, tuple) and len(result) == 2:
        scores, state = result
        if isinstance(scores, Learned):
            folds = {
                str(name): tuple(_number(name, score) for score in values)
                for name, values in scores.folds.items()
            }
            return Learned(folds, bool(scores.counts)), state
        if isinstance(scores, Mapping):
            return {str(name): _number(name, score) for name, score in scores.items()}, state
    raise ObjectiveError(
        "A step of the objective", "must return a dictionary of scores and the next state", result
    )


def _number(name: object, score: object) -> float:
    try:
        return float(score)  # type: ignore[arg-type]  # anything that is not a number is caught
    except (TypeError, ValueError):
        raise ObjectiveError(
            f"The score {str(name)!r}",
            "must be a number",
            score,
            remedy="Return a number for every metric.",
        ) from None
