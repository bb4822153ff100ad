"""The study in its ask-and-tell form."""

from __future__ import annotations

import doctest
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
import numpy as np
import pytest

import hpo_gui.study.study
from hpo_gui.core.acting import Done
from hpo_gui.core.acts import Annotate, Correct, Restore, Retract
from hpo_gui.core.errors import ActError, ObjectiveError, SpecError, StorageError, StudioError
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History, HistoryBuilder
from hpo_gui.core.parameter import Categorical, Float
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Origin, Proposal, Trial, TrialState
from hpo_gui.storage.records import StepRow
from hpo_gui.storage.study_file import StudyFile
from hpo_gui.strategies.random import Random
from hpo_gui.study.study import Study

SPACE = Space([Float("x", -1.0, 1.0), Categorical("kind", ["a", "b"])])
LOSS = (Goal("loss", "minimize"),)


class Store:
    """Keeps what a study writes."""

    def __init__(self) -> None:
        self.trials: dict[int, Trial] = {}
        self.steps: list[tuple[int, int]] = []
        self.transactions = 0
        self.acts: list[str] = []

    def act(self, done: Sequence[Done]) -> None:
        self.acts += [one.text for one in done]
        self.trials.update({one.after.number: one.after for one in done})

    def record(self, trials: Iterable[Trial], steps: Iterable[StepRow]) -> None:
        self.transactions += 1
        self.trials.update({trial.number: trial for trial in trials})
        self.steps += [(step.trial, step.index) for step in steps]


class FullDisk(Store):
    """Refuses to write while ``full``."""

    full = False

    def record(self, trials: Iterable[Trial], steps: Iterable[StepRow]) -> None:
        if self.full:
            raise StudioError("study file", "must have room on its disk")
        super().record(trials, steps)


def make(store: Store | None = None, trials: Iterable[Trial] = (), seed: int = 7) -> Study:
    return Study(SPACE, LOSS, Random(), seed=seed, store=store, trials=trials)


def test_the_example_of_the_docstring_runs() -> None:
    assert doctest.testmod(hpo_gui.study.study).failed == 0


def test_asked_trials_run_and_told_trials_are_complete() -> None:
    study = make()
    first, second = study.ask(2)
    assert first.state is second.state is TrialState.RUNNING
    study.tell(second.number, {"loss": 2.0})
    study.tell(first.number, 1.0)
    assert [trial.state for trial in study.trials] == [TrialState.COMPLETE] * 2
    assert [trial.told for trial in study.trials] == [2, 1]
    assert study.best is not None
    assert study.best.number == 0


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_not_finite_makes_a_failed_trial(score: float) -> None:
    study = make()
    (trial,) = study.ask()
    told = study.tell(trial.number, {"loss": score})
    assert told.state is TrialState.FAILED
    assert told.failure is not None
    assert told.failure.kind == "not_finite"
    assert study.best is None


def test_telling_without_the_goal_names_it() -> None:
    study = make()
    study.ask()
    with pytest.raises(ObjectiveError, match="loss"):
        study.tell(0, {"accuracy": 1.0})


def test_telling_twice_or_of_an_unknown_trial_is_refused() -> None:
    study = make()
    study.ask()
    study.tell(0, 1.0)
    with pytest.raises(ObjectiveError, match="running"):
        study.tell(0, 2.0)
    with pytest.raises(ObjectiveError, match="asked for"):
        study.tell(5, 2.0)
    assert study.trials[0].scores == {"loss": 1.0}


def test_a_study_without_goals_is_refused() -> None:
    with pytest.raises(StudioError, match="metric"):
        Study(SPACE, (), Random())


def test_the_same_seed_proposes_the_same_and_another_seed_something_else() -> None:
    first = [trial.params for trial in make().ask(5)]
    assert first == [trial.params for trial in make().ask(5)]
    assert first != [trial.params for trial in make(seed=8).ask(5)]


def test_asking_for_many_at_once_is_asking_one_by_one() -> None:
    one_by_one = make()
    singles = [one_by_one.ask()[0].params for _ in range(4)]
    assert [trial.params for trial in make().ask(4)] == singles


def test_starting_proposals_come_first_and_only_in_a_new_study() -> None:
    start = (Proposal({"x": 0.0, "kind": "a"}, Origin("default", "Defaults.")),)
    study = Study(SPACE, LOSS, Random(), start=start)
    trials = study.ask(2)
    assert [trial.origin.strategy for trial in trials] == ["default", "random"]
    again = Study(SPACE, LOSS, Random(), start=start, trials=study.trials)
    assert len(again.trials) == 2


def test_every_change_is_written_in_one_transaction_a_flush() -> None:
    store = Store()
    study = make(store)
    study.ask(3)
    assert store.transactions == 1
    assert [trial.state for trial in store.trials.values()] == [TrialState.RUNNING] * 3
    study.tell_step(0, 0, {"loss": 1.0}, 0.1, 5.0)
    study.flush()
    assert store.steps == [(0, 0)]
    study.tell(1, 2.0)
    assert store.trials[1].state is TrialState.COMPLETE
    assert store.transactions == 3
    assert study.flush() == []
    assert store.transactions == 3, "nothing has changed since"


def test_nothing_is_lost_when_writing_fails_and_later_works() -> None:
    store = FullDisk()
    study = make(store)
    study.ask(2)
    store.full = True
    with pytest.raises(StudioError, match="room"):
        study.tell(0, 1.0)
    store.full = False
    study.flush()
    assert store.trials[0].state is TrialState.COMPLETE


def test_interrupted_trials_wait_again_with_the_steps_they_have() -> None:
    study = make()
    study.ask(2)
    study.tell_step(0, 0, {"loss": 1.0}, 0.1, 5.0)
    resumed = make(trials=study.trials)
    assert resumed.interrupted == (0, 1)
    assert resumed.trials[0].state is TrialState.WAITING
    assert resumed.trials[0].steps_done == 1
    assert [trial.number for trial in resumed.ask(3)] == [0, 1, 2]


def test_a_resumed_study_proposes_what_the_uninterrupted_one_would() -> None:
    whole = make()
    for _ in range(10):
        (trial,) = whole.ask()
        whole.tell(trial.number, trial.params["x"])
    half = make()
    for _ in range(4):
        (trial,) = half.ask()
        half.tell(trial.number, trial.params["x"])
    half.ask()  # the program dies here
    resumed = make(trials=half.trials)
    for _ in range(6):
        (trial,) = resumed.ask()
        resumed.tell(trial.number, trial.params["x"])
    assert [t.params for t in resumed.trials] == [t.params for t in whole.trials]
    assert [t.scores for t in resumed.trials] == [t.scores for t in whole.trials]


def test_every_proposal_can_be_replayed_from_what_the_trials_record() -> None:
    study = make()
    study.ask(3)
    for number in (2, 0):
        study.tell(number, float(number))
        study.ask()
    for trial in study.trials:
        earlier = [t for t in study.trials if t.number < trial.number]
        known = [t.number for t in earlier if t.told is not None and t.told <= trial.asked]
        assert len(known) == trial.asked


def test_a_trial_added_by_hand_is_checked_and_comes_before_the_strategy() -> None:
    study = make()
    with pytest.raises(SpecError, match="x"):
        study.add({"x": 3.0, "kind": "a"})
    study.add({"x": 0.5, "kind": "b"})
    (trial,) = study.ask()
    assert trial.params == {"x": 0.5, "kind": "b"}
    assert trial.origin.strategy == "manual"


class NearTheBest:
    """Looks at scores and at what is pending, as model-based strategies do."""

    def propose(self, history: History, count: int, rng: np.random.Generator) -> list[Proposal]:
        best = history.best
        centre = 0.0 if best is None else float(best.params["x"])
        shift = 0.01 * len(history.open)
        x = float(np.clip(centre + shift + rng.normal() / 10, -1, 1))
        return [Proposal({"x": x, "kind": "a"}, Origin("near", "Near the best."))]


def test_a_parallel_run_is_replayed_from_the_order_that_it_logged() -> None:
    study = Study(SPACE, LOSS, NearTheBest(), seed=3)
    order = np.random.default_rng(0)
    running = [trial.number for trial in study.ask(3)]
    for _ in range(30):
        number = running.pop(int(order.integers(len(running))))
        study.tell(number, study.trials[number].params["x"] ** 2)
        running += [trial.number for trial in study.ask(1)]
    for trial in study.trials:
        known = [
            t if t.told is not None and t.told <= trial.asked else reopened(t)
            for t in study.trials[: trial.number]
        ]
        rng = np.random.default_rng([study.seed, trial.number])
        again = NearTheBest().propose(History(SPACE, LOSS, known), 1, rng)
        assert again[0].params == trial.params


def reopened(trial: Trial) -> Trial:
    """The trial as it was before its end."""
    return Trial(trial.number, trial.params, trial.origin, TrialState.RUNNING)


class Refusing(Store):
    """Lets no act in."""

    def act(self, done: Sequence[Done]) -> None:
        raise StorageError("study", "is full")


def test_a_retracted_trial_is_in_the_store_and_out_of_the_history() -> None:
    store = Store()
    study = Study(SPACE, LOSS, Random(), store=store)
    for loss in (3.0, 1.0, 2.0):
        (trial,) = study.ask()
        study.tell(trial.number, loss)
    study.act(Retract(1, "wrong data"))
    assert store.acts == ["Trial 1 retracted: wrong data"]
    assert store.trials[1].state is TrialState.RETRACTED
    assert study.best == study.trials[2]
    assert study.history.complete.tolist() == [0, 2]
    assert math.isnan(study.history.losses[1, 0])
    assert not study.history.knows(study.trials[1].params)
    study.act(Restore(1))
    assert study.best == study.trials[1]
    assert study.history.losses[1, 0] == 1.0


def test_a_corrected_score_is_what_the_history_goes_by() -> None:
    study = Study(SPACE, LOSS, Random())
    for loss in (3.0, 1.0):
        (trial,) = study.ask()
        study.tell(trial.number, loss)
    study.act(Correct(0, {"loss": 0.5}))
    assert study.best == study.trials[0]
    assert study.history.losses[:, 0].tolist() == [0.5, 1.0]


def test_an_act_that_cannot_be_kept_changes_nothing() -> None:
    study = Study(SPACE, LOSS, Random(), store=Refusing())
    (trial,) = study.ask()
    before = study.tell(trial.number, 1.0)
    with pytest.raises(StorageError, match="is full"):
        study.act(Retract(0))
    assert study.trials[0] == before
    with pytest.raises(ActError, match="must be one of the study"):
        study.act(Retract(1))


def test_trials_from_before_an_edit_are_seen_as_they_fit_the_space() -> None:
    """The history shows the value that a new parameter really had; what was put stays."""
    builder = HistoryBuilder(SPACE, LOSS, see=_with_kind)
    builder.put(Trial(0, {"x": 0.5}, Origin("random"), TrialState.RUNNING))
    builder.put(Trial(1, {"x": 0.1}, Origin("random")))
    assert [trial.params for trial in builder.snapshot().trials] == [
        {"kind": "b", "x": 0.5},
        {"kind": "b", "x": 0.1},
    ]
    done = Trial(0, {"x": 0.5}, Origin("random"), TrialState.COMPLETE, scores={"loss": 1.0})
    builder.put(done)
    history = builder.snapshot()
    assert builder.trials[0] == done
    assert history.best is not None
    assert history.best.params == {"kind": "b", "x": 0.5}
    assert not np.isnan(history.matrix).any()
    assert history.knows({"kind": "b", "x": 0.1})


def _with_kind(trial: Trial) -> Trial:
    return msgspec.structs.replace(trial, params={"kind": "b", **trial.params})


def test_a_trial_without_a_score_for_a_goal_of_today_does_not_count_as_complete() -> None:
    goals = (*LOSS, Goal("size", "minimize"))
    trials = [
        Trial(0, {}, Origin("random"), TrialState.COMPLETE, scores={"loss": 1.0}),
        Trial(1, {}, Origin("random"), TrialState.COMPLETE, scores={"loss": 2.0, "size": 1.0}),
    ]
    history = History(SPACE, goals, trials)
    assert history.complete.tolist() == [1]
    assert history.best == trials[1]


def test_an_act_on_a_trial_that_is_not_written_yet_keeps_it_whole(tmp_path: Path) -> None:
    space = Space([Float("x", 0.0, 1.0)])
    with StudyFile.create(tmp_path / "study.hpostudy", "{}") as file:
        study = Study(space, (Goal("loss", "minimize"),), Random(), seed=1, store=file)
        for score in (0.5, 0.25):
            (trial,) = study.ask()
            study.tell(trial.number, score)
        acted = study.act_all((Retract(0), Annotate(1, "odd")))
        assert len(acted.trials) == 2
        assert repr(file.load()) == repr(list(acted.trials))
        assert [event.kind for event in file.events()] == ["retract", "annotate"]


def test_starting_points_come_where_a_person_was_quicker_than_the_first_run() -> None:
    """The program was killed before it had written them; then a trial was queued by hand."""
    start = [Proposal({"x": value, "kind": "a"}, Origin("default")) for value in (0.1, 0.2)]
    typed = Trial(0, {"x": 0.2, "kind": "a"}, Origin("manual"))
    study = Study(SPACE, LOSS, Random(), start=start, trials=[typed])
    assert [trial.params["x"] for trial in study.trials] == [0.2, 0.1]
    again = Study(SPACE, LOSS, Random(), start=start, trials=study.trials)
    assert len(again.trials) == 2


def test_starting_points_come_once_though_they_were_typed() -> None:
    start = [Proposal({"x": value, "kind": "a"}, Origin("manual")) for value in (0.1, 0.1, 0.2)]
    study = Study(SPACE, LOSS, Random(), start=start)
    assert len(study.trials) == 3
    assert len(Study(SPACE, LOSS, Random(), start=start, trials=study.trials).trials) == 3
