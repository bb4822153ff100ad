"""Histories of a study whose space was edited: what is seen, what fits, and what counts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from hpo_gui.core.fitting import fitting, why_outside
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History, HistoryBuilder
from hpo_gui.core.parameter import Categorical, Float, Int
from hpo_gui.core.space import Space
from hpo_gui.core.thought import think
from hpo_gui.core.trial import Origin, Proposal, Trial, TrialState
from tests.core.random_spaces import conditional_spaces

NOW = Space([Float("x", 0.0, 1.0), Categorical("k", ("a", "b"))])
GOALS = (Goal("loss", "minimize"), Goal("time", "minimize"))


def with_k(trial: Trial) -> Trial:
    """Trials of version 1 had no `k`: it was "a"."""
    if trial.spec_version > 1:
        return trial
    return structs.replace(trial, params={**trial.params, "k": "a"})


def told(number: int, x: float, loss: float, version: int = 1) -> Trial:
    params = {"x": x} if version == 1 else {"x": x, "k": "b"}
    return Trial(
        number,
        params,
        Origin("random"),
        TrialState.COMPLETE,
        spec_version=version,
        scores={"loss": loss, "time": 1.0},
        told=number + 1,
    )


def study() -> HistoryBuilder:
    """Trial 1 has the best score, and lies outside."""
    builder = HistoryBuilder(NOW, GOALS[:1], see=with_k)
    for trial in (told(0, 0.5, 3.0), told(1, 5.0, 1.0), told(2, 0.25, 2.0, 2)):
        builder.put(trial)
    return builder


def test_trials_are_kept_as_they_were_and_seen_as_they_are_now() -> None:
    history = study().snapshot()
    assert [trial.params for trial in history.raw] == [
        {"x": 0.5},
        {"x": 5.0},
        {"x": 0.25, "k": "b"},
    ]
    assert history.trials[0].params == {"x": 0.5, "k": "a"}
    assert history.trials[2] is history.raw[2]
    again = History(NOW, GOALS[:1], history.raw, see=with_k)
    assert again.trials == history.trials
    assert again.fits.tolist() == history.fits.tolist() == [True, False, True]


def test_the_best_stays_the_best_and_is_no_example_for_strategies() -> None:
    history = study().snapshot()
    assert history.best is not None
    assert history.best.number == 1
    within = history.within()
    assert within.best is not None
    assert within.best.number == 2
    assert within.complete.tolist() == [0, 2]
    assert np.isnan(within.losses[1, 0])
    assert history.complete.tolist() == [0, 1, 2]
    assert within.trials is history.trials


def test_what_waits_or_runs_stays_open_whatever_its_parameters() -> None:
    builder = study()
    builder.put(structs.replace(told(3, 7.0, 0.0), state=TrialState.RUNNING, told=None))
    assert builder.snapshot().within().open.tolist() == [3]


def test_without_an_edit_everything_fits_and_nothing_is_looked_at() -> None:
    history = History(NOW, GOALS[:1], [told(0, 50.0, 1.0, 2)])
    assert history.within() is history
    assert history.fits.tolist() == [True]
    assert fitting(history).tolist() == [False]  # the slow way finds it


def test_trials_that_come_as_they_are_seen_are_told_apart_too() -> None:
    builder = HistoryBuilder(NOW, GOALS[:1], edited=True)
    for trial in study().snapshot().trials:
        builder.put(trial)
    history = builder.snapshot()
    assert history.within().complete.tolist() == [0, 2]
    assert fitting(history) is history.fits


def test_a_front_found_before_is_not_the_one_within() -> None:
    builder = HistoryBuilder(NOW, GOALS, see=with_k)
    for trial in study().trials:
        builder.put(trial)
    history = builder.snapshot()
    assert history.front.tolist() == [1]
    assert history.within().front.tolist() == [2]
    assert history.led_by("time").within().best is not None


def test_a_strategy_thinks_about_what_fits() -> None:
    class Follows:
        """Repeats the best trial."""

        def propose(self, history: History, count: int, rng: object) -> list[Proposal]:
            assert history.best is not None
            return [Proposal(history.best.params, Origin("follows"))]

    proposal = think(Follows(), study().snapshot(), 0).proposal
    assert proposal is not None
    assert proposal.params == {"x": 0.25, "k": "b"}


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"x": 0.5, "k": "a"}, ""),
        ({"x": -1.0, "k": "a"}, "x = -1 is below today's range"),
        ({"x": "much", "k": "a"}, "x = much is no choice today"),
        ({"x": True, "k": "a"}, "x = true is no choice today"),
        ({"x": 0.5}, "it has no value for k"),
        ({"x": 0.5, "k": "a", "z": 1}, "z = 1 is not what today's trials have"),
    ],
)
def test_why_a_configuration_is_outside(params: dict[str, object], words: str) -> None:
    assert why_outside(NOW, params) == words
    assert NOW.contains(params) == (words == "")


def test_why_a_step_a_condition_and_a_rule_leave_something_out() -> None:
    space = Space(
        [
            Int("n", 0, 10, step=5),
            Categorical("k", ("a", "b")),
            Float("g", 0.0, 1.0, when={"k": ("b",)}),
        ],
        ["n < 10"],
    )
    assert why_outside(space, {"n": 4, "k": "a"}) == "n = 4 lies between today's values"
    assert why_outside(space, {"n": 5, "k": "a", "g": 0.5}) == "g depends on other values today"
    assert why_outside(space, {"n": 10, "k": "a"}) == "it does not keep `n < 10`"


@given(
    space=conditional_spaces(constrained=True),
    other=conditional_spaces(constrained=True),
    places=st.lists(st.floats(0, 1), max_size=12),
)
def test_contains_is_what_check_says(space: Space, other: Space, places: list[float]) -> None:
    for source in (space, other):
        params = source.decode([*places, *[0.5] * len(source)][: len(source)])
        try:
            legal = space.check(params) == params
        except Exception:  # noqa: BLE001 - whatever it says, it is not legal
            legal = False
        assert space.contains(params) == legal
        assert (why_outside(space, params) == "") == legal


def test_a_score_without_bound_is_no_measure_of_how_much_others_miss() -> None:
    goals = (Goal("loss", "minimize"), Goal("time", "minimize", threshold=0.0))
    scores = [(5.0, 1.0), (1.0, 100.0), (3.0, np.inf)]
    trials = [
        structs.replace(told(number, 0.1 * number, 0.0), scores={"loss": loss, "time": time})
        for number, (loss, time) in enumerate(scores)
    ]
    best = History(Space([Float("x", 0.0, 1.0)]), goals, trials).best
    assert best is not None
    assert best.number == 0
