"""Slices, parallel coordinates and ticks."""

import math

import numpy as np
import pytest

from hpo_gui.analysis.parallel import parallel
from hpo_gui.analysis.parameter_axis import parameter_ticks, round_step, short, spaced_ticks
from hpo_gui.analysis.slices import slice_of
from hpo_gui.core.parameter import Categorical, Float, Int, Ordinal, Parameter
from hpo_gui.core.space import Space
from hpo_gui.core.trial import TrialState
from tests.analysis.studies import LOSS, SPACE, make_study, make_trial, random_trials


def test_a_slice_holds_complete_trials_to_which_the_parameter_applies() -> None:
    history = make_study(
        make_trial(0, [0.5], params={"bootstrap": True, "max_samples": 0.75}),
        make_trial(1, [0.6], params={"bootstrap": False}),
        make_trial(2, [0.7], params={"bootstrap": True, "max_samples": None}),
        make_trial(3, [0.8], state=TrialState.PRUNED, params={"max_samples": 0.6}),
    )
    result = slice_of(history, "max_samples")
    assert result.numbers.tolist() == [0, 2]
    np.testing.assert_allclose(result.positions, [0.45, 0.95])
    assert result.scores.tolist() == [0.5, 0.7]
    assert result.left_out == 1


def test_a_filter_leaves_trials_out() -> None:
    history = make_study(*random_trials(50, running=0))
    shown = np.arange(50) < 10
    assert slice_of(history, "max_depth", shown=shown).numbers.max() < 10


def test_categories_are_spread_within_their_width() -> None:
    history = make_study(*random_trials(400, running=0))
    result = slice_of(history, "criterion")
    levels = [history.trials[n].params["criterion"] for n in result.numbers]
    centres = np.where(np.array(levels) == "gini", 0.25, 0.75)
    assert np.abs(result.positions - centres).max() <= 0.125
    assert np.std(result.positions - centres) > 0.05


@pytest.mark.parametrize("metric", ["accuracy", "log_loss"])
def test_parallel_lines_end_with_the_best(metric: str) -> None:
    goal = LOSS if metric == "log_loss" else make_study().goal
    history = make_study(*random_trials(300, metric=metric), goal=goal)
    result = parallel(history, most=100)
    assert history.best is not None
    assert result.numbers[-1] == history.best.number
    assert result.ranks[-1] == 1.0
    assert result.lines.shape == (100, len(SPACE) + 1)
    assert result.axes[-1].name == metric
    assert result.total == len(history.complete)


def test_parallel_lines_of_equal_scores_and_of_nothing() -> None:
    assert parallel(make_study()).lines.shape == (0, len(SPACE) + 1)
    history = make_study(make_trial(0, [0.5]), make_trial(1, [0.5]))
    assert parallel(history).lines[:, -1].tolist() == [0.5, 0.5]


@pytest.mark.parametrize(
    ("parameter", "texts"),
    [
        (Float("x", 0.0, 1.0), ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        (Float("x", 1e-5, 1e3, log=True), ["1e-5", "0.001", "0.1", "10", "1000"]),
        (Int("x", 1, 50, log=True), ["1", "2", "5", "10", "20", "50"]),
        (Int("x", 1, 3), ["1", "2", "3"]),
        (Int("x", 1, 10, step=3), ["1", "4", "7", "10"]),
        (Int("x", 4, 4), ["4"]),
        (Categorical("x", ("rbf", None, True, (64, 32))), ["rbf", "none", "true", "(64, 32)"]),
        (Ordinal("x", (1, 2)), ["1", "2"]),
        (Int("x", 1, 3, or_none=True), ["1", "2", "3", "none"]),
    ],
)
def test_ticks_stand_at_round_values(parameter: Parameter, texts: list[str]) -> None:
    ticks = parameter_ticks(parameter)
    assert [tick.text for tick in ticks] == texts
    assert all(-1e-9 <= tick.position <= 1 + 1e-9 for tick in ticks)


def test_ticks_stand_where_the_parameter_encodes_their_value() -> None:
    parameter = Float("x", 1e-3, 1e3, log=True, or_none=True)
    for tick in parameter_ticks(parameter):
        value = None if tick.text == "none" else float(tick.text)
        assert tick.position == pytest.approx(parameter.encode(value))


@pytest.mark.parametrize("low", [1e-9, 0.3, 7.0])
@pytest.mark.parametrize("factor", [1.5, 7, 30, 1e6])
def test_every_logarithmic_range_gets_two_to_eight_ticks(low: float, factor: float) -> None:
    ticks = parameter_ticks(Float("x", low, low * factor, log=True))
    assert 2 <= len(ticks) <= 8


@pytest.mark.parametrize(
    ("parameter", "texts"),
    [
        (Float("x", 0.0, 1e-15), ["0", "2e-16", "4e-16", "6e-16", "8e-16", "1e-15"]),
        (Int("x", 1_000_000, 1_000_030), ["1e6", "1.00001e6", "1.00002e6", "1.00003e6"]),
        (Int("x", 99_990, 100_010), ["99990", "99995", "100000", "100005", "100010"]),
        (
            Float("x", 1.0, 1.0 + 4e-8),
            ["1", "1.00000001", "1.00000002", "1.00000003", "1.00000004"],
        ),
        (Float("x", 1e15, 1e15 + 3), ["1e15"]),  # its values have 12 digits
    ],
)
def test_ticks_of_a_narrow_range_can_be_told_apart(parameter: Parameter, texts: list[str]) -> None:
    ticks = parameter_ticks(parameter)
    assert [tick.text for tick in ticks] == texts
    assert len({tick.position for tick in ticks}) == len(ticks)


def test_steps_are_round() -> None:
    assert [round_step(span, 5) for span in (1.0, 0.11, 37, 150)] == pytest.approx(
        [0.2, 0.05, 10, 50]
    )


def test_short_numbers_are_short() -> None:
    assert [short(v) for v in (0, 0.25, 200, 1e-7, 2.5e6)] == ["0", "0.25", "200", "1e-7", "2.5e6"]
    assert [short(v) for v in (-0.25, -1e-7)] == ["−0.25", "−1e-7"]


def test_a_space_without_parameters_has_only_the_score() -> None:
    history = make_study(make_trial(0, [math.pi / 4]), space=Space(()))
    assert len(parallel(history).axes) == 1


def test_the_axes_of_all_parameters_keep_none_free_of_the_tick_before_it() -> None:
    space = Space((Int("depth", 1, 50, log=True, or_none=True),))
    history = make_study(make_trial(0, [0.5], params={"depth": 3}), space=space)
    assert [tick.text for tick in parallel(history).axes[0].ticks][-2:] == ["20", "none"]


def test_none_is_not_covered_by_the_tick_before_it() -> None:
    depth = Int("depth", 1, 50, log=True, or_none=True)
    assert [tick.text for tick in parameter_ticks(depth)][-2:] == ["50", "none"]
    assert [tick.text for tick in spaced_ticks(depth)][-2:] == ["20", "none"]
    assert spaced_ticks(Int("n", 1, 9)) == parameter_ticks(Int("n", 1, 9))
    listed = Categorical("c", ("a", None))
    assert spaced_ticks(listed) == parameter_ticks(listed)
