"""The landscape: slices and maps through a configuration, and how far they can be trusted."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest

from hpo_gui.analysis.landscape import (
    MOST,
    Landscape,
    LandscapeSlice,
    Pair,
    Survey,
    cell_values,
    prepare_survey,
    sample_values,
    survey,
)
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Categorical, Float, Int, Ordinal, Parameter
from hpo_gui.core.space import Space
from hpo_gui.core.trial import TrialState
from tests.analysis.studies import ACCURACY, LOSS, SPACE, make_study, make_trial, random_trials

BOWL = Space([Float("x", -1.0, 1.0), Float("y", -1.0, 1.0), Float("z", -1.0, 1.0)])


def bowl(
    count: int = 40, *, goal: Goal = LOSS, space: Space = BOWL, seed: int = 3, noise: float = 0.0
) -> History:
    """x counts most, y a little, z not at all; the best is at x = 0.3."""
    rng = np.random.default_rng(seed)
    trials = []
    for number in range(count):
        params = space.sample(rng)
        loss = (params["x"] - 0.3) ** 2 + 0.1 * params["y"] ** 2 + noise * rng.normal()
        trials.append(make_trial(number, [goal.loss(loss)], metric=goal.metric, params=params))
    return make_study(*trials, space=space, goal=goal)


def landscape_of(
    history: History, number: int | None = None, pair: Pair | None = None
) -> Landscape:
    wanted = prepare_survey(history, number, pair)
    assert isinstance(wanted, Survey)
    return survey(wanted).landscape


def along(landscape: Landscape, name: str) -> LandscapeSlice:
    return next(made for made in landscape.slices if made.name == name)


@pytest.mark.parametrize("goal", [LOSS, ACCURACY])
def test_a_slice_follows_the_score_in_its_own_direction(goal: Goal) -> None:
    landscape = landscape_of(bowl(goal=goal))
    made = along(landscape, "x")
    mean = made.outlook.mean
    best = int(np.argmax(mean) if goal.maximize else np.argmin(mean))
    assert made.values[best] == pytest.approx(0.3, abs=0.15)
    assert abs(mean[0]) == pytest.approx(1.69, abs=0.35)
    assert (mean[0] < 0) == goal.maximize
    assert (made.outlook.sd > 0).all()
    assert (made.outlook.improvement >= 0).all()
    assert (np.diff(made.positions) > 0).all()
    assert made.joined == len(made.values) == 61


def test_it_is_looked_at_through_the_best_trial_or_another() -> None:
    history = bowl()
    landscape = landscape_of(history)
    assert history.best is not None
    assert landscape.number == history.best.number
    assert landscape.point == history.best.params
    assert landscape_of(history, 7).number == 7
    here = along(landscape_of(history, 7), "x").here
    assert here == pytest.approx((history.trials[7].params["x"] + 1) / 2)


def test_trials_far_from_the_slice_are_told_apart() -> None:
    landscape = landscape_of(bowl())
    place = landscape.numbers.tolist().index(landscape.number)
    for made in landscape.slices:
        assert made.nearness[place] == 1
        assert made.nearness.min() < 0.5
    assert landscape.map is not None
    assert landscape.map.nearness[place] == 1


def test_the_map_shows_the_two_parameters_that_count_or_those_asked_for() -> None:
    history = bowl()
    made = landscape_of(history).map
    assert made is not None
    assert made.names == ("x", "y")
    assert made.outlook.mean.shape == (36, 36)
    row, column = np.unravel_index(np.argmin(made.outlook.mean), made.outlook.mean.shape)
    assert made.values[0][column] == pytest.approx(0.3, abs=0.2)
    assert made.values[1][row] == pytest.approx(0.0, abs=0.5)
    asked = landscape_of(history, pair=("z", "x")).map
    assert asked is not None
    assert asked.names == ("z", "x")
    unknown = landscape_of(history, pair=("z", "nothing")).map
    assert unknown is not None
    assert unknown.names == ("x", "y")


@pytest.mark.parametrize("unit", [1e-170, 1e-320])
def test_losses_whose_squares_are_zero_have_a_quality_too(unit: float) -> None:
    rng = np.random.default_rng(0)
    trials = [
        make_trial(
            number, [float(rng.random()) * unit], metric=LOSS.metric, params=BOWL.sample(rng)
        )
        for number in range(8)
    ]
    assert np.isfinite(landscape_of(make_study(*trials, space=BOWL, goal=LOSS)).quality.r2)


def test_the_quality_tells_a_good_surrogate_from_a_bad_one() -> None:
    good = landscape_of(bowl()).quality
    assert good.r2 > 0.9
    assert 0.8 <= good.within <= 1
    assert (good.used, good.complete) == (40, 40)
    rng = np.random.default_rng(1)
    noise = [make_trial(i, [rng.normal()], params=BOWL.sample(rng)) for i in range(40)]
    assert landscape_of(make_study(*noise, space=BOWL)).quality.r2 < 0.3


def test_what_a_constraint_forbids_is_left_out() -> None:
    space = Space([*BOWL], ["x < y"])
    history = bowl(space=space)
    landscape = landscape_of(history, pair=("x", "y"))
    made = along(landscape, "x")
    allowed = np.array(made.values) < landscape.point["y"]
    assert (np.isfinite(made.outlook.mean) == allowed).all()
    assert landscape.map is not None
    x, y = (np.array(values) for values in landscape.map.values)
    wanted = x[None, :] < y[:, None]
    assert (np.isfinite(landscape.map.outlook.mean) == wanted).all()
    assert (np.isfinite(landscape.map.outlook.improvement) == wanted).all()


def test_parameters_that_do_not_apply_have_no_slice() -> None:
    history = make_study(*random_trials(60))
    without = next(t.number for t in history.trials if "max_samples" not in t.params)
    landscape = landscape_of(history, without, ("max_samples", "bootstrap"))
    assert landscape.inactive == ("max_samples",)
    assert "max_samples" not in [made.name for made in landscape.slices]
    assert landscape.map is not None
    finite = np.isfinite(landscape.map.outlook.mean)
    assert finite[0].all()  # bootstrap is true
    assert not finite[1].any()


def test_open_trials_are_there_but_not_learnt_from() -> None:
    history = make_study(*random_trials(60, running=2))
    landscape = landscape_of(history)
    assert landscape.open_numbers.tolist() == [58, 59]
    assert landscape.open_rows.shape == (2, len(SPACE))
    assert not set(landscape.numbers.tolist()) & {58, 59}
    complete = {t.number for t in history.trials if t.state is TrialState.COMPLETE}
    assert set(landscape.numbers.tolist()) == complete


def test_lists_and_none_stand_for_themselves() -> None:
    assert sample_values(Categorical("c", ("a", "b"))) == (("a", "b"), 0)
    assert sample_values(Ordinal("o", (1, 2, 4))) == ((1, 2, 4), 0)
    values, joined = sample_values(Int("i", 1, 5, or_none=True))
    assert (values, joined) == ((1, 2, 3, 4, 5, None), 5)
    values, joined = sample_values(Float("f", 0.01, 100.0, log=True, or_none=True))
    assert values[0] == 0.01
    assert values[-1] is None
    assert joined == len(values) - 1 == 61
    assert values[joined - 1] == pytest.approx(100, rel=0.02)
    values, joined = sample_values(Int("n", 1, 1000))
    assert joined == len(values) == len(set(values))


@pytest.mark.parametrize(
    ("parameter", "count"),
    [(Categorical("c", ("a", "b")), 2), (Float("f", 0.0, 1.0), 36), (Int("i", 1, 3), 36)],
)
def test_cells_are_of_equal_size(parameter: Parameter, count: int) -> None:
    values = cell_values(parameter)
    assert len(values) == count
    assert list(values) == sorted(values)


def test_many_trials_are_thinned_out_but_the_best_stay() -> None:
    history = make_study(*random_trials(1500))
    wanted = prepare_survey(history)
    assert isinstance(wanted, Survey)
    numbers = wanted.known.numbers
    assert len(numbers) == MOST
    assert (np.diff(numbers) > 0).all()
    order = np.argsort(history.losses[history.complete, 0], kind="stable")
    assert set(history.complete[order[: MOST // 2]].tolist()) <= set(numbers.tolist())
    assert wanted.complete == len(history.complete)
    assert len(pickle.dumps(wanted)) < 200_000  # it is sent to another process


def test_why_there_is_nothing_to_see() -> None:
    assert prepare_survey(bowl(2)) == "few"
    assert prepare_survey(make_study(space=BOWL)) == "few"
    equal = [make_trial(i, [0.5], params={"x": 0.1 * i}) for i in range(5)]
    assert prepare_survey(make_study(*equal, space=BOWL)) == "equal"
    fixed = Space([Int("n", 3, 3)])
    trials = [make_trial(i, [0.1 * i], params={"n": 3}) for i in range(5)]
    assert prepare_survey(make_study(*trials, space=fixed)) == "no_parameters"
    assert prepare_survey(make_study(*trials, space=Space([]))) == "no_parameters"


def test_scores_that_are_no_numbers_do_not_count() -> None:
    trials = [make_trial(i, [math.nan], params={"x": 0.1 * i}) for i in range(5)]
    trials += [make_trial(5, [0.5], params={"x": 0.9})]
    assert prepare_survey(make_study(*trials, space=BOWL)) == "few"


def test_astronomical_scores_are_not_learnt_from() -> None:
    trials = [make_trial(i, [0.1 * i], params={"x": 0.1 * i}) for i in range(8)]
    trials += [make_trial(8, [1e300], params={"x": 0.9}), make_trial(9, [-1e300], params={"x": 1})]
    wanted = prepare_survey(make_study(*trials, space=BOWL))
    assert isinstance(wanted, Survey)
    assert len(wanted.losses) == 8
    assert np.isfinite(survey(wanted).landscape.quality.r2)


def test_one_free_parameter_has_no_map() -> None:
    space = Space([Float("x", 0.0, 1.0), Int("n", 3, 3)])
    trials = [make_trial(i, [i * 0.1], params={"x": i * 0.1, "n": 3}) for i in range(6)]
    landscape = landscape_of(make_study(*trials, space=space))
    assert [made.name for made in landscape.slices] == ["x"]
    assert landscape.map is None


def test_the_fit_is_used_again_for_another_point() -> None:
    history = bowl()
    first, second = prepare_survey(history), prepare_survey(history, 7)
    assert isinstance(first, Survey)
    assert isinstance(second, Survey)
    assert first.key == second.key
    made = survey(first)
    again, afresh = survey(second, made.surrogate).landscape, survey(second).landscape
    np.testing.assert_array_equal(along(again, "x").outlook.mean, along(afresh, "x").outlook.mean)
    more = prepare_survey(bowl(41))
    assert isinstance(more, Survey)
    assert more.key != first.key


def test_a_trial_of_an_earlier_space_is_moved_into_today_s() -> None:
    old = [make_trial(i, [i * 0.1], params={"x": 0.2 * i, "gone": "a"}) for i in range(5)]
    landscape = landscape_of(make_study(*old, space=BOWL), 4)
    assert landscape.point == {"x": 0.8, "y": 0.0, "z": 0.0}
    assert [made.name for made in landscape.slices] == ["x", "y", "z"]


def test_what_is_recommended_keeps_the_thresholds_that_some_trial_keeps() -> None:
    """Another one may be clearly better, and is of no use."""
    rng = np.random.default_rng(0)
    goals = (Goal("log_loss", "minimize", threshold=0.5),)
    trials = []
    for number in range(30):
        x = float(rng.uniform(-1, 1))
        loss = 0.6 + x**2 + 0.05 * rng.normal() if number != 12 else 0.45
        params = {"x": x, "y": 0.0, "z": 0.0}
        trials.append(make_trial(number, [loss] * 3, metric="log_loss", params=params))
    history = History(BOWL, goals, trials)
    assert history.feasible.tolist() == [12]
    wanted = prepare_survey(history)
    assert isinstance(wanted, Survey)
    told = survey(wanted).landscape.recommended
    assert (told.number, told.best) == (12, 12)
    nothing = History(BOWL, (Goal("log_loss", "minimize", threshold=0.1),), trials)
    wanted = prepare_survey(nothing)
    assert isinstance(wanted, Survey)
    assert wanted.allowed.all()
