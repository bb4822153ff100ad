"""A run whose strategy thinks apart: what it asks and when, and what a thought may meet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np
import pytest
from scripted_executor import Scripted
from thinking_strategies import Misbehaving, NearTheBest

from hpo_gui.core.acts import Annotate, Retract, as_measured
from hpo_gui.core.errors import SpecError, StudioError
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Float
from hpo_gui.core.space import Space
from hpo_gui.core.spec import BudgetSpec
from hpo_gui.core.thought import Proposes, Thought, think
from hpo_gui.core.trial import Trial, TrialState
from hpo_gui.pruners.none import NoPruner
from hpo_gui.study.events import Event, Finished, Progress, StateChanged, TrialsActed
from hpo_gui.study.runner import Runner
from hpo_gui.study.study import Study

SPACE = Space([Float("x", -1.0, 1.0)])
GOALS = (Goal("loss", "minimize"),)
SEED = 3
Delay = Callable[[int], int]


class Slow:
    """A thinker whose answer comes after some looks at it.

    Parameters
    ----------
    delay : number of looks in vain before the answer to the question with a number
    """

    def __init__(self, strategy: Proposes, delay: Delay) -> None:
        self.asked: list[History] = []
        self.closed = 0
        self.awake = 0
        self._strategy = strategy
        self._delay = delay
        self._left = -1
        self._answer: Thought | StudioError | None = None

    @property
    def is_thinking(self) -> bool:
        return self._answer is not None

    def ask(self, history: History, then: Callable[[], None]) -> None:
        assert not self.is_thinking, "one thought at a time"
        self._left = self._delay(len(self.asked))
        self.asked.append(history)
        try:
            self._answer = think(self._strategy, history, SEED)
        except StudioError as error:
            self._answer = error

    def answer(self) -> Thought | None:
        self._left -= 1
        if self._left >= 0:
            return None
        answer, self._answer = self._answer, None
        if isinstance(answer, StudioError):
            raise answer
        return answer

    def close(self) -> None:
        self.closed += 1


def never(_: int) -> int:
    return 10**9


def at_once(_: int) -> int:
    return 0


def at_random(seed: int) -> Delay:
    rng = np.random.default_rng(seed)
    return lambda _: int(rng.integers(0, 9))


def make(
    delay: Delay,
    *,
    workers: int = 1,
    steps: int = 3,
    strategy: Any = NearTheBest(),
    turn: float = 1.0,
    earlier: Sequence[Trial] = (),
    **budget: Any,
) -> tuple[Runner, Slow, Scripted]:
    executor = Scripted(workers)
    thinker = Slow(strategy, delay)
    runner = Runner(
        Study(SPACE, GOALS, strategy, seed=SEED, trials=earlier),
        executor,
        steps,
        budget=BudgetSpec(**budget),
        pruner=NoPruner(),
        thinker=thinker,
        clock=lambda: executor.now * turn,
    )
    return runner, thinker, executor


def finish(runner: Runner) -> Finished:
    events = list(runner.run())
    assert isinstance(events[-1], Finished)
    return events[-1]


def params(runner: Runner) -> list[object]:
    return [trial.params for trial in runner.study.trials]


def in_place(trials: int) -> Runner:
    executor = Scripted()
    study = Study(SPACE, GOALS, NearTheBest(), seed=SEED)
    budget = BudgetSpec(trials=trials)
    runner = Runner(study, executor, 3, budget=budget, pruner=NoPruner())
    finish(runner)
    return runner


def assert_replayable(runner: Runner) -> None:
    """Each proposal follows from what the trials log, and from nothing else."""
    trials = runner.study.trials
    for trial in trials:
        if trial.origin.strategy != "near":
            continue
        known = [
            t if t.told is not None and t.told <= trial.asked else reopened(t)
            for t in trials[: trial.number]
        ]
        history = History(SPACE, GOALS, known)
        assert history.told == trial.asked
        proposal = think(NearTheBest(), history, SEED).proposal
        assert proposal is not None
        assert proposal.params == trial.params


def reopened(trial: Trial) -> Trial:
    return Trial(trial.number, trial.params, trial.origin, TrialState.RUNNING)


@pytest.mark.parametrize("delay", [at_once, lambda _: 5, at_random(0), at_random(1)])
def test_with_one_worker_the_study_is_the_same_however_long_thinking_takes(delay: Delay) -> None:
    runner, thinker, _ = make(delay, trials=12)
    finish(runner)
    assert params(runner) == params(in_place(12))
    assert [len(history.open) for history in thinker.asked] == [0] * 12
    assert [trial.asked for trial in runner.study.trials] == list(range(12))


@pytest.mark.parametrize("workers", [2, 3, 5])
def test_a_parallel_run_can_be_replayed_from_what_it_logs(workers: int) -> None:
    runner, thinker, _ = make(at_random(workers), workers=workers, steps=40, trials=60)
    finish(runner)
    assert len(runner.study.trials) == 60
    assert_replayable(runner)
    unseen = [trial.number - trial.asked for trial in runner.study.trials]
    assert max(unseen) == workers, "some were proposed while all workers were busy, none earlier"
    assert thinker.closed


def test_a_free_worker_gets_the_proposal_that_was_thought_ahead_at_once() -> None:
    runner, _, executor = make(lambda _: 4, workers=2, steps=20, trials=30)
    finish(runner)
    settled = executor.busy[60:-60]
    assert len(settled) > 100
    assert set(settled) == {2}


def test_at_most_one_is_thought_ahead_and_none_is_left_over_at_the_end() -> None:
    runner, thinker, _ = make(lambda _: 2, workers=2, trials=30)
    most = 0
    for _ in runner.run():
        in_study = len(runner.study.trials)
        most = max(most, len(thinker.asked) - in_study)
    assert most == 1
    assert len(thinker.asked) == 30, "the budget knows what is underway"
    assert [str(trial.state) for trial in runner.study.trials] == ["complete"] * 30


def test_it_is_not_asked_ahead_while_thinking_takes_next_to_no_time() -> None:
    runner, thinker, _ = make(at_once, workers=2, steps=100, trials=10)
    finish(runner)
    assert {len(history.open) for history in thinker.asked} == {0, 1}


def test_workers_may_change_while_it_thinks() -> None:
    runner, _, _ = make(at_random(4), workers=1, trials=30)
    changed = 0
    for _ in runner.run():
        told = runner.study.history.told
        if told in (5, 15) and told != changed:
            changed = told
            runner.set_workers(3 if told == 5 else 1)
    assert changed == 15
    assert_replayable(runner)


def run_until(runner: Runner, when: Callable[[], bool], action: Callable[[], None]) -> list[Event]:
    """Run to the end; call ``action`` once, as soon as ``when`` holds after an event."""
    events, acted = [], False
    for event in runner.run():
        events.append(event)
        if not acted and when():
            acted = True
            action()
    assert acted
    return events


@pytest.mark.parametrize("workers", [1, 2])
def test_a_trial_added_in_mid_thought_runs_first_and_the_thought_is_had_anew(workers: int) -> None:
    runner, thinker, _ = make(lambda _: 6, workers=workers, trials=12)
    run_until(
        runner,
        lambda: thinker.is_thinking and len(thinker.asked) == 5,
        lambda: runner.add_trial({"x": 0.25}),
    )
    (typed,) = [t for t in runner.study.trials if t.origin.strategy == "manual"]
    assert str(typed.state) == "complete"
    number = len(thinker.asked[4])
    assert typed.number == number, "it does not wait for the thought"
    assert [len(history) for history in thinker.asked].count(number) == 1
    assert len(runner.study.trials) == 12
    assert_replayable(runner)


def test_a_trial_added_while_a_proposal_is_held_takes_its_place() -> None:
    runner, thinker, executor = make(lambda _: 1, workers=2, steps=30, trials=12)

    def is_held() -> bool:
        return len(thinker.asked) == 7 and not thinker.is_thinking and len(executor.queue) == 2

    run_until(runner, is_held, lambda: runner.add_trial({"x": 0.25}))
    (typed,) = [t for t in runner.study.trials if t.origin.strategy == "manual"]
    assert typed.number == len(thinker.asked[6])
    assert len(runner.study.trials) == 12
    assert_replayable(runner)


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_every_trial_from_an_act_on_is_proposed_from_the_history_after_it(workers: int) -> None:
    runner, thinker, _ = make(lambda _: 4, workers=workers, trials=20)
    acted_at = 0

    def retract() -> None:
        nonlocal acted_at
        best = runner.study.best
        assert best is not None
        runner.act([Retract(best.number, "wrong data")])
        acted_at = len(runner.study.trials)

    run_until(runner, lambda: thinker.is_thinking and len(thinker.asked) == 7, retract)
    assert states_of(runner).count("retracted") == 1
    assert states_of(runner).count("complete") == 20, "another trial takes its place"
    for trial in runner.study.trials[: acted_at + 8]:
        known = [
            t if t.told is not None and t.told <= trial.asked else reopened(t)
            for t in runner.study.trials[: trial.number]
        ]
        if trial.number < acted_at:
            known = [as_measured(t) for t in known]
        proposal = think(NearTheBest(), History(SPACE, GOALS, known), SEED).proposal
        assert proposal is not None
        assert proposal.params == trial.params, trial.number


def test_a_note_does_not_disturb_a_thought() -> None:
    runner, thinker, _ = make(lambda _: 4, workers=2, trials=12)
    run_until(
        runner,
        lambda: thinker.is_thinking and len(thinker.asked) == 5,
        lambda: runner.act([Annotate(0, "odd")]),
    )
    assert runner.study.trials[0].note == "odd"
    assert len(thinker.asked) == 12


def test_an_act_that_is_not_possible_is_told_and_the_run_goes_on() -> None:
    runner, thinker, _ = make(lambda _: 4, workers=2, trials=12)
    events = run_until(runner, lambda: thinker.is_thinking, lambda: runner.act([Retract(99)]))
    (event,) = [event for event in events if isinstance(event, TrialsActed)]
    assert "trial 99 must be one of" in str(event.acted.refused[0])
    assert states_of(runner) == ["complete"] * 12


def states_of(runner: Runner) -> list[str]:
    return [str(trial.state) for trial in runner.study.trials]


def test_a_run_that_has_reached_its_target_forgets_what_it_thinks() -> None:
    runner, thinker, _ = make(lambda _: 3, workers=2, steps=1, target=-0.3, trials=500)
    end = finish(runner)
    assert "target" in end.reason
    assert thinker.closed
    assert TrialState.WAITING not in {trial.state for trial in runner.study.trials}


@pytest.mark.parametrize("control", ["stop_now", "stop_after_current"])
def test_a_stop_does_not_wait_for_a_thought(control: str) -> None:
    runner, thinker, executor = make(lambda n: 0 if n < 3 else 10**9, trials=10)
    asked_at = 0.0

    def stop() -> None:
        nonlocal asked_at
        asked_at = executor.now
        getattr(runner, control)()

    events = run_until(runner, lambda: len(thinker.asked) == 4, stop)
    assert executor.now - asked_at <= 1
    assert isinstance(events[-1], Finished)
    assert thinker.closed
    assert len(runner.study.trials) == 3


def test_stopped_in_mid_thought_and_resumed_is_the_same_as_uninterrupted() -> None:
    part, thinker, _ = make(at_random(2), trials=9)
    run_until(part, lambda: len(thinker.asked) == 5, part.stop_now)
    assert len(part.study.trials) == 4
    runner, _, _ = make(at_random(3), earlier=part.study.trials, trials=9)
    finish(runner)
    assert params(runner) == params(in_place(9))


def test_a_pause_lets_it_think_to_the_end_and_the_thought_is_used_afterwards() -> None:
    runner, thinker, _ = make(lambda _: 5, trials=4)
    paused_with = -1
    for event in runner.run():
        if thinker.is_thinking and len(thinker.asked) == 2 and paused_with < 0:
            paused_with = len(runner.study.trials)
            runner.pause()
        if event == StateChanged("paused"):
            assert len(runner.study.trials) == paused_with
            runner.resume()
    assert len(thinker.asked) == 4
    assert params(runner) == params(in_place(4))


def test_an_error_of_the_strategy_ends_the_run_with_its_message() -> None:
    runner, thinker, executor = make(
        lambda _: 2, workers=2, strategy=Misbehaving("raise_studio", at=4), trials=10
    )
    with pytest.raises(SpecError, match="strategy.points"):
        list(runner.run())
    assert thinker.closed
    assert executor.closed


def test_nothing_left_to_try_ends_the_run_when_the_last_trial_has_ended() -> None:
    runner, thinker, _ = make(lambda _: 2, workers=2, strategy=Misbehaving("nothing", at=5))
    end = finish(runner)
    assert end == Finished("There is nothing left to try.", done=True)
    assert [str(trial.state) for trial in runner.study.trials] == ["complete"] * 5
    assert thinker.asked[-1].told == 5, "asked again after every trial that ended"


class OnlyInTime(msgspec.Struct, frozen=True):
    """Has something to propose only when no trial is open, and four at most."""

    def propose(self, history: History, count: int, rng: np.random.Generator) -> Any:
        if len(history.open) or len(history) == 4:
            return []
        return NearTheBest().propose(history, count, rng)


def test_that_nothing_was_left_is_forgotten_when_a_trial_ends_in_mid_thought() -> None:
    runner, _, _ = make(lambda _: 2, workers=2, strategy=OnlyInTime())
    end = finish(runner)
    assert "nothing left" in end.reason
    assert len(runner.study.trials) == 4


def test_the_progress_says_when_a_worker_waits_for_a_thought() -> None:
    runner, thinker, _ = make(lambda n: 8 if n == 2 else 0, trials=5, turn=0.2)
    said = [event.thinking for event in runner.run() if isinstance(event, Progress)]
    first = said.index(True)
    assert said.count(True) >= 3
    assert said == [first <= place < first + said.count(True) for place in range(len(said))]
    assert not said[-1]
    assert len(thinker.asked) == 5


def test_thinking_ahead_is_no_waiting() -> None:
    runner, _, _ = make(lambda n: 8 if n > 3 else 0, workers=2, steps=30, trials=20, turn=0.2)
    said = [event.thinking for event in runner.run() if isinstance(event, Progress)]
    assert sum(said[len(said) // 2 :]) == 0
