"""Lineage: which trials have gone on from which."""

from __future__ import annotations

from msgspec import structs

from hpo_gui.analysis.lineage import (
    ancestors,
    level_paths,
    lineage,
    parameter_levels,
    phases_of,
    score_paths,
    varying,
)
from hpo_gui.analysis.trial_columns import TrialColumns
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Float
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Learned, Origin, Trial, TrialState, add_step
from hpo_gui.core.value import Params
from tests.analysis.studies import make_study, random_trials


def learnt(number: int, params: Params, parent: int | None, first: int, last: int) -> Trial:
    """A trial that has done the steps ``first`` … ``last - 1``."""
    trial = Trial(number, params, Origin("population"), TrialState.COMPLETE, parent, last)
    for index in range(first, last):
        trial = add_step(trial, index, Learned({"loss": (1.0 / (index + 1),)}))
    return trial


def history_of(*trials: Trial) -> History:
    return History(Space([Float("rate", 0.0, 1.0)]), [Goal("loss", "minimize")], trials)


def test_a_trial_without_a_parent_has_one_phase() -> None:
    trial = learnt(0, {"rate": 0.5}, None, 0, 4)
    history = history_of(trial)
    assert ancestors(history, trial) == (trial,)
    assert phases_of(history, trial) == ((0, {"rate": 0.5}),)


def test_each_ancestor_is_a_phase_from_where_its_parent_has_ended() -> None:
    first = learnt(0, {"rate": 0.5}, None, 0, 2)
    other = learnt(1, {"rate": 0.9}, None, 0, 2)
    second = learnt(2, {"rate": 0.4}, 0, 2, 4)
    third = learnt(3, {"rate": 0.3}, 2, 4, 6)
    history = history_of(first, other, second, third)
    assert ancestors(history, third) == (first, second, third)
    assert phases_of(history, third) == (
        (0, {"rate": 0.5}),
        (2, {"rate": 0.4}),
        (4, {"rate": 0.3}),
    )


def test_equal_parameters_one_after_the_other_are_one_phase() -> None:
    first = learnt(0, {"rate": 0.5}, None, 0, 2)
    second = learnt(1, {"rate": 0.5}, 0, 2, 4)
    third = learnt(2, {"rate": 0.3}, 1, 4, 6)
    assert phases_of(history_of(first, second, third), third) == (
        (0, {"rate": 0.5}),
        (4, {"rate": 0.3}),
    )


def test_an_ancestor_that_has_learnt_nothing_has_no_phase() -> None:
    first = learnt(0, {"rate": 0.5}, None, 0, 2)
    second = learnt(1, {"rate": 0.4}, 0, 2, 2)
    third = learnt(2, {"rate": 0.3}, 1, 2, 4)
    history = history_of(first, second, third)
    assert phases_of(history, third) == ((0, {"rate": 0.5}), (2, {"rate": 0.3}))
    assert phases_of(history, second) == ((0, {"rate": 0.5}), (2, {"rate": 0.4}))


# --- the whole population -----------------------------------------------------------------------


def small_population() -> History:
    """Two members: the first goes on twice; the second is replaced by a copy after step 2."""
    return history_of(
        learnt(0, {"rate": 0.5}, None, 0, 2),
        learnt(1, {"rate": 0.9}, None, 0, 2),
        learnt(2, {"rate": 0.5}, 0, 2, 4),
        learnt(3, {"rate": 0.4}, 0, 2, 4),
        Trial(4, {"rate": 0.7}, Origin("manual"), TrialState.COMPLETE, scores={"loss": 3.0}),
        learnt(5, {"rate": 0.4}, 3, 4, 5),
    )


def test_a_lineage_tells_who_went_on_from_whom_and_who_was_replaced() -> None:
    made = lineage(small_population())
    assert made.is_population
    assert made.numbers.tolist() == [0, 1, 2, 3, 5]
    assert made.parents.tolist() == [-1, -1, 0, 0, 3]
    assert made.begins.tolist() == [0, 0, 2, 2, 4]
    assert made.ends.tolist() == [2, 2, 4, 4, 5]
    assert made.generations.tolist() == [0, 0, 1, 1, 2]
    assert made.lanes.tolist() == [0, 1, 0, 1, 1]
    assert made.survives.tolist() == [True, False, True, True, True]
    assert made.stopped.tolist() == [False, True, False, False, False]
    assert made.wins.tolist() == [True, False, False, True, True]
    assert made.copies.tolist() == [3]
    assert made.line(5).tolist() == [0, 3, 4]
    assert made.line(4).tolist() == []


def test_a_study_without_parents_has_no_lineage() -> None:
    made = lineage(make_study(*random_trials(20)))
    assert not made.is_population
    assert len(made.numbers) == 0
    assert not lineage(make_study()).is_population


def test_a_failed_trial_ends_its_lane_and_the_copy_instead_of_it_takes_it_over() -> None:
    failed = Trial(1, {"rate": 0.9}, Origin("population"), TrialState.FAILED, steps=2)
    made = lineage(
        history_of(
            learnt(0, {"rate": 0.5}, None, 0, 2),
            failed,
            learnt(2, {"rate": 0.5}, 0, 2, 4),
            learnt(3, {"rate": 0.4}, 0, 2, 4),
        )
    )
    assert made.stopped.tolist() == [False, True, False, False]
    assert made.lanes.tolist() == [0, 1, 0, 1]


def test_open_trials_may_still_survive() -> None:
    running = structs.replace(learnt(2, {"rate": 0.5}, 0, 2, 3), state=TrialState.RUNNING)
    made = lineage(
        history_of(
            learnt(0, {"rate": 0.5}, None, 0, 2), learnt(1, {"rate": 0.9}, None, 0, 2), running
        )
    )
    assert made.survives.tolist() == [True, True, True]  # nobody has decided about trial 1
    assert made.ends.tolist() == [2, 2, 3]


def test_paths_go_on_from_where_the_parent_has_ended() -> None:
    history = small_population()
    made = lineage(history)
    scores = score_paths(history, made)
    assert scores[0][0].tolist() == [1, 2]
    assert scores[2][0].tolist() == [2, 3, 4]
    assert scores[2][1].tolist() == [1 / 2, 1 / 3, 1 / 4]
    rates = parameter_levels(TrialColumns.of(history), made, "rate")
    assert rates.tolist() == [0.5, 0.9, 0.5, 0.4, 0.4]
    paths = level_paths(made, rates)
    assert (paths[3][0].tolist(), paths[3][1].tolist()) == ([2, 2, 4], [0.5, 0.4, 0.4])
    assert (paths[2][0].tolist(), paths[2][1].tolist()) == ([2, 4], [0.5, 0.5])


def test_parameters_that_change_come_first() -> None:
    space = Space([Float("size", 0.0, 1.0), Float("rate", 0.0, 1.0)])
    trials = [
        learnt(0, {"size": 0.1, "rate": 0.5}, None, 0, 2),
        learnt(1, {"size": 0.1, "rate": 0.6}, 0, 2, 4),
    ]
    history = History(space, [Goal("loss", "minimize")], trials)
    assert varying(history, lineage(history)) == ("rate", "size")
