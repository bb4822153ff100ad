"""Comparing studies: the best of each, whether that is allowed, and what is different."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from msgspec import structs

from hpo_gui.analysis.comparison import compare
from hpo_gui.analysis.study_comparison import (
    Line,
    StudyComparison,
    compare_studies,
    time_run,
    verdict,
)
from hpo_gui.analysis.study_differences import Difference, Studied
from hpo_gui.core.errors import StudioError
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.spec import (
    BudgetSpec,
    Choice,
    DataSpec,
    FunctionSpec,
    ModelSpec,
    StudySpec,
)
from hpo_gui.core.trial import Trial, TrialState
from tests.analysis.studies import ACCURACY, LOSS, SPACE, make_trial, random_trials

SPEC = StudySpec(
    name="forest",
    seed=1,
    data=DataSpec("wine.csv", target="kind", task="classification", sha256="a" * 64),
    models=(ModelSpec("random_forest"),),
    goals=(ACCURACY,),
    validation=Choice("k_fold", {"folds": 4, "shuffle": True}),
    strategy=Choice("random"),
    budget=BudgetSpec(trials=3),
)
GOOD, FAIR = (0.91, 0.92, 0.93, 0.92), (0.81, 0.82, 0.83, 0.82)


def study(name: str, *folds: tuple[float, ...], **changes: Any) -> Studied:
    """A study with one trial for each of these fold scores."""
    data = structs.replace(SPEC.data, **changes.pop("data", {}))
    spec = structs.replace(SPEC, **{"name": name, "data": data, **changes})
    trials = [make_trial(number, scores) for number, scores in enumerate(folds)]
    return Studied(name, spec, History(SPACE, spec.goals, trials), f"/{name}.hpostudy")


def texts(found: StudyComparison, breaks: str | None = None) -> list[str]:
    return [d.text for d in found.differences if breaks is None or d.breaks == breaks]


def test_studies_that_differ_in_nothing_have_no_differences() -> None:
    found = compare_studies([study("a", GOOD), study("b", FAIR)])
    assert found.differences == ()
    assert found.comparable
    assert found.paired


def test_the_best_trials_are_compared_fold_by_fold_as_trials_of_one_study_are() -> None:
    first, second = study("a", FAIR, GOOD), study("b", FAIR, strategy=Choice("tpe"))
    found = compare_studies([first, second])
    assert found.leader == 0
    leader, other = found.lines
    assert (leader.score, leader.best) == (pytest.approx(0.92), first.history.trials[1])
    assert leader.ahead is None
    wanted = compare(first.history.trials[1], second.history.trials[0], ACCURACY)
    assert other.ahead == wanted
    assert wanted.verdict == "better"
    assert verdict(found).startswith("“a” has the best score. It is better than “b” by 0.1 ±")
    assert texts(found) == ["other strategy: random and tpe"]


def test_a_lead_within_noise_is_not_called_better() -> None:
    noisy = (0.99, 0.80, 0.95, 0.96)
    found = compare_studies([study("a", noisy), study("b", GOOD, models=(ModelSpec("svm"),))])
    assert "within noise" in verdict(found)
    assert "better than" not in verdict(found)


def test_equal_scores_are_called_the_same() -> None:
    found = compare_studies([study("a", GOOD), study("b", GOOD)])
    assert verdict(found) == ("“a” has the best score. Fold by fold it is the same as “b”.")


@pytest.mark.parametrize(
    ("changes", "breaks", "text"),
    [
        ({"seed": 7}, "folds", "other seed: 1 and 7; so scores are not of the same folds"),
        (
            {"validation": Choice("hold_out")},
            "folds",
            "other folds: k_fold (folds 4, shuffle yes)",
        ),
        ({"data": {"group": "farm"}}, "folds", "other group column: none and farm"),
        ({"data": {"sha256": "b" * 64}}, "scores", "wine.csv (aaaaaaaa) and wine.csv (bbbbbbbb)"),
        ({"data": {"target": "price"}}, "scores", "other target: kind and price"),
        ({"data": {"test_share": 0.2}}, "scores", "other share of locked rows: 0% and 20%"),
        ({"data": {"weight": "w"}}, "scores", "other weight column: none and w"),
        ({"data": {"sha256": None}}, "scores", "other data"),
        ({"models": (ModelSpec("svm"),)}, "", "other models: random_forest and svm"),
        ({"budget": BudgetSpec(trials=9)}, "", "other budget: 3 trials and 9 trials"),
        ({"data": {"ignore": ("id",)}}, "", "other columns to learn from"),
    ],
)
def test_every_difference_is_named_and_says_what_it_stands_in_the_way_of(
    changes: dict[str, Any], breaks: str, text: str
) -> None:
    found = compare_studies([study("a", GOOD), study("b", FAIR, **changes)])
    assert any(text in told for told in texts(found, breaks)), found.differences
    assert found.comparable is (breaks != "scores")
    assert found.paired is (breaks == "")
    if breaks:
        assert found.lines[1].ahead is None


def test_with_other_seeds_scores_are_shown_but_no_test_is_made() -> None:
    found = compare_studies([study("a", GOOD), study("b", FAIR, seed=7)])
    assert found.leader == 0
    assert "cannot be told" in verdict(found)
    assert "their folds differ" in verdict(found)


def test_a_seed_that_decides_no_folds_keeps_the_pairs() -> None:
    plain = Choice("time_series", {"folds": 4})
    pair = [
        without_say(study("a", GOOD, validation=plain)),
        without_say(study("b", FAIR, validation=plain, seed=7)),
    ]
    found = compare_studies(pair)
    assert texts(found) == ["other seed: 1 and 7"]
    assert found.lines[1].ahead is not None


def without_say(studied: Studied) -> Studied:
    """The same study, where the seed has no say in the folds."""
    return Studied(studied.name, studied.spec, studied.history, studied.source, seeded=False)


def test_other_seeds_lock_other_rows_away() -> None:
    locked = {"data": {"test_share": 0.2}}
    found = compare_studies([study("a", GOOD, **locked), study("b", FAIR, seed=7, **locked)])
    assert not found.comparable
    assert "other rows are locked" in texts(found, "scores")[0]


def test_incomparable_scores_have_no_leader_and_the_verdict_says_why() -> None:
    found = compare_studies([study("a", GOOD), study("b", FAIR, data={"sha256": "b" * 64})])
    assert found.leader is None
    assert verdict(found).startswith("These scores cannot be compared: other data")


def test_a_study_whose_folds_changed_while_it_ran_is_not_compared() -> None:
    changed = study("b", FAIR)
    changed = Studied("b", changed.spec, changed.history, changed.source, mixed="folds")
    found = compare_studies([study("a", GOOD), changed])
    assert not found.comparable
    assert "was given other folds while it ran" in verdict(found)


def test_a_study_with_other_goals_is_compared_by_what_both_recorded() -> None:
    trial = make_trial(0, GOOD)
    both = structs.replace(
        trial,
        scores={**trial.scores, "log_loss": 0.3},
        fold_scores={**trial.fold_scores, "log_loss": (0.3, 0.2, 0.4, 0.3)},
    )
    spec = structs.replace(SPEC, name="b", goals=(LOSS,))
    other = Studied("b", spec, History(SPACE, spec.goals, [both]), "/b.hpostudy")
    found = compare_studies([study("a", FAIR), other])
    assert found.metrics == ("accuracy",)
    assert found.lines[1].score == pytest.approx(0.92)
    assert found.leader == 1
    assert texts(found) == ["other goals: accuracy and log_loss"]


def test_studies_without_a_common_metric_are_told_apart_not_compared() -> None:
    spec = structs.replace(SPEC, name="b", goals=(LOSS,))
    trials = [make_trial(0, (0.3, 0.2), metric="log_loss")]
    other = Studied("b", spec, History(SPACE, spec.goals, trials), "/b.hpostudy")
    found = compare_studies([study("a", FAIR), other])
    assert found.metrics == ()
    assert found.lines[1].best is None
    assert "“b” has no scores of accuracy" in verdict(found)


def test_an_empty_study_is_a_line_without_a_score() -> None:
    found = compare_studies([study("a", GOOD), study("b")])
    assert found.lines[1].score is None
    assert found.lines[1].seconds == 0
    assert len(found.lines[1].by_trial[0]) == 0
    assert verdict(found) == "Only “a” has a score yet."
    assert verdict(compare_studies([study("a"), study("b")])) == "No study has a score yet."


def test_own_functions_are_the_same_by_name_and_content() -> None:
    def own(name: str, code: str) -> Studied:
        spec = StudySpec(name=name, objective=FunctionSpec("train.py:loss"), goals=(LOSS,))
        trials = [make_trial(0, (0.3, 0.2), metric="log_loss")]
        return Studied(name, spec, History(SPACE, spec.goals, trials), name, code=code)

    assert compare_studies([own("a", "1"), own("b", "1")]).paired
    assert not compare_studies([own("a", "1"), own("b", "2")]).comparable


def test_equal_names_are_told_apart() -> None:
    one, two = study("a", GOOD), study("a", FAIR)
    two = Studied("a", two.spec, two.history, "/elsewhere.hpostudy")
    assert [line.name for line in compare_studies([one, two]).lines] == ["a (1)", "a (2)"]


def test_the_same_study_twice_is_refused() -> None:
    with pytest.raises(StudioError, match="must not be compared with itself"):
        compare_studies([study("a", GOOD), study("a", GOOD)])


@pytest.mark.parametrize("count", [0, 1, 7])
def test_too_few_or_too_many_studies_are_refused(count: int) -> None:
    with pytest.raises(StudioError, match="at least 2 and at most 6"):
        compare_studies([study(f"{number}", GOOD) for number in range(count)])


def test_an_unknown_metric_is_refused_and_the_known_ones_are_named() -> None:
    with pytest.raises(StudioError, match="Use one of accuracy"):
        compare_studies([study("a", GOOD), study("b", FAIR)], "speed")


def test_nights_between_two_runs_do_not_count_as_time() -> None:
    started = np.array([0.0, 1.0, 1001.0, np.nan, 1002.0])
    finished = np.array([2.0, 3.0, 1003.0, np.nan, np.nan])
    assert time_run(started, finished).tolist()[:3] == [2.0, 3.0, 5.0]
    assert np.isnan(time_run(started, finished)[3:]).all()


def test_trials_that_overlap_count_once() -> None:
    started, finished = np.array([0.0, 0.0, 5.0]), np.array([10.0, 4.0, 6.0])
    assert time_run(started, finished).tolist() == [10.0, 4.0, 6.0]


def test_curves_are_of_the_best_score_so_far_in_the_metrics_own_direction() -> None:
    found = compare_studies([study("a", FAIR, GOOD, FAIR), study("b", GOOD)])
    x, y = found.lines[0].by_trial
    assert x.tolist() == [0, 1, 1, 2]
    assert y.tolist() == pytest.approx([0.82, 0.82, 0.92, 0.92])
    assert found.lines[0].by_time[0].tolist() == [1.0, 2.0, 2.0, 3.0]


def test_only_trials_that_keep_the_thresholds_count_where_any_does() -> None:
    goals = (Goal("accuracy"), Goal("fit_time", "minimize", threshold=1.0))
    quick = structs.replace(make_trial(0, FAIR), scores={"accuracy": 0.82, "fit_time": 0.5})
    slow = structs.replace(make_trial(1, GOOD), scores={"accuracy": 0.92, "fit_time": 5.0})
    spec = structs.replace(SPEC, goals=goals)
    one = Studied("a", spec, History(SPACE, goals, [quick, slow]), "a")
    two = Studied("b", spec, History(SPACE, goals, [structs.replace(slow, number=0)]), "b")
    lines = compare_studies([one, two]).lines
    assert [line.score for line in lines] == [0.82, 0.92]


def test_failed_and_pruned_trials_are_counted_but_are_never_the_best() -> None:
    trials = [
        make_trial(0, FAIR),
        make_trial(1, (0.99,), state=TrialState.PRUNED),
        make_trial(2, (), state=TrialState.FAILED),
    ]
    one = Studied("a", SPEC, History(SPACE, SPEC.goals, trials), "a")
    line: Line = compare_studies([one, study("b", GOOD)]).lines[0]
    assert (line.complete, line.trials, line.score) == (1, 3, pytest.approx(0.82))


def test_a_hundred_thousand_trials_are_compared_in_the_blink_of_an_eye() -> None:
    trials: list[Trial] = random_trials(2000)
    many = [structs.replace(trials[n % 1998], number=n) for n in range(100_000)]
    large = Studied("a", SPEC, History(SPACE, SPEC.goals, many), "a")
    begin = time.perf_counter()
    found = compare_studies([large, study("b", GOOD)])
    assert time.perf_counter() - begin < 2.0
    assert found.lines[0].trials == 100_000


def test_differences_come_the_gravest_first() -> None:
    other = study("b", FAIR, seed=7, strategy=Choice("tpe"), data={"target": "price"})
    found = compare_studies([study("a", GOOD), other])
    assert [d.breaks for d in found.differences] == ["scores", "folds", ""]
    assert isinstance(found.differences[0], Difference)


def with_recall(
    name: str, accuracy: float, recall: float, threshold: float | None = 0.9
) -> Studied:
    """A study of one trial, whose second goal is a recall of at least the threshold."""
    goals = (ACCURACY, Goal("recall", "maximize", threshold=threshold))
    made = make_trial(0, (accuracy - 0.01, accuracy, accuracy + 0.01))
    folds = {**made.fold_scores, "recall": (recall, recall, recall)}
    made = structs.replace(made, fold_scores=folds, scores={**made.scores, "recall": recall})
    spec = structs.replace(SPEC, name=name, goals=goals)
    return Studied(name, spec, History(SPACE, goals, [made]), f"/{name}.hpostudy")


def test_a_study_that_keeps_no_threshold_does_not_lead_one_that_does() -> None:
    found = compare_studies([with_recall("a", 0.98, 0.5), with_recall("b", 0.94, 0.95)])
    assert found.leader == 1
    assert [line.feasible for line in found.lines] == [False, True]
    assert verdict(found) == (
        "“b” has the best score of those that keep all thresholds. No trial of “a” keeps them."
    )


def test_where_no_study_keeps_the_thresholds_the_best_score_leads() -> None:
    found = compare_studies([with_recall("a", 0.98, 0.5), with_recall("b", 0.94, 0.6)])
    assert found.leader == 0
    assert verdict(found).startswith("“a” has the best score. It is better than “b”")


def test_another_threshold_is_a_difference() -> None:
    found = compare_studies([with_recall("a", 0.9, 0.95), with_recall("b", 0.9, 0.95, None)])
    assert texts(found) == ["other goals: accuracy, recall at least 0.9 and accuracy, recall"]
    assert texts(compare_studies([with_recall("a", 0.9, 0.95), with_recall("b", 0.9, 0.9)])) == []
