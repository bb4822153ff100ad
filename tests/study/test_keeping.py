"""A study whose file cannot be written: nothing is lost, nothing new begins, and it goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest
from scripted_executor import Scripted

from hpo_gui.core.acting import Done
from hpo_gui.core.acts import Annotate
from hpo_gui.core.errors import StorageError
from hpo_gui.core.goal import Goal
from hpo_gui.core.parameter import Float
from hpo_gui.core.space import Space
from hpo_gui.core.spec import BudgetSpec
from hpo_gui.core.trial import Trial
from hpo_gui.storage.records import StepRow
from hpo_gui.strategies.random import Random
from hpo_gui.study.events import (
    Event,
    Finished,
    Freed,
    Message,
    StateChanged,
    Stuck,
    TrialChanged,
)
from hpo_gui.study.runner import Runner
from hpo_gui.study.study import Study

SPACE = Space([Float("x", -1.0, 1.0)])
GOALS = (Goal("loss", "minimize"),)
FULL = StorageError("study.hpostudy", "cannot be written: the disk is full", remedy="Free space.")


class Disk:
    """A store and a shelter that refuse to work on demand."""

    def __init__(self) -> None:
        self.kept: dict[int, Trial] = {}
        self.error: StorageError | None = None
        self.no_seconds: StorageError | None = None
        self.nowhere: StorageError | None = None
        self.path = Path("study.hpostudy")
        self.rescue_path = Path("study.rescue.hpostudy")
        self.unsaved: Callable[[], Sequence[int]] = tuple
        self.acts: list[tuple[int, ...]] = []  # what waited in memory when each was written
        self.attempts = 0
        self.mended = 0

    def record(self, trials: Iterable[Trial], steps: Iterable[StepRow]) -> None:
        self.attempts += 1
        if self.error is not None:
            raise self.error
        self.kept.update({trial.number: trial for trial in trials})

    def act(self, done: Sequence[Done]) -> None:
        self.acts.append(tuple(self.unsaved()))
        self.kept.update({one.after.number: one.after for one in done})

    def keep_seconds(self, seconds: float) -> None:
        if self.no_seconds is not None:
            raise self.no_seconds

    def mend(self, trials: Sequence[Trial]) -> None:
        self.mended += 1

    def move_to(self, path: Path, trials: Sequence[Trial]) -> None:
        if self.nowhere is not None:
            raise self.nowhere
        self.path, self.error, self.no_seconds = path, None, None
        self.kept = {trial.number: trial for trial in trials}


class Run:
    """A runner on a disk; ``at`` is called after each event."""

    def __init__(self, *, steps: int = 2, workers: int = 2, trials: int = 8) -> None:
        self.disk = Disk()
        self.executor = Scripted(workers)
        study = Study(SPACE, GOALS, Random(), seed=1, store=self.disk)
        self.runner = Runner(
            study,
            self.executor,
            steps,
            budget=BudgetSpec(trials=trials),
            keep_seconds=self.disk.keep_seconds,
            shelter=self.disk,
            clock=lambda: self.executor.now,
        )
        self.disk.unsaved = lambda: study.unsaved
        self.events: list[Event] = []

    def go(self, at: Callable[[Event], object]) -> list[Event]:
        for event in self.runner.run():
            self.events.append(event)
            at(event)
        return self.events

    def all(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def finished(self) -> int:
        return sum(trial.told is not None for trial in self.runner.study.trials)

    def check_nothing_lost(self) -> None:
        trials = self.runner.study.trials
        assert self.disk.kept == {trial.number: trial for trial in trials}
        told = {e.trial.number: e.trial for e in self.events if isinstance(e, TrialChanged)}
        assert told == self.disk.kept, "what is told is written, and all of it is told"


def once(action: Callable[[], object], when: Callable[[], bool]) -> Callable[[Event], None]:
    """Call ``action`` after the first event at which ``when`` holds."""
    waiting = [action]

    def at(event: Event) -> None:
        if waiting and when():
            waiting.pop()()

    return at


def break_disk(run: Run) -> Callable[[], None]:
    def action() -> None:
        run.disk.error = FULL

    return action


def test_a_full_disk_holds_the_study_up_and_it_goes_on_by_itself() -> None:
    run = Run(steps=3)
    fill = once(break_disk(run), lambda: run.finished >= 2)
    begun_while_stuck: list[int] = []

    def at(event: Event) -> None:
        fill(event)
        if isinstance(event, Stuck):
            begun_while_stuck.append(len(run.executor.submitted))
        if isinstance(event, StateChanged) and event.state == "paused":
            run.disk.error = None

    run.go(at)
    assert run.finished == 8
    run.check_nothing_lost()
    stuck = run.all(Stuck)
    assert isinstance(stuck[0], Stuck)
    assert stuck[0].error is FULL
    assert stuck[0].unsaved > 0
    assert len(set(begun_while_stuck)) == 1, "nothing new begins"
    assert not run.executor.killed, "what runs goes on to its end"
    assert run.all(Freed) == [Freed(Path("study.hpostudy"), moved=False)]
    states = [event.state for event in run.all(StateChanged) if isinstance(event, StateChanged)]
    assert states[1:5] == ["running", "pausing", "paused", "running"]
    assert run.disk.mended > 0


def test_while_it_is_stuck_it_is_tried_again_more_and_more_rarely() -> None:
    run = Run()
    fill = once(break_disk(run), lambda: run.finished >= 1)
    began: list[tuple[float, int]] = []

    def at(event: Event) -> None:
        fill(event)
        if isinstance(event, Stuck) and not began:
            began.append((run.executor.now, run.disk.attempts))
        if began and run.executor.now > began[0][0] + 300:
            run.disk.error = None

    run.go(at)
    assert 8 < run.disk.attempts - began[0][1] < 60
    run.check_nothing_lost()


def test_the_same_trouble_is_told_once_for_each_result_that_comes_in() -> None:
    run = Run(steps=5)
    fill = once(break_disk(run), lambda: run.finished >= 2)

    def at(event: Event) -> None:
        fill(event)
        if isinstance(event, StateChanged) and event.state == "paused":
            run.disk.error = None

    run.go(at)
    told = [(str(e.error), e.unsaved) for e in run.events if isinstance(e, Stuck)]
    assert len(told) == len(set(told))
    assert [count for _, count in told] == sorted(count for _, count in told)


def test_saving_elsewhere_goes_on_there_at_once() -> None:
    run = Run()
    fill = once(break_disk(run), lambda: run.finished >= 3)
    new = Path("other.hpostudy")
    move = once(lambda: run.runner.save_elsewhere(new), lambda: bool(run.all(Stuck)))

    def at(event: Event) -> None:
        fill(event)
        move(event)

    run.go(at)
    assert run.disk.path == new
    assert run.all(Freed) == [Freed(new, moved=True)]
    assert run.finished == 8
    run.check_nothing_lost()


def test_a_place_that_cannot_be_written_either_is_named_and_the_study_stays_stuck() -> None:
    run = Run()
    fill = once(break_disk(run), lambda: run.finished >= 3)
    run.disk.nowhere = StorageError("other.hpostudy", "cannot be written: it is a CD")
    move = once(lambda: run.runner.save_elsewhere(Path("other.hpostudy")), lambda: stuck(run))

    def at(event: Event) -> None:
        fill(event)
        move(event)
        if isinstance(event, Message):
            run.disk.error = None

    run.go(at)
    (message,) = run.all(Message)
    assert isinstance(message, Message)
    assert (message.level, message.head) == ("error", "The study was not saved there")
    assert "CD" in message.text
    run.check_nothing_lost()


def stuck(run: Run) -> bool:
    return bool(run.all(Stuck))


@pytest.mark.parametrize("stop", ["stop_now", "stop_after_current"])
def test_a_run_that_is_stopped_does_not_end_before_everything_is_written(stop: str) -> None:
    run = Run(steps=4)
    fill = once(break_disk(run), lambda: run.finished >= 2)
    end = once(getattr(run.runner, stop), lambda: stuck(run))
    turns = [0]

    def at(event: Event) -> None:
        fill(event)
        end(event)
        turns[0] += stuck(run)
        if turns[0] > 20:
            run.disk.error = None

    events = run.go(at)
    end_event = events[-1]
    assert isinstance(end_event, Finished)
    assert not end_event.done
    run.check_nothing_lost()


def test_leaving_while_it_is_stuck_writes_a_rescue_copy() -> None:
    run = Run(steps=40)
    fill = once(break_disk(run), lambda: run.executor.now > 1050)
    end = once(run.runner.leave, lambda: stuck(run))

    def at(event: Event) -> None:
        fill(event)
        end(event)

    run.go(at)
    assert run.all(Freed) == [Freed(run.disk.rescue_path, moved=True)]
    assert run.executor.killed
    run.check_nothing_lost()


def test_leaving_without_trouble_is_stopping_now() -> None:
    run = Run(steps=50)
    events = run.go(once(run.runner.leave, lambda: run.executor.now > 1010))
    assert events[-1] == Finished("Stopped.", done=False)
    assert run.executor.killed
    assert not run.all(Freed)
    run.check_nothing_lost()


def test_where_not_even_a_rescue_copy_can_be_written_nothing_is_lost_without_a_yes() -> None:
    run = Run()
    run.disk.nowhere = StorageError("rescue", "cannot be written")
    fill = once(break_disk(run), lambda: run.finished >= 2)
    end = once(run.runner.leave, lambda: stuck(run))
    after: list[float] = []

    def at(event: Event) -> None:
        fill(event)
        end(event)
        if isinstance(event, Message):
            assert event.head == "No rescue copy could be written"
            after.append(run.executor.now)
        if after and run.executor.now > after[0] + 100:
            run.runner.leave(lose=True)

    with pytest.raises(StorageError, match="rescue"):
        run.go(at)
    assert len(after) == 1
    assert run.executor.now > after[0] + 100
    assert run.executor.closed


def test_a_study_that_was_paused_by_hand_stays_paused_after_the_trouble() -> None:
    run = Run(trials=4)
    fill = once(break_disk(run), lambda: run.finished >= 1)
    pause = once(run.runner.pause, lambda: stuck(run))
    paused: list[str] = []

    def at(event: Event) -> None:
        fill(event)
        pause(event)
        if isinstance(event, StateChanged):
            paused.append(event.state)
            if event.state == "paused":
                run.disk.error = None
        if isinstance(event, Freed):
            assert paused[-1] == "paused"
            run.runner.resume()

    run.go(at)
    assert run.finished == 4
    run.check_nothing_lost()


def test_resuming_tries_to_write_at_once() -> None:
    run = Run(trials=4)
    fill = once(break_disk(run), lambda: run.finished >= 1)

    def at(event: Event) -> None:
        fill(event)
        if isinstance(event, StateChanged) and event.state == "paused":
            run.disk.error = None
            attempts.append(run.disk.attempts)
            run.runner.resume()
        if isinstance(event, Freed):
            attempts.append(run.disk.attempts)

    attempts: list[int] = []
    run.go(at)
    assert attempts[1] == attempts[0] + 1
    run.check_nothing_lost()


def test_a_running_time_that_cannot_be_written_is_trouble_as_well() -> None:
    run = Run(trials=4)

    def fail() -> None:
        run.disk.no_seconds = FULL

    fill = once(fail, lambda: run.finished >= 1)
    turns = [0]

    def at(event: Event) -> None:
        fill(event)
        turns[0] += 1
        if stuck(run) and turns[0] > 60:
            run.disk.no_seconds = None

    run.go(at)
    assert stuck(run)
    assert len(run.all(Freed)) == 1, "it is not called free while the time cannot be written"
    run.check_nothing_lost()


def test_what_is_pending_when_a_strategy_fails_is_written() -> None:
    class Failing(Random):
        asked = 0

        def propose(self, history, count, rng):  # type: ignore[no-untyped-def]
            Failing.asked += 1
            if Failing.asked > 6:
                raise StorageError("strategy", "has no more ideas")
            return super().propose(history, count, rng)

    disk, executor = Disk(), Scripted(2)
    study = Study(SPACE, GOALS, Failing(), seed=1, store=disk)
    runner = Runner(study, executor, 2, budget=BudgetSpec(trials=20), shelter=disk)
    with pytest.raises(StorageError, match="ideas"):
        list(runner.run())
    assert disk.kept == {trial.number: trial for trial in study.trials}


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hpo_gui.study.runner.POLL", 0.0)


def test_an_act_does_not_overtake_trials_that_wait_in_memory() -> None:
    run = Run(workers=1)
    asked: list[bool] = []

    def act(free: bool) -> None:
        run.disk.error = None if free else FULL
        asked.append(free)
        run.runner.act((Annotate(0, "odd"),))

    def at(event: Event) -> None:
        if run.finished == 2 and run.disk.error is None and not asked:
            run.disk.error = FULL
        elif isinstance(event, Stuck) and not asked:
            act(free=False)
        elif isinstance(event, Message) and event.head == "That was not possible":
            assert run.disk.acts == []
            act(free=True)

    run.go(at)
    assert asked == [False, True]
    (unsaved,) = run.disk.acts
    assert unsaved == (), "everything else was written before"
    assert run.disk.kept == {trial.number: trial for trial in run.runner.study.trials}
    assert run.disk.kept[0].note == "odd"
