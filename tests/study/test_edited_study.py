"""A study that goes on with another specification: its waiting trials, and what it keeps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import structs

from hpo_gui.core.acting import Done
from hpo_gui.core.acts import Retract
from hpo_gui.core.goal import Goal
from hpo_gui.core.parameter import Float
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Origin, Trial, TrialState
from hpo_gui.strategies.random import Random
from hpo_gui.study.study import Study

NOW = Space([Float("x", 0.0, 1.0), Float("y", 0.0, 1.0)])
GOALS = [Goal("loss", "minimize")]


class Kept:
    """A store that remembers what it was given."""

    def __init__(self) -> None:
        self.trials: dict[int, Trial] = {}

    def record(self, trials: Iterable[Trial] = (), steps: Iterable[object] = ()) -> None:
        assert not list(steps), "no step was done"
        self.trials.update({trial.number: trial for trial in trials})

    def act(self, done: Sequence[Done]) -> None:
        self.record([one.after for one in done])


def with_y(trial: Trial) -> Trial:
    """Trials of version 1 had no `y`: it was 0.5."""
    if trial.spec_version > 1:
        return trial
    return structs.replace(trial, params={**trial.params, "y": 0.5})


def before() -> list[Trial]:
    origin = Origin("random")
    told = Trial(0, {"x": 0.5}, origin, TrialState.COMPLETE, scores={"loss": 1.0}, told=1)
    halted = Trial(2, {"x": 0.25}, origin, fold_scores={"loss": (3.0,)}, scores={"loss": 3.0})
    running = structs.replace(halted, number=3, state=TrialState.RUNNING, started=1.0)
    return [told, Trial(1, {"x": 7.0}, origin), halted, running]


def go_on(kept: Kept, trials: Iterable[Trial]) -> Study:
    return Study(NOW, GOALS, Random(), trials=trials, store=kept, spec_version=2, see=with_y)


def test_waiting_trials_get_todays_version_with_the_steps_they_have() -> None:
    kept = Kept()
    study = go_on(kept, before())
    assert sorted(kept.trials) == [1, 2, 3]
    for number in (2, 3):
        trial = kept.trials[number]
        assert trial.state is TrialState.WAITING
        assert (trial.params, trial.spec_version) == ({"x": 0.25, "y": 0.5}, 2)
        assert trial.fold_scores == {"loss": (3.0,)}
    assert study.interrupted == (3,)


def test_waiting_trials_that_do_not_fit_are_cancelled_with_the_reason() -> None:
    kept = Kept()
    study = go_on(kept, before())
    assert study.unfit == (1,)
    cancelled = kept.trials[1]
    assert (cancelled.state, cancelled.spec_version, cancelled.told) == (
        TrialState.CANCELLED,
        1,
        2,
    )
    assert cancelled.failure is not None
    assert cancelled.failure.kind == "stopped"
    assert "x = 7 is above today's range" in cancelled.failure.message


def test_what_has_ended_is_kept_as_it_was_and_acted_upon_as_it_was() -> None:
    kept = Kept()
    study = go_on(kept, before())
    assert study.trials[0] == before()[0]
    assert study.history.trials[0].params == {"x": 0.5, "y": 0.5}
    retracted = study.act(Retract(0, "wrong data"))
    assert retracted.params == {"x": 0.5}
    assert study.history.complete.tolist() == []


def test_going_on_twice_changes_nothing_more() -> None:
    kept = Kept()
    study = go_on(kept, before())
    again = Kept()
    twice = go_on(again, study.trials)
    assert again.trials == {}
    assert twice.trials == study.trials
    assert twice.unfit == ()
    assert twice.propose(1)[0].number == 2
