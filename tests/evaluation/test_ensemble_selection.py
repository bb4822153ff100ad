"""Ensembles are chosen as Caruana et al. describe, by scikit-learn's own metrics."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from hpo_gui.core.goal import Goal
from hpo_gui.evaluation.class_scores import as_shares
from hpo_gui.evaluation.ensemble_judge import QUICK, FoldJudge, fold_judges
from hpo_gui.evaluation.ensemble_selection import averaged, select
from hpo_gui.evaluation.metrics import METRICS
from tests.evaluation.small_datasets import classes_dataset, numbers_dataset

Said = NDArray[np.float32]


def probabilities(target: NDArray[np.int64], classes: int, count: int, seed: int = 0) -> Said:
    """What `count` models with errors of their own say."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1.2, (count, len(target), classes))
    logits[:, np.arange(len(target)), target] += 1
    raised = np.exp(logits)
    return np.asarray(raised / raised.sum(axis=2, keepdims=True), dtype=np.float32)


def numbers(target: NDArray[np.float64], count: int, seed: int = 0) -> Said:
    noise = np.random.default_rng(seed).normal(0, 1, (count, len(target)))
    return np.asarray(target + noise, dtype=np.float32)


def regression(count: int = 6, folds: int = 3) -> tuple[list[Said], list[FoldJudge]]:
    rng = np.random.default_rng(1)
    judges = [
        FoldJudge("neg_root_mean_squared_error", rng.normal(size=20), None, None)
        for _ in range(folds)
    ]
    return [numbers(judge.target, count, 5 + n) for n, judge in enumerate(judges)], judges


@pytest.mark.parametrize("metric", sorted(QUICK))
@pytest.mark.parametrize("classes", [2, 3])
def test_quick_scores_equal_the_scorers(metric: str, classes: int) -> None:
    rng = np.random.default_rng(2)
    if METRICS[metric].tasks == ("regression",):
        target = rng.normal(size=40)
        judge, said = FoldJudge(metric, target, None, None), numbers(target, 4)
    else:
        if METRICS[metric].classes == "two" and classes > 2:
            classes = 2
        codes = rng.integers(0, classes, 60)
        judge = FoldJudge(metric, codes, None, np.arange(classes), classes)
        said = probabilities(codes, classes, 4)
    assert judge.is_quick
    assert judge.scores(said) == pytest.approx([judge.score(one) for one in said], abs=1e-6)


def test_any_other_metric_is_asked_of_scikit_learn() -> None:
    codes = np.random.default_rng(3).integers(0, 2, 60)
    judge = FoldJudge("matthews_corrcoef", codes, None, np.arange(2), 2)
    said = probabilities(codes, 2, 12)
    assert not judge.is_quick
    found = select([said], [judge], 5)
    assert found is not None
    assert found.folds[0] >= max(judge.scores(said[:10]))
    assert found.votes[10:].sum() == 0
    assert found.votes.sum() <= 5


def test_weighted_rows_weigh_in_the_score() -> None:
    target = np.array([0.0, 0.0, 10.0])
    judge = FoldJudge("neg_mean_absolute_error", target, np.array([1.0, 1.0, 0.0]), None)
    assert judge.scores(np.zeros((1, 3), dtype=np.float32)) == pytest.approx([0.0])


def test_the_ensemble_is_at_least_as_good_as_the_first_candidate_on_these_rows() -> None:
    library, judges = regression()
    found = select(library, judges, 20)
    assert found is not None
    single = np.mean([judge.score(said[0]) for said, judge in zip(library, judges, strict=True)])
    assert np.mean(found.folds) > single
    assert found.folds == pytest.approx(
        [
            judge.score(averaged(said, found.votes))
            for said, judge in zip(library, judges, strict=True)
        ]
    )


def test_every_round_takes_the_candidate_that_helps_most() -> None:
    """Against the algorithm written down naively: forward, with replacement, sorted start."""
    library, judges = regression(count=4)
    said, target = np.concatenate(library, axis=1), [judge.target for judge in judges]

    def loss(votes: NDArray[np.int64]) -> float:
        mean = votes @ said / votes.sum()
        parts = np.split(mean, np.cumsum([len(part) for part in target])[:-1])
        return float(
            np.mean([math.sqrt(np.mean((p - t) ** 2)) for p, t in zip(parts, target, strict=True)])
        )

    starts = [np.array([1] * n + [0] * (4 - n)) for n in range(1, 5)]
    votes = best = min(starts, key=loss)
    while votes.sum() < 12:
        votes = min((votes + row for row in np.eye(4, dtype=int)), key=loss)
        best = min(best, votes, key=loss)
    found = select(library, judges, 12)
    assert found is not None
    assert found.votes.tolist() == best.tolist()


def test_votes_for_a_fold_apart_were_chosen_without_it() -> None:
    library, judges = regression()
    found, others = select(library, judges, 10), select(library[1:], judges[1:], 10)
    assert found is not None
    assert others is not None
    assert found.apart[0] == pytest.approx(judges[0].score(averaged(library[0], others.votes)))


def test_one_fold_tells_nothing_apart() -> None:
    library, judges = regression(folds=1)
    found = select(library, judges, 5)
    assert found is not None
    assert found.apart == ()


@pytest.mark.parametrize("bags", [1, 4])
def test_the_same_question_has_the_same_answer(bags: int) -> None:
    library, judges = regression()
    first, second = (select(library, judges, 10, bags=bags, seed=3) for _ in range(2))
    assert first is not None
    assert second is not None
    assert first.votes.tolist() == second.votes.tolist()
    assert first.folds == second.folds


def test_bags_add_up_the_votes_of_several_selections() -> None:
    library, judges = regression(count=8)
    found = select(library, judges, 10, bags=5)
    assert found is not None
    assert 5 <= found.votes.sum() <= 50


def test_a_single_candidate_has_all_votes() -> None:
    library, judges = regression(count=1)
    found = select(library, judges, 10, bags=3)
    assert found is not None
    assert found.votes.tolist() == [1]


def test_a_metric_without_a_value_gives_no_ensemble() -> None:
    ones = np.ones(10, dtype=np.int64)
    judge = FoldJudge("roc_auc", ones, None, np.arange(2), 2)
    assert select([probabilities(ones, 2, 3)], [judge], 5) is None


def test_a_fold_is_judged_by_the_classes_that_its_models_know() -> None:
    dataset = classes_dataset(count=3)
    rows = np.arange(60)
    first = rows[dataset.target != 2], rows[dataset.target == 1]
    judge = fold_judges(dataset, [first], Goal("accuracy"))[0]
    assert judge.classes is not None
    assert judge.classes.tolist() == [0, 1]
    assert not judge.is_quick
    said = np.zeros((20, 3))
    said[:, 1] = 1
    assert judge.score(said) == 1.0


def test_regression_has_no_classes() -> None:
    dataset = numbers_dataset()
    judge = fold_judges(dataset, [(np.arange(30), np.arange(30, 60))], Goal("r2"))[0]
    assert judge.classes is None
    assert judge.score(dataset.target[30:]) == 1.0


def test_a_fold_with_a_single_target_has_the_r2_of_the_scorer() -> None:
    """Candidates are as good as trials there, so that an ensemble of them can be chosen."""
    judge = FoldJudge("r2", np.full(6, 3.0), None, None)
    said = np.stack([np.full(6, 3.0), np.full(6, 2.0)])
    assert judge.is_quick
    assert judge.scores(said).tolist() == [judge.score(one) for one in said] == [1.0, 0.0]


def test_of_a_goal_that_is_minimized_the_smallest_is_chosen() -> None:
    """The calibration error is 0 where probabilities are what they say."""
    rng = np.random.default_rng(0)
    judges, library = [], []
    for _ in range(3):
        shares = rng.random(400)
        codes = (rng.random(400) < shares).astype(int)
        sure = np.where(shares > 0.5, 0.99, 0.01)
        both = [np.stack([1 - one, one], axis=1) for one in (shares, sure)]
        library.append(np.stack(both).astype(np.float32))
        judges.append(FoldJudge("calibration_error", codes, None, np.arange(2), 2, maximize=False))
    found = select(library, judges, 20)
    assert found is not None
    alone = np.mean([j.score(said[0]) for j, said in zip(judges, library, strict=True)])
    assert np.mean(found.folds) <= alone
    assert found.votes[0] > found.votes[1]


def test_a_model_that_is_very_sure_is_judged_as_sure_as_it_was() -> None:
    """In single precision 1 - 1e-9 is 1, and the logarithm of nothing would be clipped at -36."""
    said = np.array([[1e-9, 1 - 1e-9], [0.2, 0.8]])
    codes = np.array([0, 1])
    judge = FoldJudge("neg_log_loss", codes, None, np.arange(2), 2)
    expected = (np.log(1e-9) + np.log(0.8)) / 2
    kept = said.astype(np.float32)
    assert judge.score(kept) == pytest.approx(expected, rel=1e-6)
    assert judge.scores(kept[None].astype(np.float64))[0] == pytest.approx(expected, rel=1e-6)
    assert as_shares(np.array([[0.0, 0.0], [1.0, 3.0]])).tolist() == [[0.0, 0.0], [0.25, 0.75]]
