"""The final ensemble: one scikit-learn estimator whose members are fitted pipelines."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hpo_gui.core.errors import ObjectiveError
from hpo_gui.core.spec import PreprocessingSpec
from hpo_gui.core.value import Params
from hpo_gui.evaluation.class_codes import in_own_codes
from hpo_gui.evaluation.class_scores import as_shares
from hpo_gui.evaluation.dataset import Dataset
from hpo_gui.evaluation.ensemble_judge import Given, estimator_like
from hpo_gui.evaluation.final_model import fit_final, labels, scorer_of_locked
from hpo_gui.evaluation.fold import prepare_fold, weight_options
from hpo_gui.evaluation.held_out import predictions_of
from hpo_gui.evaluation.model_choice import as_written
from hpo_gui.evaluation.model_estimator import make_estimator
from hpo_gui.evaluation.scoring import Answers
from hpo_gui.evaluation.table_record import keep_record


@dataclass(frozen=True)
class Voter:
    """A trial's model with all its parameters, and how often it was chosen.

    Attributes
    ----------
    name : in the fitted ensemble, such as ``trial_12``
    """

    name: str
    model: str
    params: Params
    seed: int
    votes: int


def fit_ensemble(
    dataset: Dataset, voters: Sequence[Voter], preprocessing: PreprocessingSpec
) -> Any:
    """Fit every voter on all rows.

    Returns
    -------
    VotingClassifier (of probabilities) or VotingRegressor
        Of scikit-learn, with the votes as weights; members as of `final_model.fit_final`. Its
        pickle needs nothing of this program.
    """
    from sklearn.ensemble import VotingClassifier, VotingRegressor
    from sklearn.frozen import FrozenEstimator

    members: list[Any] = []
    weights: list[int] = []
    for voter in voters:
        fitted = fit_final(
            dataset, voter.model, voter.params, {}, preprocessing, voter.seed, rows="all"
        )
        members.append((voter.name, FrozenEstimator(fitted)))
        weights.append(voter.votes)
    if dataset.task == "classification":
        vote = VotingClassifier(members, voting="soft", weights=weights)
        vote.fit(dataset.frame, labels(dataset))
    else:
        vote = VotingRegressor(members, weights=weights).fit(dataset.frame, dataset.target)
    keep_record(vote, dataset.record)
    return vote


def ensemble_test_scores(
    dataset: Dataset,
    voters: Sequence[Voter],
    preprocessing: PreprocessingSpec,
    metrics: tuple[str, ...],
) -> dict[str, float]:
    """Let every voter learn from the rows that tuning saw; score their vote on the locked ones.

    Raises
    ------
    ObjectiveError : a voter cannot say what is needed, or the first metric cannot be computed; a
        gap between groups is NaN then
    """
    total = sum(voter.votes for voter in voters)
    said: Any = 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for voter in voters:
            candidate, values = as_written(voter.model, dataset.task, voter.params)
            fold = prepare_fold(
                dataset,
                dataset.train,
                dataset.test,
                preprocessing,
                needs=candidate.entry.needs,
            )
            estimator = make_estimator(candidate.entry, dataset.task, values, voter.seed)
            wants_codes = candidate.entry.wants_codes(dataset.task)
            estimator = in_own_codes(estimator, fold.learn_target, wants_codes)
            estimator.fit(
                fold.learn, fold.learn_target, **weight_options(fold, candidate, estimator)
            )
            found = predictions_of(Answers(estimator), fold.judge, len(dataset.classes))
            if found is None:
                raise ObjectiveError(voter.name, "must give what an ensemble needs for new rows")
            said = said + found.astype(np.float64) * (voter.votes / total)
        classes = np.arange(len(dataset.classes)) if dataset.classes else None
        given = Given(said if classes is None else as_shares(said), estimator_like(classes))
        scores = scorer_of_locked(dataset, metrics).score(
            given, fold.judge, fold.judge_target, fold.judge_weights, fold.judge_groups
        )
    return {name: scores[name] for name in metrics if name in scores}
