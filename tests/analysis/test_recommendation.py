"""The recommended trial is the really best one, not the luckiest."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec import structs

from hpo_gui.analysis.recommendation import best_and_spread, recommend
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Float
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Origin, Trial, TrialState

SPACE = Space([Float("x", 0.0, 1.0)])


def history(places: list[float], scores: list[float], goal: Goal) -> History:
    trials = [
        Trial(
            i,
            {"x": float(x)},
            Origin("random", "Drawn."),
            TrialState.COMPLETE,
            scores={goal.metric: float(score)},
            told=i + 1,
        )
        for i, (x, score) in enumerate(zip(places, scores, strict=True))
    ]
    return History(SPACE, [goal], trials)


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_a_lucky_trial_among_bad_neighbours_is_not_recommended(direction: str) -> None:
    goal = Goal("score", direction)  # type: ignore[arg-type]
    rng = np.random.default_rng(0)
    places = np.linspace(0, 1, 80)
    truth = -((places - 0.3) ** 2) * 4
    scores = truth + 0.05 * rng.standard_normal(80)
    scores[70] = 0.5  # far from the optimum, by luck
    sign = 1 if direction == "maximize" else -1
    found = recommend(history(list(places), list(sign * scores), goal))
    assert found is not None
    assert found.best == 70
    assert not found.agrees
    assert abs(places[found.number] - 0.3) < 0.12
    assert sign * found.mean > sign * found.best_mean
    assert found.best_score == sign * 0.5
    assert found.sd > 0


def test_without_noise_the_best_score_is_the_best_trial() -> None:
    places = list(np.linspace(0, 1, 20))
    found = recommend(history(places, [(x - 0.4) ** 2 for x in places], Goal("loss", "minimize")))
    assert found is not None
    assert found.agrees
    assert found.number == 8
    assert found.noise < 0.01


def test_only_trials_that_keep_all_thresholds_are_recommended() -> None:
    places = list(np.linspace(0, 1, 20))
    plain = history(places, [(x - 0.4) ** 2 for x in places], Goal("loss", "minimize"))
    trials = [
        structs.replace(trial, scores={**trial.scores, "size": trial.params["x"]})
        for trial in plain.trials
    ]
    goals = [Goal("loss", "minimize"), Goal("size", "minimize", threshold=0.2)]
    found = recommend(History(SPACE, goals, trials))
    assert found is not None
    assert (found.number, found.best) == (3, 3)  # x = 3 / 19, the nearest to 0.4 below 0.2


def test_nothing_else_is_recommended_on_a_plateau_where_all_are_as_good() -> None:
    places = np.linspace(0, 1, 40)
    ripple = 1e-5 * np.random.default_rng(1).standard_normal(40)
    scores = np.where(places < 0.2, 4 * places, 0.989 + ripple)
    found = recommend(history(list(places), list(scores), Goal("accuracy", "maximize")))
    assert found is not None
    assert found.agrees


def test_astronomical_scores_neither_count_nor_overflow() -> None:
    places = list(np.linspace(0, 1, 20))
    losses = [(x - 0.4) ** 2 for x in places]
    goal = Goal("loss", "minimize")
    found = recommend(history(places, [1e300, *losses[1:-1], 1e200], goal))
    assert found is not None
    assert found.agrees
    assert found.number == 8
    assert recommend(history(places, [-1e300, *losses[1:]], goal)) is None


@pytest.mark.parametrize("scores", [[0.1] * 20, [0.1, 0.2, 0.3]])
def test_equal_scores_and_few_trials_recommend_nothing(scores: list[float]) -> None:
    places = list(np.linspace(0, 1, len(scores)))
    assert recommend(history(places, scores, Goal("loss", "minimize"))) is None


def test_the_best_half_and_a_spread_over_time_are_kept() -> None:
    losses = np.random.default_rng(0).random(1000)
    kept = best_and_spread(losses, 100)
    assert len(set(kept.tolist())) == 100
    assert set(np.argsort(losses)[:50]) <= set(kept.tolist())
    assert kept.min() < 50
    assert kept.max() > 950
