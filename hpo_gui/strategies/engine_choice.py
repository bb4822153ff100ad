"""Which strategy suits one space and its history so far, and why in one sentence."""

from __future__ import annotations

import math
import statistics

from hpo_gui.core.cube import cube_of
from hpo_gui.core.history import History
from hpo_gui.strategies.bayesian import Bayesian
from hpo_gui.strategies.ehvi import Ehvi
from hpo_gui.strategies.grid import Grid
from hpo_gui.strategies.nsga2 import Nsga2
from hpo_gui.strategies.parego import Parego
from hpo_gui.strategies.strategy import Strategy
from hpo_gui.strategies.tpe import TPE

WIDE = 100  # free parameters beyond which a Gaussian process takes seconds
QUICK = 0.03  # seconds of a trial that thinking should not exceed
MANY = 4  # trials at a time that one model alone keeps too close together
LATELY = 16  # trials that tell how many are asked for at a time
GIVEN = ("default", "manual", "earlier", "tested", "repeat")  # origins that no strategy asked for
RECENT = 50  # trials whose durations speak for the next ones
VOLUME_GOALS = 3  # goals up to which the hypervolume is cheap
VOLUME_TRIALS = 500  # trials after which a model of several goals learns little more


def choose_engine(history: History, exhaust_up_to: int) -> tuple[Strategy, str]:
    """The strategy for the next trial, and the sentence that says why.

    Parameters
    ----------
    exhaust_up_to : number of configurations up to which all of them are tried, if the budget is
        enough for that
    """
    size = history.space.size
    if size == 1:
        return Grid(points=1), "Grid search: there is only one configuration to try."
    budget = math.inf if history.plan.trials is None else history.plan.trials
    if size <= min(exhaust_up_to, budget):
        why = f"Grid search: all {size:,.0f} configurations can be tried."
        return Grid(points=exhaust_up_to), why
    if len(history.goals) > 1:
        return _for_several_goals(history)
    free = cube_of(history.space).moving
    if free > WIDE:
        return TPE(), f"TPE: {free} free parameters are too many for a Gaussian process."
    if (seconds := _usual_seconds(history)) is not None and seconds < QUICK:
        why = f"TPE: a trial takes {seconds * 1000:.0f} ms only, less than a model needs to fit."
        return TPE(), why
    if (parallel := _parallel(history)) >= MANY:
        strategy: Strategy = TPE() if len(history) % 2 else Bayesian()
        why = f"Bayesian optimization and TPE in turn, for {parallel} trials at a time."
        return strategy, why
    what = "one parameter" if free == 1 else f"{free} parameters"
    return Bayesian(), f"Bayesian optimization: learns what matters among {what} from each trial."


def _for_several_goals(history: History) -> tuple[Strategy, str]:
    goals = len(history.goals)
    free = cube_of(history.space).moving
    if free > WIDE:
        return Nsga2(), f"NSGA-II: {free} free parameters are too many for a Gaussian process."
    if len(history) >= VOLUME_TRIALS:
        return Nsga2(), f"NSGA-II: a model learns little more from over {VOLUME_TRIALS} trials."
    if (seconds := _usual_seconds(history)) is not None and seconds < QUICK:
        why = f"NSGA-II: a trial takes {seconds * 1000:.0f} ms only, less than a model to fit."
        return Nsga2(), why
    if goals <= VOLUME_GOALS:
        why = f"Hypervolume improvement: widens the front of {goals} goals most with each trial."
        return Ehvi(), why
    return Parego(), f"ParEGO: weighs {goals} goals anew for each trial."


def _parallel(history: History) -> int:
    """How many trials run at a time: as planned, or as strategies were asked for the last ones.

    Configurations that were given stand in the history all at once, and are run one by one. Where
    several workers are planned, a strategy may be asked ahead, for one more than run.
    """
    asked = [
        trial.number - trial.asked + 1
        for trial in history.trials[-LATELY:]
        if trial.origin.strategy not in GIVEN
    ]
    planned = history.plan.workers
    ahead = 1 if planned > 1 else 0
    return max(planned, max(asked, default=1) - ahead)


def _usual_seconds(history: History) -> float | None:
    """The median duration of the last trials, where time is what limits the study."""
    if history.plan.seconds is None or history.plan.trials is not None:
        return None
    durations = [trial.seconds for trial in history.trials[-RECENT:]]
    known = [seconds for seconds in durations if seconds is not None]
    return statistics.median(known) if len(known) >= RECENT // 2 else None
