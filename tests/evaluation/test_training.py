"""Training ends in time, keeps the best step, and follows phases and schedules."""

from __future__ import annotations

import math

import pytest
from step_training import run, scripted

from hpo_gui.core.errors import ObjectiveError, SpecError
from hpo_gui.core.objective import inherit, is_over, learns
from hpo_gui.core.spec import Choice, PhaseSpec
from hpo_gui.core.trial import Origin, Trial, add_step


def test_it_learns_step_by_step_and_tells_so() -> None:
    training, script = scripted(3.0, 2.0, 1.0)
    assert learns(training)
    found, state = run(training, {"x": 1})
    assert [learned.folds for learned in found] == [
        {"loss": (3.0,)},
        {"loss": (2.0,)},
        {"loss": (1.0,)},
    ]
    assert [learned.counts for learned in found] == [True, True, True]
    assert state.losses == (3.0, 2.0, 1.0)
    assert script.given == [{"x": 1}] * 3


def test_without_patience_the_last_step_counts_whatever_its_score() -> None:
    training, _ = scripted(1.0, 5.0)
    found, state = run(training)
    assert [learned.counts for learned in found] == [True, True]
    assert not is_over(training, state)
    assert inherit(training, state).inner == [0, 1]


def test_patience_ends_a_training_that_gets_no_better() -> None:
    training, script = scripted(3.0, 1.0, 2.0, 1.0, 0.5, 0.1, patience=2)
    found, state = run(training)
    assert is_over(training, state)
    assert len(found) == 4
    assert [learned.counts for learned in found] == [True, True, False, False]
    assert len(script.given) == 4


def test_the_scores_of_a_trial_are_those_of_its_best_step() -> None:
    training, _ = scripted(3.0, 1.0, 2.0, 4.0, patience=2)
    trial = Trial(0, {}, Origin("random"))
    for index, learned in enumerate(run(training)[0]):
        trial = add_step(trial, index, learned)
    assert trial.scores == {"loss": 1.0}
    assert trial.curves["loss"] == (3.0, 1.0, 2.0, 4.0)


def test_what_had_learnt_best_comes_back_for_a_child_and_is_not_what_learnt_on() -> None:
    training, _ = scripted(3.0, 1.0, 2.0, 4.0, 9.0, 9.0, patience=2)
    _, state = run(training)
    assert state.inner == [0, 1, 2, 3]
    child = inherit(training, state)
    assert child.inner == [0, 1]
    assert not is_over(training, child)
    learned, following = training.step(child, {}, 4)
    assert learned.counts, "the first step of a child is its best so far"
    assert following.inner == [0, 1, 4]
    assert following.losses == (3.0, 1.0, 2.0, 4.0, 9.0)


def test_the_last_state_remains_where_the_best_one_is_not_wanted() -> None:
    training, _ = scripted(3.0, 1.0, 2.0, 4.0, patience=2, restore_best=False)
    found, state = run(training)
    assert [learned.counts for learned in found] == [True] * 4
    assert is_over(training, state)
    assert inherit(training, state).inner == [0, 1, 2, 3]


def test_a_gain_below_min_delta_is_none() -> None:
    training, _ = scripted(3.0, 2.95, 2.9, 2.0, patience=2, min_delta=0.2)
    found, _ = run(training)
    assert [learned.counts for learned in found] == [True, False, False]


def test_patience_longer_than_the_training_never_ends_it() -> None:
    training, _ = scripted(1.0, 2.0, 3.0, patience=50)
    found, state = run(training)
    assert len(found) == 3
    assert not is_over(training, state)


def test_early_stopping_goes_on_from_a_checkpoint_as_if_nothing_had_happened() -> None:
    losses = (3.0, 1.0, 2.0, 1.5, 0.5, 2.0, 2.0, 0.1)
    plain, _ = scripted(*losses, patience=2)
    stored, _ = scripted(*losses, patience=2)
    assert run(plain)[0] == run(stored, through_pickle=True)[0]


def test_phases_fix_parameters_from_their_step_on_and_the_later_one_wins() -> None:
    phases = (PhaseSpec(3, {"x": 30}), PhaseSpec(1, {"x": 10, "y": 1}))
    training, script = scripted(1.0, 1.0, 1.0, 1.0, phases=phases)
    run(training, {"x": 0, "z": 5})
    assert script.given == [
        {"x": 0, "z": 5},
        {"x": 10, "y": 1, "z": 5},
        {"x": 10, "y": 1, "z": 5},
        {"x": 30, "y": 1, "z": 5},
    ]


def test_parameters_may_change_between_two_steps() -> None:
    training, script = scripted(1.0, 1.0)
    state = training.start({"x": 1}, 0)
    _, state = training.step(state, {"x": 1}, 0)
    training.step(state, {"x": 2}, 1)
    assert script.given == [{"x": 1}, {"x": 2}]


def test_a_schedule_drives_the_rate_and_its_own_parameters_reach_nobody_else() -> None:
    schedule = Choice("exponential", {"final": 0.5})
    training, script = scripted(1.0, 1.0, 1.0, schedule=schedule, rate="lr")
    found, _ = run(training, {"lr": 0.4, "schedule_final": 0.25})
    assert [given["lr"] for given in script.given] == pytest.approx([0.4, 0.2, 0.1])
    assert all(set(given) == {"lr"} for given in script.given)
    assert [learned.folds["learning_rate"] for learned in found] == [
        (given["lr"],) for given in script.given
    ]


def test_a_trial_can_choose_another_schedule() -> None:
    training, script = scripted(1.0, 1.0, 1.0, rate="lr")
    run(training, {"lr": 0.4, "schedule_name": "polynomial", "schedule_power": 1.0})
    rates = [given["lr"] for given in script.given]
    assert rates[0] > rates[1] > rates[2]


def test_a_plateau_looks_at_the_losses_of_the_steps_before() -> None:
    schedule = Choice("plateau", {"patience": 0.2, "drop": 0.1})
    falling, script = scripted(*(float(10 - i) for i in range(10)), schedule=schedule, rate="lr")
    run(falling, {"lr": 1.0})
    assert {given["lr"] for given in script.given} == {1.0}
    flat, script = scripted(*(1.0 for _ in range(10)), schedule=schedule, rate="lr")
    run(flat, {"lr": 1.0})
    assert script.given[-1]["lr"] < 0.2


@pytest.mark.parametrize("rate", [0.0, -0.1, math.nan, math.inf, 1e7])
def test_a_rate_that_nothing_can_learn_with_is_told_with_its_step(rate: float) -> None:
    phases = (PhaseSpec(2, {"lr": rate}),)
    training, script = scripted(1.0, 1.0, 1.0, rate="lr", phases=phases)
    with pytest.raises(ObjectiveError, match=r"`lr` at step 2 must be a number above 0") as raised:
        run(training, {"lr": 0.1})
    assert repr(rate) in str(raised.value)
    assert len(script.given) == 2


def test_a_schedule_that_gives_a_huge_or_negative_rate_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Wild:
        def factor(self, step: int, steps: int, losses: object) -> float:
            return (1.0, -1.0, 1e9)[step]

    monkeypatch.setattr("hpo_gui.evaluation.steering.make_schedule", lambda *_: Wild())
    training, _ = scripted(1.0, 1.0, 1.0, rate="lr", schedule=Choice("cosine"))
    with pytest.raises(ObjectiveError, match=r"at step 1 .*-0\.1.*schedule `cosine`"):
        run(training, {"lr": 0.1})


def test_a_schedule_has_nothing_to_change_where_there_is_no_rate() -> None:
    training, script = scripted(1.0, schedule=Choice("cosine"))
    run(training, {"x": 1.0, "schedule_final": 0.5})
    assert script.given == [{"x": 1.0}]


def test_a_rate_that_is_not_among_the_parameters_is_told() -> None:
    training, _ = scripted(1.0, rate="lr", schedule=Choice("cosine"))
    with pytest.raises(ObjectiveError, match="lr must be among the parameters"):
        run(training, {"x": 1.0})


def test_a_tuned_option_that_breaks_its_rule_is_told_by_the_name_of_the_parameter() -> None:
    training, _ = scripted(1.0, rate="lr", schedule=Choice("cosine"))
    with pytest.raises(SpecError, match="schedule_final"):
        run(training, {"lr": 1.0, "schedule_final": -3.0})


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_loss_that_is_no_number_ends_the_training(loss: float) -> None:
    training, _ = scripted(1.0, loss, 1.0)
    with pytest.raises(ObjectiveError, match="loss at step 1 must be a finite number"):
        run(training)


def test_a_state_that_cannot_be_pickled_is_told_where_the_best_one_is_to_come_back() -> None:
    training, script = scripted(1.0, 2.0, patience=2)
    script.start = lambda params, seed: Unpicklable()  # type: ignore[method-assign]
    with pytest.raises(ObjectiveError, match=r"pickled.*leave out `patience`"):
        run(training)


class Unpicklable(list[int]):
    def __reduce__(self) -> str:
        raise TypeError("cannot be copied")
