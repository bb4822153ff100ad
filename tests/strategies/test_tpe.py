"""The Parzen estimator learns: from scores, in branches, and about what is under way."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping

import msgspec
import numpy as np
import pytest

from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Categorical, Float, Int, Ordinal
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Origin, Trial, TrialState
from hpo_gui.core.value import Params
from hpo_gui.strategies.axes import axes_of
from hpo_gui.strategies.parzen import Mixture
from hpo_gui.strategies.random import Random
from hpo_gui.strategies.tpe import TPE
from tests.strategies.searching import lowest, search

MIXED = Space(
    [
        Float("rate", 1e-5, 1.0, log=True),
        Float("x", -5.0, 5.0),
        Int("depth", 1, 64, log=True),
        Int("leaves", 2, 200, or_none=True),
        Categorical("kind", list("abcdef")),
        Ordinal("size", [1, 2, 4, 8, 16]),
    ]
)


def mixed_loss(params: Params) -> float:
    leaves = params["leaves"]
    return (
        (math.log10(params["rate"]) + 2.5) ** 2
        + (params["x"] - 2.2) ** 2 / 4
        + abs(math.log2(params["depth"] / 12))
        + (1.0 if leaves is None else abs(leaves - 60) / 60)
        + (params["kind"] != "d") * 1.5
        + abs(math.log2(params["size"]) - 3) / 2
    )


def test_it_beats_random_search_on_a_mixed_function() -> None:
    ours = [lowest(search(TPE(), MIXED, mixed_loss, 60, seed=seed)) for seed in range(12)]
    drawn = [lowest(search(Random(), MIXED, mixed_loss, 60, seed=seed)) for seed in range(12)]
    assert np.median(ours) < 0.6 * np.median(drawn)
    assert sum(a < b for a, b in zip(ours, drawn, strict=True)) >= 10


def test_it_beats_random_search_with_workers_in_parallel() -> None:
    ours = [lowest(search(TPE(), MIXED, mixed_loss, 80, seed=s, workers=8)) for s in range(10)]
    drawn = [lowest(search(Random(), MIXED, mixed_loss, 80, seed=seed)) for seed in range(10)]
    assert np.median(ours) < 0.7 * np.median(drawn)


def test_each_branch_keeps_what_is_known_of_it() -> None:
    space = Space(
        [
            Categorical("model", ["tree", "line"]),
            Float("depth", 0.0, 1.0, when={"model": ("tree",)}),
            Float("slope", 0.0, 1.0, when={"model": ("line",)}),
        ]
    )

    def loss(params: Params) -> float:
        if params["model"] == "tree":
            return abs(params["depth"] - 0.8)
        return 2.0 + abs(params["slope"] - 0.2)  # always worse, yet its best place is known

    study = search(TPE(), space, loss, 80, seed=2)
    later = [trial.params for trial in study.trials[40:]]
    trees = [params["depth"] for params in later if params["model"] == "tree"]
    lines = [params["slope"] for params in later if params["model"] == "line"]
    assert len(trees) > len(lines) > 0
    assert np.median(np.abs(np.array(trees) - 0.8)) < 0.1
    assert np.median(np.abs(np.array(lines) - 0.2)) < 0.2


def history_of(space: Space, losses: Mapping[float, float | None]) -> History:
    """Trials at the positions of one parameter; a loss of None means still running."""
    trials = []
    for number, (place, loss) in enumerate(losses.items()):
        state = TrialState.RUNNING if loss is None else TrialState.COMPLETE
        trials.append(
            Trial(
                number,
                space.decode([place]),
                Origin("random", "x."),
                state,
                scores={} if loss is None else {"loss": loss},
                told=None if loss is None else number + 1,
            )
        )
    return History(space, [Goal("loss", "minimize")], trials)


def test_what_is_under_way_keeps_others_away() -> None:
    space = Space([Float("x", 0.0, 1.0)])
    told = {0.3: 0.0, 0.32: 0.01, **{0.5 + i / 40: 1.0 for i in range(18)}}
    rngs = [np.random.default_rng(seed) for seed in range(40)]
    alone = history_of(space, told)
    crowded = history_of(space, told | {0.3 + i / 500: None for i in range(1, 9)})

    def near(history: History) -> int:
        found = [TPE().propose(history, 1, rng)[0].params["x"] for rng in rngs]
        return sum(abs(x - 0.31) < 0.05 for x in found)

    assert near(alone) > 25
    assert near(crowded) < near(alone) / 2


def test_failed_trials_count_as_bad() -> None:
    space = Space([Float("x", 0.0, 1.0)])
    history = history_of(space, {i / 20 + 0.01: abs(i / 20 - 0.5) for i in range(20)})
    failing = [
        msgspec.structs.replace(t, state=TrialState.FAILED, scores={})
        if t.params["x"] > 0.4
        else t
        for t in history.trials
    ]
    failed = History(space, history.goals, failing)
    found = [
        TPE().propose(failed, 1, np.random.default_rng(seed))[0].params["x"] for seed in range(30)
    ]
    assert np.median(found) < 0.42


def test_the_reason_says_how_many_trials_it_stands_on() -> None:
    study = search(TPE(startup=5), MIXED, mixed_loss, 31)
    first, last = study.trials[0].origin, study.trials[-1].origin
    assert first.reason == "Spread evenly until 5 trials have finished."
    assert last.reason.startswith("Sampled near the best 3 of 30 trials; ")
    assert last.acquisition is not None


def test_a_thousand_trials_are_answered_at_once() -> None:
    space = Space(
        [Float(f"x{i}", 0.0, 1.0) for i in range(5)]
        + [Int(f"i{i}", 1, 100, log=True) for i in range(3)]
        + [Categorical(f"c{i}", list("abcd")) for i in range(2)]
    )
    rng = np.random.default_rng(0)
    trials = [
        Trial(
            number,
            space.sample(rng),
            Origin("random", "x."),
            TrialState.COMPLETE,
            scores={"loss": float(rng.random())},
            told=number + 1,
        )
        for number in range(1000)
    ]
    history = History(space, [Goal("loss", "minimize")], trials)
    TPE().propose(history, 1, rng)
    started = time.process_time()
    for _ in range(5):
        TPE().propose(history, 1, rng)
    assert (time.process_time() - started) / 5 < 0.1  # 10 ms on a quiet computer


# --- mixtures -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "parameter",
    [
        Float("x", 0.0, 1.0),
        Float("x", 1e-3, 1.0, log=True, or_none=True),
        Float("x", -5.0, 5.0, mean=0.0, sd=1.0),
        Int("x", 1, 9),
        Int("x", 1, 40, log=True),
        Int("x", 2, 20, step=3, or_none=True),
        Ordinal("x", ["s", "m", "l"]),
        Categorical("x", list("abcdefghijklmnop")),
    ],
    ids=repr,
)
def test_a_density_adds_up_to_one_and_is_that_of_its_samples(
    parameter: Float | Int | Ordinal | Categorical,
) -> None:
    space = Space([parameter])
    rng = np.random.default_rng(3)
    rows = np.array([space.encode(space.sample(rng)) for _ in range(7)] + [[np.nan]])
    mixture = Mixture(axes_of(space), rows)
    points = mixture.sample(20_000, rng)
    assert ((points >= 0) & (points <= 1)).all()
    if math.isinf(parameter.size):
        share = axes_of(space)[0].share
        edges = np.linspace(0, share, 21)
        middles = np.linspace(0, share, 2001)[:-1] + share / 4000
        density = np.exp(mixture.log_density(middles[:, None])).reshape(20, -1).mean(axis=1)
        expected = density * share / 20
        if share < 1:
            none = math.exp(mixture.log_density(np.array([[0.95]]))[0])
            expected, edges = np.append(expected, none), np.append(edges, 1.0)
        seen = np.histogram(points[:, 0], edges)[0]
    else:
        values = parameter.grid(1000)
        places = np.array([[parameter.encode(value)] for value in values])
        expected = np.exp(mixture.log_density(places))
        drawn = [parameter.encode(parameter.decode(point)) for point in points[:, 0]]
        seen = (np.array(drawn)[:, None] == places[:, 0]).sum(axis=0)
    assert expected.sum() == pytest.approx(1.0, abs=2e-3)
    np.testing.assert_allclose(seen / 20_000, expected, atol=0.015)


def test_a_mixture_of_nothing_is_the_prior() -> None:
    space = Space([Float("x", 0.0, 1.0), Categorical("c", list("ab"))])
    mixture = Mixture(axes_of(space), np.empty((0, 2)))
    density = np.exp(mixture.log_density(np.array([[0.5, 0.25], [0.1, 0.75]])))
    np.testing.assert_allclose(density, 0.5, rtol=0.1)
