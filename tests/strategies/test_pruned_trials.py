"""What strategies make of trials that were stopped early."""

from __future__ import annotations

import numpy as np
import pytest
from courses import COMPLETE, LOSS, PRUNED, curve, folds, history

from hpo_gui.core.history import History
from hpo_gui.core.kept import Kept
from hpo_gui.core.trial import Learned, Origin, Trial, TrialState, add_step
from hpo_gui.strategies.observations import expected_losses
from hpo_gui.strategies.standing import standings


def test_a_score_on_easy_folds_is_put_right_by_what_complete_trials_got_on_the_others() -> None:
    past = history(
        [
            folds(0, [1.0, 3.0, 5.0]),  # first fold 1.0, mean 3.0
            folds(1, [2.0, 4.0, 9.0]),  # first fold 2.0, mean 5.0
            folds(2, [2.5], PRUNED),
            folds(3, [2.5, 5.5], PRUNED),  # mean of two 4.0; the others add 1.0 and 2.0
        ],
        3,
        learns=False,
    )
    assert expected_losses(past) == pytest.approx([3.0, 5.0, 5.0, 5.5])


def test_a_short_training_is_expected_to_have_improved_as_others_did() -> None:
    past = history(
        [curve(0, [4.0, 2.0, 1.0]), curve(1, [5.0, 4.0, 3.0]), curve(2, [6.0], PRUNED)],
        3,
        learns=True,
    )
    assert expected_losses(past)[2] == pytest.approx(6.0 - 2.5)


def test_what_was_stopped_is_never_expected_to_beat_the_best() -> None:
    past = history([folds(0, [1.0, 3.0]), folds(1, [0.1], PRUNED)], 2, learns=False)
    assert expected_losses(past)[1] == 2.0


def test_without_a_complete_trial_the_score_so_far_stands() -> None:
    past = history([folds(0, [1.0], PRUNED), folds(1, [np.nan], PRUNED)], 2, learns=False)
    assert expected_losses(past) == pytest.approx([1.0, np.nan], nan_ok=True)


def test_those_that_came_further_rank_before_those_that_were_stopped_earlier() -> None:
    past = history(
        [
            folds(0, [9.0] * 3),
            folds(1, [1.0], PRUNED),
            folds(2, [8.0, 8.0], PRUNED),
            folds(3, [7.0, 7.0], PRUNED),
        ],
        3,
        learns=False,
    )
    assert standings(past, np.arange(4)).tolist() == [0, 3, 2, 1]


def test_the_history_itself_keeps_the_measured_losses() -> None:
    past = history([folds(0, [1.0, 3.0]), folds(1, [2.0], PRUNED)], 2, learns=False)
    expected_losses(past)
    again = History(past.space, [LOSS], past.trials)
    assert past.losses.tolist() == again.losses.tolist()


def test_where_the_best_step_remains_only_what_it_still_improves_is_expected() -> None:
    """None of these got better after its second step: a trial stopped there would not have."""
    kept = Kept(LOSS.metric)

    def learnt(number: int, losses: list[float], state: TrialState = COMPLETE) -> Trial:
        trial, best = Trial(number, {}, Origin("random"), state, told=number + 1), np.inf
        for index, loss in enumerate(losses):
            better, best = loss < best, min(best, loss)
            trial = add_step(trial, index, Learned({LOSS.metric: (loss, loss)}, better))
        return trial

    trials = [learnt(n, [0.5, 0.3, 0.45, 0.5]) for n in range(5)]
    trials.append(learnt(5, [0.9, 0.6, 0.7], PRUNED))
    assert expected_losses(history(trials, 4, learns=True, kept=kept))[5] == pytest.approx(0.6)
