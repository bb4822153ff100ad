"""Hill climbing goes up, changes little at a time, and starts again when it is stuck."""

from __future__ import annotations

import numpy as np
import pytest

from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Categorical, Float, Int, Ordinal
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Origin, Trial, TrialState
from hpo_gui.core.value import Params
from hpo_gui.strategies.hill_climbing import HillClimbing, _changed
from hpo_gui.strategies.random import Random
from tests.strategies.searching import lowest, search

SQUARE = Space([Float("x", -5.0, 5.0), Float("y", -5.0, 5.0)])


def quadratic(params: Params) -> float:
    return (params["x"] - 1.3) ** 2 + (params["y"] + 2.1) ** 2


def test_it_reaches_the_bottom_of_a_quadratic() -> None:
    found = [lowest(search(HillClimbing(), SQUARE, quadratic, 150, seed=s)) for s in range(5)]
    assert max(found) < 1e-3


def test_workers_in_parallel_climb_as_well() -> None:
    found = [
        lowest(search(HillClimbing(), SQUARE, quadratic, 200, seed=s, workers=5)) for s in range(5)
    ]
    assert max(found) < 1e-2


def test_it_beats_random_search_on_a_mixed_function() -> None:
    space = Space(
        [
            Float("rate", 1e-5, 1.0, log=True),
            Int("depth", 1, 40),
            Categorical("kind", list("abcd")),
            Ordinal("size", [1, 2, 3, 4, 5]),
        ]
    )

    def loss(params: Params) -> float:
        return (
            abs(np.log10(params["rate"]) + 2.2)
            + abs(params["depth"] - 17) / 10
            + (params["kind"] != "c")
            + abs(params["size"] - 4) / 2
        )

    ours = [lowest(search(HillClimbing(), space, loss, 80, seed=seed)) for seed in range(10)]
    drawn = [lowest(search(Random(), space, loss, 80, seed=seed)) for seed in range(10)]
    assert np.median(ours) < np.median(drawn) / 2


def test_the_reason_names_what_was_changed_and_from_where() -> None:
    study = search(HillClimbing(startup=4), SQUARE, quadratic, 20, seed=1)
    assert (
        study.trials[3].origin.reason
        == "One of several places far apart, to find one to climb from."
    )
    climbed = study.trials[4]
    best = min(study.trials[:4], key=lambda trial: trial.scores["loss"])
    assert climbed.origin.reason.startswith(f"Trial {best.number} with ")
    changed = [name for name in "xy" if climbed.params[name] != best.params[name]]
    assert f"with {' and '.join(changed)} changed" in climbed.origin.reason


def test_a_small_step_still_reaches_the_next_whole_number() -> None:
    space = Space([Int("i", 1, 1000), Int("j", 1, 1000, log=True)])

    def loss(params: Params) -> float:
        return abs(params["i"] - 500) + abs(params["j"] - 30)

    found = [lowest(search(HillClimbing(), space, loss, 250, seed=seed)) for seed in range(5)]
    assert np.median(found) == 0


def test_another_branch_goes_on_from_what_is_known_of_it() -> None:
    space = Space(
        [
            Categorical("model", ["tree", "line"]),
            Float("depth", 0.0, 1.0, when={"model": ("tree",)}),
            Float("slope", 0.0, 1.0, when={"model": ("line",)}),
        ]
    )

    def loss(params: Params) -> float:
        if params["model"] == "tree":
            return 1.0 + abs(params["depth"] - 0.8)
        return abs(params["slope"] - 0.2)

    study = search(HillClimbing(), space, loss, 120, seed=3)
    assert study.best is not None
    assert study.best.params["model"] == "line"
    assert lowest(study) < 0.01
    flipped = [t for t in study.trials[60:] if t.origin.reason.startswith("Trial ")]
    trees = [t.params["depth"] for t in flipped if t.params["model"] == "tree"]
    known = [t for t in study.trials[:60] if t.params["model"] == "tree"]
    best = min(known, key=lambda trial: trial.scores["loss"]).params["depth"]
    assert trees
    assert np.median(np.abs(np.array(trees) - best)) < 0.2  # anywhere: 0.35


def test_it_starts_again_where_two_hills_are_apart() -> None:
    def two_valleys(params: Params) -> float:
        x = params["x"]
        return min(0.5 + abs(x + 3.0), 3.0 * abs(x - 4.0))

    space = Space([Float("x", -5.0, 5.0)])
    study = search(HillClimbing(startup=2, patience=15), space, two_valleys, 300, seed=2)
    starts = [t.number for t in study.trials if "to find one to climb from" in t.origin.reason]
    assert max(starts) > 20
    assert lowest(study) < 0.05
    assert {np.sign(study.trials[number].params["x"]) for number in starts} == {-1.0, 1.0}


def test_trials_of_the_climb_before_do_not_hold_up_a_restart() -> None:
    study = search(HillClimbing(patience=5), SQUARE, lambda params: 1.0, 60, seed=0, workers=6)
    starts = [t.number for t in study.trials if "to find one to climb from" in t.origin.reason]
    assert max(starts) > 30


def test_failures_alone_leave_it_searching_everywhere() -> None:
    study = search(HillClimbing(startup=2), SQUARE, lambda params: float("nan"), 15, seed=0)
    assert {t.origin.reason for t in study.trials} == {
        "One of several places far apart, to find one to climb from."
    }


def test_skipped_trials_do_not_put_those_of_the_climb_before_into_the_new_one() -> None:
    """What was asked for before a restart does not count after it, whatever was skipped."""
    options = HillClimbing(startup=2, patience=5)

    def past(skipped: int) -> History:
        trials = []
        for number in range(skipped + 12):
            state = TrialState.CANCELLED if number < skipped else TrialState.COMPLETE
            # the last ones were asked for long before they ended
            asked = number if number < skipped + 8 else skipped + 2
            scores = {} if number < skipped else {"loss": 1.0}
            params = {"x": number / 40, "y": 0.5}
            trials.append(
                Trial(
                    number,
                    params,
                    Origin("hill_climbing"),
                    state,
                    asked=asked,
                    told=number + 1,
                    scores=scores,
                )
            )
        return History(SQUARE, [Goal("loss", "minimize")], trials)

    reasons = [
        options.propose(past(skipped), 1, np.random.default_rng(0))[0].origin.reason
        for skipped in (0, 10)
    ]
    assert reasons[0] == reasons[1]


def test_values_that_are_equal_in_python_only_are_told_apart() -> None:
    """True and 1 are different choices: a change from one to the other is a change."""
    space = Space([Categorical("flag", (True, 1))])
    trials = [
        Trial(
            0,
            {"flag": True},
            Origin("hill_climbing"),
            TrialState.COMPLETE,
            told=1,
            scores={"loss": 1.0},
        )
    ]
    history = History(space, [Goal("loss", "minimize")], trials)
    (proposal,) = HillClimbing(startup=1).propose(history, 1, np.random.default_rng(0))
    assert proposal.params["flag"] is not True
    assert "with flag changed" in proposal.origin.reason


def test_both_neighbours_of_a_value_are_tried_as_often_where_one_is_equal_to_it_in_python() -> (
    None
):
    space = Space([Ordinal("level", (0, False, "x"))])
    rng = np.random.default_rng(0)
    moved = [
        space.decode(np.array([_changed(space, 0, 0.5, 0.3, rng)]))["level"] for _ in range(1000)
    ]
    assert sum(value == "x" for value in moved) == pytest.approx(500, abs=60)  # 4 sd
    assert not any(value is False for value in moved)
