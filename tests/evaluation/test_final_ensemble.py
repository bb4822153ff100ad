"""What an ensemble scores on the locked rows, as a single model does."""

from __future__ import annotations

import math

import numpy as np

from hpo_gui.core.spec import PreprocessingSpec
from hpo_gui.evaluation.final_ensemble import Voter, ensemble_test_scores
from hpo_gui.evaluation.final_model import test_scores as scores_of_one
from tests.evaluation.small_datasets import classes_dataset

USUAL = PreprocessingSpec()


def test_locked_rows_too_few_for_a_gap_leave_it_empty_for_an_ensemble_as_for_a_model() -> None:
    metrics = ("gap(accuracy, sex)", "accuracy")
    groups = np.arange(80) // 2 % 2
    dataset = classes_dataset(
        80, 2, train=np.arange(68), test=np.arange(68, 80), compared={"sex": groups}
    )
    voters = [Voter(f"trial_{k}", "naive_bayes", {}, k, votes=k) for k in (1, 2)]
    voted = ensemble_test_scores(dataset, voters, USUAL, metrics)
    alone = scores_of_one(dataset, "naive_bayes", {}, {}, USUAL, metrics, 1)
    assert math.isnan(voted["gap(accuracy, sex)"])
    assert math.isnan(alone["gap(accuracy, sex)"])
    assert voted["accuracy"] == alone["accuracy"]  # both voters are this model
