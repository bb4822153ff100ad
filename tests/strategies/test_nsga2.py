"""NSGA-II: who survives, what children are like, and that the front is found."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.hypervolume import hypervolume
from hpo_gui.core.parameter import Categorical, Float, Int, Ordinal
from hpo_gui.core.plan import Plan
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Origin, Trial, TrialState
from hpo_gui.core.value import Params
from hpo_gui.strategies.nsga2 import LEAST_POPULATION, MOST_POPULATION, Nsga2, usual_population
from hpo_gui.strategies.random import Random
from hpo_gui.strategies.strategy import Strategy
from hpo_gui.strategies.survivors import spread_out, survivors
from hpo_gui.strategies.variation import cross, mutate
from hpo_gui.study.study import Study

GOALS = (Goal("error", "minimize"), Goal("size", "minimize"))
ONE = Space([Float("x", 0.0, 1.0)])

FloatArray = NDArray[np.float64]


def finished(
    losses: Sequence[Sequence[float]],
    goals: Sequence[Goal] = GOALS,
    states: dict[int, TrialState] | None = None,
) -> History:
    """Trials with these losses by the goals, complete or in a state of their own."""
    trials = []
    for number, row in enumerate(losses):
        state = (states or {}).get(number, TrialState.COMPLETE)
        scores = {g.metric: g.loss(loss) for g, loss in zip(goals, row, strict=True)}
        params: Params = {"x": number / len(losses)}
        told = None if state.is_open else number + 1
        trials.append(Trial(number, params, Origin("x"), state, scores=scores, told=told))
    return History(ONE, goals, trials)


class TestSurvivors:
    def test_fronts_come_first_then_the_least_crowded_of_the_last_one(self) -> None:
        history = finished([(0, 1), (1, 0), (0.5, 0.5), (1, 2), (1.05, 1.9), (1.9, 1.1), (2, 1)])
        living = survivors(history, 5)
        assert living.numbers[:3].tolist() == [0, 1, 2]
        assert living.ranks.tolist() == [0, 0, 0, 1, 1]
        assert living.numbers[3:].tolist() == [3, 6]

    def test_who_keeps_the_thresholds_comes_before_who_misses_them_least(self) -> None:
        limited = (Goal("error", "minimize", threshold=0.5), GOALS[1])
        history = finished([(0.9, 0), (0.4, 9), (0.6, 5), (0.5, 8), (0.7, 7)], limited)
        assert survivors(history, 5).numbers.tolist() == [1, 3, 2, 4, 0]

    def test_violations_count_in_relation_to_how_far_scores_spread(self) -> None:
        limited = (
            Goal("error", "minimize", threshold=0.1),
            Goal("size", "minimize", threshold=1000.0),
        )
        history = finished([(0.6, 1000), (0.1, 1300), (0.1, 2000), (1.1, 0)], limited)
        assert survivors(history, 4).numbers.tolist() == [1, 0, 2, 3]

    def test_stopped_trials_come_last_and_those_without_a_score_never(self) -> None:
        states = {0: TrialState.PRUNED, 1: TrialState.FAILED, 2: TrialState.RUNNING}
        history = finished([(0, 0), (0, 0), (0, 0), (1, 1), (math.inf, 0)], states=states)
        assert survivors(history, 5).numbers.tolist() == [3, 0]

    def test_of_equal_trials_the_first_survives_before_the_others(self) -> None:
        history = finished([(0, 1), (0.4, 0.6), (0.4, 0.6), (0.4, 0.6), (0.7, 0.3), (1, 0)])
        assert survivors(history, 4).numbers.tolist() == [0, 1, 4, 5]

    def test_an_empty_history_has_none(self) -> None:
        assert len(survivors(finished([]), 5)) == 0

    @pytest.mark.parametrize("goals", [2, 3, 4, 5])
    def test_the_chosen_of_a_front_lie_farther_apart_than_a_draw(self, goals: int) -> None:
        rng = np.random.default_rng(goals)
        normal = np.abs(rng.standard_normal((200, goals)))
        front = 1 - normal / np.linalg.norm(normal, axis=1, keepdims=True)

        def least_gap(rows: NDArray[np.intp]) -> float:
            gaps = np.linalg.norm(front[rows][:, None] - front[rows][None], axis=2)
            return float((gaps + np.eye(len(rows)) * 9).min(axis=1).mean())

        chosen = spread_out(front, 20)
        assert len(set(chosen.tolist())) == 20
        drawn = [least_gap(rng.choice(200, 20, replace=False)) for _ in range(50)]
        assert least_gap(chosen) > np.max(drawn)
        assert set(np.argmin(front, axis=0)) <= set(chosen.tolist())


class TestChildren:
    SPACE = Space(
        [
            Float("rate", 1e-4, 1.0, log=True),
            Int("depth", 1, 9, or_none=True),
            Categorical("kind", ["a", "b", "c"]),
            Ordinal("size", ["s", "m", "l"]),
            Float("only_b", 0.0, 1.0, when={"kind": ("b",)}),
        ]
    )

    def row(self, params: Params) -> FloatArray:
        return self.SPACE.encode(params)

    def test_numbers_lie_around_the_parents_and_choices_come_from_either(self) -> None:
        rng = np.random.default_rng(0)
        one = self.row({"rate": 1e-3, "depth": 3, "kind": "a", "size": "s"})
        other = self.row({"rate": 1e-1, "depth": None, "kind": "b", "size": "l", "only_b": 0.4})
        made = [cross(self.SPACE, one, other, 10.0, rng) for _ in range(400)]
        children = [self.SPACE.decode(row) for row in made]
        rates = np.log10([float(child["rate"]) for child in children])  # type: ignore[arg-type]
        assert np.mean(np.minimum(abs(rates + 3), abs(rates + 1)) < 0.3) > 0.8
        assert {child["kind"] for child in children} == {"a", "b"}
        assert {child["depth"] for child in children} == {3, None}
        assert all(("only_b" in child) == (child["kind"] == "b") for child in children)
        assert all(self.SPACE.check(child) == child for child in children)
        assert rates.mean() == pytest.approx(-2, abs=0.15)

    def test_a_mutation_changes_one_parameter_on_average_and_always_its_value(self) -> None:
        rng = np.random.default_rng(1)
        params: Params = {"rate": 1e-2, "depth": 5, "kind": "a", "size": "m"}
        counts = []
        for _ in range(300):
            row = self.row(params)
            changed = mutate(self.SPACE, row, [0, 1, 2, 3], 10.0, rng)
            child = self.SPACE.decode(row)
            differing = {name for name in params if child[name] != params[name]}
            assert differing == {self.SPACE.names[column] for column in changed}
            assert ((row >= 0) & (row <= 1) | np.isnan(row)).all()
            counts.append(len(changed))
        assert np.mean(counts) == pytest.approx(1.0, abs=0.15)

    def test_mutations_at_the_ends_of_an_axis_stay_inside(self) -> None:
        space = Space([Int("i", 0, 3), Float("x", 0.0, 1.0, step=0.5)])
        rng = np.random.default_rng(2)
        for start in ({"i": 0, "x": 0.0}, {"i": 3, "x": 1.0}):
            found = set()
            for _ in range(60):
                row = space.encode(start)
                mutate(space, row, [0, 1], 20.0, rng)
                found.add(tuple(space.check(space.decode(row)).values()))
            assert len(found) > 1


def run(
    strategy: Strategy, trials: int, *, seed: int = 0, workers: int = 1, limit: float | None = None
) -> Study:
    """A study of a mixed and conditional problem: how wrong against how large."""
    space = Space(
        [
            Float("size", 1e-3, 1.0, log=True),
            Categorical("kind", ["plain", "good"]),
            Int("turns", 0, 20, when={"kind": ("good",)}),
            Float("bend", 0.0, 1.0),
        ],
        ["bend < 0.9"],
    )
    goals = [Goal("error", "minimize", threshold=limit), GOALS[1]]
    study = Study(space, goals, strategy, seed=seed, plan=Plan(trials=trials))
    for _ in range(trials // workers):
        for trial in reversed(study.ask(workers)):
            p = trial.params
            place = math.log10(float(p["size"])) / -3  # type: ignore[arg-type]
            far = abs(float(p["bend"]) - 0.3)  # type: ignore[arg-type]
            far += abs(int(p["turns"]) - 14) / 20 if p["kind"] == "good" else 0.5  # type: ignore[arg-type]
            study.tell(trial.number, {"error": place**2 + far, "size": 1 - place + far})
    return study


def volume(study: Study) -> float:
    return hypervolume(study.history.losses, [1.2, 1.2])


@pytest.mark.parametrize("workers", [1, 4])
def test_the_front_is_found_better_than_at_random(workers: int) -> None:
    found = [volume(run(Nsga2(), 100, seed=seed, workers=workers)) for seed in range(2)]
    drawn = [volume(run(Random(), 100, seed=seed)) for seed in range(2)]
    assert min(found) > max(drawn)
    assert np.mean(found) > 0.8


def test_children_gather_where_the_thresholds_are_kept() -> None:
    study = run(Nsga2(), 120, limit=0.2)
    errors = study.history.losses[:, 0]
    assert np.mean(errors[60:] <= 0.2) > 2 * np.mean(errors[:15] <= 0.2)
    assert len(study.history.front) >= 5


def test_with_one_goal_it_minimises() -> None:
    space = Space([Float(f"x{i}", 0.0, 1.0) for i in range(4)])
    study = Study(space, [GOALS[0]], Nsga2(), seed=1, plan=Plan(trials=100))
    for _ in range(100):
        trial = study.ask(1)[0]
        study.tell(trial.number, sum((float(v) - 0.3) ** 2 for v in trial.params.values()))  # type: ignore[arg-type]
    assert study.best is not None
    assert study.best.scores["error"] < 0.01


def test_with_five_goals_the_front_stays_wide() -> None:
    space = Space([Float(f"x{i}", 0.0, 1.0) for i in range(5)])
    goals = [Goal(f"far{i}", "minimize") for i in range(5)]
    study = Study(space, goals, Nsga2(), seed=2, plan=Plan(trials=120))
    for _ in range(120):
        trial = study.ask(1)[0]
        x = np.array([float(v) for v in trial.params.values()])  # type: ignore[arg-type]
        away = [float(np.sum((x - np.eye(5)[i]) ** 2)) for i in range(5)]
        study.tell(trial.number, dict(zip([g.metric for g in goals], away, strict=True)))
    losses = study.history.losses
    assert (losses.min(axis=0) < 0.6 * np.median(losses[:15], axis=0)).all()


def test_the_population_suits_the_budget() -> None:
    def population(trials: int | None, made: int = 0) -> int:
        history = finished([(1, 1)] * made)
        return usual_population(History(ONE, GOALS, history.trials, plan=Plan(trials=trials)))

    assert population(30) == LEAST_POPULATION
    assert population(200) == 15
    assert population(5000) == MOST_POPULATION
    assert population(None) == 15
    assert population(None, made=400) == 30


def test_reasons_name_the_parents_and_what_changed() -> None:
    study = run(Nsga2(population=6), 30)
    reasons = [trial.origin.reason for trial in study.trials]
    assert all(reason.startswith("One of the first trials") for reason in reasons[:6])
    assert all(reason.startswith("Trial") for reason in reasons[6:])
    assert any(" mixed" in reason for reason in reasons[6:])
    assert any(reason.endswith(" changed.") for reason in reasons[6:])
