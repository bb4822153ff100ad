from __future__ import annotations

import threading

import pytest

from hpo_gui.gui.run_thread import Batch, RunThread
from hpo_gui.study.events import Finished, Message, StateChanged, TrialChanged
from tests.support.window import FakeRunner, make_trial


@pytest.fixture
def runner():
    return FakeRunner()


@pytest.fixture
def thread(runner, qapp):
    made = RunThread(runner)
    yield made
    runner.feed(None)
    assert made.wait(5000)


def test_the_runner_works_in_a_thread_of_its_own(runner, thread, qtbot):
    where = []
    inner = runner.run

    def run():
        where.append(threading.current_thread())
        yield from inner()

    runner.run = run
    thread.start()
    with qtbot.waitSignal(thread.ended) as ended:
        runner.feed(None)
    assert where[0] is not threading.main_thread()
    assert ended.args == [None]
    assert not thread.is_running


def test_a_batch_holds_the_newest_value_of_each_trial_in_order(runner, thread, qtbot):
    batches: list[Batch] = []
    thread.batch.connect(batches.append)
    runner.feed(
        StateChanged("running"),
        TrialChanged(make_trial(1, 0.1)),
        TrialChanged(make_trial(0, 0.2)),
        TrialChanged(make_trial(1, 0.3)),
        Message("info", "Hello", "world"),
        Finished("Done.", True),
        None,
    )
    with qtbot.waitSignal(thread.ended):
        thread.start()
    trials = {trial.number: trial for batch in batches for trial in batch.trials}
    assert trials[1].scores == {"accuracy": 0.3}
    assert list(trials) == sorted(trials)
    others = [event for batch in batches for event in batch.others]
    assert [type(event).__name__ for event in others] == ["StateChanged", "Message", "Finished"]


def test_every_finished_trial_is_signalled_once(runner, thread, qtbot):
    finished = []
    thread.trial_finished.connect(lambda trial: finished.append(trial.number))
    runner.feed(*(TrialChanged(make_trial(number)) for number in range(20)), None)
    with qtbot.waitSignal(thread.ended):
        thread.start()
    assert finished == list(range(20))


def test_an_error_of_the_runner_ends_the_thread_and_is_told(runner, thread, qtbot):
    runner.feed(TrialChanged(make_trial(0)), ValueError("broken"))
    batches = []
    thread.batch.connect(batches.append)
    with qtbot.waitSignal(thread.ended) as ended:
        thread.start()
    assert str(ended.args[0]) == "broken"
    assert len(batches[0].trials) == 1


def test_a_long_silence_ends_with_the_next_event_at_once(runner, thread, qtbot):
    thread.start()
    for number in range(3):
        with qtbot.waitSignal(thread.batch, timeout=1000) as batch:
            runner.feed(TrialChanged(make_trial(number)))
        assert [trial.number for trial in batch.args[0].trials] == [number]
