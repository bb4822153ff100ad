"""The user's own training, a step at a time: ``file.py:step``, and ``start`` in the same file.

def start(params, seed): ...            # returns a state: anything that can be pickled
def step(state, params, index): ...     # returns the scores of step `index`, and the next state
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hpo_gui.core.errors import ObjectiveError, StudioError
from hpo_gui.core.goal import Goal
from hpo_gui.core.spec import Choice, TrainingSpec
from hpo_gui.core.value import Params
from hpo_gui.evaluation.steering import CONSTANT, Reading
from hpo_gui.evaluation.training import Inner, Training
from hpo_gui.evaluation.user_objective import (
    check_takes_dictionary,
    is_number,
    line_of,
    load_function,
    read_scores,
    takes_seed,
    told,
)

RATES = ("learning_rate", "lr", "eta0", "eta")
"""What people call the learning rate, the likeliest first."""

OF_START = "Mend it, or leave out of the space what it cannot begin with."
OF_STEP = "Mend it, or return a large loss where a configuration has no score."


class UserLearner:
    """Calls the user's functions; see `training.Learner`.

    Parameters
    ----------
    start, step : the functions
    names : what they are called, for messages
    goals : their metrics: what a dictionary must hold; a plain number means the only one
    rate : the parameter that a schedule drives; None for the first of `RATES` that there is

    Raises
    ------
    ObjectiveError : a function does not take the arguments that it gets
    """

    def __init__(
        self,
        start: Callable[..., Any],
        step: Callable[..., Any],
        names: tuple[str, str],
        goals: tuple[str, ...],
        rate: str | None = None,
    ) -> None:
        self._start = start
        self._step = step
        self._names = names
        self._goals = goals
        self._rate = rate
        self._takes_seed = takes_seed(start, names[0])
        _check_takes_state(step, names[1])

    def read(self, params: Params) -> Reading:
        """The parameters as they are."""
        known = (self._rate,) if self._rate is not None else RATES
        name = next((name for name in known if is_number(params.get(name))), self._rate or "")
        base = params.get(name)
        return Reading(params, name, float(base) if is_number(base) else None)

    def start(self, params: Params, seed: int) -> Inner:
        """Call the function that begins a training.

        Raises
        ------
        ObjectiveError : it raises an error, or wants the parameters one by one
        """
        check_takes_dictionary(self._start, self._names[0], params)
        arguments = (dict(params), seed) if self._takes_seed else (dict(params),)
        return _called(self._start, arguments, f"{self._names[0]}()", OF_START)

    def step(
        self, inner: Inner, values: Params, index: int
    ) -> tuple[dict[str, tuple[float, ...]], Inner]:
        """Call the function that learns on.

        Raises
        ------
        ObjectiveError : it raises an error, or does not return finite scores and a state, in
            this order
        """
        place = f"{self._names[1]}() at step {index}"
        returned = _called(self._step, (inner, dict(values), index), place, OF_STEP)
        scores, state = _scores_and_state(returned, self._names[1], self._goals)
        found = read_scores(scores, self._names[1], self._goals, f" at step {index}")
        return {name: (score,) for name, score in found.items()}, state


def _called(
    function: Callable[..., Any], arguments: tuple[Any, ...], place: str, remedy: str
) -> Any:
    """What a function returns; `ObjectiveError` for what it raises, the end of Python included."""
    try:
        return function(*arguments)
    except (StudioError, MemoryError):  # in words of their own
        raise
    except (Exception, SystemExit) as error:
        raise ObjectiveError(
            place,
            f"must run without an error{line_of(error)}: {told(error)}",
            remedy=remedy,
        ) from error


def _scores_and_state(returned: object, name: str, goals: tuple[str, ...]) -> tuple[object, Inner]:
    remedy = "Write `return scores, state`: first the scores, then the state for the next step."
    if not isinstance(returned, tuple) or len(returned) != 2:
        raise ObjectiveError(f"{name}()", "must return two things", returned, remedy=remedy)
    scores, state = returned
    if _is_score(scores, goals) or not _is_score(state, goals):
        return scores, state
    raise ObjectiveError(
        f"{name}()",
        "must return the scores before the state, and not after it",
        returned,
        remedy=remedy,
    )


def _is_score(value: object, goals: tuple[str, ...]) -> bool:
    return goals[0] in value if isinstance(value, Mapping) else is_number(value)


def _check_takes_state(function: Callable[..., Any], name: str) -> None:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return  # written in C: it says nothing
    try:
        signature.bind({}, {}, 0)
    except TypeError:
        raise ObjectiveError(
            f"{name}()",
            "must take three arguments: the state, the parameters and the number of the step",
            str(signature),
            remedy=f"Write `def {name}(state, params, index): ...`.",
        ) from None


@dataclass(frozen=True)
class UserTrainingFactory:
    """Imports the functions in a worker.

    Attributes
    ----------
    path : of the Python file
    start, step : the functions there
    goal : what training is judged by
    goals : metrics of all goals; by default of that one
    """

    path: Path
    start: str
    step: str
    goal: Goal
    training: TrainingSpec
    schedule: Choice = CONSTANT
    goals: tuple[str, ...] = ()

    def __call__(self) -> Training:
        learner = UserLearner(
            load_function(self.path, self.start),
            load_function(self.path, self.step),
            (self.start, self.step),
            self.goals or (self.goal.metric,),
            self.training.rate,
        )
        return Training(learner, self.goal, self.training, self.schedule)
