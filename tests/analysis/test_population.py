"""Populations: who went on from whom, who was replaced, and the lines of the pictures."""

from __future__ import annotations

from msgspec import structs

from hpo_gui.analysis.population import (
    level_paths,
    lineage,
    parameter_levels,
    score_paths,
    varying,
)
from hpo_gui.analysis.trial_columns import TrialColumns
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Float
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Origin, Trial, TrialState
from tests.analysis.studies import make_study, random_trials
from tests.analysis.test_lineage import history_of, learnt


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
